//! Reads the text of `/metrics`.

/// Returns the value of a metric, by its name with labels, or `None` before its first count. A
/// metric of the tick threads or of room types may be named without its label `thread` or `type`,
/// and is then the sum over them.
#[must_use]
pub fn metric_value(text: &str, name: &str) -> Option<f64> {
    let values = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let found = series == name || without_summed(series).is_some_and(|series| series == name);
            found.then(|| value.parse::<f64>().unwrap())
        });
    values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
}

/// Returns a series without its label `thread` or `type`, or `None` if it has neither.
fn without_summed(series: &str) -> Option<String> {
    let (name, labels) = series.strip_suffix('}')?.split_once('{')?;
    let is_summed = |label: &&str| label.starts_with("thread=") || label.starts_with("type=");
    let (summed, others): (Vec<&str>, Vec<&str>) = labels.split(',').partition(is_summed);
    if summed.is_empty() {
        return None;
    }
    Some(match &others[..] {
        [] => name.to_owned(),
        others => format!("{name}{{{}}}", others.join(",")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labels_thread_and_type_may_be_left_out() {
        let text = "f{type=\"x\"} 6\nf{type=\"y\"} 1\n# TYPE a gauge\na{thread=\"0\"} 1\na{thread=\"1\"} 2\nb{c=\"d\",thread=\"0\"} 4\ne 5\n";
        for (name, value) in [
            ("a", 3.0),
            ("a{thread=\"1\"}", 2.0),
            ("b{c=\"d\"}", 4.0),
            ("e", 5.0),
            ("f", 7.0),
        ] {
            assert_eq!(metric_value(text, name), Some(value), "{name}");
        }
        assert_eq!(metric_value(text, "b"), None);
    }
}

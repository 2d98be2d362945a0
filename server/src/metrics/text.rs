//! The text format of Prometheus, version 0.0.4.

use std::fmt::Write;

use ::metrics::{Key, Label};

use super::recorder::{Cell, MetricKind, MetricTable, MetricsRecorder};

impl MetricsRecorder {
    /// Returns all metrics in the text format of Prometheus, by name: the answer of `/metrics`.
    #[must_use]
    pub fn render(&self) -> String {
        render(&self.read())
    }
}

/// Writes all metrics, by name and labels.
fn render(table: &MetricTable) -> String {
    let mut samples: Vec<_> = table
        .cells
        .iter()
        .map(|(key, cell)| (key.name(), labels(key), cell))
        .collect();
    samples.sort_unstable_by(|(name, labels, _), (other, others, _)| (name, labels).cmp(&(other, others)));
    let mut text = String::with_capacity(32 * 1024);
    for family in samples.chunk_by(|(name, ..), (other, ..)| name == other) {
        let name = family[0].0;
        if let Some(known) = table.families.get(name) {
            if let Some(help) = &known.help {
                line(&mut text, format_args!("# HELP {name} {}", escape(help, false)));
            }
            let kind = match known.kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Histogram => "histogram",
            };
            line(&mut text, format_args!("# TYPE {name} {kind}"));
        }
        for (_, labels, cell) in family {
            sample(&mut text, name, labels, cell);
        }
    }
    if let Some((name, why)) = &table.refused {
        let name = name.escape_default();
        line(&mut text, format_args!("# {name} is not counted: {why}"));
    }
    text
}

fn sample(text: &mut String, name: &str, labels: &str, cell: &Cell) {
    let braced = |labels: &str| match labels {
        "" => String::new(),
        labels => format!("{{{labels}}}"),
    };
    let Cell::Histogram(buckets) = cell else {
        let number = cell.number().unwrap_or_default();
        return line(text, format_args!("{name}{} {number}", braced(labels)));
    };
    let counted = buckets.counts();
    let comma = if labels.is_empty() { "" } else { "," };
    for (bound, count) in counted.up_to {
        line(
            text,
            format_args!("{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}"),
        );
    }
    let (count, labelled) = (counted.count, braced(labels));
    line(
        text,
        format_args!("{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {count}"),
    );
    line(text, format_args!("{name}_sum{labelled} {}", counted.sum));
    line(text, format_args!("{name}_count{labelled} {count}"));
}

/// Returns the labels of a key, sorted by name, without braces.
fn labels(key: &Key) -> String {
    let mut labels: Vec<&Label> = key.labels().collect();
    labels.sort_unstable();
    let labels = labels
        .iter()
        .map(|label| format!("{}=\"{}\"", label.key(), escape(label.value(), true)));
    labels.collect::<Vec<_>>().join(",")
}

fn escape(text: &str, quotes: bool) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quotes {
        escaped.replace('"', "\\\"")
    } else {
        escaped
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

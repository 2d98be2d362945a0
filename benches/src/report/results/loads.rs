//! The matrix: its loads and their goals, from the table that `scripts/plaza` reads, too.

use anyhow::{Context as _, Result, ensure};

const TABLE: &str = include_str!("../../../plaza-loads");

/// One load and what is wanted of it. Goals that there are none of are NaN.
#[derive(Clone, Debug)]
pub(in crate::report) struct Load {
    pub(in crate::report) name: String,
    pub(in crate::report) title: String,
    pub(in crate::report) server: String,
    pub(in crate::report) bots: String,
    pub(in crate::report) held: f64,
    pub(in crate::report) cpu_us: f64,
    pub(in crate::report) p50_ms: f64,
    pub(in crate::report) p99_ms: f64,
    pub(in crate::report) age_p50_ms: f64,
    pub(in crate::report) age_p99_ms: f64,
}

impl Load {
    /// The cadence that the server is held to; none if it decides itself.
    pub(in crate::report) fn cadence(&self) -> Option<u32> {
        let mut words = self.server.split_whitespace();
        words.find(|word| *word == "--cadence")?;
        words.next()?.parse().ok()
    }
}

/// All loads, in the order of the table.
pub(in crate::report) fn all() -> Result<Vec<Load>> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| parse(row).with_context(|| format!("benches/plaza-loads: {row}")))
        .collect()
}

fn parse(row: &str) -> Result<Load> {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    ensure!(cells.len() == 11, "11 columns are wanted, not {}", cells.len());
    let goal = |column: usize| match cells[column] {
        "-" => Ok(f64::NAN),
        number => number.parse().with_context(|| format!("not a number: {number}")),
    };
    Ok(Load {
        name: cells[0].to_owned(),
        title: cells[1].to_owned(),
        server: cells[2].to_owned(),
        bots: cells[3].to_owned(),
        held: goal(5)?,
        cpu_us: goal(6)?,
        p50_ms: goal(7)?,
        p99_ms: goal(8)?,
        age_p50_ms: goal(9)?,
        age_p99_ms: goal(10)?,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_reads() {
        let loads = super::all().expect("it is part of the repository");
        assert!(loads.iter().any(|load| load.cadence().is_none()));
        assert!(loads.iter().any(|load| load.cadence() == Some(60)));
    }
}

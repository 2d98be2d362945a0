//! The matrix: its loads and their goals, from the table that `scripts/plaza` reads, too.

use anyhow::{Context as _, Result, ensure};

const TABLE: &str = include_str!("../../plaza-loads");

/// One load and what is wanted of it. Goals that there are none of are NaN.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) server: String,
    pub(super) bots: String,
    pub(super) held: f64,
    pub(super) cpu_us: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) age_p50_ms: f64,
    pub(super) age_p99_ms: f64,
}

impl Load {
    /// The cadence that the server is held to; none if it decides itself.
    pub(super) fn cadence(&self) -> Option<u32> {
        let mut words = self.server.split_whitespace();
        words.find(|word| *word == "--cadence")?;
        words.next()?.parse().ok()
    }
}

/// All loads, in the order of the table.
pub(super) fn all() -> Result<Vec<Load>> {
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

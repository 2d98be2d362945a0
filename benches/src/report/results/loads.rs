//! The loads of the matrix and their goals, from the table that `scripts/plaza` also reads.

use anyhow::{Context as _, Result, ensure};

const TABLE: &str = include_str!("../../../plaza-loads");

/// One load and its goals. NaN: there is no such goal.
#[derive(Clone, Debug)]
pub(in crate::report) struct PlazaLoad {
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

impl PlazaLoad {
    /// Returns the fixed cadence of the server, or `None` with cadence auto.
    pub(in crate::report) fn cadence(&self) -> Option<u32> {
        let mut words = self.server.split_whitespace();
        words.find(|word| *word == "--cadence")?;
        words.next()?.parse().ok()
    }
}

/// Returns all loads, in the order of the table.
pub(in crate::report) fn all() -> Result<Vec<PlazaLoad>> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| parse(row).with_context(|| format!("benches/plaza-loads: {row}")))
        .collect()
}

fn parse(row: &str) -> Result<PlazaLoad> {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    ensure!(cells.len() == 11, "expected 11 columns, found {}", cells.len());
    let goal = |column: usize| match cells[column] {
        "-" => Ok(f64::NAN),
        number => number.parse().with_context(|| format!("not a number: {number}")),
    };
    Ok(PlazaLoad {
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
    fn the_table_is_valid() {
        let loads = super::all().expect("benches/plaza-loads is part of the repository");
        assert!(loads.iter().any(|load| load.cadence().is_none()));
        assert!(loads.iter().any(|load| load.cadence() == Some(60)));
    }
}

//! The goals of the loads in the matrix. benches/plaza-loads lists the loads and their goals.

use crate::report::{
    results::{loads::PlazaLoad, matrix::LoadResult, run::Run},
    sections::goal::{
        Bound::{self, AtLeast, AtMost},
        COUNT, ClientCount, Format, Row, unit,
    },
};

/// A kind of goal that loads can have.
struct LoadGoal {
    what: &'static str,
    /// Returns the bound for a load. Its limit is NaN if the load has no such goal.
    bound: fn(&PlazaLoad) -> Bound,
    read: fn(&LoadResult) -> f64,
    format: Format,
    /// Whether the figure depends on the number of clients. If so, that number is shown, and must
    /// reach the goal for clients held.
    is_at_count: bool,
}

const GOALS: &[LoadGoal] = &[
    LoadGoal {
        what: "clients held",
        bound: |load| AtLeast(load.held),
        read: LoadResult::clients_held,
        format: COUNT,
        is_at_count: false,
    },
    LoadGoal {
        what: "server CPU per client-second",
        bound: |load| AtMost(load.cpu_us),
        read: |result| result.figure(Run::cpu_us_per_client_s),
        format: unit("us"),
        is_at_count: true,
    },
    LoadGoal {
        what: "input-to-neighbour p50",
        bound: |load| AtMost(load.p50_ms),
        read: |result| result.figure(|run| run.latency("p50")),
        format: unit("ms"),
        is_at_count: true,
    },
    LoadGoal {
        what: "input-to-neighbour p99",
        bound: |load| AtMost(load.p99_ms),
        read: |result| result.figure(|run| run.latency("p99")),
        format: unit("ms"),
        is_at_count: true,
    },
    LoadGoal {
        what: "age of the picture p50",
        bound: |load| AtMost(load.age_p50_ms),
        read: |result| result.figure(|run| run.age("p50")),
        format: unit("ms"),
        is_at_count: true,
    },
    LoadGoal {
        what: "age of the picture p99",
        bound: |load| AtMost(load.age_p99_ms),
        read: |result| result.figure(|run| run.age("p99")),
        format: unit("ms"),
        is_at_count: true,
    },
];

/// The goal of every load that was compared with the raw floor.
const FLOOR_RATIO: LoadGoal = LoadGoal {
    what: "server CPU per delivered frame, relative to the raw floor",
    bound: |_| AtMost(1.25),
    read: LoadResult::floor_ratio,
    format: unit("x"),
    is_at_count: false,
};

pub(super) fn rows(matrix: &[LoadResult]) -> String {
    let mut out = String::new();
    for result in matrix {
        let load = &result.load;
        let goals = GOALS.iter().filter(|goal| !(goal.bound)(load).limit().is_nan());
        for (place, goal) in goals.enumerate() {
            // The first goal of a load includes its title.
            let of = if place == 0 {
                format!("{} ({})", load.name, load.title)
            } else {
                load.name.clone()
            };
            out += &goal.row(&of, result);
        }
    }
    for result in matrix.iter().filter(|result| result.floor.is_some()) {
        out += &FLOOR_RATIO.row(&result.load.name, result);
    }
    out
}

impl LoadGoal {
    fn row(&self, of: &str, result: &LoadResult) -> String {
        let load = &result.load;
        let at = result.measured_at().filter(|_| self.is_at_count);
        let row = Row {
            what: format!("{of}: {}", self.what),
            bound: (self.bound)(load),
            figure: (self.read)(result),
            format: self.format,
            at: at.map(|count| ClientCount {
                clients: count.clients,
                is_held: count.held,
                goal: load.held,
            }),
        };
        row.text()
    }
}

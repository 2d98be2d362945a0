//! The goals of the matrix: the same figures of each load, where benches/plaza-loads wants
//! something of them.

use crate::report::{
    results::{loads::Load, matrix::Measured, run::Run},
    sections::goal::{
        At, COUNT, Row, Shown,
        Wanted::{self, AtLeast, AtMost},
        unit,
    },
};

/// A goal of each load that has one.
struct LoadGoal {
    what: &'static str,
    /// NaN: this load has no such goal.
    wanted: fn(&Load) -> Wanted,
    read: fn(&Measured) -> f64,
    shown: Shown,
    /// Whether the figure is one at a count of clients, which is to be said and to be enough.
    is_at_count: bool,
}

const GOALS: &[LoadGoal] = &[
    LoadGoal {
        what: "clients held",
        wanted: |load| AtLeast(load.held),
        read: Measured::clients_held,
        shown: COUNT,
        is_at_count: false,
    },
    LoadGoal {
        what: "server CPU per client-second",
        wanted: |load| AtMost(load.cpu_us),
        read: |measured| measured.figure(Run::cpu_us_per_client_s),
        shown: unit("us"),
        is_at_count: true,
    },
    LoadGoal {
        what: "input-to-neighbour p50",
        wanted: |load| AtMost(load.p50_ms),
        read: |measured| measured.figure(|run| run.latency("p50")),
        shown: unit("ms"),
        is_at_count: true,
    },
    LoadGoal {
        what: "input-to-neighbour p99",
        wanted: |load| AtMost(load.p99_ms),
        read: |measured| measured.figure(|run| run.latency("p99")),
        shown: unit("ms"),
        is_at_count: true,
    },
    LoadGoal {
        what: "age of the picture p50",
        wanted: |load| AtMost(load.age_p50_ms),
        read: |measured| measured.figure(|run| run.age("p50")),
        shown: unit("ms"),
        is_at_count: true,
    },
    LoadGoal {
        what: "age of the picture p99",
        wanted: |load| AtMost(load.age_p99_ms),
        read: |measured| measured.figure(|run| run.age("p99")),
        shown: unit("ms"),
        is_at_count: true,
    },
];

/// Of each load that was run beside the raw floor.
const BESIDE_FLOOR: LoadGoal = LoadGoal {
    what: "server CPU per delivered frame over the raw floor's",
    wanted: |_| AtMost(1.25),
    read: Measured::over_floor,
    shown: unit("x"),
    is_at_count: false,
};

pub(super) fn rows(matrix: &[Measured]) -> String {
    let mut out = String::new();
    for measured in matrix {
        let load = &measured.load;
        let wanted = GOALS.iter().filter(|goal| !(goal.wanted)(load).bound().is_nan());
        for (place, goal) in wanted.enumerate() {
            // The first goal of a load says what it is.
            let of = if place == 0 {
                format!("{} ({})", load.name, load.title)
            } else {
                load.name.clone()
            };
            out += &goal.row(&of, measured);
        }
    }
    for measured in matrix.iter().filter(|measured| measured.floor.is_some()) {
        out += &BESIDE_FLOOR.row(&measured.load.name, measured);
    }
    out
}

impl LoadGoal {
    fn row(&self, of: &str, measured: &Measured) -> String {
        let load = &measured.load;
        let at = measured.measured_at().filter(|_| self.is_at_count);
        let row = Row {
            what: format!("{of}: {}", self.what),
            wanted: (self.wanted)(load),
            figure: (self.read)(measured),
            shown: self.shown,
            at: at.map(|count| At {
                clients: count.clients,
                enough: count.held && (load.held.is_nan() || count.clients >= load.held),
            }),
        };
        row.text()
    }
}

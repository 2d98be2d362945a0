//! The cost of recording, and the speed of replay.

use serde_json::Value;

use super::goal::{
    Bound::{AtLeast, AtMost},
    Goal, HEAD, unit,
};
use crate::report::{
    number::rounded,
    results::{
        Results,
        json::{median, number},
    },
};

/// Also listed with the goals of the project.
pub(super) const REPLAY: Goal = Goal {
    what: "replay of 1,000 walkers, every hash verified",
    bound: AtLeast(200.0),
    read: |results| results.recording_figure("replay", 1000.0, "times_real_time"),
    format: unit("x real time").places(0).figure_unit("x"),
};

/// Also listed with the goals of the project.
pub(super) const HASH: Goal = Goal {
    what: "state hash, share of the tick at 5,000 walkers",
    bound: AtMost(2.0),
    read: |results| results.recording_figure("hash", 5000.0, "percent"),
    format: unit("%").places(1),
};

const GOALS: &[Goal] = &[
    REPLAY,
    Goal {
        what: "recording per player-minute, keyframes included",
        bound: AtMost(3000.0),
        read: |results| results.recording_figure("size", 1000.0, "bytes_per_player_minute"),
        format: unit("bytes").places(0),
    },
    Goal {
        what: "any tick in an hour: open, seek, run; longest of 50",
        bound: AtMost(1000.0),
        read: |results| results.recording_figure("seek", 1000.0, "max_ms"),
        format: unit("ms").places(0),
    },
    HASH,
    Goal {
        what: "recording, cost to the tick of a server with 500 bots, median of 3 pairs",
        bound: AtMost(2.0),
        read: |results| median(costs(results).map(|cost| (cost.with_us / cost.without_us - 1.0) * 100.0)),
        format: unit("%").places(1),
    },
];

/// Sizes of the worlds whose keyframes are listed, in players.
const KEYFRAMES: [f64; 2] = [1000.0, 5000.0];

pub(super) fn section(results: &Results) -> String {
    if results.recording.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "## Recording and replay\n\n\
         Walkers who turn twice a second, in rooms of 50. The recording is one hour of 1,000 walkers.\n\n{HEAD}"
    );
    // Here a goal without a result has no row.
    for goal in GOALS.iter().filter(|goal| (goal.read)(results).is_finite()) {
        out += &goal.row(results);
    }
    out += "\n";
    for players in KEYFRAMES {
        if results.recording_lines("keyframe", players).next().is_none() {
            continue;
        }
        let keyframe = |field| results.recording_figure("keyframe", players, field);
        out += &format!(
            "* Saving a world of {} walkers takes {} us every 600 ticks, and {} KB before compression.\n",
            rounded(players, 0),
            rounded(keyframe("save_us"), 0),
            rounded(keyframe("bytes") / 1000.0, 0),
        );
    }
    for Cost { without_us, with_us } in costs(results) {
        out += &format!(
            "* Mean tick of the server with 500 bots: {without_us:.1} us without recording, {with_us:.1} us with files and history.\n"
        );
    }
    out
}

/// The mean tick of the same server without recording and with it.
struct Cost {
    without_us: f64,
    with_us: f64,
}

fn costs(results: &Results) -> impl Iterator<Item = Cost> {
    let cost = |line: &Value| Cost {
        without_us: number(line, "without_us"),
        with_us: number(line, "with_us"),
    };
    results.recording_lines("tick", 500.0).map(cost)
}

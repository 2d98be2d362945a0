//! Workloads for callgrind, with the names of the criterion benches. `scripts/bench-compare
//! --instructions` copies this directory into an older revision, so it uses only the API that both
//! have.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

mod snapshots;

use std::{env, hint::black_box, process::ExitCode};

use parlour_benches::{Crowd, Load};
use parlour_shared::{snapshot::Snapshot, view::View};
use snapshots::{pack_enters, pack_turns};

/// Ticks of a tick workload: one second.
const TICKS: u32 = 60;
/// Iterations of an encoding workload.
const REPETITIONS: u32 = 100;

struct Workload {
    name: &'static str,
    iterations: u32,
    run: fn(u32),
}

const WORKLOADS: [Workload; 8] = [
    Workload {
        name: "tick/walkers/1000",
        iterations: TICKS,
        run: |ticks| tick(Load::walkers(1_000), ticks),
    },
    Workload {
        name: "tick/walkers/5000",
        iterations: TICKS,
        run: |ticks| tick(Load::walkers(5_000), ticks),
    },
    Workload {
        name: "tick/jitter/1000",
        iterations: TICKS,
        run: |ticks| tick(Load::jitter(1_000), ticks),
    },
    Workload {
        name: "tick/jitter/5000",
        iterations: TICKS,
        run: |ticks| tick(Load::jitter(5_000), ticks),
    },
    Workload {
        name: "encoding/pack 50 enters",
        iterations: REPETITIONS,
        run: |count| pack(pack_enters, count),
    },
    Workload {
        name: "encoding/pack 50 turns",
        iterations: REPETITIONS,
        run: |count| pack(pack_turns, count),
    },
    Workload {
        name: "encoding/read 50 turns",
        iterations: REPETITIONS,
        run: read,
    },
    Workload {
        name: "encoding/read and apply 50 enters and 50 turns",
        iterations: REPETITIONS,
        run: apply,
    },
];

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    if name == "--list" {
        for workload in &WORKLOADS {
            println!("{} {}", workload.iterations, workload.name);
        }
        return ExitCode::SUCCESS;
    }
    let Some(workload) = WORKLOADS.iter().find(|workload| workload.name == name) else {
        eprintln!("Usage: instruction-count --list | WORKLOAD");
        return ExitCode::from(2);
    };
    (workload.run)(workload.iterations);
    ExitCode::SUCCESS
}

/// Runs one iteration. Callgrind counts only inside this function (`--toggle-collect`).
#[inline(never)]
fn measured_iteration(work: &mut dyn FnMut()) {
    work();
    // Prevents a tail call, with which callgrind would not see this function return.
    black_box(&mut 0_u8);
}

fn tick(load: Load, ticks: u32) {
    let mut crowd = Crowd::new(load);
    for _ in 0..ticks {
        crowd.prepare();
        measured_iteration(&mut || crowd.step());
    }
}

/// Repeats the work, after one iteration in which buffers reach their final size.
fn repeat(count: u32, mut work: impl FnMut()) {
    work();
    for _ in 0..count {
        measured_iteration(&mut work);
    }
}

fn pack(pack: fn(&mut Vec<u8>), count: u32) {
    let mut bytes = Vec::new();
    repeat(count, || {
        bytes.clear();
        pack(&mut bytes);
        black_box(&bytes);
    });
}

fn read(count: u32) {
    let (mut bytes, mut snapshot) = (Vec::new(), Snapshot::default());
    pack_turns(&mut bytes);
    repeat(count, || {
        snapshot.read(&bytes).expect("a valid snapshot");
        black_box(&snapshot);
    });
}

fn apply(count: u32) {
    let (mut enters, mut turns) = (Vec::new(), Vec::new());
    pack_enters(&mut enters);
    pack_turns(&mut turns);
    let (mut snapshot, mut view) = (Snapshot::default(), View::default());
    repeat(count, || {
        view.enter_room(1);
        for bytes in [&enters, &turns] {
            snapshot.read(bytes).expect("a valid snapshot");
            view.apply(&snapshot).expect("a valid snapshot");
        }
        black_box(&view);
    });
}

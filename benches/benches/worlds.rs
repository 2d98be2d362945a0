//! The price of a world: many small worlds against one that has the same rooms. Prints JSON lines.
//!
//! `cargo bench -p parlour-benches --bench worlds` runs all; an argument runs those whose name
//! contains it. In process, one thread, without sockets. Times of ticks are CPU times of the
//! thread, so that other work on the machine affects them less. It still takes their caches.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a command-line tool prints")]

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use parlour_benches::{Crowd, Load, config, process::thread_cpu_time};
use parlour_sim::Simulation;
use parlour_testing::allocations::{CountingAllocator, allocated_bytes, on_this_thread};
use parlour_tick::{TickInput, TickOutput};
use serde_json::{Value, json};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// Ticks of each measurement of ticks.
const TICKS: usize = 600;

/// A split of the same rooms into own worlds.
struct Split {
    name: &'static str,
    worlds: u32,
    load: Load,
}

const fn players(worlds: u32, per_room: u32, turns_per_second: u32) -> Split {
    Split {
        name: match (worlds, turns_per_second) {
            (100, 0) => "100 rooms of 50, idle",
            (100, _) => "100 rooms of 50, walking",
            (_, 0) => "1,000 rooms of 2, idle",
            _ => "1,000 rooms of 2, walking",
        },
        worlds,
        load: Load {
            per_room,
            turns_per_second,
            ..Load::walkers(per_room)
        },
    }
}

const SPLITS: [Split; 4] = [
    players(100, 50, 2),
    players(100, 50, 0),
    players(1000, 2, 2),
    players(1000, 2, 0),
];

fn main() {
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |name: &str| {
        wanted
            .as_ref()
            .is_none_or(|wanted| name.contains(wanted.as_str()))
    };
    for split in &SPLITS {
        if is_wanted(split.name) {
            println!("{}", compare(split));
        }
    }
    if is_wanted("memory") {
        println!("{}", memory());
    }
    if is_wanted("building") {
        println!("{}", building());
    }
    if is_wanted("quiet") {
        println!("{}", quiet());
    }
}

/// Compares the time of a tick of all own worlds with that of one world with the same rooms.
fn compare(split: &Split) -> Value {
    let shared = Load {
        players: split.load.players * split.worlds,
        ..split.load
    };
    let mut shared = Worlds(vec![Crowd::new(shared)]);
    let mut own = Worlds(
        (0..split.worlds)
            .map(|nth| Crowd::seeded(split.load, nth.into()))
            .collect(),
    );
    // In turns, so that other work on the machine affects both.
    let (mut shared_times, mut own_times) = (Vec::new(), Vec::new());
    let mut skipped = 0;
    for _ in 0..TICKS {
        shared_times.push(shared.tick().0);
        let (time, quiet) = own.tick();
        own_times.push(time);
        skipped += quiet;
    }
    let (shared, own) = (median_us(shared_times), median_us(own_times));
    json!({
        "worlds": split.name, "shared_p50_us": shared, "own_p50_us": own, "ratio": own / shared,
        "skipped": f64::from(skipped) / f64::from(TICKS as u32 * split.worlds),
    })
}

struct Worlds(Vec<Crowd>);

impl Worlds {
    /// Runs a tick of all worlds, and skips those that may. Returns its time, and the number of
    /// worlds that were skipped.
    fn tick(&mut self) -> (Duration, u32) {
        self.0.iter_mut().for_each(Crowd::prepare);
        let start = thread_cpu_time();
        let skipped = self
            .0
            .iter_mut()
            .map(|world| u32::from(!world.step_or_skip()))
            .sum();
        (thread_cpu_time() - start, skipped)
    }
}

/// The bytes of small worlds, beyond the map and skins, which all worlds share.
fn memory() -> Value {
    let world_of = |players| {
        let before = allocated_bytes() as i64;
        let crowd = Crowd::new(Load {
            players,
            per_room: players.max(1),
            ..Load::walkers(1)
        });
        let bytes = allocated_bytes() as i64 - before;
        black_box(&crowd);
        bytes
    };
    let rooms_of_two = |rooms: u32| {
        let before = allocated_bytes() as i64;
        let crowd = Crowd::new(Load {
            players: 2 * rooms,
            per_room: 2,
            ..Load::walkers(2)
        });
        let bytes = allocated_bytes() as i64 - before;
        black_box(&crowd);
        bytes
    };
    // The first world also fills caches of the process.
    world_of(1);
    let room = (rooms_of_two(300) - rooms_of_two(200)) / 100;
    json!({
        "memory": "own world", "empty_bytes": world_of(0), "of_2_bytes": world_of(2), "of_50_bytes": world_of(50),
        "room_of_2_in_a_shared_world_bytes": room, "beyond_its_players_bytes": world_of(2) - room,
    })
}

/// The time and the allocations of a new world.
fn building() -> Value {
    let config = config(Load::walkers(50));
    let build = || {
        let before = on_this_thread();
        let start = Instant::now();
        let world = Simulation::new(config.clone());
        let time = start.elapsed();
        (world, time, on_this_thread() - before)
    };
    build();
    let built: Vec<_> = (0..100).map(|_| build()).collect();
    let allocations = built[0].2;
    let times = built.into_iter().map(|(_, time, _)| time).collect();
    json!({ "building": "a world", "p50_us": median_us(times), "allocations": allocations })
}

/// The time of a tick of a quiet world: the check alone, and the check and the skip.
fn quiet() -> Value {
    let mut world = Simulation::new(config(Load::walkers(50)));
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    for _ in 0..60 {
        world.step(&mut input, &mut output);
    }
    let ns = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..1_000_000).for_each(|_| run());
        start.elapsed().as_nanos() as f64 / 1e6
    };
    let check = ns(&mut || assert!(black_box(&world).may_skip(black_box(&input))));
    let skip = ns(&mut || {
        if black_box(&world).may_skip(black_box(&input)) {
            world.skip(1);
        }
    });
    let step = ns(&mut || world.step(&mut input, &mut output));
    json!({ "quiet": "a tick of an empty world", "check_ns": check, "check_and_skip_ns": skip, "step_ns": step })
}

fn median_us(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64 / 1000.0
}

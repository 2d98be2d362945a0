//! In steady state a tick allocates nothing: exactly zero, counted by the allocator.
//!
//! What may allocate is listed at [`Simulation::step`]: sessions that open, joins and leaves, writes to room state, and
//! messages of plugins. Buffers keep the size that the busiest tick so far needed, so the warm-up is three times as busy
//! as what is measured, and in it everyone appears in one place, leaves, and appears again.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::sync::Arc;

use parlour_shared::{
    ids::SessionId,
    message::{Chat, ClientMessage, Move, Scope, SetSkin},
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::{Eyes, Interest, Player, SimConfig, Simulation};
use parlour_testing::{
    Script, SessionActions as _,
    allocations::{Counting, on_this_thread},
    maps::open_map,
};
use parlour_tick::{Event, EventKind, Pace, PaceLevel, TickInput, TickOutput};

#[global_allocator]
static COUNTING: Counting = Counting;

const WARM_UP: u32 = 1200;
const MEASURED: u32 = 1200;

/// Runs `rooms` rooms of `per_room` walkers who turn, chat and change skins, with links that are held and
/// released, and some who watch; gives the number of allocating ticks after the warm-up, and of allocations in them.
fn run(rooms: u64, per_room: u64, interest: Interest, pace: Pace) -> (u32, u64) {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 125, 1))]);
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules.interest = interest;
    config.rules.rates.join.burst = 100;
    let mut sim = Simulation::new(config);
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    input.pace = pace;
    let mut script = Script::default();
    for session in 0..rooms * per_room {
        script.at(1).open_as(session, "");
        script.at(2).leave(session);
        script.at(2).join(session, &format!("plaza/{}", session % rooms));
    }
    input.events = script.input(1).events;
    sim.step(&mut input, &mut output);
    // Three times, so that the buffers of even and odd ticks both see all arrive and all leave at once.
    for ticks in [9, 8, WARM_UP] {
        input.events = script.input(2).events;
        for tick in 0..ticks {
            sim.step(&mut input, &mut output);
            if tick == 0 {
                watch(&mut sim, rooms);
            }
            fill(&mut input, tick, rooms * per_room, 200);
        }
    }
    let (mut ticks, mut allocations) = (0, 0);
    for tick in 0..MEASURED {
        fill(&mut input, WARM_UP + tick, rooms * per_room, 600);
        let before = on_this_thread();
        sim.step(&mut input, &mut output);
        let allocated = on_this_thread() - before;
        if allocated > 0 {
            ticks += 1;
            allocations += allocated;
        }
    }
    assert!(u64::from(output.counts.players) == rooms * per_room);
    assert!((0..2 * rooms).all(|watcher| sim.is_watching(SessionId(watcher))));
    (ticks, allocations)
}

/// Each room is watched with everyone's eyes and with those of one player.
fn watch(sim: &mut Simulation, rooms: u64) {
    for number in 0..rooms {
        let room = format!("plaza/{number}");
        let player = sim.player(SessionId(number)).unwrap();
        let player = sim.world().get::<Player>(player).unwrap().id;
        sim.watch(SessionId(number), &room, Eyes::Everyone, 1).unwrap();
        sim.watch(SessionId(rooms + number), &room, Eyes::Of(player), 1)
            .unwrap();
    }
}

/// Each session does something once in `every / 30` ticks.
fn fill(input: &mut TickInput, tick: u32, sessions: u64, every: u32) {
    let mut chance = Stream::new(5, u64::from(tick), Purpose::Game);
    input.events.clear();
    for session in 0..sessions {
        let mut say = |message| {
            let kind = EventKind::Message { early: 10, message };
            input.events.push(Event {
                session: SessionId(session),
                kind,
            });
        };
        match chance.below(every) {
            0..20 => say(ClientMessage::Move(Move {
                direction: Direction::ALL[chance.below(9) as usize],
                sprint: chance.below(4) == 0,
                ..Move::default()
            })),
            20 => say(ClientMessage::Chat(Chat {
                request: 1,
                scope: Scope::Room,
                text: "to all".into(),
            })),
            21 => say(ClientMessage::Chat(Chat {
                request: 1,
                scope: Scope::Near,
                text: "to some".into(),
            })),
            22 => say(ClientMessage::SetSkin(SetSkin {
                request: 1,
                skin: chance.below(3) as u16,
            })),
            23 => input.events.push(Event {
                session: SessionId(session),
                kind: EventKind::Hold,
            }),
            24..30 => input.events.push(Event {
                session: SessionId(session),
                kind: EventKind::Release,
            }),
            _ => {}
        }
    }
    input.sort();
}

#[test]
fn a_tick_of_walking_chatting_players_allocates_nothing() {
    for interest in [Interest::Near, Interest::All] {
        let counted = run(6, 50, interest, Pace::default());
        assert_eq!(counted, (0, 0), "allocating ticks, allocations");
    }
}

#[test]
fn nor_does_it_under_pressure() {
    for step in [1, 5, 6] {
        let pace = Pace::Adaptive(PaceLevel::new(step).unwrap());
        let counted = run(6, 50, Interest::All, pace);
        assert_eq!(counted, (0, 0), "allocating ticks, allocations at {pace:?}");
    }
}

#[test]
fn nor_does_it_in_a_large_room() {
    let counted = run(1, 200, Interest::Near, Pace::default());
    assert_eq!(counted, (0, 0), "allocating ticks, allocations");
}

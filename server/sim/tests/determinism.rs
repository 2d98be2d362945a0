//! The same inputs give the same hashes and the same bytes: in debug and release, and whatever order of systems the
//! declared order leaves open.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{Chat, ClientMessage, Join, Move, Scope, SetSkin, SetState, StateWrite},
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::{Event, EventKind, Eyes, Fold, Lane, Player, SimConfig, Simulation, TickInput, TickOutput};
use std::hash::Hasher;
use support::connected_maps;

/// The hash after the last tick of [`run`], and a hash of all bytes that were sent. Debug and release builds, and all
/// machines, must agree on them. They change with any change to what the simulation does: that is a new simulation,
/// and whoever changes it writes the new numbers here.
const PINNED: (u64, u64) = (2_688_622_966_891_077_912, 14_744_508_329_742_725_518);

const TICKS: u32 = 600;

#[test]
fn debug_and_release_agree() {
    assert_eq!(
        run(None),
        PINNED,
        "the simulation does something else than it did"
    );
}

#[test]
fn no_shuffle_of_the_schedule_changes_anything() {
    let declared = run(None);
    for seed in 0..50 {
        assert_eq!(run(Some(seed)), declared, "shuffle seed {seed}");
    }
}

#[test]
fn another_seed_is_another_world() {
    let mut hashes: Vec<u64> = (0..4).map(|seed| run_seeded(None, seed).0).collect();
    hashes.dedup();
    assert_eq!(hashes.len(), 4);
}

/// Two worlds with the same input, one of them watched by some who look here and there.
#[test]
fn watchers_change_nothing() {
    let world = || {
        let mut config = SimConfig::new(connected_maps());
        config.rules.empty_ticks = 30;
        Simulation::new(config)
    };
    let (mut alone, mut watched) = (world(), world());
    let (mut input, mut next_session, mut sent) = (TickInput::default(), 0, 0);
    let (mut first, mut second) = (TickOutput::default(), TickOutput::default());
    for tick in 1..=TICKS {
        let mut chance = Stream::new(99, u64::from(tick), Purpose::Game);
        fill(&mut input, &mut chance, &mut next_session, tick);
        alone.step(&mut input, &mut first);
        watched.step(&mut input, &mut second);
        assert_eq!(first.hash, second.hash, "at tick {tick}");
        assert_eq!(
            (first.counts, &first.closes),
            (second.counts, &second.closes),
            "at tick {tick}"
        );
        assert_eq!(frames(&first), frames(&second), "at tick {tick}");
        assert!(first.watched.is_empty());
        sent += second.watched.len();

        // Numbers of sessions that players have, too.
        let session = SessionId(u64::from(chance.below(8)));
        let room = ["east", "west", "east/a"][chance.below(3) as usize];
        let player = watched.player(SessionId(u64::from(chance.below(next_session as u32))));
        let player = player.and_then(|player| watched.world().get::<Player>(player));
        match (chance.below(12), player.map(|player| player.id)) {
            (0, _) => watched.unwatch(session),
            (1, _) => watched.set_watcher_held(session, true),
            (2, _) => watched.set_watcher_held(session, false),
            (3..6, _) => drop(watched.watch(session, room, Eyes::Everyone, tick as u8)),
            (_, Some(player)) => {
                if let Some(room) = watched.followed_room(player) {
                    watched
                        .watch(session, &room, Eyes::Of(player), tick as u8)
                        .unwrap();
                }
            }
            (_, None) => {}
        }
    }
    assert!(sent > 500, "{sent} frames for watchers");
}

/// To whom, how, and what; not where in the output it lies.
fn frames(output: &TickOutput) -> Vec<(SessionId, Lane, &[u8])> {
    let frames = output.frames.iter();
    frames
        .map(|frame| (frame.session, frame.lane, output.payload(frame)))
        .collect()
}

fn run(shuffle: Option<u64>) -> (u64, u64) {
    run_seeded(shuffle, 14)
}

/// Ten seconds with some thirty sessions that do everything there is to do.
fn run_seeded(shuffle: Option<u64>, seed: u64) -> (u64, u64) {
    let mut config = SimConfig::new(connected_maps());
    config.seed = seed;
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules.empty_ticks = 30;
    let mut sim = Simulation::new(config);
    if let Some(seed) = shuffle {
        sim.shuffle_schedule(seed);
    }
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    let mut sent = Fold::new(0);
    let mut next_session = 0;
    for tick in 1..=TICKS {
        fill(
            &mut input,
            &mut Stream::new(99, u64::from(tick), Purpose::Game),
            &mut next_session,
            tick,
        );
        sim.step(&mut input, &mut output);
        sent.write(&output.bytes);
        for frame in &output.frames {
            sent.write_u64(frame.session.0);
            sent.write_u32(frame.start);
            sent.write_u32(frame.end);
        }
    }
    (sim.hash(), sent.end())
}

fn fill(input: &mut TickInput, chance: &mut Stream, next_session: &mut u64, tick: u32) {
    input.events.clear();
    let mut push = |session, kind| {
        input.events.push(Event {
            session: SessionId(session),
            kind,
        })
    };
    if *next_session < 30 || chance.below(40) == 0 {
        push(
            *next_session,
            EventKind::Open {
                name: format!("walker {next_session}"),
            },
        );
        *next_session += 1;
    }
    for _ in 0..chance.below(6) {
        let session = u64::from(chance.below(*next_session as u32));
        let message = match chance.below(40) {
            0..=5 => ClientMessage::Join(Join {
                request: 1,
                room: ["east", "west", "east/a", "west/a", "nowhere"][chance.below(5) as usize].into(),
            }),
            6..=26 => ClientMessage::Move(Move {
                seq: 0,
                tick: Tick(if chance.below(3) == 0 {
                    tick + chance.below(16)
                } else {
                    0
                }),
                direction: Direction::ALL[chance.below(9) as usize],
                sprint: chance.below(3) == 0,
            }),
            27..=29 => ClientMessage::Chat(Chat {
                request: 2,
                scope: Scope::Room,
                text: format!("tick {tick}"),
            }),
            30..=31 => ClientMessage::Chat(Chat {
                request: 3,
                scope: Scope::Near,
                text: "psst".into(),
            }),
            32..=33 => ClientMessage::SetSkin(SetSkin {
                request: 4,
                skin: chance.below(4) as u16,
            }),
            34..=36 => {
                let write = StateWrite {
                    key: format!("key-{}", chance.below(4)),
                    version: chance.below(8),
                    value: (chance.below(3) > 0).then(|| tick.to_string()),
                };
                ClientMessage::SetState(SetState {
                    request: 5,
                    writes: vec![write],
                })
            }
            37 => ClientMessage::Leave { request: 6 },
            38 => {
                push(session, EventKind::Hold);
                continue;
            }
            _ => {
                push(session, EventKind::Release);
                continue;
            }
        };
        push(
            session,
            EventKind::Message {
                early: chance.below(100) as i16,
                message,
            },
        );
    }
    if chance.below(60) == 0 {
        push(u64::from(chance.below(*next_session as u32)), EventKind::Close);
    }
    input.sort();
}

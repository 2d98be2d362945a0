//! The scenarios of the golden recordings: one per behaviour of the simulation, generated from a
//! fixed seed.

use parlour::maps;
use parlour_shared::{
    codec,
    ids::{ObjectId, Tick},
    message::{Move, MoveHeading, Scope, ServerMessage, StateWrite},
    motion::{Direction, Position, Velocity},
    rng::Stream,
};
use parlour_sim::{Logic, OnDrop, OwnerLeaves, Rate, SimConfig, SimulationApp as _};
use parlour_testing::{
    Color, MoverOrder, ObjectOrder, Script, SessionActions as _, generous_rules, objects_plugin,
    solids_plugin,
};
use parlour_tick::{Arrival, EventKind, Lane, TickInput, TickOutput, player_id};

use crate::mood::{MoodPlugin, SetMood};

/// A world, its inputs, and the behaviour that they must cause.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) config: SimConfig,
    pub(crate) logic: Logic,
    pub(crate) inputs: Vec<TickInput>,
    /// Counts how often the behaviour occurs in a tick.
    pub(crate) happens: fn(&TickOutput) -> u32,
    /// How often the behaviour must occur in all ticks.
    pub(crate) at_least: u32,
}

/// The scenarios that the ledger covers.
pub(crate) fn all() -> Vec<Scenario> {
    vec![
        crowd(),
        doors(),
        chat(),
        rate_limits(),
        room_state(),
        game_logic(),
        objects(),
        dropped(),
    ]
}

/// A crowd in one room, large enough that neighbours are searched with a tree. Players walk into
/// walls, and come near each other.
fn crowd() -> Scenario {
    let script = Script::random(3, 900, |script, tick, random| match tick {
        1 => arrivals(script, 150, |_| "plaza"),
        _ => (0..150).for_each(|number| turn(script, number, 30, tick, random)),
    });
    scenario("crowd", script.inputs(900), |output| output.counts.moves, 3000)
}

/// Sprinters in two instances of two maps that doors connect. A player that goes through a door
/// leaves its room.
fn doors() -> Scenario {
    let script = Script::random(3, 3600, |script, tick, random| match tick {
        1 => arrivals(script, 40, |number| {
            ["lobby", "garden", "lobby/b", "garden/b"][number as usize % 4]
        }),
        _ => {
            for number in 0..40 {
                let direction = Direction::ALL[1 + random.below(8) as usize];
                if random.below(90) == 0 {
                    script.sprint(session(number), direction);
                }
            }
        }
    });
    let mut doors = scenario("doors", script.inputs(3600), entered, 40 + 10);
    doors.config.rules.empty_ticks = 120;
    doors
}

fn entered(output: &TickOutput) -> u32 {
    count(output, |message| matches!(message, ServerMessage::RoomEntered(_)))
}

/// Chat to the room and nearby, changed skins, sessions that open and close, held connections.
fn chat() -> Scenario {
    let script = Script::random(3, 1200, |script, tick, random| {
        let number = u64::from(random.below(30));
        if tick == 1 {
            arrivals(script, 20, |_| "garden");
        }
        match random.below(12) {
            0 | 1 => script.chat(session(number), Scope::Room, &format!("it is tick {tick}")),
            2 | 3 => script.chat(session(number), Scope::Near, "psst, über here"),
            4 => script.skin(session(number), random.below(6) as u16),
            5 => script.hold(session(number)),
            6 => script.release(session(number)),
            7 if number >= 20 => arrival(script, number, "garden"),
            8 if number >= 20 => script.close(session(number)),
            _ => (0..20).for_each(|number| turn(script, number, 40, tick, random)),
        }
    });
    let said = |output: &TickOutput| count(output, |message| matches!(message, ServerMessage::Chat(_)));
    let mut chat = scenario("chat", script.inputs(1200), said, 1000);
    chat.config.skins = ["plain", "cat", "robot", "ghost"].map(String::from).to_vec();
    chat
}

/// Clients that exceed rate limits, send invalid requests, or send commands for other ticks.
fn rate_limits() -> Scenario {
    let script = Script::random(3, 900, |script, tick, random| {
        if tick == 1 {
            arrivals(script, 6, |_| "lobby");
        }
        for number in 0..6 {
            match random.below(5) {
                0 => (0..3).for_each(|_| script.chat(session(number), Scope::Room, "again!")),
                1 => {
                    let room = ["lobby", "garden", "nowhere", "lobby/x"][random.below(4) as usize];
                    script.join(session(number), room);
                }
                2 => (0..4).for_each(|_| turn(script, number, 1, tick, random)),
                3 => {
                    let aimed = Tick((tick + random.below(60)).saturating_sub(30));
                    let command = Move {
                        tick: aimed,
                        ..Move::default()
                    };
                    script.command(session(number), command);
                }
                _ => {}
            }
        }
    });
    let refused = |output: &TickOutput| output.counts.refused.iter().map(|(_, count)| count).sum();
    let mut limits = scenario("rate_limits", script.inputs(900), refused, 500);
    limits.config.rules.capacity = 4;
    limits.config.rules.rates.moves = Rate {
        burst: 10,
        every_ticks: 3,
    };
    limits
}

/// Conflicting writes to the state of two rooms.
fn room_state() -> Scenario {
    let script = Script::random(3, 900, |script, tick, random| {
        if tick == 1 {
            arrivals(script, 8, |number| ["lobby", "plaza"][number as usize % 2]);
        }
        if random.below(4) == 0 {
            let write = |random: &mut Stream| StateWrite {
                key: format!("door/{}", random.below(5)),
                version: random.below(60),
                value: (random.below(4) > 0).then(|| format!("opened at {tick}")),
            };
            // If the second write of a message is stale, the first is also refused.
            let writes = (0..=random.below(2)).map(|_| write(random)).collect();
            script.write_all(session(random.below(8).into()), writes);
        }
        if random.below(5) == 0 {
            let number = random.below(8).into();
            script.write(session(number), &format!("note-{tick}"), 0, Some("new"));
        }
    });
    let changed = |output: &TickOutput| {
        count(output, |message| {
            matches!(message, ServerMessage::StateChanged(_))
        })
    };
    scenario("room_state", script.inputs(900), changed, 300)
}

/// The plugin of the mood example: a component and messages of game logic.
fn game_logic() -> Scenario {
    let script = Script::random(3, 1500, |script, tick, random| {
        if tick == 1 {
            arrivals(script, 15, |_| "garden");
        }
        if random.below(6) == 0 {
            let mood = (random.below(5) > 0).then(|| random.below(11) as u8);
            let number = random.below(15).into();
            script.custom(session(number), "set_mood", &SetMood { mood });
        }
        (0..15).for_each(|number| turn(script, number, 60, tick, random));
    });
    let mut moods = scenario("game_logic", script.inputs(1500), messages, 20);
    moods.logic = Logic::new(|app| _ = app.add_plugins(MoodPlugin));
    moods
}

/// Objects that rest, move, are pushed, carry and are carried, have owners and follow paths, among
/// solid bodies.
fn objects() -> Scenario {
    const SESSIONS: u32 = 12;
    let script = Script::random(3, 1800, |script, tick, random| {
        if tick == 1 {
            arrivals(script, SESSIONS.into(), |_| "plaza");
        }
        (0..u64::from(SESSIONS)).for_each(|number| turn(script, number, 60, tick, random));
        let number = session(random.below(SESSIONS).into());
        // About half of them exist.
        let id = ObjectId(1 + random.below(1 + tick / 4));
        let mut place = || Position::from_px(100 + random.below(400) as i32, 100 + random.below(300) as i32);
        let (place, other) = (place(), place());
        let mut speed = || random.below(1601) as i16 - 800;
        let velocity = Velocity {
            x: speed(),
            y: speed(),
        };
        let kind =
            |kinds: &[&str], random: &mut Stream| kinds[random.below(kinds.len() as u32) as usize].to_owned();
        let order = match random.below(18) {
            0 | 1 => ObjectOrder::Spawn {
                kind: kind(&["chair", "bell"], random),
                place,
                color: (random.below(3) > 0).then(|| Color(random.below(1 << 24))),
            },
            2 => ObjectOrder::SpawnWalker(place, 300),
            3 | 4 => ObjectOrder::Walk(id, (random.below(4) > 0).then_some(other)),
            5 => ObjectOrder::Paint(id, Some(Color(random.below(1 << 24)))),
            6 => ObjectOrder::Ring(id),
            7 => ObjectOrder::Take(id, OwnerLeaves::Release),
            8 => ObjectOrder::Release(id),
            _ => {
                let order = match random.below(9) {
                    0 | 1 => MoverOrder::Launch {
                        kind: kind(&["crate", "gate", "truck", "ball", "spirit"], random),
                        place,
                        velocity,
                    },
                    2 => MoverOrder::Turn(id, velocity),
                    3 => MoverOrder::Teleport(id, other),
                    4 => MoverOrder::SetPassable(id, random.below(2) == 0),
                    5 => MoverOrder::Push(id, velocity, 30),
                    6 => MoverOrder::Ride(id, Position::from_px(20, 0)),
                    7 => MoverOrder::GetOff,
                    _ => MoverOrder::Despawn(id),
                };
                return script.custom(number, "mover", &order);
            }
        };
        script.custom(number, "order", &order);
    });
    let mut objects = scenario(
        "objects",
        script.inputs(1800),
        |output| output.counts.objects,
        100_000,
    );
    objects.logic = Logic::new(|app| {
        app.follow_paths(500);
        objects_plugin(app);
        solids_plugin(app);
    });
    objects.config.rules = generous_rules();
    objects
}

/// Players that walk, lose their links and come back. Some were dropped before they came.
fn dropped() -> Scenario {
    let script = Script::random(3, 1200, |script, tick, random| {
        if tick == 1 {
            arrivals(script, 20, |number| ["lobby", "garden"][number as usize % 2]);
        }
        let number = u64::from(random.below(24));
        match random.below(10) {
            0 => script.drop_link(session(number)),
            1 => script.resume(session(number)),
            2 if number >= 20 => {
                let arrival = Arrival {
                    dropped: true,
                    ..Arrival::new(player_id(1403, number as u32), String::new())
                };
                script.event(session(number), EventKind::Arrive(arrival));
                script.join(session(number), "garden");
            }
            3 if number >= 20 => script.close(session(number)),
            4 => script.hold(session(number)),
            5 => script.release(session(number)),
            _ => (0..20).for_each(|number| turn(script, number, 40, tick, random)),
        }
    });
    let absent = |output: &TickOutput| {
        let viewers: u32 = output.counts.viewers.iter().sum();
        output.counts.players - viewers
    };
    let mut dropped = scenario("dropped", script.inputs(1200), absent, 5000);
    dropped.config.rules.on_drop = OnDrop::Continue;
    dropped
}

pub(crate) fn scenario(
    name: &'static str,
    inputs: Vec<TickInput>,
    happens: fn(&TickOutput) -> u32,
    at_least: u32,
) -> Scenario {
    let mut config = SimConfig::new(maps::load(None).unwrap());
    config.seed = 1403;
    Scenario {
        name,
        config,
        logic: Logic::default(),
        inputs,
        happens,
        at_least,
    }
}

pub(crate) fn arrivals(script: &mut Script, count: u64, room: impl Fn(u64) -> &'static str) {
    (0..count).for_each(|number| arrival(script, number, room(number)));
}

fn arrival(script: &mut Script, number: u64, room: &str) {
    let name = if number.is_multiple_of(3) {
        String::new()
    } else {
        format!("Player {number}")
    };
    script.open_as_and_join(session(number), &name, room);
}

/// With a chance of 1 in `rare`, sends a turn for one of the next ticks.
pub(crate) fn turn(script: &mut Script, number: u64, rare: u32, tick: u32, random: &mut Stream) {
    let (turns, ahead, direction, sprint) = (
        random.below(rare) == 0,
        random.below(6),
        random.below(9),
        random.below(4) == 0,
    );
    let command = Move {
        seq: 0,
        tick: Tick(tick + ahead),
        heading: MoveHeading::Keys {
            direction: Direction::ALL[direction as usize],
            sprint,
        },
    };
    if turns {
        script.command(session(number), command);
    }
}

/// Spreads the session numbers out, as they are in a server.
pub(crate) fn session(number: u64) -> u64 {
    256 * (number + 1)
}

/// Counts the messages of game logic to players.
pub(crate) fn messages(output: &TickOutput) -> u32 {
    count(output, |message| matches!(message, ServerMessage::Custom(_)))
}

fn count(output: &TickOutput, is: fn(&ServerMessage) -> bool) -> u32 {
    let reliable = output.frames.iter().filter(|frame| frame.lane == Lane::Reliable);
    let messages = reliable.map(|frame| codec::decode_server(output.payload(frame)).unwrap());
    messages.filter(is).count() as u32
}

//! What the golden recordings are recordings of: one scenario per behaviour, written by seeded chance.

use parlour_server::maps;
use parlour_shared::{
    codec,
    ids::{SessionId, Tick},
    message::{
        Body, Chat, ClientMessage, Custom, Join, Move, Scope, ServerMessage, SetSkin, SetState, StateWrite,
    },
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::{Logic, Rate, SimConfig};
use parlour_tick::{Event, EventKind, Lane, TickInput, TickOutput};

use crate::mood::{MoodPlugin, SetMood};

/// A world, what it is given, and what must come of it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) config: SimConfig,
    pub(crate) logic: Logic,
    pub(crate) inputs: Vec<TickInput>,
    /// How often what it is there for happens in a tick.
    pub(crate) happens: fn(&TickOutput) -> u32,
    pub(crate) at_least: u32,
}

pub(crate) fn all() -> Vec<Scenario> {
    vec![
        crowd(),
        doors(),
        chat(),
        rate_limits(),
        room_state(),
        game_logic(),
    ]
}

/// A crowd in one room, large enough for the search by tree, walking into walls and each other's reach.
fn crowd() -> Scenario {
    let inputs = script(900, |tick, chance| match tick {
        1 => arrivals(150, |_| "plaza"),
        _ => (0..150)
            .filter_map(|session| walk(session, 30, tick, chance))
            .collect(),
    });
    scenario("crowd", inputs, |output| output.counts.moves, 3000)
}

/// Sprinters in two maps that doors connect, in two instances; who is through is gone from the first room.
fn doors() -> Scenario {
    let inputs = script(3600, |tick, chance| match tick {
        1 => arrivals(40, |session| {
            ["lobby", "garden", "lobby/b", "garden/b"][session as usize % 4]
        }),
        _ => (0..40)
            .filter_map(|session| {
                let command = Move {
                    direction: Direction::ALL[1 + chance.below(8) as usize],
                    sprint: true,
                    ..Move::default()
                };
                (chance.below(90) == 0).then(|| says(session, ClientMessage::Move(command)))
            })
            .collect(),
    });
    let mut doors = scenario("doors", inputs, entered, 40 + 10);
    doors.config.rules.empty_ticks = 120;
    doors
}

fn entered(output: &TickOutput) -> u32 {
    count(output, |message| matches!(message, ServerMessage::RoomEntered(_)))
}

/// Talk to all and to those near, new skins, sessions that come and go, links that are held.
fn chat() -> Scenario {
    let inputs = script(1200, |tick, chance| {
        let session = u64::from(chance.below(30));
        let mut events = if tick == 1 {
            arrivals(20, |_| "garden")
        } else {
            Vec::new()
        };
        match chance.below(12) {
            0 | 1 => events.push(speak(session, Scope::Room, &format!("it is tick {tick}"))),
            2 | 3 => events.push(speak(session, Scope::Near, "psst, über here")),
            4 => {
                let skin = chance.below(6) as u16;
                events.push(says(
                    session,
                    ClientMessage::SetSkin(SetSkin { request: 3, skin }),
                ));
            }
            5 => events.push(event(session, EventKind::Hold)),
            6 => events.push(event(session, EventKind::Release)),
            7 if session >= 20 => events.extend(arrival(session, "garden")),
            8 if session >= 20 => events.push(event(session, EventKind::Close)),
            _ => events.extend((0..20).filter_map(|session| walk(session, 40, tick, chance))),
        }
        events
    });
    let mut chat = scenario(
        "chat",
        inputs,
        |output| count(output, |message| matches!(message, ServerMessage::Chat(_))),
        1000,
    );
    chat.config.skins = ["plain", "cat", "robot", "ghost"].map(String::from).to_vec();
    chat
}

/// Those who ask too often, ask for nonsense, or send commands for other times.
fn rate_limits() -> Scenario {
    let inputs = script(900, |tick, chance| {
        let mut events = if tick == 1 {
            arrivals(6, |_| "lobby")
        } else {
            Vec::new()
        };
        for session in 0..6 {
            match chance.below(5) {
                0 => events.extend((0..3).map(|_| speak(session, Scope::Room, "again!"))),
                1 => events.push(join(
                    session,
                    ["lobby", "garden", "nowhere", "lobby/x"][chance.below(4) as usize],
                )),
                2 => events.extend((0..4).filter_map(|_| walk(session, 1, tick, chance))),
                3 => {
                    let aimed = Tick((tick + chance.below(60)).saturating_sub(30));
                    let command = Move {
                        tick: aimed,
                        ..Move::default()
                    };
                    events.push(says(session, ClientMessage::Move(command)));
                }
                _ => {}
            }
        }
        events
    });
    let refused = |output: &TickOutput| output.counts.refused.iter().map(|(_, count)| count).sum();
    let mut limits = scenario("rate_limits", inputs, refused, 500);
    limits.config.rules.capacity = 4;
    limits.config.rules.rates.moves = Rate {
        burst: 10,
        every_ticks: 3,
    };
    limits
}

/// Writes to the state of two rooms that get in each other's way.
fn room_state() -> Scenario {
    let inputs = script(900, |tick, chance| {
        let mut events = match tick {
            1 => arrivals(8, |session| ["lobby", "plaza"][session as usize % 2]),
            _ => Vec::new(),
        };
        if chance.below(4) == 0 {
            let write = |chance: &mut Stream| StateWrite {
                key: format!("door/{}", chance.below(5)),
                version: chance.below(60),
                value: (chance.below(4) > 0).then(|| format!("opened at {tick}")),
            };
            // The second of some writes is stale, and takes the first with it.
            let writes = (0..=chance.below(2)).map(|_| write(chance)).collect();
            let batch = SetState {
                request: tick,
                writes,
            };
            events.push(says(chance.below(8).into(), ClientMessage::SetState(batch)));
        }
        if chance.below(5) == 0 {
            let write = StateWrite {
                key: format!("note-{tick}"),
                version: 0,
                value: Some("new".into()),
            };
            let batch = SetState {
                request: tick,
                writes: vec![write],
            };
            events.push(says(chance.below(8).into(), ClientMessage::SetState(batch)));
        }
        events
    });
    scenario(
        "room_state",
        inputs,
        |output| {
            count(output, |message| {
                matches!(message, ServerMessage::StateChanged(_))
            })
        },
        300,
    )
}

/// The moods of the example: a component and messages of a plugin.
fn game_logic() -> Scenario {
    let inputs = script(1500, |tick, chance| {
        let mut events = if tick == 1 {
            arrivals(15, |_| "garden")
        } else {
            Vec::new()
        };
        if chance.below(6) == 0 {
            let mut body = Vec::new();
            let mood = (chance.below(5) > 0).then(|| chance.below(11) as u8);
            codec::encode(&SetMood { mood }, &mut body);
            let custom = Custom {
                request: tick,
                name: "set_mood".into(),
                body: Body(body),
            };
            events.push(says(chance.below(15).into(), ClientMessage::Custom(custom)));
        }
        events.extend((0..15).filter_map(|session| walk(session, 60, tick, chance)));
        events
    });
    let mut moods = scenario(
        "game_logic",
        inputs,
        |output| count(output, |message| matches!(message, ServerMessage::Custom(_))),
        20,
    );
    moods.logic = Logic::new(|app| _ = app.add_plugins(MoodPlugin));
    moods
}

fn scenario(
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

fn script(ticks: u32, events: impl Fn(u32, &mut Stream) -> Vec<Event>) -> Vec<TickInput> {
    let input = |tick| {
        let mut input = TickInput {
            events: events(tick, &mut Stream::new(3, tick.into(), Purpose::Game)),
            ..TickInput::default()
        };
        input.sort();
        input
    };
    (1..=ticks).map(input).collect()
}

fn arrivals(count: u64, room: impl Fn(u64) -> &'static str) -> Vec<Event> {
    (0..count)
        .flat_map(|session| arrival(session, room(session)))
        .collect()
}

fn arrival(session: u64, room: &str) -> [Event; 2] {
    let name = if session.is_multiple_of(3) {
        String::new()
    } else {
        format!("Player {session}")
    };
    [event(session, EventKind::Open { name }), join(session, room)]
}

fn join(session: u64, room: &str) -> Event {
    let room = room.into();
    says(session, ClientMessage::Join(Join { request: 1, room }))
}

/// One in `rare` times: a turn, aimed at one of the next ticks.
fn walk(session: u64, rare: u32, tick: u32, chance: &mut Stream) -> Option<Event> {
    let (turns, ahead, direction, sprint) = (
        chance.below(rare) == 0,
        chance.below(6),
        chance.below(9),
        chance.below(4) == 0,
    );
    let command = Move {
        seq: 0,
        tick: Tick(tick + ahead),
        direction: Direction::ALL[direction as usize],
        sprint,
    };
    turns.then(|| says(session, ClientMessage::Move(command)))
}

fn speak(session: u64, scope: Scope, text: &str) -> Event {
    let text = text.into();
    says(
        session,
        ClientMessage::Chat(Chat {
            request: 2,
            scope,
            text,
        }),
    )
}

fn says(session: u64, message: ClientMessage) -> Event {
    event(session, EventKind::Message { early: 25, message })
}

fn event(session: u64, kind: EventKind) -> Event {
    // Numbers of sessions are no small ones in a server either.
    let session = SessionId(256 * (session + 1));
    Event { session, kind }
}

fn count(output: &TickOutput, is: fn(&ServerMessage) -> bool) -> u32 {
    let reliable = output.frames.iter().filter(|frame| frame.lane == Lane::Reliable);
    let messages = reliable.map(|frame| codec::decode_server(output.payload(frame)).unwrap());
    messages.filter(is).count() as u32
}

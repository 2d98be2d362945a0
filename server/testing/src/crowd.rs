//! Many random sessions.

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{
        Chat, ClientMessage, Join, JoinMode, Move, MoveHeading, Property, Scope, SetSkin, SetState,
        StateWrite,
    },
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::{Interest, OnDrop, OptionSpec, RoomRules, RoomTypeConfig, SimConfig};
use parlour_tick::{Arrival, Carried, Event, EventKind, Reservation, TickInput, player_id};

use crate::maps::connected_maps;

/// An endless sequence of inputs. About thirty sessions use every feature at random: rooms of two
/// types and their options, reserved seats, doors, movement, chat, skins, room state, held links,
/// lost links, carried components, and more requests than the limits allow. The same seed gives the
/// same inputs.
#[derive(Clone, Debug)]
pub struct Crowd {
    seed: u64,
    tick: u32,
    sessions: u64,
}

impl Crowd {
    /// Starts before the first tick.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            tick: 0,
            sessions: 0,
        }
    }

    /// Returns the configuration of the world for these inputs.
    #[must_use]
    pub fn config() -> SimConfig {
        let mut config = SimConfig::new(connected_maps());
        config.seed = 14;
        config.skins = ["a", "b", "c"].map(String::from).to_vec();
        config.rules.empty_ticks = 30;
        config.room_types.push(RoomTypeConfig {
            rules: RoomRules {
                capacity: 6,
                near_px: 90,
                interest: Interest::All,
                refresh_ticks: 4,
                empty_ticks: 50,
                on_drop: OnDrop::Continue,
                ..config.rules
            },
            maps: ["east", "west"].map(String::from).to_vec(),
            options: vec![
                OptionSpec::number(OptionSpec::CAPACITY, 2, 6),
                OptionSpec::one_of("mode", ["day", "night"]),
            ],
            ..RoomTypeConfig::new("hall", "east")
        });
        config
    }

    /// Returns the number of sessions so far. They are numbered from 0.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    fn any_session(&self, random: &mut Stream) -> u64 {
        random.below(self.sessions as u32).into()
    }
}

impl Iterator for Crowd {
    type Item = TickInput;

    fn next(&mut self) -> Option<TickInput> {
        self.tick += 1;
        let random = &mut Stream::new(self.seed, self.tick.into(), Purpose::Game);
        let mut input = TickInput::default();
        let mut push = |session, kind| {
            let session = SessionId(session);
            input.events.push(Event { session, kind });
        };
        if self.sessions < 30 || random.below(40) == 0 {
            let name = format!("walker {}", self.sessions);
            let player = player_id(0, self.sessions as u32);
            let hat = Carried {
                name: "hat".into(),
                value: vec![self.sessions as u8],
            };
            let carried = if self.sessions.is_multiple_of(3) {
                vec![hat]
            } else {
                Vec::new()
            };
            let arrival = Arrival {
                carried,
                dropped: self.sessions % 7 == 6,
                ..Arrival::new(player, name)
            };
            push(self.sessions, EventKind::Arrive(arrival));
            self.sessions += 1;
        }
        for _ in 0..random.below(6) {
            let session = self.any_session(random);
            push(session, random_event(self.tick, random));
        }
        if random.below(15) == 0 {
            push(self.any_session(random), EventKind::Drop);
        }
        if random.below(12) == 0 {
            let reset = random.below(3) == 0;
            push(self.any_session(random), EventKind::Resume { reset });
        }
        if random.below(60) == 0 {
            push(self.any_session(random), EventKind::Depart);
        }
        input.sort();
        Some(input)
    }
}

fn random_event(tick: u32, random: &mut Stream) -> EventKind {
    let message = match random.below(40) {
        0..=3 => ClientMessage::Join(Join::room(
            1,
            ["east", "west", "east/a", "west/a", "nowhere"][random.below(5) as usize],
        )),
        4 => ClientMessage::Join(join_with_options(random)),
        5 if random.below(2) == 0 => {
            return EventKind::Reserve(Box::new(Reservation {
                ticket: format!("ticket {tick}"),
                seats: 1 + random.below(3) as u8,
                join: join_with_options(random),
                spawn: None,
                answer: random.below(2) == 0,
            }));
        }
        5 => ClientMessage::Join(Join {
            // Few of the tickets exist.
            ticket: Some(format!("ticket {}", tick.saturating_sub(random.below(120)))),
            ..Join::default()
        }),
        6..=26 => ClientMessage::Move(Move {
            seq: 0,
            tick: Tick(if random.below(3) == 0 {
                tick + random.below(16)
            } else {
                0
            }),
            heading: MoveHeading::Keys {
                direction: Direction::ALL[random.below(9) as usize],
                sprint: random.below(3) == 0,
            },
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
            skin: random.below(4) as u16,
        }),
        34..=36 => {
            let write = StateWrite {
                key: format!("key-{}", random.below(4)),
                version: random.below(8),
                value: (random.below(3) > 0).then(|| tick.to_string()),
            };
            ClientMessage::SetState(SetState {
                request: 5,
                writes: vec![write],
            })
        }
        37 => ClientMessage::Leave { request: 6 },
        38 => return EventKind::Hold,
        _ => return EventKind::Release,
    };
    let early = random.below(100) as i16;
    EventKind::Message { early, message }
}

/// A join of a hall, sometimes with options that it does not have.
fn join_with_options(random: &mut Stream) -> Join {
    let room = ["hall", "hall/a", "hall/b"][random.below(3) as usize];
    let option = |key: &str, value: &str| Property {
        key: key.into(),
        value: value.into(),
    };
    let options = match random.below(5) {
        0 => vec![option("mode", "night"), option("capacity", "2")],
        1 => vec![option("map", "west")],
        2 => vec![option("capacity", "99")],
        _ => Vec::new(),
    };
    let modes = [JoinMode::Enter, JoinMode::Existing, JoinMode::Private];
    Join {
        mode: modes[random.below(3) as usize],
        options,
        ..Join::room(1, room)
    }
}

//! Many random sessions.

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{Chat, ClientMessage, Join, Move, Scope, SetSkin, SetState, StateWrite},
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::SimConfig;
use parlour_tick::{Arrival, Event, EventKind, TickInput, player_id};

use crate::maps::connected_maps;

/// An endless sequence of inputs. About thirty sessions use every feature at random: rooms, doors,
/// movement, chat, skins, room state, held links, and more requests than the limits allow. The
/// same seed gives the same inputs.
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
            push(self.sessions, EventKind::Arrive(Arrival::new(player, name)));
            self.sessions += 1;
        }
        for _ in 0..random.below(6) {
            let session = self.any_session(random);
            push(session, random_event(self.tick, random));
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
        0..=5 => ClientMessage::Join(Join::room(
            1,
            ["east", "west", "east/a", "west/a", "nowhere"][random.below(5) as usize],
        )),
        6..=26 => ClientMessage::Move(Move {
            seq: 0,
            tick: Tick(if random.below(3) == 0 {
                tick + random.below(16)
            } else {
                0
            }),
            direction: Direction::ALL[random.below(9) as usize],
            sprint: random.below(3) == 0,
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

//! A script in which some thirty sessions do everything there is to do: rooms, doors, walks, chat, skins, room state,
//! held links, too many requests.

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{Chat, ClientMessage, Join, Move, Scope, SetSkin, SetState, StateWrite},
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::SimConfig;
use parlour_tick::{Event, EventKind, TickInput};

use super::connected_maps;

/// The world it plays in.
pub fn config() -> SimConfig {
    let mut config = SimConfig::new(connected_maps());
    config.seed = 14;
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules.empty_ticks = 30;
    config
}

/// Writes the input of a tick.
pub fn fill(input: &mut TickInput, next_session: &mut u64, tick: u32) {
    let chance = &mut Stream::new(99, u64::from(tick), Purpose::Game);
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

//! Everything recorded can be read again, however it is split into chunks.

use parlour_recording::format::{Item, Outcome, TickRecord};
use parlour_shared::{
    ids::{PlayerId, SessionId, Tick},
    message::{
        Body, Chat, ClientMessage, Custom, Hello, Join, Move, MoveHeading, Scope, SetSkin, SetState,
        StateWrite,
    },
    motion::Direction,
};
use parlour_tick::{
    Arrival, Cadence, Carried, Counters, Event, EventKind, Pace, PaceLevel, Reservation, TickInput,
};
use proptest::{collection::vec, option, prelude::*};

use super::support::{read, stopped, write};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zé ]{1,40}", Just("x".repeat(8 * 1024))]
}

fn heading() -> impl Strategy<Value = MoveHeading> {
    let keys = (0..9usize, any::<bool>()).prop_map(|(direction, sprint)| MoveHeading::Keys {
        direction: Direction::ALL[direction],
        sprint,
    });
    let free = (any::<u8>(), any::<u8>()).prop_map(|(angle, speed)| MoveHeading::Angle { angle, speed });
    prop_oneof![keys, free]
}

fn command() -> impl Strategy<Value = Move> {
    let tick = prop_oneof![Just(0), 1..2000u32, any::<u32>()];
    (any::<u32>(), tick, heading()).prop_map(|(seq, tick, heading)| Move {
        seq,
        tick: Tick(tick),
        heading,
    })
}

fn message() -> impl Strategy<Value = ClientMessage> {
    let write = (text(), any::<u32>(), option::of(text())).prop_map(|(key, version, value)| StateWrite {
        key,
        version,
        value,
    });
    prop_oneof![
        5 => command().prop_map(ClientMessage::Move),
        1 => (any::<u32>(), text()).prop_map(|(request, room)| ClientMessage::Join(Join::room(request, room))),
        1 => any::<u32>().prop_map(|request| ClientMessage::Leave { request }),
        1 => (any::<u32>(), text()).prop_map(|(request, text)| {
            ClientMessage::Chat(Chat { request, scope: Scope::Room, text })
        }),
        1 => (any::<u32>(), any::<u16>())
            .prop_map(|(request, skin)| ClientMessage::SetSkin(SetSkin { request, skin })),
        1 => (any::<u32>(), vec(write, 0..=1))
            .prop_map(|(request, writes)| ClientMessage::SetState(SetState { request, writes })),
        1 => (text(), vec(any::<u8>(), 0..50)).prop_map(|(name, body)| {
            ClientMessage::Custom(Custom { request: 0, name, body: Body::Bytes(body) })
        }),
        1 => any::<u32>().prop_map(|nonce| ClientMessage::Ping { nonce }),
        1 => Just(ClientMessage::Bye),
        1 => (text(), option::of(text())).prop_map(|(name, token)| {
            ClientMessage::Hello(Hello { name, token, ..Hello::default() })
        }),
    ]
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let carried = (text(), vec(any::<u8>(), 0..50)).prop_map(|(name, value)| Carried { name, value });
    let counters = (any::<u8>(), any::<u32>(), any::<[u32; 8]>());
    let counters = counters.prop_map(|(view, last_seq, full_in)| Counters {
        view,
        last_seq,
        full_in,
    });
    let parts = (
        any::<u32>(),
        text(),
        any::<u16>(),
        vec(carried, 0..4),
        counters,
        any::<bool>(),
    );
    parts.prop_map(|(player, name, skin, carried, counters, dropped)| Arrival {
        skin,
        carried,
        counters,
        dropped,
        ..Arrival::new(PlayerId(player), name)
    })
}

fn reservation() -> impl Strategy<Value = Reservation> {
    let spawn = option::of(prop_oneof![Just(String::new()), text()]);
    (text(), any::<u8>(), text(), spawn, any::<bool>()).prop_map(|(ticket, seats, room, spawn, answer)| {
        Reservation {
            ticket,
            seats,
            join: Join::room(3, room),
            spawn,
            answer,
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        1 => arrival().prop_map(EventKind::Arrive),
        1 => Just(EventKind::Depart),
        1 => reservation().prop_map(|reservation| EventKind::Reserve(Box::new(reservation))),
        1 => Just(EventKind::Hold),
        1 => Just(EventKind::Release),
        1 => Just(EventKind::Drop),
        1 => any::<bool>().prop_map(|reset| EventKind::Resume { reset }),
        6 => (any::<i16>(), message()).prop_map(|(early, message)| EventKind::Message { early, message }),
    ];
    let session = prop_oneof![0..20u64, any::<u64>(), Just(u64::MAX)];
    (session, kind).prop_map(|(session, kind)| Event {
        session: SessionId(session),
        kind,
    })
}

/// A tick, and for some ticks the world saved after it.
type Recorded = (u64, [u16; 2], (Vec<Event>, Pace), Option<Vec<u8>>);

fn pace() -> impl Strategy<Value = Pace> {
    prop_oneof![
        Just(Pace::default()),
        (0..4_usize).prop_map(|cadence| Pace::Fixed(Cadence::ALL[cadence])),
        (0..7_u8).prop_map(|step| Pace::Adaptive(PaceLevel::new(step).unwrap())),
    ]
}

fn recorded() -> impl Strategy<Value = Vec<Recorded>> {
    let tick = (
        prop_oneof![any::<u64>(), Just(3)],
        any::<[u16; 2]>(),
        (vec(event(), 0..5), pace()),
        option::weighted(0.2, vec(any::<u8>(), 0..100)),
    );
    vec(tick, 0..40)
}

/// Returns the items as a recorder would write them, starting at tick `first`.
/// Ticks whose hash is a multiple of three are skipped. `each` ticks are a chunk.
fn items(first: u32, recorded: Vec<Recorded>, panics: bool, each: u32) -> Vec<Item> {
    let mut items = Vec::new();
    let count = recorded.len();
    let mut in_chunk = 0;
    let is_skipped = |nth: usize, recorded: &[Recorded]| {
        let skipped = |(hash, ..): &Recorded| hash.is_multiple_of(3);
        recorded.get(nth).is_some_and(skipped) && !(panics && nth + 1 == count)
    };
    for (nth, (hash, parts, (events, pace), state)) in recorded.iter().cloned().enumerate() {
        let tick = Tick(first + nth as u32);
        let mut input = TickInput { events, pace };
        input.sort();
        in_chunk += 1;
        let is_last = in_chunk == each || state.is_some() || !is_skipped(nth + 1, &recorded);
        if in_chunk == each || state.is_some() {
            in_chunk = 0;
        }
        let outcome = if is_skipped(nth, &recorded) {
            input = TickInput::default();
            Outcome::Skipped {
                hash: is_last.then_some(hash),
            }
        } else if panics && nth + 1 == count {
            Outcome::Panicked
        } else {
            Outcome::Finished {
                hash,
                parts: parts.to_vec(),
            }
        };
        let finished = outcome != Outcome::Panicked;
        items.push(Item::Tick(TickRecord { tick, outcome, input }));
        if let Some(state) = state.filter(|_| finished) {
            items.push(Item::Keyframe { tick, state });
        }
    }
    items
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn written_items_are_read(
        first in prop_oneof![1..1000u32, Just(u32::MAX - 40)],
        recorded in recorded(),
        panics: bool,
        each in 1..30u32,
    ) {
        let items = items(first, recorded, panics, each);
        let written = write(items.clone(), each);
        let (found, failed, ending) = read(&written.bytes);
        prop_assert!(failed.is_none(), "{failed:?}");
        prop_assert_eq!(found, items);
        prop_assert_eq!(ending, stopped());
    }
}

#[test]
fn a_saved_world_of_several_pieces_is_read_as_one() {
    for length in [0, 1, 1024 * 1024, 1024 * 1024 + 1, 5 * 512 * 1024] {
        let state = super::support::noise(length, 7);
        let items = vec![Item::Keyframe { tick: Tick(9), state }];
        let (found, failed, _) = read(&write(items.clone(), 60).bytes);
        assert!(failed.is_none() && found == items, "{length} bytes");
    }
}

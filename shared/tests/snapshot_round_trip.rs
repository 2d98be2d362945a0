//! Every snapshot that the server can write is read back as it was.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    motion::{Gait, Position},
    snapshot::{
        Ack, Enter, Identity, MotionChange, ObjectIdentity, OwnerChange, PlayerIdentity, Snapshot, Update,
    },
};
use proptest::prelude::*;
use support::packed;

const TICK: u32 = 1_000;

fn gait() -> impl Strategy<Value = Gait> {
    (0..9_u8, 0..8_u8).prop_map(|(direction, rest)| Gait::from_byte(direction | rest << 4).unwrap())
}

fn position() -> impl Strategy<Value = Position> {
    any::<(i32, i32)>().prop_map(|(x, y)| Position { x, y })
}

/// Returns components with at least this many bytes each.
fn components(shortest: usize) -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let bytes = prop::collection::vec(any::<u8>(), shortest..=64);
    prop::collection::btree_map(0..16_u8, bytes, 0..=16).prop_map(|list| list.into_iter().collect())
}

fn owner() -> impl Strategy<Value = Option<PlayerId>> {
    prop::option::of(any::<u32>().prop_map(PlayerId))
}

fn identity() -> impl Strategy<Value = Identity> {
    let player = (any::<u32>(), "[a-zë]{0,24}", any::<u16>(), any::<bool>());
    let player = player.prop_map(|(player, name, skin, dropped)| {
        Identity::Player(PlayerIdentity {
            player: PlayerId(player),
            name,
            skin,
            dropped,
        })
    });
    let object = (any::<u32>(), 1..=255_u8, owner()).prop_map(|(object, kind, owner)| {
        Identity::Object(ObjectIdentity {
            object: ObjectId(object),
            kind: KindId(kind),
            owner,
        })
    });
    prop_oneof![player, object]
}

fn enter() -> impl Strategy<Value = Enter> {
    (identity(), position(), gait(), components(1)).prop_map(|(identity, position, gait, components)| Enter {
        slot: Slot(0),
        identity,
        position,
        gait,
        components,
    })
}

fn motion() -> impl Strategy<Value = MotionChange> {
    let turn = (0..=255_u32, gait()).prop_map(|(ago, gait)| MotionChange::Turn {
        since: Tick(TICK - ago),
        gait,
    });
    let anchor = (position(), gait()).prop_map(|(position, gait)| MotionChange::Anchor { position, gait });
    prop_oneof![turn, anchor]
}

fn update() -> impl Strategy<Value = Update> {
    let player = (prop::option::of(any::<u16>()), prop::option::of(any::<bool>()));
    let player = player.prop_map(|(skin, dropped)| (skin, dropped, None));
    let owner = owner().prop_map(|player| (None, None, Some(OwnerChange { player })));
    let parts = (
        prop::option::of(motion()),
        components(0),
        prop_oneof![player, owner],
    );
    let update = parts.prop_map(|(motion, components, (skin, dropped, owner))| Update {
        slot: Slot(0),
        motion,
        skin,
        components,
        owner,
        dropped,
    });
    update.prop_filter("an update changes something", |update| {
        update.motion.is_some()
            || update.skin.is_some()
            || update.owner.is_some()
            || update.dropped.is_some()
            || !update.components.is_empty()
    })
}

fn by_slot<T: std::fmt::Debug>(record: impl Strategy<Value = T>) -> impl Strategy<Value = BTreeMap<u16, T>> {
    prop::collection::btree_map(any::<u16>(), record, 0..6)
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let ack = any::<(u32, i16)>().prop_map(|(seq, early)| Ack { seq, early });
    let header = (any::<u8>(), 0..TICK, prop::option::of(ack));
    let leaves = prop::collection::btree_set(any::<u16>(), 0..6);
    (header, leaves, by_slot(enter()), by_slot(update())).prop_map(
        |((view, age, ack), leaves, enters, updates)| Snapshot {
            view,
            tick: Tick(TICK),
            base: (age > 0).then(|| Tick(TICK - age)),
            ack,
            leaves: leaves.into_iter().map(Slot).collect(),
            enters: enters
                .into_iter()
                .map(|(slot, enter)| Enter {
                    slot: Slot(slot),
                    ..enter
                })
                .collect(),
            updates: updates
                .into_iter()
                .map(|(slot, update)| Update {
                    slot: Slot(slot),
                    ..update
                })
                .collect(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_written_snapshot_is_read_as_it_was(snapshot in snapshot()) {
        let bytes = packed::encode(&snapshot);
        let mut read = Snapshot::default();
        prop_assert_eq!(read.read(&bytes), Ok(()));
        prop_assert_eq!(read, snapshot);
    }
}

#[test]
fn a_plain_turn_has_five_bytes() {
    let still = Snapshot {
        tick: Tick(TICK),
        base: Some(Tick(TICK - 1)),
        ..Snapshot::default()
    };
    let turn = Update {
        slot: Slot(9),
        motion: Some(MotionChange::Turn {
            since: Tick(TICK),
            gait: Gait::default(),
        }),
        skin: None,
        components: Vec::new(),
        owner: None,
        dropped: None,
    };
    let turns = Snapshot {
        updates: vec![turn],
        ..still.clone()
    };
    let count = 2;
    assert_eq!(
        packed::encode(&turns).len(),
        packed::encode(&still).len() + count + 5
    );
}

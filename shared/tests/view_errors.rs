//! A view rejects every snapshot that does not fit, each with its own error.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::{
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    motion::{Gait, Position},
    snapshot::{
        Enter, Identity, MotionChange, ObjectIdentity, OwnerChange, PlayerIdentity, Snapshot, Update,
    },
    view::{View, ViewError},
};

fn full(tick: u32) -> Snapshot {
    Snapshot {
        view: 1,
        tick: Tick(tick),
        enters: vec![enter(5)],
        ..Snapshot::default()
    }
}

fn delta(base: u32, tick: u32) -> Snapshot {
    Snapshot {
        view: 1,
        tick: Tick(tick),
        base: Some(Tick(base)),
        ..Snapshot::default()
    }
}

fn enter(slot: u16) -> Enter {
    Enter {
        slot: Slot(slot),
        identity: Identity::Player(PlayerIdentity {
            player: PlayerId(7),
            name: "Ada".into(),
            skin: 0,
            dropped: false,
        }),
        position: Position { x: 1, y: 2 },
        gait: Gait::default(),
        components: vec![(1, vec![9])],
    }
}

fn update(slot: u16, motion: Option<MotionChange>) -> Update {
    Update {
        slot: Slot(slot),
        motion,
        skin: Some(1),
        components: vec![],
        owner: None,
        dropped: None,
    }
}

fn view() -> View {
    let mut view = View::default();
    view.enter_room(1);
    view.apply(&full(100)).expect("a full snapshot fits any view");
    view
}

#[test]
fn a_snapshot_of_a_different_stay_is_rejected() {
    let other = Snapshot { view: 2, ..full(101) };
    assert_eq!(
        view().apply(&other),
        Err(ViewError::WrongStay { expected: 1, got: 2 })
    );
    let mut next = view();
    next.enter_room(2);
    assert_eq!(next.apply(&other), Ok(()));
}

#[test]
fn a_tick_that_is_not_later_is_rejected() {
    let (last, got) = (Tick(100), Tick(100));
    assert_eq!(
        view().apply(&full(100)),
        Err(ViewError::TickNotLater { last, got })
    );
    assert_eq!(
        view().apply(&full(99)),
        Err(ViewError::TickNotLater { last, got: Tick(99) })
    );
}

#[test]
fn a_base_other_than_the_last_snapshot_is_rejected() {
    let (base, last) = (Tick(99), Some(Tick(100)));
    assert_eq!(
        view().apply(&delta(99, 101)),
        Err(ViewError::UnknownBase { base, last })
    );
    let mut fresh = View::default();
    fresh.enter_room(1);
    assert_eq!(
        fresh.apply(&delta(99, 101)),
        Err(ViewError::UnknownBase { base, last: None })
    );
}

#[test]
fn an_enter_for_a_known_slot_is_rejected() {
    let snapshot = Snapshot {
        enters: vec![enter(5)],
        ..delta(100, 101)
    };
    assert_eq!(view().apply(&snapshot), Err(ViewError::AlreadyKnown(Slot(5))));
    let replaced = Snapshot {
        leaves: vec![Slot(5)],
        ..snapshot
    };
    assert_eq!(view().apply(&replaced), Ok(()));
}

#[test]
fn a_leave_or_update_of_an_unknown_slot_is_rejected() {
    for slot in [4, 6, u16::MAX] {
        let leave = Snapshot {
            leaves: vec![Slot(slot)],
            ..delta(100, 101)
        };
        assert_eq!(view().apply(&leave), Err(ViewError::Unknown(Slot(slot))));
        let news = Snapshot {
            updates: vec![update(slot, None)],
            ..delta(100, 101)
        };
        assert_eq!(view().apply(&news), Err(ViewError::Unknown(Slot(slot))));
    }
    let twice = Snapshot {
        leaves: vec![Slot(5), Slot(5)],
        ..delta(100, 101)
    };
    assert_eq!(view().apply(&twice), Err(ViewError::Unknown(Slot(5))));
}

#[test]
fn a_turn_before_its_segment_is_rejected() {
    let turn = |since| {
        Some(MotionChange::Turn {
            since: Tick(since),
            gait: Gait::default(),
        })
    };
    let snapshot = |since| Snapshot {
        updates: vec![update(5, turn(since))],
        ..delta(100, 101)
    };
    assert_eq!(view().apply(&snapshot(99)), Err(ViewError::TurnTooOld(Slot(5))));
    assert_eq!(view().apply(&snapshot(100)), Ok(()));
}

#[test]
fn components_are_replaced_added_and_removed() {
    let mut view = view();
    let components = |components| Snapshot {
        updates: vec![Update {
            components,
            ..update(5, None)
        }],
        ..delta(100, 101)
    };
    view.apply(&components(vec![(0, vec![1]), (1, vec![]), (3, vec![2, 3])]))
        .unwrap();
    let seen = view.get(Slot(5)).unwrap();
    assert_eq!(seen.components, [(0, vec![1]), (3, vec![2, 3])]);
}

/// Returns a view with the player of [`view`] and an object in slot 8.
fn view_with_object() -> View {
    let mut view = view();
    let object = Enter {
        identity: Identity::Object(ObjectIdentity {
            object: ObjectId(12),
            kind: KindId(2),
            owner: None,
        }),
        ..enter(8)
    };
    let snapshot = Snapshot {
        enters: vec![object],
        ..delta(100, 101)
    };
    view.apply(&snapshot).unwrap();
    view
}

#[test]
fn the_owner_of_an_object_changes() {
    let mut view = view_with_object();
    for (base, player) in [(101, Some(PlayerId(7))), (102, None)] {
        let update = Update {
            skin: None,
            owner: Some(OwnerChange { player }),
            ..update(8, None)
        };
        let snapshot = Snapshot {
            updates: vec![update],
            ..delta(base, base + 1)
        };
        view.apply(&snapshot).unwrap();
        let (slot, object, seen) = view.objects().next().unwrap();
        assert_eq!((slot, object.owner), (Slot(8), player));
        assert_eq!(seen.components, [(1, vec![9])], "other parts stay as they were");
    }
    assert_eq!(
        view.players().map(|(slot, ..)| slot).collect::<Vec<_>>(),
        [Slot(5)]
    );
}

#[test]
fn an_object_has_no_skin_and_a_player_no_owner() {
    let owner = Some(OwnerChange::default());
    let updates = [
        update(8, None),
        Update {
            skin: None,
            owner,
            ..update(5, None)
        },
    ];
    for update in updates {
        let slot = update.slot;
        let snapshot = Snapshot {
            updates: vec![update],
            ..delta(101, 102)
        };
        assert_eq!(
            view_with_object().apply(&snapshot),
            Err(ViewError::WrongKind(slot))
        );
    }
}

#[test]
fn a_full_snapshot_or_a_new_room_clears_the_view() {
    let mut view = view();
    let other = Snapshot {
        enters: vec![enter(9)],
        ..full(101)
    };
    view.apply(&other).unwrap();
    assert_eq!(view.iter().map(|(slot, _)| slot).collect::<Vec<_>>(), [Slot(9)]);
    view.enter_room(2);
    assert!(view.iter().next().is_none() && view.tick().is_none());
}

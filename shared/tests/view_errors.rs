//! A view rejects every snapshot that does not fit, each with its own error.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::{
    ids::{PlayerId, Slot, Tick},
    motion::{Gait, Position},
    snapshot::{Enter, MotionChange, Snapshot, Update},
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
        player: PlayerId(7),
        position: Position { x: 1, y: 2 },
        gait: Gait::default(),
        skin: 0,
        name: "Ada".into(),
        extras: vec![(1, vec![9])],
    }
}

fn update(slot: u16, motion: Option<MotionChange>) -> Update {
    Update {
        slot: Slot(slot),
        motion,
        skin: Some(1),
        extras: vec![],
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
fn extras_are_replaced_added_and_removed() {
    let mut view = view();
    let extras = |extras| Snapshot {
        updates: vec![Update {
            extras,
            ..update(5, None)
        }],
        ..delta(100, 101)
    };
    view.apply(&extras(vec![(0, vec![1]), (1, vec![]), (3, vec![2, 3])]))
        .unwrap();
    assert_eq!(view.get(Slot(5)).unwrap().extras, [(0, vec![1]), (3, vec![2, 3])]);
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

//! The positions that belong to a door: docs/protocol.md, section 9.

use parlour_shared::{map::Door, motion::Position};

#[test]
fn the_left_and_upper_edges_belong_to_a_door_and_the_others_do_not() {
    let door = Door {
        x: 10,
        y: 20,
        w: 3,
        h: 4,
        to_map: String::new(),
        to_spawn: String::new(),
    };
    let holds = |x, y| door.contains(Position { x, y });
    let (left, top) = (10 * 256, 20 * 256);
    let (right, bottom) = (13 * 256, 24 * 256);
    assert!(holds(left, top) && holds(right - 1, bottom - 1));
    for outside in [(left - 1, top), (left, top - 1), (right, top), (left, bottom)] {
        assert!(!holds(outside.0, outside.1), "{outside:?}");
    }
}

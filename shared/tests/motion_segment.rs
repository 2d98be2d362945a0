//! Segments, gaits and velocities: pinned numbers, and no panic on hostile ones.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::{
    ids::Tick,
    motion::{Direction, Gait, Heading, Position, Segment, Velocity},
};
use proptest::prelude::*;

#[test]
fn velocities_match_the_protocol() {
    let velocity = |direction, sprint| {
        let Velocity { x, y } = Heading::keys(direction, sprint).velocity();
        (x, y)
    };
    assert_eq!(velocity(Direction::Still, true), (0, 0));
    assert_eq!(velocity(Direction::North, false), (0, -640));
    assert_eq!(velocity(Direction::Northeast, false), (452, -452));
    assert_eq!(velocity(Direction::East, true), (1024, 0));
    assert_eq!(velocity(Direction::Southeast, true), (724, 724));
    assert_eq!(velocity(Direction::South, false), (0, 640));
    assert_eq!(velocity(Direction::Southwest, false), (-452, 452));
    assert_eq!(velocity(Direction::West, true), (-1024, 0));
    assert_eq!(velocity(Direction::Northwest, true), (-724, -724));
}

#[test]
fn a_diagonal_is_less_than_one_unit_slower_than_a_straight_line() {
    for sprint in [false, true] {
        let straight = Heading::keys(Direction::East, sprint).velocity();
        let slant = Heading::keys(Direction::Southeast, sprint).velocity();
        let (straight, slant) = (i32::from(straight.x), i32::from(slant.x));
        let (square, longer) = (straight.pow(2), 2 * (slant + 1).pow(2));
        assert!(2 * slant.pow(2) <= square && square < longer);
    }
}

#[test]
fn every_gait_byte_that_decodes_round_trips() {
    let gaits: Vec<u8> = (0..=255)
        .filter(|byte| Gait::from_byte(*byte).is_some())
        .collect();
    // Nine directions, each with and without sprint and two blocked axes.
    assert_eq!(gaits.len(), 9 * 8);
    for byte in gaits {
        assert_eq!(Gait::from_byte(byte).unwrap().to_bytes().as_slice(), [byte]);
        assert!(byte & 0x80 == 0 && byte & 0x0F <= 8);
    }
}

#[test]
fn a_blocked_axis_has_no_velocity() {
    let heading = Heading::walk(Direction::Southwest);
    let gait = Gait {
        heading,
        blocked_x: true,
        blocked_y: false,
    };
    assert_eq!(gait.velocity(), Velocity { x: 0, y: 452 });
    assert_eq!(gait.to_bytes().as_slice(), [0b0010_0110]);
}

#[test]
fn a_velocity_of_keys_has_the_form_of_keys() {
    for direction in Direction::ALL {
        for sprint in [false, true] {
            let keys = Heading::keys(direction, sprint);
            let same = Heading::free(keys.velocity());
            assert_eq!(same.velocity(), keys.velocity());
            assert!(same == keys || direction == Direction::Still, "{keys:?}");
        }
    }
    let angles = |speed| (0..=255).map(move |angle| Heading::free(Velocity::of_angle(angle, speed)));
    assert_eq!(
        angles(640)
            .filter(|heading| heading.direction().is_some())
            .count(),
        8
    );
    assert_eq!(angles(1024).filter(|heading| heading.is_sprint()).count(), 8);
    assert_eq!(
        angles(700)
            .filter(|heading| heading.direction().is_some())
            .count(),
        0
    );
}

#[test]
fn a_part_of_a_speed_is_rounded_toward_zero() {
    let heading = Heading::free(Velocity { x: -701, y: 333 });
    assert_eq!(heading.scaled(256), heading);
    assert_eq!(heading.scaled(128).velocity(), Velocity { x: -350, y: 166 });
    assert!(heading.scaled(0).is_still());
    assert_eq!(
        heading.scaled(u16::MAX).velocity(),
        Velocity {
            x: -Velocity::MAX,
            y: Velocity::MAX
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_segment_seen_from_a_later_tick_is_the_same_motion(
        x in 0..1_000_000_i32, y in 0..1_000_000_i32, byte in 0..0x7F_u8, since in 0..1000_u32, a in 0..500_u32, b in 0..500_u32,
    ) {
        let gait = Gait::from_byte(byte).unwrap_or_default();
        let segment = Segment { since: Tick(since), position: Position { x, y }, gait };
        let seen = segment.seen_from(Tick(since + a));
        prop_assert_eq!(seen.at(Tick(since + a + b)), segment.at(Tick(since + a + b)));
    }

    #[test]
    fn a_free_gait_round_trips(x: i16, y: i16, blocked_x: bool, blocked_y: bool) {
        let heading = Heading::free(Velocity { x, y });
        let gait = Gait { heading, blocked_x, blocked_y };
        let bytes = gait.to_bytes();
        let read = match *bytes.as_slice() {
            [byte] => Gait::from_byte(byte),
            [first, a, b, c, d] => {
                prop_assert!(Gait::has_velocity(first));
                let velocity = Velocity { x: i16::from_le_bytes([a, b]), y: i16::from_le_bytes([c, d]) };
                Gait::from_velocity(first, velocity)
            }
            _ => None,
        };
        prop_assert_eq!(read, Some(gait));
        let json = serde_json::to_string(&gait).unwrap();
        prop_assert_eq!(serde_json::from_str::<Gait>(&json).unwrap(), gait);
        let binary = bincode::serde::encode_to_vec(gait, bincode::config::standard()).unwrap();
        let (again, _) = bincode::serde::decode_from_slice::<Gait, _>(&binary, bincode::config::standard()).unwrap();
        prop_assert_eq!(again, gait);
    }

    #[test]
    fn hostile_numbers_do_not_panic(x: i32, y: i32, byte in 0..0x7F_u8, since: u32, tick: u32) {
        let gait = Gait::from_byte(byte).unwrap_or_default();
        let segment = Segment { since: Tick(since), position: Position { x, y }, gait };
        let place = segment.at(Tick(tick));
        prop_assert!(tick > since || place == segment.position);
        prop_assert!(place.distance_squared(segment.position) >= 0);
    }
}

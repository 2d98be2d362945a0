//! Free headings: walking at any angle, at the speeds of the room.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use parlour_shared::{
    ids::Tick,
    message::{Move, MoveHeading},
    motion::{Direction, Heading, Position as Place, Speeds, Velocity, WallGrid},
};
use parlour_sim::{Interest, Motion, SimConfig};
use parlour_testing::{
    SessionActions as _, TestWorld, generous_rules,
    maps::{door, map},
    plaza,
};

fn config(speeds: &[u16]) -> SimConfig {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    config.rules.speeds = Speeds::new(speeds).unwrap();
    config
}

fn at_angle(world: &mut TestWorld, angle: u8, speed: u8) {
    let heading = MoveHeading::Angle { angle, speed };
    world.command(
        1,
        Move {
            heading,
            ..Move::default()
        },
    );
}

#[test]
fn a_player_walks_at_an_angle_and_a_turn_is_nine_bytes() {
    let mut world = TestWorld::new(config(&[700, 4096]));
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(3);
    let start = world.position(1);
    at_angle(&mut world, 20, 1);
    world.tick();
    let Velocity { x, y } = Velocity::of_angle(20, 4096);
    // The header, the section, the record.
    assert_eq!(world.snapshot_size(2), Some(9 + 2 + 9));
    for ticks in 1..=30 {
        world.tick();
        world.check_views(true);
        let expected = Place {
            x: start.x + ticks * i32::from(x),
            y: start.y + ticks * i32::from(y),
        };
        assert_eq!(world.position(1), expected);
        assert_eq!(world.snapshot(2), None, "nothing is sent while nothing changes");
    }
}

#[test]
fn an_angle_with_the_velocity_of_keys_has_the_short_form() {
    let mut world = TestWorld::new(config(&[640, 1024]));
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(3);
    at_angle(&mut world, 32, 1);
    world.tick();
    assert_eq!(world.snapshot_size(2), Some(9 + 2 + 5));
    let heading = world.get::<Motion>(1).unwrap().segment().gait.heading;
    assert_eq!(heading, Heading::sprint(Direction::Southeast));
}

#[test]
fn a_room_has_the_speeds_of_its_type_and_drops_other_commands() {
    let mut world = TestWorld::new(config(&[300, 301, 302]));
    world.open_and_join(1, "plaza");
    world.tick();
    assert_eq!(world.client(1).room().speeds, [300, 301, 302]);
    at_angle(&mut world, 0, 3);
    world.tick();
    assert_eq!(
        (world.output.counts.moves, world.output.counts.moves_dropped),
        (0, 1)
    );
    at_angle(&mut world, 0, 2);
    world.tick();
    assert_eq!(
        (world.output.counts.moves, world.output.counts.moves_dropped),
        (1, 0)
    );
    let velocity = world.get::<Motion>(1).unwrap().segment().gait.velocity();
    assert_eq!(velocity, Velocity { x: 302, y: 0 });
}

#[test]
fn a_fast_player_enters_a_thin_door_and_passes_no_wall() {
    for angle in [0, 3, 250] {
        for offset in (0..4096).step_by(512) {
            let start = Place {
                x: 60 * 256 + offset,
                y: 200 * 256,
            };
            let mut walls = WallGrid::new(30, 30, 16);
            (0..30).for_each(|row| walls.block(20, row));
            let maps = vec![
                Arc::new(map("a", walls, start, vec![door([150, 100, 1, 200], "b")])),
                Arc::new(map(
                    "b",
                    WallGrid::new(30, 30, 16),
                    Place::from_px(50, 50),
                    vec![],
                )),
            ];
            let mut config = SimConfig::new(maps);
            config.rules = generous_rules();
            config.rules.speeds = Speeds::new(&[4096]).unwrap();
            let mut world = TestWorld::new(config);
            world.open_and_join(1, "a");
            world.tick();
            at_angle(&mut world, angle, 0);
            let velocity = i32::from(Velocity::of_angle(angle, 4096).x);
            let ticks = (150 * 256 - start.x + velocity - 1) / velocity;
            for _ in 0..ticks {
                world.tick();
                assert_eq!(world.client(1).room().room, "a", "angle {angle}, offset {offset}");
            }
            world.tick();
            assert_eq!(world.client(1).room().room, "b", "angle {angle}, offset {offset}");
        }
    }
}

#[test]
fn a_loaded_world_continues_free_headings() {
    let mut world = TestWorld::new(config(&[999]));
    world.open_and_join(1, "plaza");
    world.tick();
    at_angle(&mut world, 11, 0);
    let heading = MoveHeading::Angle { angle: 99, speed: 0 };
    let tick = Tick(world.now().0 + 10);
    world.tick();
    world.command(
        1,
        Move {
            seq: 2,
            tick,
            heading,
        },
    );
    world.tick();
    let saved = world.saved();
    let mut copy = parlour_sim::Simulation::load(config(&[999]), (), &saved).unwrap();
    for _ in 0..300 {
        world.tick();
        let mut output = parlour_tick::TickOutput::default();
        copy.step(&mut world.input.clone(), &mut output);
        assert_eq!(output.hash, world.output.hash, "at {:?}", world.now());
    }
}

#[test]
fn speeds_outside_of_their_bounds_are_refused() {
    assert!(Speeds::new(&[]).is_err() && Speeds::new(&[1; 9]).is_err());
    assert!(Speeds::new(&[0]).is_err() && Speeds::new(&[4097]).is_err());
    let recorded = serde_json::to_value(config(&[1, 4096]).rules).unwrap();
    assert_eq!(recorded["speeds"], serde_json::json!([1, 4096]));
}

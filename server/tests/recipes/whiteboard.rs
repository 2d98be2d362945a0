//! One player at a time has the pen of a whiteboard, and all who see the whiteboard see who.

#[path = "../../examples/whiteboard.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use std::sync::Arc;

use bevy_app::App;
use parlour_shared::{
    codec,
    ids::{ObjectId, PlayerId},
    message::{ActTarget, Refusal},
    motion::{Position, WallGrid},
};
use parlour_sim::{SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, maps::map, teleport_plugin};
use parlour_tick::TickOutput;

use crate::bots::{Bot, serve};
use example::{HangPen, LONGEST, NO_WHITEBOARD, TakePen, Text, Whiteboard, Write};

const BOARD: ActTarget = ActTarget::Object(ObjectId(1));

fn config() -> SimConfig {
    // The whiteboard is where players enter. There is a second room below.
    let mut walls = WallGrid::new(20, 20, 16);
    (0..20).for_each(|column| walls.block(column, 10));
    let office = map("office", walls, Position::from_px(160, 150), Vec::new());
    let mut config = SimConfig::new(vec![Arc::new(office)]);
    config.rules = generous_rules();
    config
}

fn logic(app: &mut App) {
    app.add_plugins((Whiteboard, teleport_plugin));
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "office"));
    world.ticks(10);
    world.forget_messages();
    world
}

/// What a viewer sees: the text and the owner.
fn seen(world: &TestWorld, viewer: u64) -> (String, Option<PlayerId>) {
    let view = &world.client(viewer).view;
    let (_, board, seen) = view.objects().next().unwrap();
    assert_eq!(board.object, ObjectId(1));
    let text: Text = codec::decode(&seen.components[0].1).unwrap();
    (text.0, board.owner)
}

fn write(world: &mut TestWorld, session: u64, text: &str) {
    world.act(session, BOARD, "write", &Write(text.into()));
}

fn take_pen(world: &mut TestWorld, session: u64) {
    world.act(session, BOARD, "take_pen", &TakePen);
}

#[test]
fn one_player_has_the_pen_and_all_see_it_in_the_same_tick() {
    let mut world = world();
    let ada = world.client(1).player;
    for viewer in [1, 2] {
        assert_eq!(seen(&world, viewer), ("Welcome".into(), None));
    }
    take_pen(&mut world, 1);
    take_pen(&mut world, 2);
    write(&mut world, 1, "ours");
    write(&mut world, 2, "mine");
    world.tick();
    assert_eq!(world.accepted(1).len(), 2);
    assert_eq!(world.refusals(2), [Refusal::Taken, Refusal::NotYours]);
    for viewer in [1, 2] {
        assert_eq!(seen(&world, viewer), ("ours".into(), Some(ada)));
    }
}

#[test]
fn the_pen_is_free_when_it_is_hung_back_or_its_holder_is_gone() {
    type Release = fn(&mut TestWorld);
    let ways: [Release; 3] = [
        |world| world.act(1, BOARD, "hang_pen", &HangPen),
        |world| world.leave(1),
        |world| world.close(1),
    ];
    for release in ways {
        let mut world = world();
        let bob = world.client(2).player;
        take_pen(&mut world, 1);
        world.tick();
        release(&mut world);
        world.tick();
        assert_eq!(seen(&world, 2).1, None);
        take_pen(&mut world, 2);
        world.tick();
        assert_eq!(seen(&world, 2).1, Some(bob));
    }
}

#[test]
fn who_does_not_have_the_pen_cannot_hang_it_back() {
    let mut world = world();
    take_pen(&mut world, 1);
    world.act(2, BOARD, "hang_pen", &HangPen);
    world.tick();
    assert_eq!(world.refusals(2), [Refusal::NotYours]);
    assert!(seen(&world, 2).1.is_some());
}

#[test]
fn a_player_on_the_other_side_of_the_wall_does_not_reach_the_whiteboard() {
    let mut world = world();
    let Position { x, y } = Position::from_px(160, 188);
    world.teleport(1, x, y);
    world.ticks(10);
    assert_eq!(seen(&world, 1).0, "Welcome", "it is near");
    world.forget_messages();
    take_pen(&mut world, 1);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::OutOfReach]);
}

#[test]
fn a_player_has_no_pen() {
    let mut world = world();
    let bob = ActTarget::Player(world.client(2).player);
    world.act(1, bob, "take_pen", &TakePen);
    world.act(1, bob, "write", &Write("!".into()));
    world.act(1, bob, "hang_pen", &HangPen);
    world.tick();
    let declined = Refusal::Declined { code: NO_WHITEBOARD };
    assert_eq!(world.refusals(1), [declined.clone(), declined, Refusal::NotYours]);
}

#[test]
fn a_loaded_office_continues_the_same() {
    let mut world = world();
    take_pen(&mut world, 1);
    world.tick();
    let saved = world.saved();
    let mut loaded = Simulation::load(config(), logic, &saved).unwrap();
    for tick in 0..30 {
        match tick {
            2 => write(&mut world, 1, "before"),
            3 => take_pen(&mut world, 2),
            5 => world.close(1),
            7 => take_pen(&mut world, 2),
            8 => write(&mut world, 2, "after"),
            _ => {}
        }
        world.input.sort();
        let mut output = TickOutput::default();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(output.hash, world.output.hash, "tick {tick}");
    }
    assert_eq!(seen(&world, 2), ("after".into(), Some(world.client(2).player)));
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let mut world = world();
    take_pen(&mut world, 1);
    write(&mut world, 1, &"x".repeat(LONGEST + 1));
    write(&mut world, 1, &"x".repeat(LONGEST));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::BadText]);
    assert_eq!(seen(&world, 2).0.len(), LONGEST);
}

#[tokio::test]
async fn bots_take_the_pen_one_after_the_other() {
    let server = serve(Whiteboard);
    let mut ann = Bot::join(&server, "ann", "plaza").await;
    let mut bob = Bot::join(&server, "bob", "plaza").await;
    let board = ann.sees_object("whiteboard").await;
    bob.sees_object("whiteboard").await;
    ann.act(board, "take_pen", &TakePen).await.unwrap();
    assert_eq!(bob.act(board, "take_pen", &TakePen).await, Err(Refusal::Taken));
    ann.act(board, "write", &Write("Lunch?".into())).await.unwrap();
    ann.0.close().await.unwrap();
    // The pen is free again.
    let text = bob
        .wait_for(|bob, _| {
            let (_, board, seen) = bob.client().view().objects().next()?;
            let (_, bytes) = seen.components.first()?;
            board
                .owner
                .is_none()
                .then(|| codec::decode::<Text>(bytes).unwrap().0)
        })
        .await;
    assert_eq!(text, "Lunch?");
    bob.act(board, "take_pen", &TakePen).await.unwrap();
}

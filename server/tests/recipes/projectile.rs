//! Bullets hit what the shooter saw, and fly on where it saw nobody.

#[path = "../../examples/projectile.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use std::sync::Arc;

use parlour_client::Command;
use parlour_shared::{
    ids::Tick,
    message::ServerMessage,
    motion::{Direction, Position, WallGrid},
};
use parlour_sim::{SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld, maps::map};
use parlour_tick::TickOutput;

use crate::bots::{Bot, serve};
use example::{Hit, Projectile, Score, Shoot};

const EAST: u8 = 0;
const SOUTH: u8 = 64;

/// A room of 640 x 480 px with a wall in the south.
fn config() -> SimConfig {
    let mut walls = WallGrid::new(40, 30, 16);
    (0..40).for_each(|column| walls.block(column, 20));
    let range = map("range", walls, Position::from_px(200, 200), Vec::new());
    SimConfig::new(vec![Arc::new(range)])
}

fn walk(world: &mut TestWorld, session: u64, direction: Direction, ticks: u32) {
    world.walk(session, direction);
    world.ticks(ticks);
    world.walk(session, Direction::Still);
    world.tick();
}

/// Ada shoots. Bob is 40 px to the east of her.
fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), Projectile);
    world.open_as_and_join(1, "Ada", "range");
    world.open_as_and_join(2, "Bob", "range");
    world.ticks(2);
    walk(&mut world, 2, Direction::East, 16);
    world.ticks(20);
    world.forget_messages();
    world
}

/// Takes the messages of Bob, and returns the hits.
fn hits(world: &mut TestWorld) -> Vec<Hit> {
    let messages = world.messages(2).into_iter();
    let hits = messages.filter_map(|message| match message {
        ServerMessage::Custom(said) if said.name == "hit" => Some(said.decode().unwrap()),
        _ => None,
    });
    hits.collect()
}

fn expected(world: &TestWorld) -> Hit {
    Hit {
        shooter: world.client(1).player,
        target: world.client(2).player,
    }
}

/// Bob has walked north for some ticks when Ada shoots east, at where she saw him `delay` ticks
/// ago.
fn shoot_at_walker(delay: u32) -> Vec<Hit> {
    let mut world = world();
    let seen = world.now();
    world.walk(2, Direction::North);
    world.ticks(12);
    let seen = Tick(seen.0 + 12 - delay);
    world.custom(1, "shoot", &Shoot { seen, angle: EAST });
    world.ticks(60);
    let hits = hits(&mut world);
    assert!(hits.iter().all(|hit| *hit == expected(&world)));
    assert_eq!(world.get::<Score>(1).unwrap().0 as usize, hits.len());
    hits
}

#[test]
fn a_shot_hits_a_player_where_the_shooter_saw_it() {
    assert_eq!(shoot_at_walker(12).len(), 1, "Bob was just starting to walk");
    assert_eq!(shoot_at_walker(0).len(), 0, "he was 30 px farther north");
}

#[test]
fn a_bullet_flies_on_and_hits_who_walks_into_it() {
    let mut world = world();
    let seen = world.now();
    let angle = SOUTH;
    world.custom(1, "shoot", &Shoot { seen, angle });
    // A new object enters the views of players within 100 ms.
    world.ticks(6);
    let objects = |world: &TestWorld| world.client(2).view.objects().count();
    assert_eq!(objects(&world), 1, "Bob sees the bullet");
    world.ticks(60);
    assert_eq!(
        (objects(&world), hits(&mut world)),
        (0, vec![]),
        "the wall has stopped it"
    );

    // Without a delay, the bullet is an object all the way to Bob.
    let seen = world.now();
    world.custom(1, "shoot", &Shoot { seen, angle: EAST });
    world.tick();
    assert_eq!(hits(&mut world), []);
    world.ticks(10);
    assert_eq!((objects(&world), hits(&mut world)), (0, vec![expected(&world)]));
    assert_eq!(world.get::<Score>(1), Some(&Score(1)));
}

#[test]
fn ticks_that_are_not_kept_are_replaced() {
    for seen in [Tick(0), Tick(u32::MAX)] {
        let mut world = world();
        world.custom(1, "shoot", &Shoot { seen, angle: EAST });
        world.ticks(10);
        assert_eq!(hits(&mut world), [expected(&world)], "{seen:?}");
    }
}

#[test]
fn a_bullet_ends_with_its_time_or_with_its_shooter() {
    let mut world = world();
    let seen = world.now();
    // To the northwest, along the edge of the map in the end.
    world.custom(1, "shoot", &Shoot { seen, angle: 160 });
    world.ticks(30);
    assert_eq!(world.output.counts.objects, 1);
    world.ticks(80);
    assert_eq!(world.output.counts.objects, 0);
    let seen = world.now();
    world.custom(1, "shoot", &Shoot { seen, angle: SOUTH });
    world.tick();
    assert_eq!(world.output.counts.objects, 1);
    world.close(1);
    world.tick();
    assert_eq!(world.output.counts.objects, 0);
}

#[test]
fn a_loaded_world_tests_the_same_hits() {
    let mut world = world();
    world.walk(2, Direction::North);
    world.ticks(6);
    let saved = world.saved();
    let mut loaded = Simulation::load(config(), Projectile, &saved).unwrap();
    let seen = Tick(world.now().0 - 6);
    world.custom(1, "shoot", &Shoot { seen, angle: EAST });
    for _ in 0..20 {
        world.input.sort();
        let mut output = TickOutput::default();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(output.hash, world.output.hash);
    }
    assert_eq!(hits(&mut world), [expected(&world)]);
}

#[tokio::test]
async fn a_bot_shoots_at_the_walker_that_it_saw() {
    let server = serve(Projectile);
    let mut ann = Bot::join(&server, "ann", "plaza").await;
    let mut bob = Bot::join(&server, "bob", "plaza").await;
    bob.0.send(Command::walk(Direction::East)).await.unwrap();
    let bob_id = bob.id();
    // Ann waits until she sees Bob walk, and shoots after him at what she saw last.
    let seen = ann
        .wait_for(|ann, _| {
            let view = ann.client().view();
            let (_, _, walker) = view.find_player(bob_id)?;
            (walker.segment.gait.velocity().x > 0).then_some(view.tick()?)
        })
        .await;
    let shot = Shoot { seen, angle: EAST };
    ann.ask(Command::custom("shoot", &shot).unwrap()).await.unwrap();
    let hit: Hit = bob.receive("hit").await;
    let expected = Hit {
        shooter: ann.id(),
        target: bob_id,
    };
    assert_eq!(hit, expected);
    ann.wait_for(|ann, _| {
        let own = ann.client().view().get(ann.client().slot()?)?;
        let (_, bytes) = own.components.first()?;
        (bytes[..] == [1]).then_some(())
    })
    .await;
}

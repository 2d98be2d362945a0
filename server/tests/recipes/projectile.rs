//! Bullets hit what the shooter saw, and fly on where it saw nobody.

#[path = "../../examples/projectile.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    prelude::*,
    testing::{TestPlayer, TestRoom},
};
use parlour_client::Command;
use parlour_shared::motion::WallGrid;
use parlour_testing::maps::map;

use crate::bots::{Bot, serve};
use example::{Hit, Projectile, Score, Shoot};

const EAST: u8 = 0;
const SOUTH: u8 = 64;
const NORTHWEST: u8 = 160;

/// A room of 640 x 480 px with a wall in the south. Bob is 40 px to the east of Ada.
fn room() -> (TestRoom, TestPlayer, TestPlayer) {
    let mut walls = WallGrid::new(40, 30, 16);
    (0..40).for_each(|column| walls.block(column, 20));
    let range = map("range", walls, Position::from_px(200, 200), Vec::new());
    let mut room = TestRoom::builder().map(range).plugin(Projectile).build();
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.place(bob, Position::from_px(240, 200));
    room.steps(20);
    (room, ada, bob)
}

fn shoot(room: &mut TestRoom, shooter: TestPlayer, seen: Tick, angle: u8) {
    room.send(shooter, "shoot", &Shoot { seen, angle });
}

/// Bob has walked north for 12 ticks when Ada shoots east, at where she saw him some ticks ago.
/// Returns the number of hits that he receives.
fn shoot_at_walker(delay: u32) -> usize {
    let (mut room, ada, bob) = room();
    room.walk(bob, Direction::North);
    room.steps(12);
    let seen = Tick(room.now().0 - delay);
    shoot(&mut room, ada, seen, EAST);
    room.seconds(1);
    let (shooter, target) = (ada.id(), bob.id());
    let hits = room.received::<Hit>(bob);
    assert!(hits.iter().all(|hit| *hit == Hit { shooter, target }));
    assert_eq!(room.component(ada), Some(&Score(hits.len() as u32)));
    hits.len()
}

#[test]
fn a_shot_hits_a_player_where_the_shooter_saw_it() {
    assert_eq!(shoot_at_walker(12), 1, "Bob was just starting to walk");
    assert_eq!(shoot_at_walker(0), 0, "he was 30 px farther north");
}

#[test]
fn a_bullet_flies_on_as_an_object_until_it_hits() {
    let (mut room, ada, bob) = room();
    let now = room.now();
    shoot(&mut room, ada, now, SOUTH);
    room.steps(2);
    assert!(room.sees(bob, room.object("bullet")));
    room.seconds(1);
    assert!(room.objects("bullet").is_empty(), "the wall has stopped it");
    let now = room.now();
    shoot(&mut room, ada, now, EAST);
    room.step();
    assert_eq!(room.received::<Hit>(bob), []);
    room.steps(10);
    let (shooter, target) = (ada.id(), bob.id());
    assert_eq!(room.received::<Hit>(bob), [Hit { shooter, target }]);
    assert!(room.objects("bullet").is_empty());
}

#[test]
fn ticks_that_are_not_kept_are_replaced() {
    for seen in [Tick(0), Tick(u32::MAX)] {
        let (mut room, ada, bob) = room();
        shoot(&mut room, ada, seen, EAST);
        room.steps(10);
        assert_eq!(room.received::<Hit>(bob).len(), 1, "{seen:?}");
    }
}

#[test]
fn a_bullet_ends_with_its_time_or_with_its_shooter() {
    let (mut room, ada, _) = room();
    // It stops at the edge of the map.
    let now = room.now();
    shoot(&mut room, ada, now, NORTHWEST);
    room.steps(30);
    assert_eq!(room.objects("bullet").len(), 1);
    room.steps(80);
    assert_eq!(room.objects("bullet").len(), 0);
    let now = room.now();
    shoot(&mut room, ada, now, SOUTH);
    room.steps(2);
    assert_eq!(room.objects("bullet").len(), 1);
    room.close(ada);
    room.step();
    assert_eq!(room.objects("bullet").len(), 0);
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

//! One player sits on a chair, which is free again when the player walks or leaves. Near chats do
//! not leave a quiet zone, and do not enter it.

#[path = "../../examples/office.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use std::sync::Arc;

use parlour::maps;
use parlour_client::{Command, Event};
use parlour_shared::{
    ids::{ObjectId, PlayerId},
    message::{ActTarget, Refusal, Scope},
    motion::{Direction, Position},
};
use parlour_sim::{CurrentPosition, SimConfig, Simulation};
use parlour_testing::{SessionActions as _, TestWorld};
use parlour_tick::TickOutput;

use crate::bots::{Bot, serve_map};
use example::{InZone, NO_CHAIR, Office, Sit, SitsOn};

const OFFICE: &[u8] = include_bytes!("../../examples/maps/office.tmx");
const CHAIR: ObjectId = ObjectId(1);
const OTHER_CHAIR: ObjectId = ObjectId(2);
const LIBRARY: ObjectId = ObjectId(4);

/// The office, with the spawn point at this place.
fn config(x: i32, y: i32) -> SimConfig {
    let mut map = maps::parse("office", "office.tmx", OFFICE).unwrap();
    map.spawns[0].position = Position::from_px(x, y);
    SimConfig::new(vec![Arc::new(map)])
}

/// A room with the players 1 and 2.
fn world_at(x: i32, y: i32) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(x, y), Office);
    (1..=2).for_each(|session| world.open_and_join(session, "office"));
    world.ticks(10);
    world.forget_messages();
    world
}

/// Both players reach the first two chairs.
fn world() -> TestWorld {
    world_at(144, 272)
}

fn sit(world: &mut TestWorld, session: u64, chair: ObjectId) {
    world.act(session, ActTarget::Object(chair), "sit", &Sit);
    world.tick();
}

/// The player that sits on a chair, as player 2 sees it.
fn sitter(world: &TestWorld, chair: ObjectId) -> Option<PlayerId> {
    let mut objects = world.client(2).view.objects();
    let (_, object, _) = objects.find(|(_, object, _)| object.object == chair).unwrap();
    object.owner
}

#[test]
fn one_player_sits_on_a_chair() {
    let mut world = world();
    let ada = world.client(1).player;
    sit(&mut world, 1, CHAIR);
    assert_eq!(sitter(&world, CHAIR), Some(ada));
    let chair = world.sim.object(CHAIR).unwrap();
    let place = world.sim.world().get::<CurrentPosition>(chair).unwrap().0;
    assert_eq!(world.sees(2, 1).unwrap().segment.at(world.now()), place);
    sit(&mut world, 2, CHAIR);
    assert_eq!(world.refusals(2), [Refusal::Taken]);
    sit(&mut world, 2, OTHER_CHAIR);
    assert_eq!(world.accepted(2).len(), 1);
    assert_eq!(world.get::<SitsOn>(2), Some(&SitsOn(Some(OTHER_CHAIR))));
}

#[test]
fn a_chair_is_free_when_its_sitter_is_gone() {
    type Leave = fn(&mut TestWorld);
    let ways: [Leave; 4] = [
        |world| world.walk(1, Direction::East),
        |world| world.leave(1),
        |world| world.close(1),
        |world| sit(world, 1, OTHER_CHAIR),
    ];
    for leave in ways {
        let mut world = world();
        sit(&mut world, 1, CHAIR);
        world.ticks(30);
        assert!(
            sitter(&world, CHAIR).is_some(),
            "it sits as long as it does not move"
        );
        leave(&mut world);
        world.ticks(3);
        assert_eq!(sitter(&world, CHAIR), None);
        sit(&mut world, 2, CHAIR);
        assert_eq!(sitter(&world, CHAIR), Some(world.client(2).player));
    }
}

#[test]
fn a_player_that_walked_away_sits_no_longer() {
    let mut world = world();
    sit(&mut world, 1, CHAIR);
    world.walk(1, Direction::East);
    world.ticks(2);
    assert_eq!(world.get::<SitsOn>(1), Some(&SitsOn(None)));
}

#[test]
fn a_player_is_no_chair() {
    let mut world = world();
    let bob = ActTarget::Player(world.client(2).player);
    world.act(1, bob, "sit", &Sit);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::Declined { code: NO_CHAIR }]);
}

#[test]
fn near_chats_stay_in_the_quiet_zone_and_outside_of_it() {
    // Just west of the library. Player 1 walks in.
    let mut world = world_at(400, 256);
    world.walk(1, Direction::East);
    world.ticks(20);
    assert_eq!(world.get::<InZone>(1), Some(&InZone(Some(LIBRARY))));
    assert_eq!(world.get::<InZone>(2), Some(&InZone(None)));
    for speaker in [1, 2] {
        world.forget_messages();
        world.chat(speaker, Scope::Near, "psst");
        world.tick();
        let heard = [1, 2].map(|session| world.chats(session).len());
        assert_eq!(
            heard,
            [u64::from(speaker == 1), u64::from(speaker == 2)].map(|n| n as usize)
        );
    }
    // Chats to the room are for all.
    world.chat(1, Scope::Room, "lunch!");
    world.tick();
    assert_eq!(world.chats(2).len(), 1);
    // Inside, they hear each other.
    world.walk(1, Direction::Still);
    world.walk(2, Direction::East);
    world.ticks(15);
    world.forget_messages();
    world.chat(1, Scope::Near, "psst");
    world.tick();
    assert_eq!(world.chats(2).len(), 1);
}

#[test]
fn a_loaded_office_continues_the_same() {
    let mut world = world();
    sit(&mut world, 1, CHAIR);
    let saved = world.saved();
    let mut loaded = Simulation::load(config(144, 272), Office, &saved).unwrap();
    for tick in 0..40 {
        match tick {
            3 => world.act(2, ActTarget::Object(CHAIR), "sit", &Sit),
            5 => world.walk(1, Direction::South),
            8 => world.act(2, ActTarget::Object(CHAIR), "sit", &Sit),
            10 => world.chat(1, Scope::Near, "mine!"),
            _ => {}
        }
        world.input.sort();
        let mut output = TickOutput::default();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(output.hash, world.output.hash, "tick {tick}");
    }
    assert_eq!(sitter(&world, CHAIR), Some(world.client(2).player));
}

#[tokio::test]
async fn bots_share_a_chair() {
    let server = serve_map("office", OFFICE, Office);
    let mut ann = Bot::join(&server, "ann", "office").await;
    let mut bob = Bot::join(&server, "bob", "office").await;
    ann.sees_object("chair").await;
    bob.sees_object("chair").await;
    let chair = CHAIR;
    ann.act(chair, "sit", &Sit).await.unwrap();
    assert_eq!(bob.act(chair, "sit", &Sit).await, Err(Refusal::Taken));
    let owner_of_chair = |bob: &parlour_client::Connection| {
        let mut objects = bob.client().view().objects();
        let (_, object, _) = objects.find(|(_, object, _)| object.object == chair)?;
        Some(object.owner)
    };
    let ann_id = ann.id();
    bob.wait_for(|bob, _| owner_of_chair(bob)?.filter(|owner| *owner == ann_id))
        .await;
    ann.0.send(Command::walk(Direction::North)).await.unwrap();
    bob.wait_for(|bob, _| owner_of_chair(bob)?.is_none().then_some(()))
        .await;
    bob.act(chair, "sit", &Sit).await.unwrap();
    // Outside of quiet zones, those nearby hear each other.
    let text = "psst".to_owned();
    let scope = Scope::Near;
    ann.ask(Command::Say { scope, text }).await.unwrap();
    let heard = bob.wait_for(|_, event| match event {
        Event::Chat(said) => Some(said.text.clone()),
        _ => None,
    });
    assert_eq!(heard.await, "psst");
}

//! Players act on objects and players. Game logic receives an action only if the player sees the
//! target and reaches it.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::{collections::BTreeSet, sync::Arc};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    ids::{ObjectId, PlayerId, SessionId},
    limits::MAX_CUSTOM_BYTES,
    message::{Act, ActTarget, Body, ClientMessage, Refusal, RefusalClass, ServerMessage},
    motion::{Direction, Position, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    ActionOn, Answer, Interest, Player, Rate, Reach, SimConfig, Simulation, SimulationApp, StableId, StepSet,
    TickSchedule,
};
use parlour_testing::{
    ObjectOrder, SessionActions as _, TestWorld, generous_rules, maps::map, objects_plugin, teleport_plugin,
};
use parlour_tick::{EventKind, TickOutput};
use serde::{Deserialize, Serialize};

/// The details of the action `poke`, which reaches 40 px.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Poke(u8);

/// The action `call`, which reaches 100 px through walls.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call;

/// The action `point`, which reaches everything in sight of a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Point;

/// What logic received: the actor, the target and the details.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Received(Vec<(PlayerId, u64, u8)>);

/// The code of a declined poke.
const TICKLISH: u16 = 7;

fn acting(app: &mut App) {
    app.player_action::<Poke>("poke", Reach::px(40))
        .player_action::<Call>("call", Reach::px(100).through_walls())
        .player_action::<Point>("point", Reach::px(100_000).through_walls())
        .insert_resource(Received::default())
        .state_resource::<Received>("received");
    app.add_systems(
        TickSchedule,
        (poke, call, point).chain().in_set(StepSet::Simulate),
    );
}

fn poke(
    mut actions: MessageReader<ActionOn<Poke>>,
    mut answers: MessageWriter<Answer<Poke>>,
    mut received: ResMut<Received>,
    players: Query<&Player>,
    targets: Query<&StableId>,
) {
    for action in actions.read() {
        let details = action.message.0;
        let (player, target) = (players.get(action.player), targets.get(action.target));
        received
            .0
            .push((player.unwrap().id, target.unwrap().number(), details));
        answers.write(match details {
            99 => action.refuse(Refusal::Declined { code: TICKLISH }),
            _ => action.accept(),
        });
    }
}

fn call(mut actions: MessageReader<ActionOn<Call>>, mut answers: MessageWriter<Answer<Call>>) {
    for action in actions.read() {
        answers.write(action.accept());
    }
}

fn point(mut actions: MessageReader<ActionOn<Point>>, mut answers: MessageWriter<Answer<Point>>) {
    for action in actions.read() {
        answers.write(action.accept());
    }
}

/// A map of 640 x 640 px with a wall from (320, 0) to (336, 320).
fn config(interest: Interest) -> SimConfig {
    let mut walls = WallGrid::new(40, 40, 16);
    (0..20).for_each(|row| walls.block(20, row));
    let map = map("plaza", walls, Position::from_px(100, 100), Vec::new());
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules = generous_rules();
    config.rules.interest = interest;
    config
}

fn logic(app: &mut App) {
    app.add_plugins((teleport_plugin, objects_plugin, acting));
}

fn world_with(interest: Interest) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(interest), logic);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.ticks(10);
    world.forget_messages();
    world
}

/// A world whose players see everything.
fn world() -> TestWorld {
    world_with(Interest::All)
}

fn put(world: &mut TestWorld, session: u64, x: i32, y: i32) {
    let Position { x, y } = Position::from_px(x, y);
    world.teleport(session, x, y);
    world.ticks(10);
    world.forget_messages();
}

/// Spawns a chair of 16 x 16 px.
fn chair(world: &mut TestWorld, x: i32, y: i32) {
    let spawn = ObjectOrder::Spawn {
        kind: "chair".into(),
        place: Position::from_px(x, y),
        color: None,
    };
    world.custom(1, "order", &spawn);
    world.ticks(10);
    world.forget_messages();
}

fn object(id: u32) -> ActTarget {
    ActTarget::Object(ObjectId(id))
}

/// Pokes a target. Returns the refusal, or `None` if it was accepted.
fn try_poke(world: &mut TestWorld, session: u64, target: ActTarget) -> Option<Refusal> {
    try_act(world, session, target, "poke", &Poke(1))
}

fn try_act(
    world: &mut TestWorld,
    session: u64,
    target: ActTarget,
    name: &str,
    message: &impl Serialize,
) -> Option<Refusal> {
    world.act(session, target, name, message);
    world.tick();
    let messages = world.messages(session);
    let [answer] = &messages[..] else {
        panic!("one answer, not {messages:?}");
    };
    match answer {
        ServerMessage::Accepted(accepted) => {
            assert_eq!(accepted.request, 10);
            None
        }
        ServerMessage::Refused(refused) => {
            assert_eq!(refused.request, 10);
            Some(refused.refusal.clone())
        }
        other => panic!("{other:?}"),
    }
}

fn received(sim: &Simulation) -> Vec<(PlayerId, u64, u8)> {
    sim.world().resource::<Received>().0.clone()
}

#[test]
fn logic_receives_an_action_on_an_object_and_answers_it() {
    let mut world = world();
    chair(&mut world, 120, 100);
    assert_eq!(try_act(&mut world, 1, object(1), "poke", &Poke(5)), None);
    let ada = world.client(1).player;
    let target = StableId::object(ObjectId(1)).number();
    assert_eq!(received(&world.sim), [(ada, target, 5)]);
    let refused = try_act(&mut world, 1, object(1), "poke", &Poke(99));
    assert_eq!(refused, Some(Refusal::Declined { code: TICKLISH }));
}

#[test]
fn logic_receives_an_action_on_a_player() {
    let mut world = world_with(Interest::Near);
    put(&mut world, 1, 100, 100);
    put(&mut world, 2, 130, 100);
    let (ada, bob) = (world.client(1).player, world.client(2).player);
    assert_eq!(try_poke(&mut world, 1, ActTarget::Player(bob)), None);
    assert_eq!(try_poke(&mut world, 2, ActTarget::Player(bob)), None, "itself");
    let bob_entity = StableId::player(bob).number();
    assert_eq!(received(&world.sim), [(ada, bob_entity, 1), (bob, bob_entity, 1)]);
}

#[test]
fn the_reach_ends_at_the_body_of_the_target() {
    let mut world = world();
    put(&mut world, 1, 100, 100);
    // The body of the chair begins 8 px before its centre.
    chair(&mut world, 148, 100);
    assert_eq!(try_poke(&mut world, 1, object(1)), None);
    put(&mut world, 1, 99, 100);
    assert_eq!(try_poke(&mut world, 1, object(1)), Some(Refusal::OutOfReach));
    // 24 px and 32 px from the corner of the body: a distance of exactly 40 px.
    put(&mut world, 1, 140 - 24, 92 - 32);
    assert_eq!(try_poke(&mut world, 1, object(1)), None);
    put(&mut world, 1, 140 - 24, 92 - 33);
    assert_eq!(try_poke(&mut world, 1, object(1)), Some(Refusal::OutOfReach));
    // A player inside of the body.
    put(&mut world, 1, 150, 101);
    assert_eq!(try_poke(&mut world, 1, object(1)), None);
}

#[test]
fn a_wall_between_hides_the_target_unless_the_action_reaches_through_walls() {
    let mut world = world();
    put(&mut world, 1, 310, 160);
    put(&mut world, 2, 346, 160);
    let bob = ActTarget::Player(world.client(2).player);
    assert_eq!(try_poke(&mut world, 1, bob), Some(Refusal::OutOfReach));
    assert_eq!(try_act(&mut world, 1, bob, "call", &Call), None);
    // Around the end of the wall: the line to the nearest point of the body passes it.
    put(&mut world, 1, 310, 330);
    put(&mut world, 2, 346, 330);
    assert_eq!(try_poke(&mut world, 1, bob), None);
}

#[test]
fn a_target_that_hangs_on_a_wall_is_in_sight_from_its_front_only() {
    let mut world = world();
    // Its left half is in front of the wall, its right half within.
    chair(&mut world, 320, 200);
    put(&mut world, 1, 290, 200);
    assert_eq!(try_poke(&mut world, 1, object(1)), None);
    put(&mut world, 1, 350, 200);
    assert_eq!(try_poke(&mut world, 1, object(1)), Some(Refusal::OutOfReach));
    // A door that fills a gap of the map: all of it is in the wall.
    chair(&mut world, 328, 104);
    put(&mut world, 1, 300, 104);
    assert_eq!(try_poke(&mut world, 1, object(2)), None);
    put(&mut world, 1, 356, 104);
    assert_eq!(try_poke(&mut world, 1, object(2)), None);
}

#[test]
fn a_hidden_target_and_a_missing_one_have_the_same_answer() {
    let mut world = world_with(Interest::Near);
    put(&mut world, 1, 100, 100);
    put(&mut world, 2, 500, 500);
    let bob = world.client(2).player;
    assert!(world.sees(1, 2).is_none());
    let targets = [
        ActTarget::Player(bob),
        ActTarget::Player(PlayerId(bob.0 ^ 1)),
        object(9_999),
        object(0),
        object(u32::MAX),
    ];
    for target in targets {
        for name in ["poke", "call"] {
            world.act(1, target, name, &Poke(1));
        }
        world.tick();
        // `call` has no fields, so a body with a byte is bad whatever the target is.
        let refusals = world.refusals(1);
        assert!(
            matches!(refusals[..], [Refusal::OutOfReach, Refusal::BadBody { .. }]),
            "{target:?}: {refusals:?}"
        );
    }
    assert_eq!(received(&world.sim), []);
}

#[test]
fn a_player_that_comes_near_but_was_not_sent_yet_is_still_hidden() {
    let mut world = world_with(Interest::Near);
    put(&mut world, 1, 100, 100);
    put(&mut world, 2, 500, 500);
    let bob = ActTarget::Player(world.client(2).player);
    let Position { x, y } = Position::from_px(120, 100);
    world.teleport(2, x, y);
    let mut answers = Vec::new();
    for _ in 0..10 {
        let was_seen = world.sees(1, 2).is_some();
        answers.push((was_seen, try_poke(&mut world, 1, bob)));
    }
    let expected = |&(was_seen, ref refusal): &(bool, Option<Refusal>)| match was_seen {
        true => refusal.is_none(),
        false => *refusal == Some(Refusal::OutOfReach),
    };
    assert!(answers.iter().all(expected), "{answers:?}");
    assert!(answers.first().unwrap().1.is_some() && answers.last().unwrap().1.is_none());
}

/// Returns what the client of a session sees.
fn targets_seen(world: &TestWorld, session: u64) -> BTreeSet<(bool, u32)> {
    let view = &world.client(session).view;
    let objects = view.objects().map(|(_, object, _)| (false, object.object.0));
    let players = view.players().map(|(_, player, _)| (true, player.player.0));
    objects.chain(players).collect()
}

#[test]
fn a_player_can_point_exactly_at_what_its_client_was_sent() {
    let mut world = world_with(Interest::Near);
    (3..=8).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let (mut seen, mut hidden, mut objects) = (0, 0, 0);
    for tick in 0..800 {
        let random = &mut Stream::new(77, tick, Purpose::Game);
        let place = |random: &mut Stream| {
            Position::from_px(30 + random.below(280) as i32, 30 + random.below(580) as i32)
        };
        for session in 1..=8 {
            world.forget_messages();
            let there = place(random);
            match random.below(60) {
                0..2 => world.teleport(session, there.x, there.y),
                2..7 => world.walk(session, Direction::ALL[random.below(9) as usize]),
                7..9 => {
                    let kind = ["chair", "bell"][random.below(2) as usize].into();
                    let (place, color) = (there, None);
                    world.custom(session, "order", &ObjectOrder::Spawn { kind, place, color });
                }
                9 => world.custom(
                    session,
                    "order",
                    &ObjectOrder::Despawn(ObjectId(1 + random.below(60))),
                ),
                10 => world.leave(session),
                11..16 => world.join(session, "plaza"),
                _ => {}
            }
        }
        let all = targets_seen(&world, 1);
        let players = (1..=8).map(|session| (true, world.client(session).player.0));
        let candidates: Vec<_> = players.chain((1..=60).map(|id| (false, id))).collect();
        let (is_player, id) = candidates[random.below(68) as usize];
        let target = match is_player {
            true => ActTarget::Player(PlayerId(id)),
            false => object(id),
        };
        let is_in_room = world.client(1).room.is_some();
        world.act(1, target, "point", &Point);
        // An order of the same session may come before the action.
        let leaves = world.input.events.iter().any(|event| {
            let EventKind::Message { message, .. } = &event.kind else {
                return false;
            };
            event.session == SessionId(1)
                && matches!(message, ClientMessage::Leave { .. } | ClientMessage::Join(_))
        });
        world.tick();
        if leaves || !is_in_room {
            continue;
        }
        let refused = world.refusals(1).contains(&Refusal::OutOfReach);
        let was_seen = all.contains(&(is_player, id));
        assert_eq!(refused, !was_seen, "tick {tick}: {target:?}");
        seen += u32::from(was_seen);
        hidden += u32::from(!was_seen);
        objects += u32::from(was_seen && !is_player);
    }
    assert!(
        seen > 60 && hidden > 100 && objects > 30,
        "{seen}, {hidden}, {objects}"
    );
}

#[test]
fn a_hidden_object_is_out_of_reach_however_near_it_is() {
    let mut config = config(Interest::Near);
    config.rules.near_px = 20;
    let mut world = TestWorld::with_plugins(config, logic);
    world.open_and_join(1, "plaza");
    world.ticks(10);
    put(&mut world, 1, 100, 100);
    // A chair is seen up to the near radius of the room, a bell up to 600 px.
    chair(&mut world, 140, 100);
    let (kind, color) = ("bell".into(), None);
    let place = Position::from_px(140, 100);
    world.custom(1, "order", &ObjectOrder::Spawn { kind, place, color });
    world.ticks(10);
    world.forget_messages();
    assert_eq!(try_poke(&mut world, 1, object(1)), Some(Refusal::OutOfReach));
    assert_eq!(try_poke(&mut world, 1, object(2)), None);
    put(&mut world, 1, 125, 100);
    assert_eq!(try_poke(&mut world, 1, object(1)), None);
}

#[test]
fn a_target_in_another_room_is_out_of_reach() {
    let mut world = world();
    chair(&mut world, 100, 100);
    world.join(2, "plaza/2");
    world.ticks(2);
    world.forget_messages();
    assert_eq!(try_poke(&mut world, 2, object(1)), Some(Refusal::OutOfReach));
    let bob = ActTarget::Player(world.client(2).player);
    assert_eq!(try_poke(&mut world, 1, bob), Some(Refusal::OutOfReach));
    // A player that closed its session in this tick or in the one before.
    world.close(2);
    for _ in 0..3 {
        assert_eq!(try_poke(&mut world, 1, bob), Some(Refusal::OutOfReach));
    }
}

#[test]
fn a_despawned_target_does_not_exist() {
    let mut world = world();
    chair(&mut world, 100, 100);
    world.custom(1, "order", &ObjectOrder::Despawn(ObjectId(1)));
    world.tick();
    assert_eq!(try_poke(&mut world, 1, object(1)), Some(Refusal::OutOfReach));
}

#[test]
fn a_bad_action_is_refused_whatever_the_target_is() {
    let mut world = world();
    chair(&mut world, 100, 100);
    let long = vec![0_u8; MAX_CUSTOM_BYTES + 1];
    for target in [object(1), object(2)] {
        let act = |name: &str, body: &[u8]| {
            ClientMessage::Act(Act {
                request: 10,
                target,
                name: name.into(),
                body: Body::Bytes(body.to_vec()),
            })
        };
        world.send(1, act("pinch", &[1]));
        world.send(1, act("poke", &[]));
        world.send(1, act("poke", &[1, 2]));
        world.send(1, act("poke", &long));
        world.tick();
        let refusals = world.refusals(1);
        assert_eq!(refusals[0], Refusal::UnknownMessage);
        let bad = |refusal: &Refusal| matches!(refusal, Refusal::BadBody { .. });
        assert!(refusals[1..].iter().all(bad), "{refusals:?}");
        assert_eq!(refusals.len(), 4);
        let reasons: Vec<_> = world
            .output
            .unknown
            .iter()
            .map(|unknown| &unknown.reason)
            .collect();
        assert_eq!(reasons[0], "no plugin declared an action with this name");
        assert_eq!(reasons[3], "the body is longer than 1024 bytes");
    }
    // The messages and the actions have separate names.
    world.custom(1, "poke", &Poke(1));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::UnknownMessage]);
}

#[test]
fn a_player_outside_of_rooms_cannot_act() {
    let mut world = world();
    chair(&mut world, 100, 100);
    world.open(3);
    world.tick();
    assert_eq!(try_poke(&mut world, 3, object(1)), Some(Refusal::NotInRoom));
}

#[test]
fn actions_share_the_rate_limit_of_messages_and_count_as_refused() {
    let mut config = config(Interest::All);
    config.rules.rates.custom = Rate {
        burst: 3,
        every_ticks: 60,
    };
    let mut world = TestWorld::with_plugins(config, logic);
    world.open_and_join(1, "plaza");
    world.tick();
    world.forget_messages();
    world.custom(1, "order", &ObjectOrder::Despawn(ObjectId(1)));
    for _ in 0..4 {
        world.act(1, object(5), "poke", &Poke(1));
    }
    world.tick();
    let counts = world.output.counts.refused;
    let counted: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(
        counted,
        [(RefusalClass::RateLimited, 2), (RefusalClass::OutOfReach, 2)]
    );
    let refusals = world.refusals(1);
    assert_eq!(refusals[..2], vec![Refusal::OutOfReach; 2]);
    assert!(matches!(refusals[2], Refusal::RateLimited { .. }), "{refusals:?}");
}

#[test]
fn an_action_that_is_too_late_is_no_strike() {
    let mut world = world();
    for _ in 0..40 {
        world.act(1, object(77), "poke", &Poke(1));
    }
    world.tick();
    assert_eq!(world.closed, []);
    for _ in 0..40 {
        world.act(1, object(77), "pinch", &Poke(1));
    }
    world.tick();
    assert_eq!(world.closed[0], (SessionId(1), CloseCode::RepeatedlyInvalid));
}

#[test]
fn a_loaded_world_gives_the_same_answers() {
    let mut world = world_with(Interest::Near);
    put(&mut world, 1, 100, 100);
    put(&mut world, 2, 500, 500);
    let saved = world.saved();
    let mut loaded = Simulation::load(config(Interest::Near), logic, &saved).unwrap();
    let bob = ActTarget::Player(world.client(2).player);
    let Position { x, y } = Position::from_px(120, 100);
    world.teleport(2, x, y);
    for _ in 0..20 {
        world.act(1, bob, "poke", &Poke(1));
        let mut output = TickOutput::default();
        world.input.sort();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(output.hash, world.output.hash);
        assert_eq!(output.counts.refused, world.output.counts.refused);
    }
    assert!(!received(&loaded).is_empty());
    assert_eq!(received(&loaded), received(&world.sim));
}

#[test]
fn a_system_that_reads_an_undeclared_action_names_the_declaration() {
    let panic = std::panic::catch_unwind(|| {
        Simulation::with_plugins(config(Interest::All), |app: &mut App| {
            app.add_systems(TickSchedule, call.in_set(StepSet::Simulate));
        })
    })
    .unwrap_err();
    let text = panic.downcast::<String>().unwrap();
    assert!(text.contains(".player_action::<"), "{text}");
    assert!(text.contains(">(\"name\", reach) in the plugin"), "{text}");
}

//! Game logic: the example plugin, and the mistakes that a plugin can make.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

#[path = "../examples/mood.rs"]
#[allow(dead_code, reason = "the main function of the example is not used here")]
mod mood;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use mood::{CheeredUp, Mood, MoodPlugin, SetMood};
use parlour_shared::{
    close::CloseCode,
    ids::SessionId,
    message::{Body, ClientMessage, Custom, CustomSaid, Refusal, RefusalClass, ServerMessage},
    motion::Direction,
    snapshot::Update,
};
use parlour_sim::{
    Answer, CameNear, FromPlayer, ObjectKind, Player, SimConfig, Simulation, SimulationApp, StepSet,
    TickSchedule, ToPlayers, WentAway,
};
use parlour_testing::{SessionActions as _, TestWorld, encoded, plaza};
use parlour_tick::Lane;
use serde::{Deserialize, Serialize};

fn world(config: SimConfig) -> TestWorld {
    TestWorld::with_plugins(config, MoodPlugin)
}

fn set_mood(world: &mut TestWorld, session: u64, mood: Option<u8>) {
    world.custom(session, "set_mood", &SetMood { mood });
}

/// Returns the mood of a player as the client of a viewer knows it.
fn mood_seen(world: &TestWorld, viewer: u64, other: u64) -> Option<Vec<u8>> {
    let seen = world.sees(viewer, other).expect("in sight");
    seen.components
        .iter()
        .find(|(index, _)| *index == 0)
        .map(|(_, bytes)| bytes.clone())
}

fn customs(world: &mut TestWorld, session: u64) -> Vec<CustomSaid> {
    let custom = |message| match message {
        ServerMessage::Custom(said) => Some(said),
        _ => None,
    };
    world.messages(session).into_iter().filter_map(custom).collect()
}

fn two() -> TestWorld {
    let mut world = world(plaza());
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(12);
    world
}

#[test]
fn a_room_names_the_replicated_components() {
    let world = two();
    let [players] = &world.client(1).room().kinds[..] else {
        panic!("one kind")
    };
    assert_eq!(players.name, "player");
    assert_eq!(players.components, ["mood"]);
    assert_eq!((players.half_x, players.half_y), (2_048, 2_048));
}

#[test]
fn viewers_receive_a_component_in_the_tick_of_its_change() {
    let mut world = two();
    world.forget_messages();
    set_mood(&mut world, 1, Some(7));
    world.tick();
    let accepted = world.accepted(1);
    assert_eq!(
        (accepted.len(), accepted[0].request, accepted[0].tick),
        (1, 6, world.now())
    );
    for viewer in [1, 2] {
        assert_eq!(mood_seen(&world, viewer, 1), world.get::<Mood>(1).map(encoded));
        assert_eq!(mood_seen(&world, viewer, 1), Some(vec![7]));
        let update = Update {
            slot: world.client(1).slot(),
            motion: None,
            skin: None,
            components: vec![(0, vec![7])],
            owner: None,
            dropped: None,
        };
        assert_eq!(world.snapshot(viewer).unwrap().updates, [update]);
    }
    world.tick();
    assert_eq!(world.snapshot(2), None, "sent once");
    set_mood(&mut world, 1, Some(7));
    world.tick();
    assert_eq!(world.snapshot(2), None, "setting the same value is no change");
}

#[test]
fn viewers_see_that_a_component_was_removed() {
    let mut world = two();
    set_mood(&mut world, 1, Some(7));
    world.tick();
    set_mood(&mut world, 1, None);
    world.tick();
    assert_eq!(world.snapshot(2).unwrap().updates[0].components, [(0, vec![])]);
    assert_eq!(mood_seen(&world, 2, 1), None);
    // Removed and set to a different value in one tick: viewers receive only the new value.
    set_mood(&mut world, 1, Some(3));
    world.tick();
    set_mood(&mut world, 1, None);
    set_mood(&mut world, 1, Some(4));
    world.tick();
    assert_eq!(mood_seen(&world, 2, 1), Some(vec![4]));
}

#[test]
fn components_are_visible_to_new_players_and_in_new_rooms() {
    let mut world = two();
    set_mood(&mut world, 1, Some(7));
    set_mood(&mut world, 2, Some(7));
    world.open_and_join(3, "plaza");
    world.ticks(7);
    assert_eq!(mood_seen(&world, 3, 1), Some(vec![7]), "in the enter record");
    assert_eq!(mood_seen(&world, 3, 3), None);
    set_mood(&mut world, 1, None);
    world.join(1, "plaza/2");
    world.join(2, "plaza/2");
    world.join(3, "plaza/2");
    world.ticks(7);
    assert_eq!(mood_seen(&world, 3, 1), None);
    assert_eq!(
        mood_seen(&world, 3, 2),
        Some(vec![7]),
        "a component follows its player"
    );
}

#[test]
fn a_component_can_be_set_before_the_first_join() {
    let mut world = two();
    world.open(3);
    set_mood(&mut world, 3, Some(5));
    world.tick();
    world.join(3, "plaza");
    world.ticks(7);
    assert_eq!(mood_seen(&world, 1, 3), Some(vec![5]));
}

#[test]
fn a_held_viewer_receives_components_when_it_is_released() {
    let mut world = two();
    set_mood(&mut world, 1, Some(1));
    world.tick();
    world.hold(2);
    for mood in [2, 3, 4] {
        set_mood(&mut world, 1, Some(mood));
        world.ticks(3);
    }
    world.release(2);
    world.tick();
    assert_eq!(mood_seen(&world, 2, 1), Some(vec![4]));
    assert_eq!(world.snapshot(2).unwrap().updates.len(), 1);
}

#[test]
fn a_player_that_meets_a_happier_one_is_cheered_up() {
    let mut world = world(plaza());
    for (session, mood) in [(1, 9), (2, 3)] {
        world.open(session);
        set_mood(&mut world, session, Some(mood));
        world.join(session, "plaza");
    }
    world.ticks(7);
    assert_eq!(*world.get::<Mood>(2).unwrap(), Mood(4));
    assert_eq!(mood_seen(&world, 1, 2), Some(vec![4]));
    let said = customs(&mut world, 2);
    assert_eq!(said.len(), 1);
    assert_eq!(
        (said[0].name.as_str(), said[0].player),
        ("cheered_up", Some(world.client(1).player))
    );
    assert_eq!(said[0].decode::<CheeredUp>(), Ok(CheeredUp { mood: 4 }));
    assert_eq!(customs(&mut world, 1), []);
    // They part, grow gloomy alone, and meet again.
    world.walk(2, Direction::East);
    world.ticks(200);
    let (one, two) = (world.get::<Mood>(1).unwrap().0, world.get::<Mood>(2).unwrap().0);
    assert!(one < 9 && two < 4, "{one}, {two}");
    world.walk(2, Direction::West);
    world.ticks(200);
    assert_eq!(customs(&mut world, 2).len(), 1);
}

#[test]
fn messages_of_plugins_come_before_the_snapshot_of_their_tick() {
    let mut world = two();
    set_mood(&mut world, 1, Some(7));
    world.tick();
    let lanes: Vec<Lane> = world
        .output
        .frames
        .iter()
        .filter(|frame| frame.session == SessionId(1))
        .map(|frame| frame.lane)
        .collect();
    assert_eq!(lanes, [Lane::Reliable, Lane::Snapshot]);
}

#[test]
fn an_invalid_message_to_a_plugin_is_refused() {
    let mut world = two();
    world.forget_messages();
    let bodies: [&[u8]; 5] = [&[], &[1], &[2, 7], &[1, 7, 0], &[0; 2000]];
    for body in bodies {
        let custom = Custom {
            request: 6,
            name: "set_mood".into(),
            body: Body::Bytes(body.to_vec()),
        };
        world.send(1, ClientMessage::Custom(custom));
    }
    world.custom(1, "set_moods", &SetMood { mood: None });
    world.custom(1, "cheered_up", &CheeredUp { mood: 9 });
    world.tick();
    let refusals = world.refusals(1);
    let bad = |refusal: &Refusal| matches!(refusal, Refusal::BadBody { reason } if !reason.is_empty());
    assert!(refusals[..bodies.len()].iter().all(bad), "{refusals:?}");
    assert_eq!(
        refusals[bodies.len()..],
        [Refusal::UnknownMessage, Refusal::UnknownMessage]
    );
    assert_eq!(world.get::<Mood>(1), None);
    // The output contains the reason of each, without a value.
    let unknown: Vec<(&str, &str)> = world
        .output
        .unknown
        .iter()
        .map(|unknown| (unknown.name.as_str(), unknown.reason.as_str()))
        .collect();
    assert_eq!(unknown.len(), bodies.len() + 2);
    assert!(
        unknown[..4]
            .iter()
            .all(|(name, reason)| *name == "set_mood"
                && *reason == "the body is not a value of the declared type"),
        "{unknown:?}"
    );
    assert_eq!(unknown[4], ("set_mood", "the body is longer than 1024 bytes"));
    let no_such = "no plugin declared a message of players with this name";
    assert_eq!(unknown[5..], [("set_moods", no_such), ("cheered_up", no_such)]);
    world.tick();
    assert!(world.output.unknown.is_empty());
}

#[test]
fn a_declined_request_is_not_a_strike() {
    let mut world = two();
    world.forget_messages();
    (0..25).for_each(|_| set_mood(&mut world, 1, None));
    world.tick();
    assert_eq!(
        world.refusals(1),
        vec![
            Refusal::Declined {
                code: mood::HAS_NO_MOOD
            };
            25
        ]
    );
    assert_eq!(world.closed, []);
}

#[test]
fn refusals_of_plugins_count_like_built_in_refusals() {
    let mut world = two();
    world.forget_messages();
    (0..19).for_each(|_| set_mood(&mut world, 1, Some(10)));
    world.tick();
    let reason = "`mood` must be at most 9".to_owned();
    assert_eq!(world.refusals(1), vec![Refusal::BadBody { reason }; 19]);
    assert_eq!(
        world.output.counts.refused.iter().collect::<Vec<_>>(),
        [(RefusalClass::BadBody, 19)]
    );
    assert_eq!(world.closed, []);
    set_mood(&mut world, 1, Some(10));
    world.tick();
    assert_eq!(world.closed, [(SessionId(1), CloseCode::RepeatedlyInvalid)]);
}

#[test]
fn a_request_of_a_session_that_closes_in_the_same_tick_is_harmless() {
    let mut world = two();
    set_mood(&mut world, 1, Some(10));
    set_mood(&mut world, 1, Some(5));
    world.close(1);
    world.tick();
    assert_eq!(world.sim.player(SessionId(1)), None);
    world.ticks(3);
    assert_eq!(world.get::<Mood>(1), None);
}

/// Game logic receives `CameNear` and `WentAway` a tick after the check. It must be able to write
/// to the entities in them, even if a session closed in between.
#[test]
fn entities_in_messages_to_game_logic_exist_in_that_tick() {
    #[derive(Component, Serialize, Deserialize, Default)]
    struct Memory(u32);
    fn remember(
        mut came: MessageReader<CameNear>,
        mut went: MessageReader<WentAway>,
        mut commands: Commands,
        players: Query<Entity>,
    ) {
        let came = came.read().map(|pair| [pair.one, pair.other]);
        for player in came
            .chain(went.read().map(|pair| [pair.one, pair.other]))
            .flatten()
        {
            assert!(players.contains(player));
            commands.entity(player).insert(Memory(1));
        }
    }
    let memory = |app: &mut App| {
        app.state_component::<Memory>("memory");
        app.add_systems(TickSchedule, remember.in_set(StepSet::Simulate));
    };
    for ticks_until_close in 0..10 {
        for ticks_between in 0..4 {
            let mut world = TestWorld::with_plugins(plaza(), memory);
            (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
            world.ticks(1 + ticks_until_close);
            world.close(1);
            world.ticks(ticks_between);
            world.close(2);
            world.ticks(20);
            assert_eq!(world.output.counts.sessions, 1);
            let ecs = world.sim.world();
            let left = ecs.iter_entities().filter(EntityRef::contains::<Memory>);
            assert!(left.count() <= 1, "closed sessions are despawned");
        }
    }
}

#[test]
fn the_hash_covers_components_of_plugins() {
    let run = |mood: Option<u8>| {
        let mut world = two();
        // The same number of requests in each run, so that rate limits do not differ.
        set_mood(&mut world, 1, Some(1));
        set_mood(&mut world, 1, mood);
        world.tick();
        world.output.hash
    };
    assert_eq!(run(Some(7)), run(Some(7)));
    assert_ne!(run(Some(7)), run(Some(8)));
    assert_ne!(run(Some(7)), run(None));
}

#[test]
fn shuffling_the_schedule_does_not_change_a_world_with_plugins() {
    let run = |shuffle: Option<u64>| {
        let mut world = TestWorld::with_plugins(plaza(), (MoodPlugin, Dice));
        if let Some(seed) = shuffle {
            world.sim.shuffle_schedule(seed);
        }
        for session in 1..=6 {
            world.open(session);
            set_mood(&mut world, session, Some(session as u8));
            world.join(session, "plaza");
        }
        let mut sent = Vec::new();
        for tick in 0..60 {
            world.custom(1 + tick % 6, "roll", &Roll(tick as u8));
            world.tick();
            sent.push((world.output.hash, world.output.bytes.clone()));
        }
        sent
    };
    let declared = run(None);
    for seed in 0..20 {
        assert!(run(Some(seed)) == declared, "shuffle seed {seed}");
    }
}

/// A second plugin, which is independent of moods. It answers and sends its own messages.
struct Dice;

#[derive(Serialize, Deserialize)]
struct Roll(u8);

impl Plugin for Dice {
    fn build(&self, app: &mut App) {
        app.player_message::<Roll>("roll")
            .client_message::<Roll>("rolled");
        app.add_systems(TickSchedule, roll.in_set(StepSet::Simulate));
    }
}

fn roll(
    mut rolls: MessageReader<FromPlayer<Roll>>,
    mut answers: MessageWriter<Answer<Roll>>,
    mut results: MessageWriter<ToPlayers<Roll>>,
) {
    for request in rolls.read() {
        answers.write(request.accept());
        results.write(ToPlayers::one(request.player, Roll(request.message.0 % 6 + 1)));
    }
}

#[test]
fn independent_plugins_need_no_order() {
    let mut world = TestWorld::with_plugins(plaza(), (MoodPlugin, Dice));
    world.open(1);
    set_mood(&mut world, 1, Some(3));
    world.custom(1, "roll", &Roll(3));
    world.tick();
    let said = customs(&mut world, 1);
    assert_eq!(
        (said.len(), said[0].player, &said[0].body),
        (1, None, &Body::Bytes(vec![4]))
    );
}

/// The thirst of a player. Two plugins write it.
#[derive(Component, Default, Serialize, Deserialize)]
struct Thirst(u32);

fn drink(mut thirsts: Query<&mut Thirst>) {
    thirsts.iter_mut().for_each(|mut thirst| thirst.0 = 0);
}

fn grow_thirsty(mut thirsts: Query<&mut Thirst>) {
    thirsts.iter_mut().for_each(|mut thirst| thirst.0 += 1);
}

fn bar(app: &mut App) {
    app.state_component::<Thirst>("thirst");
    app.add_systems(TickSchedule, drink.in_set(StepSet::Simulate));
}

#[test]
#[should_panic(expected = "but nothing says which of them runs first: add both with (")]
fn two_plugins_that_write_a_component_without_an_order_panic() {
    let desert = |app: &mut App| {
        app.add_systems(TickSchedule, grow_thirsty.in_set(StepSet::Simulate));
    };
    let _ = Simulation::with_plugins(plaza(), (bar, desert));
}

#[test]
fn two_plugins_that_write_a_component_in_an_order_work() {
    let desert = |app: &mut App| {
        app.add_systems(TickSchedule, grow_thirsty.after(drink).in_set(StepSet::Simulate));
    };
    let _ = Simulation::with_plugins(plaza(), (bar, desert));
}

#[test]
#[should_panic(expected = "walk")]
fn a_system_that_moves_players_needs_an_order_with_walk() {
    fn push(mut motions: Query<&mut parlour_sim::Motion>, clock: Res<parlour_sim::Clock>) {
        for mut motion in &mut motions {
            let here = motion.segment().at(clock.tick);
            motion.teleport(clock.tick, here);
        }
    }
    let push = |app: &mut App| {
        app.add_systems(TickSchedule, push.in_set(StepSet::Simulate));
    };
    let _ = Simulation::with_plugins(plaza(), push);
}

#[derive(Component, Serialize, Deserialize)]
struct Numbered<const N: usize>;

#[derive(Component, Serialize, Deserialize, Default)]
struct Long(Vec<u8>);

#[derive(Component, Serialize, Deserialize, Default)]
struct Marker;

#[test]
#[should_panic(expected = "at most 16 components of player can be replicated; q is one too many")]
fn at_most_sixteen_components_can_be_replicated() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.replicate::<Numbered<1>>("a").replicate::<Numbered<2>>("b");
        app.replicate::<Numbered<3>>("c").replicate::<Numbered<4>>("d");
        app.replicate::<Numbered<5>>("e").replicate::<Numbered<6>>("f");
        app.replicate::<Numbered<7>>("g").replicate::<Numbered<8>>("h");
        app.replicate::<Numbered<9>>("i").replicate::<Numbered<10>>("j");
        app.replicate::<Numbered<11>>("k").replicate::<Numbered<12>>("l");
        app.replicate::<Numbered<13>>("m").replicate::<Numbered<14>>("n");
        app.replicate::<Numbered<15>>("o").replicate::<Numbered<16>>("p");
        app.replicate::<Numbered<17>>("q");
    });
}

#[test]
#[should_panic(expected = "the component a of player is replicated twice")]
fn replicating_a_component_twice_panics() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.replicate::<Marker>("a").replicate::<Marker>("a");
    });
}

#[test]
#[should_panic(expected = "the component a of chair is replicated twice")]
fn replicating_a_component_of_a_kind_twice_panics() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.object_kind(ObjectKind::new("chair").with::<Marker>("a").with::<Marker>("a"));
    });
}

/// A world with one player that has a replicated component.
fn with_component<C: Component + Serialize + serde::de::DeserializeOwned>(make: fn() -> C) -> TestWorld {
    let mut world = TestWorld::with_plugins(plaza(), move |app: &mut App| {
        app.replicate::<C>("component");
        app.register_required_components_with::<Player, C>(make);
    });
    world.open_and_join(1, "plaza");
    world.tick();
    world
}

#[test]
fn the_longest_component_is_replicated() {
    let world = with_component(|| Long(vec![7; 63]));
    let components = &world.sees(1, 1).unwrap().components;
    assert_eq!((components.len(), components[0].1.len()), (1, 64));
}

#[test]
#[should_panic(expected = "has 65 bytes, and the maximum is 64: shorten it")]
fn a_replicated_component_that_is_too_long_panics() {
    with_component(|| Long(vec![7; 64]));
}

#[test]
#[should_panic(expected = "message roll of players, or its type, is declared twice")]
fn declaring_a_message_name_twice_panics() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.add_plugins(Dice);
        app.player_message::<SetMood>("roll");
    });
}

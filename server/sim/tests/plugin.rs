//! Game logic of one's own: the example plugin, and what a plugin can get wrong.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

#[path = "../examples/mood.rs"]
#[allow(dead_code, reason = "the example's own little world is not used here")]
mod mood;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use mood::{CheeredUp, Mood, MoodPlugin, SetMood};
use parlour_shared::{
    close::CloseCode,
    codec,
    ids::SessionId,
    message::{Body, ClientMessage, Custom, CustomSaid, Refusal, RefusalClass, ServerMessage},
    motion::Direction,
    snapshot::Update,
};
use parlour_sim::{
    Answer, CameNear, FromPlayer, Player, SimConfig, Simulation, SimulationApp, Step, StepSet, ToPlayer,
    WentAway,
};
use parlour_tick::{EventKind, Lane};
use serde::{Deserialize, Serialize};
use support::{Stage, plaza};

fn stage(config: SimConfig) -> Stage {
    Stage::with_plugins(config, MoodPlugin)
}

fn set_mood(stage: &mut Stage, session: u64, mood: Option<u8>) {
    stage.custom(session, "set_mood", &SetMood { mood });
}

/// The mood of another player as a viewer's client knows it.
fn mood_seen(stage: &Stage, viewer: u64, other: u64) -> Option<Vec<u8>> {
    let seen = stage.sees(viewer, other).expect("in sight");
    seen.extras
        .iter()
        .find(|(bit, _)| *bit == 0)
        .map(|(_, bytes)| bytes.clone())
}

/// What the component itself encodes to.
fn encoded(stage: &Stage, session: u64) -> Option<Vec<u8>> {
    let mood = stage.get::<Mood>(session)?;
    let mut bytes = Vec::new();
    codec::encode(mood, &mut bytes);
    Some(bytes)
}

fn customs(stage: &mut Stage, session: u64) -> Vec<CustomSaid> {
    let custom = |message| match message {
        ServerMessage::Custom(said) => Some(said),
        _ => None,
    };
    stage.messages(session).into_iter().filter_map(custom).collect()
}

fn two() -> Stage {
    let mut stage = stage(plaza());
    (1..=2).for_each(|session| stage.open_and_join(session, "plaza"));
    stage.ticks(12);
    stage
}

#[test]
fn the_welcome_names_what_plugins_replicate() {
    assert_eq!(two().client(1).welcome.as_ref().unwrap().extras, ["mood"]);
}

#[test]
fn a_component_is_seen_by_others_with_the_tick_at_which_it_changed() {
    let mut stage = two();
    stage.forget_messages();
    set_mood(&mut stage, 1, Some(7));
    stage.tick();
    let accepted = stage.accepted(1);
    assert_eq!(
        (accepted.len(), accepted[0].request, accepted[0].tick),
        (1, 6, stage.now())
    );
    for viewer in [1, 2] {
        assert_eq!(mood_seen(&stage, viewer, 1), encoded(&stage, 1));
        assert_eq!(mood_seen(&stage, viewer, 1), Some(vec![7]));
        let update = Update {
            slot: stage.client(1).slot(),
            motion: None,
            skin: None,
            extras: vec![(0, vec![7])],
        };
        assert_eq!(stage.snapshot(viewer).unwrap().updates, [update]);
    }
    stage.tick();
    assert_eq!(stage.snapshot(2), None, "told once");
    set_mood(&mut stage, 1, Some(7));
    stage.tick();
    assert_eq!(stage.snapshot(2), None, "the same again is no news");
}

#[test]
fn a_component_that_is_removed_is_gone_for_viewers_too() {
    let mut stage = two();
    set_mood(&mut stage, 1, Some(7));
    stage.tick();
    set_mood(&mut stage, 1, None);
    stage.tick();
    assert_eq!(stage.snapshot(2).unwrap().updates[0].extras, [(0, vec![])]);
    assert_eq!(mood_seen(&stage, 2, 1), None);
    // Removed and set again within a tick is a change, or nothing if it is what it was.
    set_mood(&mut stage, 1, Some(3));
    stage.tick();
    set_mood(&mut stage, 1, None);
    set_mood(&mut stage, 1, Some(4));
    stage.tick();
    assert_eq!(mood_seen(&stage, 2, 1), Some(vec![4]));
}

#[test]
fn who_comes_later_or_goes_elsewhere_sees_and_shows_the_same() {
    let mut stage = two();
    set_mood(&mut stage, 1, Some(7));
    set_mood(&mut stage, 2, Some(7));
    stage.open_and_join(3, "plaza");
    stage.ticks(7);
    assert_eq!(mood_seen(&stage, 3, 1), Some(vec![7]), "in the enter record");
    assert_eq!(mood_seen(&stage, 3, 3), None);
    set_mood(&mut stage, 1, None);
    stage.join(1, "plaza/2");
    stage.join(2, "plaza/2");
    stage.join(3, "plaza/2");
    stage.ticks(7);
    assert_eq!(mood_seen(&stage, 3, 1), None);
    assert_eq!(
        mood_seen(&stage, 3, 2),
        Some(vec![7]),
        "a component goes with its player"
    );
}

#[test]
fn a_component_may_be_there_before_a_room_is() {
    let mut stage = two();
    stage.open(3);
    set_mood(&mut stage, 3, Some(5));
    stage.tick();
    stage.join(3, "plaza");
    stage.ticks(7);
    assert_eq!(mood_seen(&stage, 1, 3), Some(vec![5]));
}

#[test]
fn a_held_viewer_is_told_of_components_when_it_is_released() {
    let mut stage = two();
    set_mood(&mut stage, 1, Some(1));
    stage.tick();
    stage.event(2, EventKind::Hold);
    for mood in [2, 3, 4] {
        set_mood(&mut stage, 1, Some(mood));
        stage.ticks(3);
    }
    stage.event(2, EventKind::Release);
    stage.tick();
    assert_eq!(mood_seen(&stage, 2, 1), Some(vec![4]));
    assert_eq!(stage.snapshot(2).unwrap().updates.len(), 1);
}

#[test]
fn whoever_meets_someone_happier_is_cheered_up_and_told_so() {
    let mut stage = stage(plaza());
    for (session, mood) in [(1, 9), (2, 3)] {
        stage.open(session);
        set_mood(&mut stage, session, Some(mood));
        stage.join(session, "plaza");
    }
    stage.ticks(7);
    assert_eq!(*stage.get::<Mood>(2).unwrap(), Mood(4));
    assert_eq!(mood_seen(&stage, 1, 2), Some(vec![4]));
    let said = customs(&mut stage, 2);
    assert_eq!(said.len(), 1);
    assert_eq!(
        (said[0].name.as_str(), said[0].player),
        ("cheered_up", Some(stage.client(1).id()))
    );
    assert_eq!(
        codec::decode::<CheeredUp>(&said[0].body.0),
        Ok(CheeredUp { mood: 4 })
    );
    assert_eq!(customs(&mut stage, 1), []);
    // Away and back: they meet again. Alone they grow gloomy.
    stage.walk(2, Direction::East);
    stage.ticks(200);
    let (one, two) = (stage.get::<Mood>(1).unwrap().0, stage.get::<Mood>(2).unwrap().0);
    assert!(one < 9 && two < 4, "{one}, {two}");
    stage.walk(2, Direction::West);
    stage.ticks(200);
    assert_eq!(customs(&mut stage, 2).len(), 1);
}

#[test]
fn what_a_plugin_sends_comes_before_the_snapshot_of_its_tick() {
    let mut stage = two();
    set_mood(&mut stage, 1, Some(7));
    stage.tick();
    let lanes: Vec<Lane> = stage
        .output
        .frames
        .iter()
        .filter(|frame| frame.session == SessionId(1))
        .map(|frame| frame.lane)
        .collect();
    assert_eq!(lanes, [Lane::Reliable, Lane::Snapshot]);
}

#[test]
fn a_body_that_is_no_such_message_is_refused() {
    let mut stage = two();
    stage.forget_messages();
    let bodies: [&[u8]; 5] = [&[], &[1], &[2, 7], &[1, 7, 0], &[0; 2000]];
    for body in bodies {
        let custom = Custom {
            request: 6,
            name: "set_mood".into(),
            body: Body(body.to_vec()),
        };
        stage.say(1, ClientMessage::Custom(custom));
    }
    stage.custom(1, "set_moods", &SetMood { mood: None });
    stage.custom(1, "cheered_up", &CheeredUp { mood: 9 });
    stage.tick();
    assert_eq!(stage.refusals(1), vec![Refusal::UnknownMessage; bodies.len() + 2]);
    assert_eq!(stage.get::<Mood>(1), None);
}

#[test]
fn a_plugin_declines_with_a_reason_of_its_own_and_that_is_no_misbehaviour() {
    let mut stage = two();
    stage.forget_messages();
    (0..25).for_each(|_| set_mood(&mut stage, 1, None));
    stage.tick();
    assert_eq!(
        stage.refusals(1),
        vec![
            Refusal::Declined {
                code: mood::HAS_NO_MOOD
            };
            25
        ]
    );
    assert_eq!(stage.closed, []);
}

#[test]
fn what_a_plugin_refuses_is_counted_like_any_other_refusal() {
    let mut stage = two();
    stage.forget_messages();
    (0..19).for_each(|_| set_mood(&mut stage, 1, Some(10)));
    stage.tick();
    assert_eq!(stage.refusals(1), vec![Refusal::UnknownMessage; 19]);
    assert_eq!(
        stage.output.counts.refused.iter().collect::<Vec<_>>(),
        [(RefusalClass::UnknownMessage, 19)]
    );
    assert_eq!(stage.closed, []);
    set_mood(&mut stage, 1, Some(10));
    stage.tick();
    assert_eq!(stage.closed, [(SessionId(1), CloseCode::RepeatedlyInvalid)]);
}

#[test]
fn a_request_of_someone_who_closes_in_the_same_tick_harms_nobody() {
    let mut stage = two();
    set_mood(&mut stage, 1, Some(10));
    set_mood(&mut stage, 1, Some(5));
    stage.event(1, EventKind::Close);
    stage.tick();
    assert_eq!(stage.sim.player(SessionId(1)), None);
    stage.ticks(3);
    assert_eq!(stage.get::<Mood>(1), None);
}

/// Game logic hears of a meeting or a parting at the tick after; whom it names can still be written to.
#[test]
fn whoever_is_named_to_game_logic_is_there_for_the_tick_in_which_it_is_told() {
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
        app.add_systems(Step, remember.in_set(StepSet::Simulate));
    };
    for ticks_until_close in 0..10 {
        for ticks_between in 0..4 {
            let mut stage = Stage::with_plugins(plaza(), memory);
            (1..=3).for_each(|session| stage.open_and_join(session, "plaza"));
            stage.ticks(1 + ticks_until_close);
            stage.event(1, EventKind::Close);
            stage.ticks(ticks_between);
            stage.event(2, EventKind::Close);
            stage.ticks(20);
            assert_eq!(stage.output.counts.sessions, 1);
            let world = stage.sim.world();
            let left = world.iter_entities().filter(EntityRef::contains::<Memory>);
            assert!(left.count() <= 1, "who closed is gone for good");
        }
    }
}

#[test]
fn the_hash_covers_what_a_plugin_declares() {
    let run = |mood: Option<u8>| {
        let mut stage = two();
        // The same requests otherwise, so that limits are alike.
        set_mood(&mut stage, 1, Some(1));
        set_mood(&mut stage, 1, mood);
        stage.tick();
        stage.output.hash
    };
    assert_eq!(run(Some(7)), run(Some(7)));
    assert_ne!(run(Some(7)), run(Some(8)));
    assert_ne!(run(Some(7)), run(None));
}

#[test]
fn a_world_with_plugins_is_the_same_in_any_order_of_systems() {
    let run = |shuffle: Option<u64>| {
        let mut stage = Stage::with_plugins(plaza(), (MoodPlugin, Dice));
        if let Some(seed) = shuffle {
            stage.sim.shuffle_schedule(seed);
        }
        for session in 1..=6 {
            stage.open(session);
            set_mood(&mut stage, session, Some(session as u8));
            stage.join(session, "plaza");
        }
        let mut sent = Vec::new();
        for tick in 0..60 {
            stage.custom(1 + tick % 6, "roll", &Roll(tick as u8));
            stage.tick();
            sent.push((stage.output.hash, stage.output.bytes.clone()));
        }
        sent
    };
    let declared = run(None);
    for seed in 0..20 {
        assert!(run(Some(seed)) == declared, "shuffle seed {seed}");
    }
}

/// Another plugin, which knows nothing of moods: it answers and sends messages of its own.
struct Dice;

#[derive(Serialize, Deserialize)]
struct Roll(u8);

impl Plugin for Dice {
    fn build(&self, app: &mut App) {
        app.player_message::<Roll>("roll")
            .client_message::<Roll>("rolled");
        app.add_systems(Step, roll.in_set(StepSet::Simulate));
    }
}

fn roll(
    mut rolls: MessageReader<FromPlayer<Roll>>,
    mut answers: MessageWriter<Answer<Roll>>,
    mut results: MessageWriter<ToPlayer<Roll>>,
) {
    for request in rolls.read() {
        answers.write(request.accept());
        results.write(ToPlayer {
            player: request.player,
            from: None,
            message: Roll(request.message.0 % 6 + 1),
        });
    }
}

#[test]
fn plugins_that_know_nothing_of_each_other_need_no_order() {
    let mut stage = Stage::with_plugins(plaza(), (MoodPlugin, Dice));
    stage.open(1);
    set_mood(&mut stage, 1, Some(3));
    stage.custom(1, "roll", &Roll(3));
    stage.tick();
    let said = customs(&mut stage, 1);
    assert_eq!(
        (said.len(), said[0].player, said[0].body.0.as_slice()),
        (1, None, &[4][..])
    );
}

/// How thirsty a player is, which two plugins think is theirs to decide.
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
    app.add_systems(Step, drink.in_set(StepSet::Simulate));
}

#[test]
#[should_panic(
    expected = "1 pairs of systems with conflicting data access have indeterminate execution order"
)]
fn two_plugins_that_write_the_same_in_no_order_are_an_error_at_once() {
    let desert = |app: &mut App| {
        app.add_systems(Step, grow_thirsty.in_set(StepSet::Simulate));
    };
    let _ = Simulation::with_plugins(plaza(), (bar, desert));
}

#[test]
fn with_an_order_between_them_the_world_starts() {
    let desert = |app: &mut App| {
        app.add_systems(Step, grow_thirsty.after(drink).in_set(StepSet::Simulate));
    };
    let _ = Simulation::with_plugins(plaza(), (bar, desert));
}

#[test]
#[should_panic(expected = "walk")]
fn who_moves_players_must_say_whether_before_or_after_they_walk() {
    fn push(mut motions: Query<&mut parlour_sim::Motion>, clock: Res<parlour_sim::Clock>) {
        for mut motion in &mut motions {
            let here = motion.segment().at(clock.tick);
            motion.teleport(clock.tick, here);
        }
    }
    let push = |app: &mut App| {
        app.add_systems(Step, push.in_set(StepSet::Simulate));
    };
    let _ = Simulation::with_plugins(plaza(), push);
}

#[derive(Component, Serialize, Deserialize)]
struct Extra<const N: usize>;

#[derive(Component, Serialize, Deserialize, Default)]
struct Long(Vec<u8>);

#[derive(Component, Serialize, Deserialize, Default)]
struct Marker;

#[test]
#[should_panic(expected = "at most 4 components can be replicated; five is one too many")]
fn there_are_four_places_for_components() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.replicate::<Extra<1>>("one");
        app.replicate::<Extra<2>>("two");
        app.replicate::<Extra<3>>("three");
        app.replicate::<Extra<4>>("four");
        app.replicate::<Extra<5>>("five");
    });
}

/// A world with one player that has the component.
fn with_component<C: Component + Serialize + serde::de::DeserializeOwned>(make: fn() -> C) -> Stage {
    let mut stage = Stage::with_plugins(plaza(), move |app: &mut App| {
        app.replicate::<C>("it");
        app.register_required_components_with::<Player, C>(make);
    });
    stage.open_and_join(1, "plaza");
    stage.tick();
    stage
}

#[test]
fn the_longest_component_is_replicated() {
    let stage = with_component(|| Long(vec![7; 31]));
    let extras = &stage.sees(1, 1).unwrap().extras;
    assert_eq!((extras.len(), extras[0].1.len()), (1, 32));
}

#[test]
#[should_panic(expected = "a replicated component of 33 bytes; 32 are the limit")]
fn a_component_that_is_too_long_is_found() {
    with_component(|| Long(vec![7; 32]));
}

#[test]
#[should_panic(expected = "has no bytes: give it a field")]
fn a_component_without_any_bytes_is_found() {
    with_component(|| Marker);
}

#[test]
#[should_panic(expected = "message roll of players, or its type, is declared twice")]
fn a_name_of_a_message_is_taken_once() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.add_plugins(Dice);
        app.player_message::<SetMood>("roll");
    });
}

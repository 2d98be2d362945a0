//! A rule about a board: clients and game logic ask, and answers are kept and computed ahead.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    message::{KeyVersion, Refusal, ServerMessage},
};
use parlour_sim::{
    AnswerCache, BoardRule, FromPlayer, InRoom, RoomEvent, RoomStates, SimulationApp, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::Counts;
use serde::{Deserialize, Serialize};

/// Nim: heaps of matches. A move takes 1 to 3 matches from one heap.
#[derive(Component, Clone, Serialize, Deserialize)]
struct Heaps(Vec<u8>);

struct Moves;

impl BoardRule for Moves {
    type Board = Heaps;
    type Question = u8;
    type Answer = Vec<u8>;
    const KEY: &'static str = "heaps";
    const MOST_ANSWERS: usize = 64;
    const AHEAD_PER_TICK: u32 = 5;

    fn answer(board: &Heaps, heap: &u8) -> Vec<u8> {
        let matches = board.0.get(usize::from(*heap)).copied().unwrap_or(0);
        (1..=matches.min(3)).collect()
    }

    fn likely(board: &Heaps) -> impl Iterator<Item = u8> {
        (0..board.0.len() as u8).filter(|heap| board.0[usize::from(*heap)] > 0)
    }
}

#[derive(Deserialize, Serialize)]
struct Take {
    heap: u8,
    matches: u8,
}

#[derive(Deserialize, Serialize)]
struct Clear;

fn nim(app: &mut App) {
    app.state_component::<Heaps>("heaps")
        .board_rule::<Moves>("moves")
        .player_message::<Take>("take")
        .player_message::<Clear>("clear");
    app.add_systems(
        TickSchedule,
        (begin, take, clear).chain().in_set(StepSet::Simulate),
    );
}

/// A room whose name ends with a digit has that many heaps, and any other room 3.
fn begin(
    mut events: MessageReader<RoomEvent>,
    rooms: Query<&parlour_sim::Room>,
    mut states: RoomStates,
    mut commands: Commands,
) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event {
            let heaps = rooms.get(room).unwrap().name.chars().last().unwrap().to_digit(10);
            let heaps = Heaps(vec![5; heaps.unwrap_or(3) as usize]);
            states.set(room, "heaps", &format!("{:?}", heaps.0)).unwrap();
            commands.entity(room).insert(heaps);
        }
    }
}

fn take(
    mut requests: MessageReader<FromPlayer<Take>>,
    players: Query<&InRoom>,
    mut boards: Query<(&mut Heaps, &mut AnswerCache<Moves>)>,
    mut states: RoomStates,
) {
    for request in requests.read() {
        let Take { heap, matches } = request.message;
        let room = players.get(request.player).unwrap().0;
        let (mut board, mut moves) = boards.get_mut(room).unwrap();
        if moves.ask(&board, &heap).contains(&matches) {
            board.0[usize::from(heap)] -= matches;
            states.set(room, "heaps", &format!("{:?}", board.0)).unwrap();
        }
    }
}

fn clear(mut requests: MessageReader<FromPlayer<Clear>>, players: Query<&InRoom>, mut commands: Commands) {
    for request in requests.read() {
        let room = players.get(request.player).unwrap().0;
        commands.entity(room).remove::<Heaps>();
    }
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(plaza(), nim);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    world.forget_messages();
    world
}

fn ask(world: &mut TestWorld, session: u64, version: u32, heap: u8) {
    world.custom(session, "moves", &(version, heap));
}

/// Takes the messages of a session, and returns the answers.
fn answers(world: &mut TestWorld, session: u64) -> Vec<(u32, u8, Vec<u8>)> {
    let answer = |message| match message {
        ServerMessage::Custom(said) if said.name == "moves" => Some(said.decode().unwrap()),
        _ => None,
    };
    world.messages(session).into_iter().filter_map(answer).collect()
}

/// The numbers of answers of the last tick that were kept, computed, and computed ahead.
fn counts(world: &TestWorld) -> (u32, u32, u32) {
    let Counts {
        answers_kept,
        answers_computed,
        answers_ahead,
        ..
    } = world.output.counts;
    (answers_kept, answers_computed, answers_ahead)
}

fn stale(version: u32) -> Refusal {
    let key = "heaps".into();
    Refusal::StaleVersion {
        current: vec![KeyVersion { key, version }],
    }
}

fn kept(world: &TestWorld, room: &str) -> usize {
    let room = world.room(room).unwrap();
    world.sim.world().get::<AnswerCache<Moves>>(room).unwrap().len()
}

#[test]
fn a_client_that_asks_is_sent_the_answer_with_its_version() {
    let mut world = world();
    ask(&mut world, 1, 1, 2);
    ask(&mut world, 1, 1, 200);
    world.tick();
    assert_eq!(
        answers(&mut world, 1),
        [(1, 2, vec![1, 2, 3]), (1, 200, Vec::new())]
    );
    assert_eq!(answers(&mut world, 2), []);
    ask(&mut world, 1, 1, 0);
    world.tick();
    assert_eq!(world.accepted(1).len(), 1);
}

#[test]
fn a_question_about_a_different_version_is_refused_with_the_current_one() {
    let mut world = world();
    ask(&mut world, 1, 2, 0);
    world.tick();
    assert_eq!(world.refusals(1), [stale(1)]);
    // The board changes in the tick of the question.
    ask(&mut world, 1, 1, 0);
    world.custom(2, "take", &Take { heap: 0, matches: 3 });
    world.tick();
    assert_eq!(world.refusals(1), [stale(2)]);
    ask(&mut world, 1, 2, 0);
    world.tick();
    assert_eq!(answers(&mut world, 1), [(2, 0, vec![1, 2])]);
}

#[test]
fn a_question_without_a_room_or_a_board_is_refused() {
    let mut world = world();
    world.open(3);
    ask(&mut world, 3, 1, 0);
    world.custom(1, "clear", &Clear);
    world.tick();
    assert_eq!(world.refusals(3), [Refusal::NotInRoom]);
    ask(&mut world, 1, 1, 0);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::Declined { code: 0 }]);
}

#[test]
fn clients_cannot_write_the_key_of_the_board() {
    let mut world = world();
    let write = parlour_shared::message::StateWrite {
        key: "heaps".into(),
        version: 1,
        value: Some("[9]".into()),
    };
    world.write_all(1, vec![write]);
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::NotYours]);
}

#[test]
fn likely_answers_are_computed_ahead_once_for_each_version() {
    let mut world = world();
    assert_eq!(counts(&world), (0, 0, 3), "in the tick that creates the board");
    ask(&mut world, 1, 1, 0);
    ask(&mut world, 2, 1, 2);
    ask(&mut world, 2, 1, 7);
    world.tick();
    assert_eq!(counts(&world), (2, 1, 0), "heap 7 was not likely");
    ask(&mut world, 1, 1, 7);
    world.tick();
    assert_eq!(counts(&world), (1, 0, 0), "it is kept");
    world.custom(1, "take", &Take { heap: 1, matches: 3 });
    world.tick();
    assert_eq!(counts(&world), (1, 0, 3), "game logic asks, and a version begins");
    world.custom(1, "take", &Take { heap: 1, matches: 3 });
    world.tick();
    assert_eq!(
        counts(&world),
        (1, 0, 0),
        "the move is impossible, so nothing changes"
    );
    world.custom(1, "take", &Take { heap: 1, matches: 2 });
    world.tick();
    assert_eq!(counts(&world), (1, 0, 2), "an empty heap is not likely");
}

#[test]
fn a_tick_computes_at_most_the_budget_for_all_boards_together() {
    let mut world = TestWorld::with_plugins(plaza(), nim);
    world.open_and_join(1, "plaza/7");
    world.open_and_join(2, "plaza/4");
    let mut computed = Vec::new();
    for _ in 0..4 {
        world.tick();
        computed.push((counts(&world).2, kept(&world, "plaza/7"), kept(&world, "plaza/4")));
    }
    // The first board is done before the second one begins.
    assert_eq!(computed, [(5, 5, 0), (5, 7, 3), (1, 7, 4), (0, 7, 4)]);
}

#[test]
fn a_board_that_is_removed_and_comes_back_is_computed_ahead_again() {
    let mut world = TestWorld::with_plugins(plaza(), (nim, restore));
    world.open_and_join(1, "plaza/9");
    world.tick();
    assert_eq!(kept(&world, "plaza/9"), 5);
    // It is still in the queue.
    world.custom(1, "clear", &Clear);
    world.ticks(2);
    assert_eq!(kept(&world, "plaza/9"), 5);
    world.custom(1, "restore", &Restore);
    world.ticks(2);
    assert_eq!(kept(&world, "plaza/9"), 5 + 8);
}

#[derive(Deserialize, Serialize)]
struct Restore;

/// Puts a different board into the room.
fn restore(app: &mut App) {
    app.player_message::<Restore>("restore");
    let restore = |mut requests: MessageReader<FromPlayer<Restore>>,
                   players: Query<&InRoom>,
                   mut commands: Commands| {
        for request in requests.read() {
            let room = players.get(request.player).unwrap().0;
            commands.entity(room).insert(Heaps(vec![1; 8]));
        }
    };
    app.add_systems(TickSchedule, restore.in_set(StepSet::Simulate).after(clear));
}

#[test]
fn a_world_with_a_rule_and_no_other_logic_is_quiet_when_nothing_happens() {
    let rule_only = |app: &mut App| {
        app.state_component::<Heaps>("heaps").board_rule::<Moves>("moves");
    };
    let mut world = TestWorld::with_plugins(plaza(), rule_only);
    world.open_and_join(1, "plaza");
    world.ticks(200);
    assert!(world.sim.quiet_until().is_some());
}

#[test]
#[should_panic(expected = "\"No Key\" is not a key of room state")]
fn an_invalid_key_is_found_when_the_world_is_made() {
    struct Bad;
    impl BoardRule for Bad {
        type Board = Heaps;
        type Question = ();
        type Answer = ();
        const KEY: &'static str = "No Key";
        fn answer(_: &Heaps, (): &()) {}
    }
    TestWorld::with_plugins(plaza(), |app: &mut App| _ = app.board_rule::<Bad>("bad"));
}

#[test]
#[should_panic(expected = "declared twice")]
fn a_rule_cannot_be_declared_twice() {
    TestWorld::with_plugins(plaza(), |app: &mut App| {
        app.board_rule::<Moves>("moves").board_rule::<Moves>("other");
    });
}

//! Fake players send messages, walk and act, and the test looks at what each of them saw.

use std::time::Duration;

use parlour::{
    prelude::*,
    testing::{TestPlayer, TestRoom},
};
use parlour_shared::message::{ClientMessage, Scope, SetState, StateWrite};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Waves(u32);

#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Open(bool);

#[derive(Serialize, Deserialize)]
struct Wave {
    times: u32,
}

#[derive(Serialize, Deserialize)]
struct OpenIt;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Gong {
    strokes: u8,
}

struct Lobby;

impl Plugin for Lobby {
    fn build(&self, app: &mut App) {
        app.replicate::<Waves>("waves").player_message::<Wave>("wave");
        app.register_required_components::<Player, Waves>();
        app.object_kind(ObjectKind::new("door").near_px(100).with::<Open>("open"));
        app.player_action::<OpenIt>("open", Reach::px(50));
        app.client_message::<Gong>("gong").owns_state("round");
        app.add_systems(
            TickSchedule,
            (begin, wave, open, gong.run_if(every(Duration::from_secs(1)))).in_set(StepSet::Simulate),
        );
    }
}

fn begin(mut events: MessageReader<RoomEvent>, mut states: RoomStates, mut objects: Objects) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event {
            states.set(room, "round", "1").unwrap();
            let mut door = objects.spawn(room, "door", Position::from_px(500, 500)).unwrap();
            door.insert(Open(false));
        }
    }
}

fn wave(
    mut requests: MessageReader<FromPlayer<Wave>>,
    mut answers: MessageWriter<Answer<Wave>>,
    mut players: Query<&mut Waves>,
) {
    for request in requests.read() {
        if request.message.times == 0 {
            answers.write(request.refuse(Refusal::Declined { code: 1 }));
            continue;
        }
        players.get_mut(request.player).unwrap().0 += request.message.times;
        answers.write(request.accept());
    }
}

fn open(
    mut actions: MessageReader<ActionOn<OpenIt>>,
    mut answers: MessageWriter<Answer<OpenIt>>,
    mut doors: Query<&mut Open>,
) {
    for action in actions.read() {
        doors.get_mut(action.target).unwrap().0 = true;
        answers.write(action.accept());
    }
}

fn gong(rooms: Query<Entity, With<Room>>, mut messages: MessageWriter<ToPlayers<Gong>>) {
    for room in &rooms {
        messages.write(ToPlayers::room(room, Gong { strokes: 3 }));
    }
}

fn two() -> (TestRoom, TestPlayer, TestPlayer) {
    let mut room = TestRoom::new(Lobby);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    (room, ada, bob)
}

#[test]
fn a_message_changes_the_world_and_the_screens() {
    let (mut room, ada, bob) = two();
    let request = room.send(ada, "wave", &Wave { times: 3 });
    assert_eq!(room.answer(ada, request), None, "before the step");
    room.step();
    assert_eq!(room.answer(ada, request), Some(Ok(())));
    assert_eq!(room.component::<Waves>(ada), Some(&Waves(3)));
    assert_eq!(room.seen::<Waves>(bob, ada), Some(Waves(3)));
    assert_eq!(room.seen::<Waves>(ada, ada), Some(Waves(3)));
}

#[test]
fn a_refusal_is_an_answer() {
    let (mut room, ada, bob) = two();
    let request = room.send(ada, "wave", &Wave { times: 0 });
    room.step();
    let declined = Refusal::Declined { code: 1 };
    assert_eq!(room.answer(ada, request), Some(Err(declined.clone())));
    assert_eq!(room.refusals(ada), [declined]);
    assert_eq!(room.refusals(ada), [], "they were taken");
    assert_eq!(room.refusals(bob), []);
}

#[test]
fn a_dropped_player_stays_and_receives_what_it_missed_when_it_resumes() {
    let (mut room, ada, bob) = two();
    room.drop_link(ada);
    room.step();
    assert!(room.component::<Dropped>(ada).is_some());
    assert!(room.is_in_room(ada) && room.sees(bob, ada) && !room.sees(ada, bob));
    room.say(bob, "are you there?");
    room.walk(bob, Direction::East);
    room.seconds(2);
    assert!(room.chats(ada).is_empty(), "it has no link");
    room.resume(ada);
    room.place(bob, Position::from_px(1020, 1000));
    room.stop(bob);
    room.step();
    assert!(room.component::<Dropped>(ada).is_none());
    assert_eq!(room.chats(ada)[0].text, "are you there?");
    assert!(room.sees(ada, bob));
    assert_eq!(
        room.received::<Gong>(ada),
        [Gong { strokes: 3 }, Gong { strokes: 3 }]
    );
}

#[test]
#[should_panic(expected = "Ada is dropped, and sends nothing: call `resume`")]
fn a_dropped_player_sends_nothing() {
    let (mut room, ada, _) = two();
    room.drop_link(ada);
    room.say(ada, "hello?");
}

#[test]
fn players_walk_out_of_sight_and_are_placed_back() {
    let (mut room, ada, bob) = two();
    assert!(room.sees(ada, bob), "at once");
    room.walk(bob, Direction::East);
    room.seconds(2);
    assert!(!room.sees(ada, bob));
    assert_eq!(room.seen_position(ada, bob), None);
    room.stop(bob);
    room.place(bob, Position::from_px(1020, 1000));
    room.step();
    assert_eq!(room.position(bob), Position::from_px(1020, 1000));
    assert_eq!(room.seen_position(ada, bob), Some(Position::from_px(1020, 1000)));
    room.seconds(1);
    assert_eq!(room.position(bob), Position::from_px(1020, 1000), "it stands");
}

#[test]
fn actions_reach_objects() {
    let (mut room, ada, bob) = two();
    let door = room.object("door");
    assert!(!room.sees(ada, door));
    let request = room.act(ada, door, "open", &OpenIt);
    room.step();
    assert_eq!(room.answer(ada, request), Some(Err(Refusal::OutOfReach)));
    for (player, x) in [(ada, 480), (bob, 520)] {
        room.place(player, Position::from_px(x, 500));
    }
    room.step();
    assert_eq!(room.seen::<Open>(ada, door), Some(Open(false)));
    let request = room.act(ada, door, "open", &OpenIt);
    room.step();
    assert_eq!(room.answer(ada, request), Some(Ok(())));
    assert_eq!(room.component::<Open>(door), Some(&Open(true)));
    assert_eq!(room.seen::<Open>(bob, door), Some(Open(true)));
    assert_eq!((room.owner(door), room.objects("door")), (None, vec![door]));
}

#[test]
fn messages_chats_and_state_arrive() {
    let (mut room, ada, bob) = two();
    assert_eq!(room.state("round"), Some("1"));
    room.say(ada, "hello");
    room.say_near(bob, "psst");
    room.seconds(2);
    assert_eq!(
        room.received::<Gong>(bob),
        [Gong { strokes: 3 }, Gong { strokes: 3 }]
    );
    assert_eq!(room.received::<Gong>(bob), []);
    let heard: Vec<_> = room
        .chats(ada)
        .into_iter()
        .map(|said| (said.scope, said.text))
        .collect();
    assert_eq!(
        heard,
        [(Scope::Room, "hello".into()), (Scope::Near, "psst".into())]
    );
    let write = StateWrite {
        key: "door".into(),
        version: 0,
        value: Some("blue".into()),
    };
    room.client_message(
        ada,
        ClientMessage::SetState(SetState {
            request: 99,
            writes: vec![write],
        }),
    );
    room.step();
    assert_eq!(room.state("door"), Some("blue"));
}

#[test]
fn players_leave_come_back_and_close() {
    let (mut room, ada, bob) = two();
    assert_eq!(room.players().len(), 2);
    room.leave(ada);
    room.step();
    assert!(!room.is_in_room(ada) && !room.sees(bob, ada));
    room.join_room(ada, "room");
    assert!(room.is_in_room(ada) && room.sees(bob, ada));
    room.close(bob);
    room.step();
    assert_eq!(room.players(), ["Ada"]);
    assert_eq!(room.component::<Player>(bob).map(|bob| &bob.name), None);
}

#[test]
fn a_session_that_the_world_closes_has_a_close_code() {
    let (mut room, ada, _) = two();
    for _ in 0..25 {
        room.send_bytes(ada, "no such message", &[]);
        room.steps(10);
        if room.close_code(ada).is_some() {
            break;
        }
    }
    assert!(room.close_code(ada).is_some());
    assert!(!room.is_in_room(ada));
}

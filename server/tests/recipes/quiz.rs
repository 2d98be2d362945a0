//! The room asks, each player votes once, and the countdown is in the state of the room.

#[path = "../../examples/quiz.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{prelude::*, testing::TestRoom};
use parlour_client::{Command, Event};

use crate::bots::{Bot, serve};
use example::{ALREADY_VOTED, NO_SUCH_ANSWER, Points, QuizPlugin, Results, SECONDS, Vote};

#[test]
fn the_countdown_is_in_the_state_of_the_room() {
    let mut room = TestRoom::new(QuizPlugin);
    room.join("Ada");
    let question = room.state("quiz.question").unwrap().to_owned();
    assert!(question.starts_with("How many ticks"), "{question}");
    assert_eq!(room.state("quiz.seconds"), Some("20"));
    room.seconds(3);
    assert_eq!(room.state("quiz.seconds"), Some("17"));
    room.seconds(SECONDS - 3);
    assert_eq!(room.state("quiz.seconds"), Some("20"));
    assert_ne!(room.state("quiz.question"), Some(question.as_str()));
    // After the last question, the first one follows.
    room.seconds(2 * SECONDS);
    assert_eq!(room.state("quiz.question"), Some(question.as_str()));
}

#[test]
fn each_player_votes_once_and_right_answers_earn_a_point() {
    let mut room = TestRoom::new(QuizPlugin);
    let [ada, bob, eve] = ["Ada", "Bob", "Eve"].map(|name| room.join(name));
    let requests = [
        (ada, room.send(ada, "vote", &Vote { answer: 1 })),
        (bob, room.send(bob, "vote", &Vote { answer: 2 })),
    ];
    let bad = room.send(eve, "vote", &Vote { answer: 3 });
    room.step();
    for (player, request) in requests {
        assert_eq!(room.answer(player, request), Some(Ok(())));
    }
    let refused = |code| Some(Err(Refusal::Declined { code }));
    assert_eq!(room.answer(eve, bad), refused(NO_SUCH_ANSWER));
    let again = room.send(ada, "vote", &Vote { answer: 0 });
    room.step();
    assert_eq!(room.answer(ada, again), refused(ALREADY_VOTED));
    assert_eq!(room.received::<Results>(ada), []);

    room.seconds(SECONDS);
    let results = Results {
        right: 1,
        votes: [0, 1, 1],
    };
    for player in [ada, bob, eve] {
        assert_eq!(room.received::<Results>(player), std::slice::from_ref(&results));
    }
    let points = [ada, bob, eve].map(|player| room.seen::<Points>(eve, player));
    assert_eq!(points, [Some(Points(1)), Some(Points(0)), Some(Points(0))]);
    // All can vote again.
    let next = room.send(ada, "vote", &Vote { answer: 2 });
    room.step();
    assert_eq!(room.answer(ada, next), Some(Ok(())));
}

#[test]
fn the_vote_of_a_player_that_leaves_does_not_count() {
    let mut room = TestRoom::new(QuizPlugin);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.send(ada, "vote", &Vote { answer: 1 });
    room.leave(ada);
    room.step();
    room.join_room(ada, "room");
    room.seconds(SECONDS);
    let votes = room.received::<Results>(bob).remove(0).votes;
    assert_eq!(votes, [0, 0, 0]);
}

#[tokio::test]
async fn a_bot_votes_and_sees_the_countdown() {
    let server = serve(QuizPlugin);
    let mut ada = Bot::join(&server, "Ada", "plaza").await;
    let vote = || Command::custom("vote", &Vote { answer: 1 }).unwrap();
    assert_eq!(ada.ask(vote()).await, Ok(()));
    let twice = Refusal::Declined { code: ALREADY_VOTED };
    assert_eq!(ada.ask(vote()).await, Err(twice));
    let seconds = |connection: &parlour_client::Connection| -> Option<u32> {
        let mut state = connection.client().state().iter();
        let entry = state.find(|entry| entry.key == "quiz.seconds")?;
        entry.value.as_ref()?.parse().ok()
    };
    let before = seconds(&ada.0).unwrap();
    ada.wait_for(|connection, event| {
        matches!(event, Event::StateChanged(_))
            .then(|| seconds(connection))?
            .filter(|now| *now < before)
    })
    .await;
}

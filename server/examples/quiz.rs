//! A quiz: the room asks, everybody votes once, and a countdown runs.
//!
//! The question and the seconds that are left are in the state of the room. When the time is up,
//! the room is sent the right answer and how many players chose each one. Right answers earn a
//! point. Then the next question follows.
//!
//! Run it with `cargo run -p parlour --example quiz`. Connect a client as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"quiz"}}
//! {"custom":{"request":2,"name":"vote","body":{"answer":1}}}
//! ```
//!
//! Answers are numbers from 0.

use parlour::prelude::*;

/// The number of answers to each question.
const ANSWERS: usize = 3;
/// The questions, each with the number of the right answer.
const QUESTIONS: [(&str, usize); 3] = [
    ("How many ticks has a second? 0: 20, 1: 60, 2: 144", 1),
    ("Which of these is not an integer? 0: 7, 1: -1, 2: 0.5", 2),
    ("What is a door that is not locked? 0: open, 1: ajar, 2: a jar", 0),
];
/// The seconds to answer a question.
pub(crate) const SECONDS: u32 = 20;

/// The codes of refusals.
pub(crate) const NO_SUCH_ANSWER: u16 = 1;
pub(crate) const ALREADY_VOTED: u16 = 2;

/// The `custom` message `vote` of a player.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Vote {
    pub(crate) answer: u8,
}

/// What a player voted for. Not replicated, because it is a secret until the time is up.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Voted(Option<u8>);

/// The right answers of a player in this room. Sent to all who see the player.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Points(pub(crate) u32);

/// The number of the question of a room, and the seconds that are left.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Quiz {
    question: usize,
    seconds: u32,
}

/// The message to all players of a room when the time is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) right: u8,
    pub(crate) votes: [u32; ANSWERS],
}

/// The message of the timer of each room.
#[derive(Clone, Serialize, Deserialize)]
struct Second;

pub(crate) struct QuizPlugin;

impl Plugin for QuizPlugin {
    fn build(&self, app: &mut App) {
        app.player_message::<Vote>("vote")
            .client_message::<Results>("results");
        app.room_timer("second", Duration::from_secs(1), Second)
            .state_component::<Quiz>("quiz");
        app.register_required_components::<Room, Quiz>();
        app.player_component::<Points>("points").stays_in_room::<Points>();
        app.state_component::<Voted>("voted").stays_in_room::<Voted>();
        app.register_required_components::<Player, Voted>();
        // Only game logic writes keys that begin with this.
        app.owns_state("quiz");
        let systems = (begin, vote, count_down).chain();
        app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate));
    }
}

fn begin(mut events: MessageReader<RoomEvent>, mut rooms: Query<&mut Quiz>, mut states: RoomStates) {
    for room in events.read().filter_map(RoomEvent::created) {
        if let Ok(mut quiz) = rooms.get_mut(room) {
            ask(room, 0, &mut quiz, &mut states);
        }
    }
}

/// Asks a question.
fn ask(room: Entity, question: usize, quiz: &mut Quiz, states: &mut RoomStates) {
    *quiz = Quiz {
        question,
        seconds: SECONDS,
    };
    let (text, _) = QUESTIONS[question];
    // Fails only if players have filled the state of the room with 64 keys of their own.
    let _ = states.set(room, "quiz.question", text);
    let _ = states.set(room, "quiz.seconds", &SECONDS.to_string());
}

/// The first vote of each player counts.
fn vote(
    mut votes: MessageReader<FromPlayer<Vote>>,
    mut answers: MessageWriter<Answer<Vote>>,
    mut players: Query<&mut Voted, With<InRoom>>,
) {
    for request in votes.read() {
        let answer = request.message.answer;
        let voted = players.get_mut(request.player);
        answers.write(match voted {
            _ if usize::from(answer) >= ANSWERS => request.refuse(Refusal::Declined { code: NO_SUCH_ANSWER }),
            Err(_) => request.refuse(Refusal::NotInRoom),
            Ok(mut voted) if voted.0.is_none() => {
                voted.0 = Some(answer);
                request.accept()
            }
            Ok(_) => request.refuse(Refusal::Declined { code: ALREADY_VOTED }),
        });
    }
}

/// Counts the seconds. When the time is up, counts the votes and asks the next question.
fn count_down(
    mut rang: MessageReader<TimerRang<Second>>,
    mut rooms: Query<(&Seats, &mut Quiz)>,
    mut players: Query<(&mut Voted, &mut Points)>,
    mut news: MessageWriter<ToPlayers<Results>>,
    mut states: RoomStates,
) {
    for second in rang.read() {
        let Ok((seats, mut quiz)) = rooms.get_mut(second.of) else {
            continue;
        };
        quiz.seconds -= 1;
        let _ = states.set(second.of, "quiz.seconds", &quiz.seconds.to_string());
        if quiz.seconds > 0 {
            continue;
        }
        let (_, right) = QUESTIONS[quiz.question];
        let mut votes = [0; ANSWERS];
        for player in seats.players() {
            let Ok((mut voted, mut points)) = players.get_mut(player) else {
                continue;
            };
            if let Some(answer) = voted.0.map(usize::from) {
                votes[answer] += 1;
                points.0 += u32::from(answer == right);
                voted.0 = None;
            }
        }
        let right = right as u8;
        news.write(ToPlayers::room(second.of, Results { right, votes }));
        let next = (quiz.question + 1) % QUESTIONS.len();
        ask(second.of, next, &mut quiz, &mut states);
    }
}

fn main() -> std::process::ExitCode {
    parlour::cli("quiz")
        .room_type(RoomType::new("quiz").map("lobby").plugins(QuizPlugin))
        .run()
}

//! Two bots play chess over the wire. Most of their questions are answered from the cache.

use parlour_client::{Command, Event};
use parlour_shared::rng::{Purpose, Stream};
use parlour_sim::Logic;
use parlour_testing::generous_rules;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::{
    board_recipe::{
        Chess, Game, Move,
        chess::{Board, Color, Square},
    },
    bots::Bot,
    support::{raw_client::TIMEOUT, test_server::start_with},
};

/// The moves of both sides together.
const MOVES: u32 = 40;
/// The pieces about which a bot asks before it moves.
const ASKED: usize = 4;

struct ChessBot {
    bot: Bot,
    random: Stream,
    color: Color,
    moves: u32,
}

impl ChessBot {
    fn new(bot: Bot, color: Color) -> Self {
        Self {
            bot,
            random: Stream::new(color as u64, 0, Purpose::Game),
            color,
            moves: 0,
        }
    }

    /// Returns the version and the value of a key of room state. A player that creates a room
    /// enters it before game logic writes the keys.
    fn shown<C: DeserializeOwned>(&self, key: &str) -> Option<(u32, C)> {
        let entries = self.bot.0.client().state();
        let entry = entries.iter().find(|entry| entry.key == key)?;
        let component = serde_json::from_str(entry.value.as_ref()?).unwrap();
        Some((entry.version, component))
    }

    /// Plays until both sides together have made enough moves, or the game ends.
    async fn play(mut self) -> u32 {
        while self.moves < MOVES / 2 {
            let game = self.shown::<Game>("game").map(|(_, game)| game);
            if game.as_ref().is_some_and(|game| game.outcome.is_some()) {
                break;
            }
            let has_begun = game.is_some_and(|game| game.black.is_some());
            match self.shown::<Board>("board") {
                Some((version, board)) if has_begun && board.turn == self.color => {
                    let own = board.pieces(self.color).collect();
                    self.play_one(version, own).await;
                }
                _ => _ = self.bot.0.next_event().await.unwrap(),
            }
        }
        self.moves
    }

    /// Asks about some pieces, and makes one of the moves of the answers.
    async fn play_one(&mut self, version: u32, mut own: Vec<Square>) {
        let mut choices = Vec::new();
        while choices.is_empty() {
            let mut waiting = ASKED.min(own.len());
            if waiting == 0 {
                return; // the game is over
            }
            for _ in 0..waiting {
                let at = self.random.below(own.len() as u32) as usize;
                let question = (version, own.swap_remove(at));
                let command = Command::custom("moves", &question).unwrap();
                self.bot.0.send(command).await.unwrap();
            }
            while waiting > 0 {
                let Some((told, from, to)) = self.next_answer().await else {
                    continue;
                };
                assert_eq!(told, version, "nobody else moves now");
                choices.extend(to.into_iter().map(|to| (from, to)));
                waiting -= 1;
            }
        }
        let (from, to) = choices[self.random.below(choices.len() as u32) as usize];
        let command = Command::custom("move", &Move { from, to }).unwrap();
        self.bot.0.send(command).await.unwrap();
        while self
            .shown::<Board>("board")
            .is_some_and(|(shown, _)| shown == version)
        {
            self.next_answer().await;
        }
        self.moves += 1;
    }

    /// Waits for an event. Returns the answer in it, if it is one.
    async fn next_answer(&mut self) -> Option<(u32, Square, Vec<Square>)> {
        match self.bot.0.next_event().await.unwrap() {
            Event::Custom(said) if said.name == "moves" => Some(said.decode().unwrap()),
            Event::Refused(refused) => panic!("{refused:?}"),
            _ => None,
        }
    }
}

#[tokio::test]
async fn most_questions_of_two_bots_that_play_are_answered_from_the_cache() {
    let server = start_with(|options| {
        options.sim.rules = generous_rules();
        options.logic = Logic::default().with(Chess);
    });
    let white = ChessBot::new(Bot::join(&server, "ada", "plaza").await, Color::White);
    let black = ChessBot::new(Bot::join(&server, "bob", "plaza").await, Color::Black);
    let games = async { tokio::join!(white.play(), black.play()) };
    let (white, black) = timeout(TIMEOUT, Box::pin(games)).await.expect("a game in time");
    assert!(white >= 10 && black + 1 >= white, "{white} and {black} moves");
    let kept = server.metric("parlour_answers_kept_total");
    let computed = server.metric("parlour_answers_computed_total");
    // Each move is checked with the rule, after questions about some pieces.
    assert!(
        kept + computed >= f64::from((white + black) * 2),
        "{kept} kept, {computed} computed"
    );
    let rate = kept / (kept + computed);
    assert!(rate >= 0.8, "{kept} of {} answers were kept", kept + computed);
    assert!(server.metric("parlour_answers_ahead_total") > 0.0);
}

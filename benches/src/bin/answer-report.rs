//! The time of an answer about a board, with the recipe `board`: from the cache and computed, asked
//! by game logic and by a client. Prints JSON lines.
//!
//! A question of a client is measured as the whole tick in which it arrives, in a world with 100
//! games; the same tick without a question is printed beside it.
#![allow(clippy::print_stdout, reason = "a command-line tool prints")]

#[path = "../../../server/examples/board.rs"]
#[allow(dead_code, reason = "the main function of the example is not used here")]
mod board_recipe;

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use board_recipe::{
    Chess, Moves,
    chess::{Board, Square},
};
use parlour::prelude::*;
use parlour_benches::message;
use parlour_shared::{
    codec,
    ids::SessionId,
    map::{Map, Spawn},
    message::{Body, ClientMessage, Custom, Join},
    motion::WallGrid,
    rng::{Purpose, Stream},
};
use parlour_sim::{Rate, SimConfig, Simulation};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};
use serde_json::json;

const SAMPLES: usize = 20_000;
const GAMES: u32 = 100;

fn main() -> Result<()> {
    let boards = boards();
    report("answer of a board rule, computed", |random| {
        let (board, from) = question(&boards, random);
        timed(|| _ = black_box(Moves::answer(board, &from)))
    });
    let mut cache = AnswerCache::<Moves>::default();
    for board in &boards {
        for from in board.pieces(board.turn) {
            cache.ask(board, &from);
        }
    }
    report("answer of a board rule, kept", |random| {
        let (board, from) = question(&boards, random);
        timed(|| _ = black_box(cache.ask(board, &from)))
    });

    let mut games = Games::new()?;
    report("tick with 100 games, without a question", |_| games.step(None));
    ensure!(games.output.counts.answers_kept == 0, "nobody asks");
    report(
        "tick with 100 games, a client asks, the answer is kept",
        |random| {
            let session = random.below(2 * GAMES);
            // The pieces of white, whose turn it is.
            let took = games.step(Some((session, Square(random.below(16) as u8))));
            assert_eq!(
                games.output.counts.answers_kept, 1,
                "the answer was computed ahead"
            );
            took
        },
    );
    Ok(())
}

fn timed(run: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    run();
    begin.elapsed()
}

/// Takes samples, and prints their percentiles.
fn report(what: &str, mut sample: impl FnMut(&mut Stream) -> Duration) {
    let mut random = Stream::new(8, 0, Purpose::Game);
    for _ in 0..SAMPLES / 10 {
        sample(&mut random);
    }
    let mut took: Vec<_> = (0..SAMPLES).map(|_| sample(&mut random).as_nanos()).collect();
    took.sort_unstable();
    let percentile = |percent: usize| took[SAMPLES * percent / 100] as f64 / 1000.0;
    println!(
        "{}",
        json!({ "what": what, "p50_us": percentile(50), "p99_us": percentile(99) })
    );
}

/// Boards after 0, 5, 10, ... random moves: as many as a cache keeps.
fn boards() -> Vec<Board> {
    let mut random = Stream::new(7, 0, Purpose::Game);
    let mut board = Board::new();
    let mut boards = Vec::new();
    while boards.len() < AnswerCache::<Moves>::MOST_VERSIONS {
        boards.push(board.clone());
        for _ in 0..5 {
            let moves: Vec<_> = board
                .pieces(board.turn)
                .flat_map(|from| board.moves(from).into_iter().map(move |to| (from, to)))
                .collect();
            let Some((from, to)) = moves.get(random.below(moves.len().max(1) as u32) as usize) else {
                board = Board::new();
                continue;
            };
            board.play(*from, *to);
        }
    }
    boards
}

fn question<'a>(boards: &'a [Board], random: &mut Stream) -> (&'a Board, Square) {
    let board = &boards[random.below(boards.len() as u32) as usize];
    let pieces: Vec<_> = board.pieces(board.turn).collect();
    (board, pieces[random.below(pieces.len() as u32) as usize])
}

/// A world with a game in each room.
struct Games {
    sim: Simulation,
    input: TickInput,
    output: TickOutput,
}

impl Games {
    fn new() -> Result<Self> {
        let map = Map {
            name: "chess".into(),
            walls: WallGrid::new(40, 40, 16),
            spawns: vec![Spawn {
                name: "default".into(),
                position: Position::from_px(320, 320),
            }],
            doors: Vec::new(),
            objects: Vec::new(),
        };
        let mut config = SimConfig::new(vec![Arc::new(map)]);
        config.rules.rates.custom = Rate {
            burst: 1_000_000,
            every_ticks: 1,
        };
        let mut games = Self {
            sim: Simulation::with_plugins(config, Chess),
            input: TickInput::default(),
            output: TickOutput::default(),
        };
        for session in 0..2 * GAMES {
            let arrival = Arrival::new(player_id(0, session), String::new());
            let join = Join::room(1, format!("chess/{}", session / 2));
            games.input.events.push(Event {
                session: SessionId(session.into()),
                kind: EventKind::Arrive(arrival),
            });
            games
                .input
                .events
                .push(message(session, ClientMessage::Join(join)));
        }
        // The answers of all games are computed ahead.
        for _ in 0..600 {
            games.step(None);
        }
        ensure!(
            games.output.counts.players == 2 * GAMES,
            "all players are in a room"
        );
        Ok(games)
    }

    /// Runs a tick with a question. Returns how long it took.
    fn step(&mut self, question: Option<(u32, Square)>) -> Duration {
        if let Some((session, from)) = question {
            let mut body = Vec::new();
            // A new room writes `board` first, so its version is 1.
            codec::encode(&(1_u32, from), &mut body);
            let custom = Custom {
                request: 0,
                name: "moves".into(),
                body: Body::Bytes(body),
            };
            self.input
                .events
                .push(message(session, ClientMessage::Custom(custom)));
        }
        let took = timed(|| self.sim.step(&mut self.input, &mut self.output));
        self.input.events.clear();
        took
    }
}

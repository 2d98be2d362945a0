//! The scenarios of three recipes in server/examples. They are not part of the ledger, because a
//! recipe may change without the simulation.

use std::sync::Arc;

use parlour::{maps, prelude::*};
use parlour_sim::Logic;
use parlour_testing::{Script, SessionActions as _};

use crate::scenarios::{Scenario, arrivals, messages, scenario, session, turn};

#[path = "../../examples/board.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod board;
#[path = "../../examples/guard.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod guard;
#[path = "../../examples/tag.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod tag;

pub(crate) fn all() -> Vec<Scenario> {
    vec![tag(), board(), guard()]
}

/// A round of tag, in which players also come and go.
fn tag() -> Scenario {
    const PLAYERS: u32 = 10;
    let script = Script::random(5, 3_700, |script, tick, random| {
        if tick == 1 {
            arrivals(script, PLAYERS.into(), |_| "lobby");
        }
        (0..u64::from(PLAYERS)).for_each(|number| turn(script, number, 40, tick, random));
        let number = session(random.below(PLAYERS).into());
        match random.below(300) {
            0 => script.leave(number),
            1..20 => script.join(number, "lobby"),
            _ => {}
        }
    });
    let mut tag = scenario("tag", script.inputs(3_700), messages, 8);
    tag.logic = Logic::default().with(tag::tag);
    tag
}

/// A short game of chess. A third player asks all the time where pieces may go.
fn board() -> Scenario {
    const MOVES: [&str; 13] = [
        "e2e4", "e7e5", "g1f3", "d7d6", "f1c4", "b8c6", "b1c3", "c8g4", "f3e5", "g4d1", "c4f7", "e8e7",
        "c3d5",
    ];
    let square = |name: &[u8]| board::chess::Square(8 * (name[1] - b'1') + (name[0] - b'a'));
    let script = Script::random(5, 900, |script, tick, random| {
        if tick == 1 {
            arrivals(script, 3, |_| "lobby");
        }
        if tick.is_multiple_of(60)
            && let Some(names) = MOVES.get(tick as usize / 60 - 1)
        {
            let (from, to) = names.as_bytes().split_at(2);
            let (from, to) = (square(from), square(to));
            // Only one of them has the turn.
            (0..3).for_each(|number| script.custom(session(number), "move", &board::Move { from, to }));
        }
        if random.below(5) == 0 {
            let question = BoardQuestion::<board::Moves> {
                // Versions count the changes of all keys of the room.
                version: match (tick / 60).min(13) {
                    0 => 1,
                    moves => moves + 2 - random.below(8) / 7,
                },
                question: board::chess::Square(random.below(64) as u8),
            };
            script.custom(session(2), "moves", &question);
        }
    });
    let mut board = scenario("board", script.inputs(900), messages, 100);
    board.logic = Logic::default().with(board::Chess);
    board
}

/// Players who walk around in the vault, and are caught by its guard.
fn guard() -> Scenario {
    const PLAYERS: u64 = 16;
    let script = Script::random(5, 1_800, |script, tick, random| {
        if tick == 1 {
            arrivals(script, PLAYERS, |_| "vault");
        }
        (0..PLAYERS).for_each(|number| turn(script, number, 60, tick, random));
    });
    let mut guard = scenario("guard", script.inputs(1_800), messages, 3);
    let vault = include_bytes!("../../examples/maps/vault.tmx");
    guard
        .config
        .maps
        .push(Arc::new(maps::parse("vault", "vault.tmx", vault).unwrap()));
    guard.logic = Logic::default().with(guard::Guards);
    guard
}

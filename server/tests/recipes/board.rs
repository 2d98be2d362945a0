//! Chess without a network: seats, turns, moves, questions, and the ends of a game.

use parlour::{
    prelude::*,
    testing::{TestPlayer, TestRoom},
};
use parlour_shared::message::{KeyVersion, Request};
use parlour_tick::Counts;

use crate::board_recipe::{
    Chess, GAME_OVER, Game, IMPOSSIBLE, Move, Moves, NO_OPPONENT, NOT_YOUR_TURN, Outcome, Resign, WATCHING,
    chess::{Board, Color, Square},
};

/// A room in which Ada has white, Bob has black, and Cid watches.
fn game() -> (TestRoom, [TestPlayer; 3]) {
    let mut room = TestRoom::new(Chess);
    let players = ["Ada", "Bob", "Cid"].map(|name| room.join(name));
    (room, players)
}

/// Returns the square with a name such as e4.
fn square(name: &str) -> Square {
    let [file, rank] = name.as_bytes() else {
        panic!("{name}")
    };
    Square(8 * (rank - b'1') + (file - b'a'))
}

/// Returns the names of squares, sorted.
fn names(squares: &[Square]) -> Vec<String> {
    let name = |square: &Square| format!("{}{}", char::from(b'a' + square.0 % 8), 1 + square.0 / 8);
    let mut names: Vec<_> = squares.iter().map(name).collect();
    names.sort();
    names
}

/// Moves a piece, as in `e2e4`.
fn play(room: &mut TestRoom, player: TestPlayer, names: &str) -> Result<(), Refusal> {
    let (from, to) = names.split_at(2);
    let [from, to] = [from, to].map(square);
    let request = room.send(player, "move", &Move { from, to });
    step(room, player, request)
}

/// Runs a tick. Returns the answer to a request.
fn step(room: &mut TestRoom, player: TestPlayer, request: Request) -> Result<(), Refusal> {
    room.step();
    room.answer(player, request).unwrap()
}

/// Asks where a piece may go. Returns the names of the squares.
fn ask(room: &mut TestRoom, player: TestPlayer, version: u32, from: &str) -> Result<Vec<String>, Refusal> {
    let question = square(from);
    let request = room.send(player, "moves", &BoardQuestion::<Moves> { version, question });
    step(room, player, request)?;
    let answers = room.received::<BoardAnswer<Moves>>(player);
    assert_eq!(answers.len(), 1);
    let answer = &answers[0];
    assert_eq!((answer.version, answer.question), (version, square(from)));
    Ok(names(&answer.answer))
}

fn version(room: &TestRoom) -> u32 {
    room.room_component::<RoomState>().unwrap().version("board")
}

fn outcome(room: &TestRoom) -> Option<Outcome> {
    room.room_component::<Game>().unwrap().outcome
}

fn squares(room: &TestRoom) -> &str {
    &room.room_component::<Board>().unwrap().squares
}

fn declined(code: u16) -> Result<(), Refusal> {
    Err(Refusal::Declined { code })
}

/// The numbers of answers of the last tick that were kept, computed, and computed ahead.
fn counts(room: &TestRoom) -> (u32, u32, u32) {
    let Counts {
        answers_kept,
        answers_computed,
        answers_ahead,
        ..
    } = room.output().counts;
    (answers_kept, answers_computed, answers_ahead)
}

#[test]
fn the_first_two_players_take_turns_and_the_others_watch() {
    let (mut room, [ada, bob, cid]) = game();
    assert_eq!(play(&mut room, cid, "e2e4"), declined(WATCHING));
    assert_eq!(play(&mut room, bob, "e7e5"), declined(NOT_YOUR_TURN));
    assert_eq!(play(&mut room, ada, "e2e4"), Ok(()));
    assert_eq!(play(&mut room, ada, "d2d4"), declined(NOT_YOUR_TURN));
    assert_eq!(play(&mut room, bob, "e7e5"), Ok(()));
    let board = squares(&room);
    assert_eq!((&board[24..32], &board[32..40]), ("....P...", "....p..."));
    let game = room.room_component::<Game>().unwrap();
    assert_eq!((game.white, game.black), (Some(ada.id()), Some(bob.id())));
}

#[test]
fn clients_have_the_board_as_json() {
    let (mut room, [ada, ..]) = game();
    play(&mut room, ada, "e2e4").unwrap();
    let pieces = "RNBQKBNRPPPP.PPP............P...................pppppppprnbqkbnr";
    let board = format!(r#"{{"squares":"{pieces}","turn":"black"}}"#);
    assert_eq!(room.state("board"), Some(&*board));
}

#[test]
fn an_impossible_move_is_declined() {
    let (mut room, [ada, ..]) = game();
    for names in ["e2e5", "e7e5", "a1a3", "e4e5", "e2e2"] {
        assert_eq!(play(&mut room, ada, names), declined(IMPOSSIBLE), "{names}");
    }
    for (from, to) in [(200, 0), (12, 200)] {
        let (from, to) = (Square(from), Square(to));
        let request = room.send(ada, "move", &Move { from, to });
        assert_eq!(step(&mut room, ada, request), declined(IMPOSSIBLE));
    }
    assert_eq!(play(&mut room, ada, "e2e4"), Ok(()));
}

#[test]
fn everyone_can_ask_where_a_piece_may_go() {
    let (mut room, players) = game();
    let version = version(&room);
    for player in players {
        assert_eq!(ask(&mut room, player, version, "g1").unwrap(), ["f3", "h3"]);
    }
    assert_eq!(ask(&mut room, players[0], version, "e1").unwrap(), [""; 0]);
}

#[test]
fn a_question_about_an_old_board_is_refused_with_the_current_version() {
    let (mut room, [ada, bob, _]) = game();
    let old = BoardQuestion::<Moves> {
        version: version(&room),
        question: square("e7"),
    };
    // It arrives together with the move.
    let request = room.send(bob, "moves", &old);
    play(&mut room, ada, "e2e4").unwrap();
    let version = version(&room);
    let key = "board".into();
    let current = vec![KeyVersion { key, version }];
    let refused = Err(Refusal::StaleVersion { current });
    assert_eq!(room.answer(bob, request), Some(refused.clone()));
    assert_eq!(
        ask(&mut room, bob, old.version, "e7"),
        refused.map(|()| Vec::new())
    );
    assert_eq!(ask(&mut room, bob, version, "e7").unwrap(), ["e5", "e6"]);
}

#[test]
fn questions_and_moves_are_answered_from_what_was_computed_ahead() {
    let (mut room, [ada, bob, _]) = game();
    play(&mut room, ada, "e2e4").unwrap();
    assert_eq!(
        counts(&room),
        (1, 0, 16),
        "the move, and an answer for each black piece"
    );
    let version = version(&room);
    ask(&mut room, bob, version, "b8").unwrap();
    assert_eq!(counts(&room), (1, 0, 0));
}

#[test]
fn a_piece_captures_a_piece() {
    let (mut room, [ada, bob, _]) = game();
    play(&mut room, ada, "e2e4").unwrap();
    play(&mut room, bob, "d7d5").unwrap();
    play(&mut room, ada, "e4d5").unwrap();
    let pieces = squares(&room);
    assert_eq!((pieces.matches('P').count(), pieces.matches('p').count()), (8, 7));
}

#[test]
fn a_checkmate_ends_the_game() {
    let (mut room, [ada, bob, _]) = game();
    play(&mut room, ada, "f2f3").unwrap();
    play(&mut room, bob, "e7e5").unwrap();
    play(&mut room, ada, "g2g4").unwrap();
    assert_eq!(outcome(&room), None);
    play(&mut room, bob, "d8h4").unwrap();
    assert_eq!(outcome(&room), Some(Outcome::Won(Color::Black)));
    assert_eq!(play(&mut room, ada, "a2a3"), declined(GAME_OVER));
    let request = room.send(bob, "resign", &Resign);
    assert_eq!(step(&mut room, bob, request), declined(GAME_OVER));
}

#[test]
fn a_player_that_resigns_loses() {
    let (mut room, [ada, _, cid]) = game();
    let request = room.send(cid, "resign", &Resign);
    assert_eq!(step(&mut room, cid, request), declined(WATCHING));
    let request = room.send(ada, "resign", &Resign);
    assert_eq!(step(&mut room, ada, request), Ok(()));
    assert_eq!(outcome(&room), Some(Outcome::Won(Color::Black)));
}

#[test]
fn a_player_that_is_away_for_half_a_minute_loses() {
    let (mut room, [_, bob, _]) = game();
    room.close(bob);
    room.seconds(30);
    assert_eq!(outcome(&room), None);
    room.step();
    assert_eq!(outcome(&room), Some(Outcome::Won(Color::White)));
}

#[test]
fn a_player_that_comes_back_in_time_plays_on() {
    let (mut room, [ada, bob, _]) = game();
    play(&mut room, ada, "e2e4").unwrap();
    room.leave(bob);
    room.seconds(29);
    let name = room.world().get::<Room>(room.room()).unwrap().name.clone();
    room.join_room(bob, &name);
    room.seconds(2);
    assert_eq!(outcome(&room), None);
    assert_eq!(play(&mut room, bob, "e7e5"), Ok(()));
}

#[test]
fn a_player_without_a_link_is_away_until_it_resumes() {
    let (mut room, [ada, bob, _]) = game();
    room.drop_link(bob);
    room.seconds(29);
    room.resume(bob);
    room.seconds(29);
    assert_eq!(outcome(&room), None);
    room.drop_link(ada);
    room.seconds(20);
    // It has been away since it dropped.
    room.close(ada);
    room.seconds(10);
    assert_eq!(outcome(&room), None);
    room.step();
    assert_eq!(outcome(&room), Some(Outcome::Won(Color::Black)));
}

#[test]
fn the_seat_of_a_player_that_leaves_before_the_game_begins_is_free() {
    let mut room = TestRoom::new(Chess);
    let ada = room.join("Ada");
    assert_eq!(play(&mut room, ada, "e2e4"), declined(NO_OPPONENT));
    room.leave(ada);
    room.step();
    assert_eq!(room.room_component::<Game>().unwrap().white, None);
    let (bob, cid) = (room.join("Bob"), room.join("Cid"));
    assert_eq!(play(&mut room, bob, "e2e4"), Ok(()));
    assert_eq!(play(&mut room, cid, "e7e5"), Ok(()));
}

/// The numbers of games of one, two and three moves are well known. The rules that the recipe
/// leaves out do not matter so early.
#[test]
fn the_number_of_possible_games_is_right() {
    fn games(board: &Board, moves: u32) -> u32 {
        if moves == 0 {
            return 1;
        }
        let mut sum = 0;
        for from in Square::all() {
            for to in board.moves(from) {
                let mut next = board.clone();
                next.play(from, to);
                sum += games(&next, moves - 1);
            }
        }
        sum
    }
    let counted = [1, 2, 3].map(|moves| games(&Board::new(), moves));
    assert_eq!(counted, [20, 400, 8_902]);
}

/// Reads a board from its ranks, the eighth one first.
fn board(ranks: [&str; 8], turn: Color) -> Board {
    let squares = ranks.iter().rev().copied().collect();
    Board { squares, turn }
}

#[test]
fn a_piece_that_protects_its_king_may_not_leave() {
    let board = board(
        [
            "....r..k", //
            "........", "........", "b.......", "........", "........", "...NR...", "....K...",
        ],
        Color::White,
    );
    // The rook stays between its king and the black rook. The knight stands in the way of the
    // bishop.
    let may_go = |from| names(&board.moves(square(from)));
    assert_eq!(may_go("e2"), ["e3", "e4", "e5", "e6", "e7", "e8"]);
    assert_eq!(may_go("d2"), [""; 0]);
    assert!(!board.is_in_check(Color::White));
}

#[test]
fn a_side_in_check_may_only_end_it() {
    let board = board(
        [
            "....r..k", //
            "........", "........", "........", "........", "..N.....", "........", "....K...",
        ],
        Color::White,
    );
    assert!(board.is_in_check(Color::White));
    assert_eq!(names(&board.moves(square("c3"))), ["e2", "e4"]);
    assert_eq!(names(&board.moves(square("e1"))), ["d1", "d2", "f1", "f2"]);
}

#[test]
fn a_side_that_cannot_move_and_is_not_in_check_has_a_draw() {
    let board = board(
        [
            "k.......", //
            "..Q.....", "........", "........", "........", "........", "........", "....K...",
        ],
        Color::Black,
    );
    assert!(!board.can_move());
    assert!(!board.is_in_check(Color::Black));
}

#[test]
fn a_pawn_at_the_other_end_becomes_a_queen() {
    let mut board = board(
        [
            "......k.", //
            "P.......", "........", "........", "........", "........", "........", "....K...",
        ],
        Color::White,
    );
    board.play(square("a7"), square("a8"));
    assert_eq!(board.squares.as_bytes()[56], b'Q');
    assert!(board.is_in_check(Color::Black));
}

//! Chess without a network: seats, turns, moves, questions, and the ends of a game.

use parlour_shared::{
    codec,
    message::{KeyVersion, Refusal, ServerMessage},
};
use parlour_sim::{Player, RoomState};
use parlour_testing::{SessionActions as _, TestWorld, plaza};

use crate::board_recipe::{
    Chess, GAME_OVER, IMPOSSIBLE, Move, NO_OPPONENT, NOT_YOUR_TURN, Resign, WATCHING,
    chess::{Board, Color, Square},
};

const ADA: u64 = 1;
const BOB: u64 = 2;
const CID: u64 = 3;

const ROOM: &str = "plaza";

fn empty_world() -> TestWorld {
    TestWorld::with_plugins(plaza(), Chess)
}

/// Ada has white, Bob has black, and Cid watches.
fn world() -> TestWorld {
    let mut world = empty_world();
    for session in [ADA, BOB, CID] {
        world.open_and_join(session, ROOM);
        world.tick();
    }
    world.forget_messages();
    world
}

/// Returns the square with a name such as e4.
fn square(name: &str) -> Square {
    let [file, rank] = name.as_bytes() else {
        panic!("{name}")
    };
    Square(8 * (rank - b'1') + (file - b'a'))
}

/// Moves a piece, as in `e2e4`. Returns the refusals.
fn play(world: &mut TestWorld, session: u64, names: &str) -> Vec<Refusal> {
    let (from, to) = names.split_at(2);
    let [from, to] = [from, to].map(square);
    world.custom(session, "move", &Move { from, to });
    world.tick();
    world.refusals(session)
}

/// Plays moves of white and black in turn.
fn play_all(world: &mut TestWorld, moves: &[&str]) {
    for (names, session) in moves.iter().zip([ADA, BOB].into_iter().cycle()) {
        assert_eq!(play(world, session, names), [], "{names}");
    }
}

/// Returns the version and the value of a key of the room's state.
fn shown(world: &TestWorld, key: &str) -> (u32, String) {
    let room = world.room(ROOM).unwrap();
    let entries = world.sim.world().get::<RoomState>(room).unwrap().entries();
    let entry = entries.into_iter().find(|entry| entry.key == key).unwrap();
    (entry.version, entry.value.unwrap())
}

fn result(world: &TestWorld) -> String {
    shown(world, "board.result").1
}

/// Asks where a piece may go. Returns the squares of the answer, by name.
fn ask(world: &mut TestWorld, session: u64, version: u32, from: &str) -> Option<Vec<String>> {
    world.custom(session, "moves", &(version, square(from)));
    world.tick();
    let said = world
        .client(session)
        .messages
        .iter()
        .find_map(|message| match message {
            ServerMessage::Custom(said) if said.name == "moves" => Some(said.clone()),
            _ => None,
        });
    let (told, question, answer) = codec::decode::<(u32, Square, Vec<Square>)>(&said?.body.0).unwrap();
    assert_eq!((told, question), (version, square(from)));
    Some(names(&answer))
}

fn names(squares: &[Square]) -> Vec<String> {
    let name = |square: &Square| format!("{}{}", char::from(b'a' + square.0 % 8), 1 + square.0 / 8);
    let mut names: Vec<_> = squares.iter().map(name).collect();
    names.sort();
    names
}

fn declined(code: u16) -> [Refusal; 1] {
    [Refusal::Declined { code }]
}

#[test]
fn the_first_two_players_take_turns_and_the_others_watch() {
    let mut world = world();
    assert_eq!(play(&mut world, CID, "e2e4"), declined(WATCHING));
    assert_eq!(play(&mut world, BOB, "e7e5"), declined(NOT_YOUR_TURN));
    assert_eq!(play(&mut world, ADA, "e2e4"), []);
    assert_eq!(play(&mut world, ADA, "d2d4"), declined(NOT_YOUR_TURN));
    assert_eq!(play(&mut world, BOB, "e7e5"), []);
    let (_, board) = shown(&world, "board");
    let (rank_4, rank_5) = (&board[24..32], &board[32..40]);
    assert_eq!((rank_4, rank_5, &board[65..]), ("....P...", "....p...", "white"));
    let player = |session| world.get::<Player>(session).unwrap().id.0.to_string();
    assert_eq!(shown(&world, "board.white").1, player(ADA));
    assert_eq!(shown(&world, "board.black").1, player(BOB));
}

#[test]
fn an_impossible_move_is_declined() {
    let mut world = world();
    for names in ["e2e5", "e7e5", "a1a3", "e4e5", "e2e2"] {
        assert_eq!(play(&mut world, ADA, names), declined(IMPOSSIBLE), "{names}");
    }
    for (from, to) in [(200, 0), (12, 200)] {
        let (from, to) = (Square(from), Square(to));
        world.custom(ADA, "move", &Move { from, to });
        world.tick();
        assert_eq!(world.refusals(ADA), declined(IMPOSSIBLE));
    }
    assert_eq!(play(&mut world, ADA, "e2e4"), []);
}

#[test]
fn everyone_can_ask_where_a_piece_may_go() {
    let mut world = world();
    let (version, _) = shown(&world, "board");
    for session in [ADA, BOB, CID] {
        assert_eq!(ask(&mut world, session, version, "g1").unwrap(), ["f3", "h3"]);
    }
    world.forget_messages();
    assert_eq!(ask(&mut world, ADA, version, "e1").unwrap(), [""; 0]);
}

#[test]
fn a_question_about_an_old_board_is_refused_with_the_current_version() {
    let mut world = world();
    let (old, _) = shown(&world, "board");
    assert_eq!(play(&mut world, ADA, "e2e4"), []);
    world.forget_messages();
    assert_eq!(ask(&mut world, BOB, old, "e7"), None);
    let (version, _) = shown(&world, "board");
    let key = "board".into();
    let current = vec![KeyVersion { key, version }];
    assert_eq!(world.refusals(BOB), [Refusal::StaleVersion { current }]);
    assert_eq!(ask(&mut world, BOB, version, "e7").unwrap(), ["e5", "e6"]);
}

#[test]
fn questions_and_moves_are_answered_from_what_was_computed_ahead() {
    let mut world = world();
    assert_eq!(play(&mut world, ADA, "e2e4"), []);
    let counts = world.output.counts;
    assert_eq!((counts.answers_kept, counts.answers_computed), (1, 0), "the move");
    assert_eq!(counts.answers_ahead, 16, "one for each black piece");
    world.forget_messages();
    let (version, _) = shown(&world, "board");
    ask(&mut world, BOB, version, "b8").unwrap();
    let counts = world.output.counts;
    assert_eq!((counts.answers_kept, counts.answers_computed), (1, 0));
    assert_eq!(counts.answers_ahead, 0, "they are computed once");
}

#[test]
fn a_piece_captures_a_piece() {
    let mut world = world();
    play_all(&mut world, &["e2e4", "d7d5", "e4d5"]);
    let (_, board) = shown(&world, "board");
    let count = |letter| board[..64].matches(letter).count();
    assert_eq!((count('P'), count('p')), (8, 7));
}

#[test]
fn a_checkmate_ends_the_game() {
    let mut world = world();
    play_all(&mut world, &["f2f3", "e7e5", "g2g4"]);
    assert_eq!(result(&world), "");
    assert_eq!(play(&mut world, BOB, "d8h4"), []);
    assert_eq!(result(&world), "black");
    assert_eq!(play(&mut world, ADA, "a2a3"), declined(GAME_OVER));
    world.custom(BOB, "resign", &Resign);
    world.tick();
    assert_eq!(world.refusals(BOB), declined(GAME_OVER));
}

#[test]
fn a_player_that_resigns_loses() {
    let mut world = world();
    world.custom(CID, "resign", &Resign);
    world.custom(ADA, "resign", &Resign);
    world.tick();
    assert_eq!(world.refusals(CID), declined(WATCHING));
    assert_eq!(result(&world), "black");
}

#[test]
fn a_player_that_is_away_for_half_a_minute_loses() {
    let mut world = world();
    play_all(&mut world, &["e2e4"]);
    world.close(BOB);
    world.ticks(30 * 60);
    assert_eq!(result(&world), "");
    world.tick();
    assert_eq!(result(&world), "white");
}

#[test]
fn a_player_that_comes_back_in_time_plays_on() {
    let mut world = world();
    play_all(&mut world, &["e2e4"]);
    world.leave(BOB);
    world.ticks(20 * 60);
    world.join(BOB, ROOM);
    world.ticks(20 * 60);
    assert_eq!(result(&world), "");
    world.forget_messages();
    assert_eq!(play(&mut world, BOB, "e7e5"), []);
}

#[test]
fn the_seat_of_a_player_that_leaves_before_the_game_begins_is_free() {
    let mut world = empty_world();
    world.open_and_join(ADA, ROOM);
    world.tick();
    assert_eq!(play(&mut world, ADA, "e2e4"), declined(NO_OPPONENT));
    world.leave(ADA);
    world.open_and_join(BOB, ROOM);
    world.open_and_join(CID, ROOM);
    world.tick();
    world.forget_messages();
    assert_eq!(play(&mut world, BOB, "e2e4"), []);
    assert_eq!(play(&mut world, CID, "e7e5"), []);
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
    let letters: String = ranks.iter().rev().copied().collect();
    Board::read(&letters, turn)
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
    assert_eq!(board.letters().as_bytes()[56], b'Q');
    assert!(board.is_in_check(Color::Black));
}

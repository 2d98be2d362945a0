//! Chess for two players in a room, who take turns: `cargo run -p parlour --example board`
//!
//! The first two players that enter a room have the white and the black pieces; all others watch. A
//! player asks where a piece may go, and moves it. The game ends with a checkmate, when a player
//! resigns, or when a player has been away for half a minute.
//!
//! Where a piece may go is a *board rule*: a pure function of the board and a question. The server
//! keeps its answers, and computes them ahead as soon as a move has changed the board. So a client
//! that asks is answered from the cache, and so is the game logic when it checks the move.
//! `board/chess.rs` has the pieces and the function itself.
//!
//! To try it, start the server and type:
//!
//! ```text
//! npx wscat -c ws://127.0.0.1:7373/ws -s parlour.v1.json
//! > {"hello":{"protocol":1,"name":"Ada"}}
//! > {"join":{"request":1,"room":"chess"}}
//! > {"custom":{"request":2,"name":"moves","body":{"version":1,"question":12}}}
//! > {"custom":{"request":3,"name":"move","body":{"from":12,"to":28}}}
//! ```
//!
//! `moves` asks about the square 12 (e2), with the version of the key `board`, which
//! `state_changed` or `room_entered` has reported. `move` goes from there to e4, and is declined
//! until a second player is there.

#[path = "board/chess.rs"]
pub(crate) mod chess;

use std::process::ExitCode;

use chess::{Board, Color, Square};
use parlour::prelude::*;

// The codes with which requests are declined. Code 0 is that of a question without a board.
pub(crate) const WATCHING: u16 = 1;
pub(crate) const NOT_YOUR_TURN: u16 = 2;
pub(crate) const IMPOSSIBLE: u16 = 3;
pub(crate) const NO_OPPONENT: u16 = 4;
pub(crate) const GAME_OVER: u16 = 5;

/// How long a player may be away from a game that has begun.
const AWAY: Duration = Duration::from_secs(30);

/// The rule: where may the piece on this square go?
pub(crate) struct Moves;

impl BoardRule for Moves {
    type Board = Board;
    type Question = Square;
    type Answer = Vec<Square>;
    // The key of room state with which clients see the board. Each change of the key raises its
    // version, and a client that asks names the version that it sees.
    const KEY: &'static str = "board";

    fn answer(board: &Board, from: &Square) -> Vec<Square> {
        board.moves(*from)
    }

    // After a move, the other player will ask about its own pieces.
    fn likely(board: &Board) -> impl Iterator<Item = Square> {
        board.pieces(board.turn)
    }
}

/// A move, the `custom` message `move`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Move {
    pub(crate) from: Square,
    pub(crate) to: Square,
}

/// The player resigns. The `custom` message `resign`, with an empty body.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Resign;

/// The message of the timer of a player that is away.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TooLongAway(Color);

/// The players of a room, and how their game ended. It is a component of the room.
#[derive(Component, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Game {
    pub(crate) white: Option<PlayerId>,
    pub(crate) black: Option<PlayerId>,
    /// The timer of a player that is away: white, black.
    away: [Option<TimerId>; 2],
    /// `None`: the game goes on.
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Won(Color),
    Draw,
}

impl Game {
    fn color_of(&self, player: PlayerId) -> Option<Color> {
        match Some(player) {
            player if player == self.white => Some(Color::White),
            player if player == self.black => Some(Color::Black),
            _ => None,
        }
    }

    /// Starts the timer of a player that is away, unless it is away already: one that drops may
    /// also leave.
    fn wait_for(&mut self, color: Color, room: Entity, timers: &mut Timers<TooLongAway>) {
        let away = &mut self.away[color as usize];
        if away.is_none() {
            // The timer belongs to the room, and ends with it. The only possible error is that the
            // world has too many timers; then the player is waited for.
            *away = timers.after(room, AWAY, TooLongAway(color)).ok();
        }
    }

    /// The player is back in time.
    fn stop_waiting(&mut self, color: Color, timers: &mut Timers<TooLongAway>) {
        if let Some(timer) = self.away[color as usize].take() {
            timers.cancel(timer);
        }
    }

    fn has_begun(&self) -> bool {
        self.white.is_some() && self.black.is_some()
    }

    fn is_over(&self) -> bool {
        self.outcome.is_some()
    }
}

/// The game logic.
pub(crate) struct Chess;

impl Plugin for Chess {
    fn build(&self, app: &mut App) {
        // The board and the game are state: they are saved, and a replay has them. All who are in
        // the room have both, as JSON under these keys of room state.
        app.replicate_room::<Board>("board")
            .replicate_room::<Game>("game");
        // Each room has both from the start.
        app.register_required_components_with::<Room, Board>(Board::new);
        app.register_required_components::<Room, Game>();
        // Clients ask with the message `moves`.
        app.board_rule::<Moves>("moves");
        app.player_message::<Move>("move")
            .player_message::<Resign>("resign");
        app.timer_message::<TooLongAway>("too_long_away");
        app.add_systems(
            TickSchedule,
            // They need not run in a tick in which nothing happens.
            (come_and_go, play, resign, end_after_absence)
                .chain()
                .in_set(StepSet::Simulate)
                .in_set(MaySleep),
        );
    }
}

/// Assigns seats to players that enter, and starts a timer for those that leave or whose link is
/// lost.
fn come_and_go(
    mut events: MessageReader<RoomEvent>,
    mut games: Query<&mut Game>,
    mut timers: Timers<TooLongAway>,
) {
    for event in events.read() {
        let Ok(mut game) = games.get_mut(event.room()) else {
            continue;
        };
        if game.is_over() {
            continue;
        }
        match *event {
            RoomEvent::Entered { id, .. } => {
                if let Some(color) = game.color_of(id) {
                    game.stop_waiting(color, &mut timers);
                } else if game.white.is_none() {
                    game.white = Some(id);
                } else if game.black.is_none() {
                    game.black = Some(id);
                }
            }
            RoomEvent::Left { room, id, .. } => match game.color_of(id) {
                Some(color) if game.has_begun() => game.wait_for(color, room, &mut timers),
                Some(Color::White) => game.white = None,
                Some(Color::Black) => game.black = None,
                None => {}
            },
            RoomEvent::Dropped { room, id, .. } => {
                if let Some(color) = game.color_of(id).filter(|_| game.has_begun()) {
                    game.wait_for(color, room, &mut timers);
                }
            }
            RoomEvent::Resumed { id, .. } => {
                if let Some(color) = game.color_of(id) {
                    game.stop_waiting(color, &mut timers);
                }
            }
            RoomEvent::Created { .. } | RoomEvent::Emptied { .. } | RoomEvent::Closing { .. } => {}
        }
    }
}

/// Checks moves, and plays them.
fn play(
    mut requests: MessageReader<FromPlayer<Move>>,
    mut answers: MessageWriter<Answer<Move>>,
    players: Query<(&Player, &InRoom)>,
    mut games: Query<(&mut Board, &mut AnswerCache<Moves>, &mut Game)>,
) {
    for request in requests.read() {
        let Ok((player, in_room)) = players.get(request.player) else {
            answers.write(request.refuse(Refusal::NotInRoom));
            continue;
        };
        let Ok((mut board, mut moves, mut game)) = games.get_mut(in_room.0) else {
            continue;
        };
        let Move { from, to } = request.message;
        let declined = match game.color_of(player.id) {
            None => Some(WATCHING),
            Some(_) if game.is_over() => Some(GAME_OVER),
            Some(_) if !game.has_begun() => Some(NO_OPPONENT),
            Some(color) if color != board.turn => Some(NOT_YOUR_TURN),
            // The same rule that answers the clients. The answer is in the cache if a client has
            // asked, or if it was computed ahead.
            Some(_) if !moves.ask(&board, &from).contains(&to) => Some(IMPOSSIBLE),
            Some(_) => None,
        };
        if let Some(code) = declined {
            answers.write(request.refuse(Refusal::Declined { code }));
            continue;
        }
        let mover = board.turn;
        board.play(from, to);
        if !board.can_move() {
            let is_checkmate = board.is_in_check(board.turn);
            game.outcome = Some(if is_checkmate {
                Outcome::Won(mover)
            } else {
                Outcome::Draw
            });
        }
        answers.write(request.accept());
    }
}

fn resign(
    mut requests: MessageReader<FromPlayer<Resign>>,
    mut answers: MessageWriter<Answer<Resign>>,
    players: Query<(&Player, &InRoom)>,
    mut games: Query<&mut Game>,
) {
    for request in requests.read() {
        let Ok((player, in_room)) = players.get(request.player) else {
            answers.write(request.refuse(Refusal::NotInRoom));
            continue;
        };
        let Ok(mut game) = games.get_mut(in_room.0) else {
            continue;
        };
        let declined = match game.color_of(player.id) {
            None => WATCHING,
            Some(_) if game.is_over() => GAME_OVER,
            Some(_) if !game.has_begun() => NO_OPPONENT,
            Some(color) => {
                game.outcome = Some(Outcome::Won(color.other()));
                answers.write(request.accept());
                continue;
            }
        };
        answers.write(request.refuse(Refusal::Declined { code: declined }));
    }
}

/// A player that is away for too long loses.
fn end_after_absence(mut rang: MessageReader<TimerRang<TooLongAway>>, mut games: Query<&mut Game>) {
    for timer in rang.read() {
        if let Ok(mut game) = games.get_mut(timer.of)
            && !game.is_over()
        {
            game.outcome = Some(Outcome::Won(timer.message.0.other()));
        }
    }
}

fn main() -> ExitCode {
    let chess = RoomType::new("chess").map("lobby").plugins(Chess);
    parlour::cli("board").room_type(chess).run()
}

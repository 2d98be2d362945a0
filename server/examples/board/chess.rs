//! The board and the moves of chess, without castling and en passant. A pawn that reaches the other
//! end becomes a queen.

use parlour::prelude::*;

/// The board. Clients have it as JSON, so it has a short form.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Board {
    /// A letter for each square, from a1 and b1 to h8: white pieces are upper case, and empty
    /// squares dots.
    pub(crate) squares: String,
    pub(crate) turn: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Color {
    White,
    Black,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    color: Color,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    King,
    Queen,
    Rook,
    Bishop,
    Knight,
    Pawn,
}

/// A square, from 0 (a1), 1 (b1) and 8 (a2) to 63 (h8). Clients can send any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Square(pub(crate) u8);

type Step = (i8, i8);

const STRAIGHT: [Step; 4] = [(1, 0), (-1, 0), (0, 1), (0, -1)];
const DIAGONAL: [Step; 4] = [(1, 1), (1, -1), (-1, 1), (-1, -1)];
const KNIGHT: [Step; 8] = [
    (1, 2),
    (2, 1),
    (2, -1),
    (1, -2),
    (-1, -2),
    (-2, -1),
    (-2, 1),
    (-1, 2),
];

impl Color {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::White => Self::Black,
            Self::Black => Self::White,
        }
    }

    /// The direction in which the pawns walk.
    fn forward(self) -> i8 {
        match self {
            Self::White => 1,
            Self::Black => -1,
        }
    }
}

impl Square {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..64).map(Self)
    }

    fn rank(self) -> u8 {
        self.0 / 8
    }

    /// Returns the square so many files to the right and ranks up, or `None` beyond the edge.
    fn step(self, (files, ranks): Step) -> Option<Self> {
        let file = (self.0 % 8).checked_add_signed(files).filter(|file| *file < 8)?;
        let rank = self.rank().checked_add_signed(ranks).filter(|rank| *rank < 8)?;
        Some(Self(8 * rank + file))
    }
}

impl Board {
    /// The board before the first move.
    pub(crate) fn new() -> Self {
        let empty = ".".repeat(32);
        Self {
            squares: format!("RNBQKBNRPPPPPPPP{empty}pppppppprnbqkbnr"),
            turn: Color::White,
        }
    }

    fn get(&self, square: Square) -> Option<Piece> {
        let letter = self.squares.as_bytes().get(usize::from(square.0))?;
        Piece::read(char::from(*letter))
    }

    fn set(&mut self, square: Square, piece: Option<Piece>) {
        let (at, letter) = (usize::from(square.0), piece.map_or('.', Piece::letter));
        if self.squares.get(at..=at).is_some() {
            self.squares
                .replace_range(at..=at, letter.encode_utf8(&mut [0; 4]));
        }
    }

    /// Returns the squares with a piece of the color.
    pub(crate) fn pieces(&self, color: Color) -> impl Iterator<Item = Square> {
        Square::all().filter(move |square| self.get(*square).is_some_and(|piece| piece.color == color))
    }

    /// Returns where the piece on a square may go now. A piece whose turn it is not may go nowhere,
    /// and a move must not leave the own king in check. This tries each move, and looks at all
    /// pieces of the other side: it is the slow part of the game.
    pub(crate) fn moves(&self, from: Square) -> Vec<Square> {
        let Some(piece) = self.get(from).filter(|piece| piece.color == self.turn) else {
            return Vec::new();
        };
        let mut to = self.reach(from, piece);
        to.retain(|to| !self.after(from, *to).is_in_check(self.turn));
        to
    }

    /// Moves a piece. The move must be one of [`Self::moves`].
    pub(crate) fn play(&mut self, from: Square, to: Square) {
        let mut piece = self.get(from);
        if let Some(piece) = &mut piece
            && piece.kind == Kind::Pawn
            && matches!(to.rank(), 0 | 7)
        {
            piece.kind = Kind::Queen;
        }
        self.set(from, None);
        self.set(to, piece);
        self.turn = self.turn.other();
    }

    /// Returns whether the side whose turn it is can move.
    pub(crate) fn can_move(&self) -> bool {
        self.pieces(self.turn).any(|from| !self.moves(from).is_empty())
    }

    pub(crate) fn is_in_check(&self, color: Color) -> bool {
        let king = Piece {
            color,
            kind: Kind::King,
        };
        let king = Square::all().find(|square| self.get(*square) == Some(king));
        let attacks = |from: Square| {
            let attacker = self.get(from).expect("`pieces` are not empty");
            king.is_some_and(|king| self.reach(from, attacker).contains(&king))
        };
        self.pieces(color.other()).any(attacks)
    }

    fn after(&self, from: Square, to: Square) -> Self {
        let mut board = self.clone();
        board.play(from, to);
        board
    }

    /// Returns where a piece could go if check did not matter.
    fn reach(&self, from: Square, piece: Piece) -> Vec<Square> {
        let mut to = Vec::new();
        let far = 8;
        match piece.kind {
            Kind::King => self.walk(from, piece, &[STRAIGHT, DIAGONAL].concat(), 1, &mut to),
            Kind::Queen => self.walk(from, piece, &[STRAIGHT, DIAGONAL].concat(), far, &mut to),
            Kind::Rook => self.walk(from, piece, &STRAIGHT, far, &mut to),
            Kind::Bishop => self.walk(from, piece, &DIAGONAL, far, &mut to),
            Kind::Knight => self.walk(from, piece, &KNIGHT, 1, &mut to),
            Kind::Pawn => self.walk_pawn(from, piece, &mut to),
        }
        to
    }

    /// Adds the squares in some directions, up to the first piece. If it is of the other side, it
    /// can be captured.
    fn walk(&self, from: Square, piece: Piece, steps: &[Step], far: usize, to: &mut Vec<Square>) {
        for step in steps {
            let mut next = from.step(*step);
            for _ in 0..far {
                let Some(square) = next else { break };
                match self.get(square) {
                    Some(other) if other.color == piece.color => break,
                    Some(_) => {
                        to.push(square);
                        break;
                    }
                    None => to.push(square),
                }
                next = square.step(*step);
            }
        }
    }

    fn walk_pawn(&self, from: Square, pawn: Piece, to: &mut Vec<Square>) {
        let forward = pawn.color.forward();
        let is_free = |square: &Square| self.get(*square).is_none();
        if let Some(next) = from.step((0, forward)).filter(is_free) {
            to.push(next);
            let begin = if pawn.color == Color::White { 1 } else { 6 };
            if from.rank() == begin {
                to.extend(next.step((0, forward)).filter(is_free));
            }
        }
        let is_enemy = |square: &Square| self.get(*square).is_some_and(|piece| piece.color != pawn.color);
        let sides = [from.step((-1, forward)), from.step((1, forward))];
        to.extend(sides.into_iter().flatten().filter(is_enemy));
    }
}

impl Piece {
    fn read(letter: char) -> Option<Self> {
        let kind = match letter.to_ascii_lowercase() {
            'k' => Kind::King,
            'q' => Kind::Queen,
            'r' => Kind::Rook,
            'b' => Kind::Bishop,
            'n' => Kind::Knight,
            'p' => Kind::Pawn,
            _ => return None,
        };
        let color = match letter.is_ascii_uppercase() {
            true => Color::White,
            false => Color::Black,
        };
        Some(Self { color, kind })
    }

    fn letter(self) -> char {
        let letter = match self.kind {
            Kind::King => 'k',
            Kind::Queen => 'q',
            Kind::Rook => 'r',
            Kind::Bishop => 'b',
            Kind::Knight => 'n',
            Kind::Pawn => 'p',
        };
        match self.color {
            Color::White => letter.to_ascii_uppercase(),
            Color::Black => letter,
        }
    }
}

//! Rules of board games, and the answers that are kept so that they need not be computed again.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bevy_ecs::prelude::*;
use parlour_shared::codec;
use serde::{Serialize, de::DeserializeOwned};

use crate::state::Fold;

/// A rule that answers questions about a board: where may this piece go, who attacks this square,
/// what does this building cost? Declare it with
/// [`SimulationApp::board_rule`](crate::SimulationApp::board_rule). Clients ask with a message, and
/// game logic asks the [`AnswerCache`] of the board.
///
/// The answer must depend on the board and the question only. Then it does not matter whether an
/// answer is computed or kept: a replay, whose caches are empty, reaches the same hashes.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use parlour_sim::BoardRule;
/// use serde::{Deserialize, Serialize};
///
/// /// Nim: heaps of matches. A move takes 1 to 3 matches from one heap.
/// #[derive(Component, Serialize, Deserialize)]
/// struct Heaps(Vec<u8>);
///
/// struct Moves;
///
/// impl BoardRule for Moves {
///     type Board = Heaps;
///     type Question = u8; // the number of a heap
///     type Answer = Vec<u8>; // how many matches may be taken from it
///     const KEY: &'static str = "heaps";
///
///     fn answer(board: &Heaps, heap: &u8) -> Vec<u8> {
///         let matches = board.0.get(usize::from(*heap)).copied().unwrap_or(0);
///         (1..=matches.min(3)).collect()
///     }
///
///     fn likely(board: &Heaps) -> impl Iterator<Item = u8> {
///         (0..board.0.len() as u8).filter(|heap| board.0[usize::from(*heap)] > 0)
///     }
/// }
///
/// assert_eq!(Moves::answer(&Heaps(vec![5, 2]), &1), [1, 2]);
/// ```
pub trait BoardRule: Send + Sync + 'static {
    /// The board: a component of rooms. Declare it with
    /// [`SimulationApp::replicate_room`](crate::SimulationApp::replicate_room), or with
    /// [`SimulationApp::state_component`](crate::SimulationApp::state_component) if clients must
    /// not see all of it.
    type Board: Component + Serialize;
    /// A question about the board. Clients may send any value that decodes.
    type Question: Ord + Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The answer.
    type Answer: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The key of room state from which clients know the board. A question of a client names the
    /// version of this key, and is refused if the key now has a different one. For a board that is
    /// declared with `replicate_room`, it is the same key, and each change of the board raises its
    /// version. For any other board, game logic must write the key, with
    /// [`RoomStates`](crate::RoomStates), in each tick in which the board changes. Its value may be
    /// less than the board: the number of the move is enough.
    const KEY: &'static str;
    /// The maximum number of answers that a board keeps, for its last versions together.
    const MOST_ANSWERS: usize = 512;
    /// The maximum number of answers that are computed ahead in a tick, for all boards of the world
    /// together. With 0, none are.
    const AHEAD_PER_TICK: u32 = 32;

    /// Answers a question. It may be slow, but a tick waits for it.
    fn answer(board: &Self::Board, question: &Self::Question) -> Self::Answer;

    /// Returns the questions that are likely to be asked next, the most likely one first. After a
    /// change of the board, they are answered ahead: at most [`Self::AHEAD_PER_TICK`] in a tick,
    /// and at most half of [`Self::MOST_ANSWERS`] for a board. The board that changed first is
    /// served first.
    fn likely(board: &Self::Board) -> impl Iterator<Item = Self::Question> {
        let _ = board;
        std::iter::empty()
    }
}

/// The answers of a [`BoardRule`] that are kept for one board. Every entity with a board has this
/// component. It is not part of the state: it is empty in a loaded world.
///
/// The answers are kept by version of the board. A version is the encoded content of the board, so
/// an answer is never that for a different board, and a board that returns to an earlier
/// content, as when a move is taken back, finds its earlier answers. The last 8 versions are kept.
/// If [`BoardRule::MOST_ANSWERS`] are kept, the version that was not asked about for the longest
/// time is forgotten first. If all answers are for one version, all of them are.
///
/// To ask encodes the board, compares it with the kept versions, and searches among the answers. It
/// allocates nothing if the answer is kept.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_sim::{AnswerCache, BoardRule, FromPlayer, InRoom};
/// # #[derive(Component, serde::Serialize)]
/// # struct Heaps(Vec<u8>);
/// # struct Moves;
/// # impl BoardRule for Moves {
/// #     type Board = Heaps;
/// #     type Question = u8;
/// #     type Answer = Vec<u8>;
/// #     const KEY: &'static str = "heaps";
/// #     fn answer(_: &Heaps, _: &u8) -> Vec<u8> { Vec::new() }
/// # }
/// # struct Take { heap: u8, matches: u8 }
/// fn take(
///     mut requests: MessageReader<FromPlayer<Take>>,
///     players: Query<&InRoom>,
///     mut boards: Query<(&mut Heaps, &mut AnswerCache<Moves>)>,
/// ) {
///     for request in requests.read() {
///         let Take { heap, matches } = request.message;
///         let Ok(in_room) = players.get(request.player) else { continue };
///         let Ok((mut board, mut moves)) = boards.get_mut(in_room.0) else { continue };
///         if moves.ask(&board, &heap).contains(&matches) {
///             board.0[usize::from(heap)] -= matches;
///         }
///     }
/// }
/// ```
#[derive(Component)]
pub struct AnswerCache<R: BoardRule> {
    /// The versions of the board, in the order in which they were last asked about.
    versions: VecDeque<Version<R>>,
    /// The encoded board of the last question: a buffer.
    board: Vec<u8>,
    hits: u32,
    misses: u32,
    /// A hash of the last board for which likely questions are or were answered ahead. If a
    /// different board has the same hash, its answers are computed when they are asked for.
    ahead: Option<u64>,
    /// Whether the board is in the queue of boards with likely questions.
    pub(crate) is_queued: bool,
}

/// The answers for one version of the board.
struct Version<R: BoardRule> {
    /// The encoded board. A hash is not enough: players who write parts of a board can search for
    /// two boards with the same one.
    board: Vec<u8>,
    answers: BTreeMap<R::Question, Arc<R::Answer>>,
}

/// What was computed ahead for a board.
pub(crate) struct Ahead {
    pub(crate) computed: u32,
    /// Whether nothing is left to compute.
    pub(crate) is_done: bool,
}

impl<R: BoardRule> AnswerCache<R> {
    /// The maximum number of versions of which answers are kept.
    pub const MOST_VERSIONS: usize = 8;

    /// Answers a question about the board of this entity. The board may also be a changed copy of
    /// it, to look ahead: it is a version of its own.
    pub fn ask(&mut self, board: &R::Board, question: &R::Question) -> &R::Answer {
        self.ask_shared(board, question)
    }

    /// Returns the number of answers that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.versions.iter().map(|version| version.answers.len()).sum()
    }

    /// Returns whether no answer is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Like [`Self::ask`], for a message that needs the answer until it is sent.
    pub(crate) fn ask_shared(&mut self, board: &R::Board, question: &R::Question) -> &Arc<R::Answer> {
        self.select(board);
        if self.latest().answers.contains_key(question) {
            self.hits = self.hits.saturating_add(1);
        } else {
            self.misses = self.misses.saturating_add(1);
            self.compute(board, question.clone());
        }
        &self.latest().answers[question]
    }

    /// Takes the numbers of questions since the last call: those whose answer was kept, and those
    /// whose answer was computed.
    pub(crate) fn take_counts(&mut self) -> (u32, u32) {
        (std::mem::take(&mut self.hits), std::mem::take(&mut self.misses))
    }

    /// Notes that the board may have changed. Returns whether it has likely questions now that it
    /// had not before.
    pub(crate) fn note_change(&mut self, board: &R::Board) -> bool {
        let mut fold = Fold::new(0);
        fold.value(board);
        let hash = fold.finish();
        self.ahead.replace(hash) != Some(hash)
    }

    /// Answers the likely questions that have no answer yet, at most this many.
    pub(crate) fn compute_ahead(&mut self, board: &R::Board, most: u32) -> Ahead {
        self.select(board);
        let mut computed = 0;
        let half = R::MOST_ANSWERS / 2;
        for question in R::likely(board).take(half) {
            let answers = &self.latest().answers;
            if answers.contains_key(&question) {
                continue;
            }
            if answers.len() >= half {
                break;
            }
            if computed == most {
                return Ahead {
                    computed,
                    is_done: false,
                };
            }
            self.compute(board, question);
            computed += 1;
        }
        Ahead {
            computed,
            is_done: true,
        }
    }

    /// Makes this the latest version. Encodes the board whenever it is asked about, because a note
    /// about the last change would be wrong for a copy of the board, and in a system that changes
    /// it.
    fn select(&mut self, board: &R::Board) {
        self.board.clear();
        codec::encode(board, &mut self.board);
        let known = self
            .versions
            .iter()
            .rposition(|version| version.board == self.board);
        let version = match known {
            Some(at) if at + 1 == self.versions.len() => return,
            Some(at) => self.versions.remove(at),
            None => None,
        };
        if self.versions.len() >= Self::MOST_VERSIONS {
            self.versions.pop_front();
        }
        self.versions.push_back(version.unwrap_or_else(|| Version {
            board: self.board.clone(),
            answers: BTreeMap::new(),
        }));
    }

    fn latest(&mut self) -> &mut Version<R> {
        self.versions.back_mut().expect("a version was selected")
    }

    /// Computes an answer for the latest version, and keeps it.
    fn compute(&mut self, board: &R::Board, question: R::Question) {
        while self.len() >= R::MOST_ANSWERS.max(1) {
            if self.versions.len() > 1 {
                self.versions.pop_front();
            } else {
                self.latest().answers.clear();
            }
        }
        let answer = Arc::new(R::answer(board, &question));
        self.latest().answers.insert(question, answer);
    }
}

impl<R: BoardRule> Default for AnswerCache<R> {
    fn default() -> Self {
        Self {
            versions: VecDeque::new(),
            board: Vec::new(),
            hits: 0,
            misses: 0,
            ahead: None,
            is_queued: false,
        }
    }
}

//! Rules of board games: answers the questions of clients, and computes answers ahead.

use std::{any::type_name, collections::VecDeque, marker::PhantomData, sync::Arc};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    message::{KeyVersion, Refusal},
    text::is_state_key,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    messages::{self, Answer, FromPlayer},
    to_players::ToPlayers,
};
use crate::{
    answer_cache::{AnswerCache, BoardRule},
    outbox::Outbox,
    replication::ReplicateSet,
    room_state::RoomState,
    rooms::InRoom,
    schedule::TickSchedule,
    state::{self, StableId},
};

/// The code of the refusal of a question in a room without a board.
const NO_BOARD: u16 = 0;

/// The question of a client, which asks a [`BoardRule`] about the board of its room.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct BoardQuestion<R: BoardRule> {
    /// The version of the key [`BoardRule::KEY`] that the client knows.
    pub version: u32,
    /// The question.
    pub question: R::Question,
}

/// The answer to a [`BoardQuestion`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct BoardAnswer<R: BoardRule> {
    /// The version of the question.
    pub version: u32,
    /// The question.
    pub question: R::Question,
    /// The answer, which the cache may also keep.
    #[serde(serialize_with = "write_shared", deserialize_with = "read_shared")]
    pub answer: Arc<R::Answer>,
}

fn write_shared<A: Serialize, S: Serializer>(answer: &Arc<A>, serializer: S) -> Result<S::Ok, S::Error> {
    A::serialize(answer, serializer)
}

fn read_shared<'de, A: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<A>, D::Error> {
    A::deserialize(deserializer).map(Arc::new)
}

/// The boards with likely questions that have no answer yet.
#[derive(Resource)]
struct AheadQueue<R: BoardRule> {
    /// In the order in which they changed. Each board is in it at most once.
    boards: VecDeque<Entity>,
    /// Reused by each tick.
    changed: Vec<(StableId, Entity)>,
    of: PhantomData<fn(R)>,
}

/// The systems of all rules.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct BoardRules;

/// Everything with a cache. A board that was removed leaves its cache behind.
type Boards<'w, 's, R> = Query<
    'w,
    's,
    (
        Entity,
        &'static StableId,
        Option<Ref<'static, <R as BoardRule>::Board>>,
        &'static mut AnswerCache<R>,
        Option<&'static RoomState>,
    ),
>;

pub(super) fn declare<R: BoardRule>(app: &mut App, name: &'static str) {
    assert!(
        is_state_key(R::KEY),
        "{:?} is not a key of room state: change the KEY of {}",
        R::KEY,
        type_name::<R>()
    );
    messages::from_player::<BoardQuestion<R>>(app, name, |_| Ok(()));
    messages::to_player::<BoardAnswer<R>>(app, name);
    app.register_required_components::<R::Board, AnswerCache<R>>();
    app.insert_resource(AheadQueue::<R> {
        boards: VecDeque::new(),
        changed: Vec::new(),
        of: PhantomData,
    });
    state::derived::<AnswerCache<R>>(app);
    state::derived::<AheadQueue<R>>(app);
    app.add_systems(
        TickSchedule,
        serve::<R>
            .in_set(ReplicateSet::Deliver)
            .before(messages::deliver)
            .in_set(BoardRules)
            // Two rules share only the counts of the output, to which they add.
            .ambiguous_with(BoardRules),
    );
}

/// Answers the questions of this tick, and then computes answers ahead. It runs after all game
/// logic, so that no answer is sent for a board that has just changed.
fn serve<R: BoardRule>(
    mut boards: Boards<R>,
    players: Query<&InRoom>,
    mut questions: MessageReader<FromPlayer<BoardQuestion<R>>>,
    mut replies: MessageWriter<Answer<BoardQuestion<R>>>,
    mut results: MessageWriter<ToPlayers<BoardAnswer<R>>>,
    (mut queue, mut outbox): (ResMut<AheadQueue<R>>, ResMut<Outbox>),
) {
    for question in questions.read() {
        replies.write(match answer(&mut boards, &players, question) {
            Ok(answer) => {
                results.write(ToPlayers::one(question.player, answer));
                question.accept()
            }
            Err(refusal) => question.refuse(refusal),
        });
    }
    let counts = &mut outbox.out.counts;
    for (entity, id, board, mut cache, _) in &mut boards {
        let (hits, misses) = cache.take_counts();
        counts.answers_kept += hits;
        counts.answers_computed += misses;
        // In a loaded world, every board counts as changed. Only the counts show it.
        if let Some(board) = board.filter(|board| board.is_changed() && R::AHEAD_PER_TICK > 0)
            && cache.note_change(&board)
            && !cache.is_queued
        {
            cache.is_queued = true;
            queue.changed.push((*id, entity));
        }
    }
    counts.answers_ahead += queue.compute(&mut boards);
}

fn answer<R: BoardRule>(
    boards: &mut Boards<R>,
    players: &Query<&InRoom>,
    asked: &FromPlayer<BoardQuestion<R>>,
) -> Result<BoardAnswer<R>, Refusal> {
    let in_room = players.get(asked.player).map_err(|_| Refusal::NotInRoom)?;
    let no_board = Refusal::Declined { code: NO_BOARD };
    let Ok((_, _, Some(board), mut cache, Some(state))) = boards.get_mut(in_room.0) else {
        return Err(no_board);
    };
    let BoardQuestion { version, question } = &asked.message;
    let current = state.version(R::KEY);
    if *version != current {
        return Err(Refusal::StaleVersion {
            current: vec![KeyVersion {
                key: R::KEY.to_owned(),
                version: current,
            }],
        });
    }
    Ok(BoardAnswer {
        version: current,
        question: question.clone(),
        answer: Arc::clone(cache.ask_shared(&board, question)),
    })
}

impl<R: BoardRule> AheadQueue<R> {
    /// Computes the answers of this tick. Returns their number.
    fn compute(&mut self, boards: &mut Boards<R>) -> u32 {
        // The order of a query is different in a loaded world.
        self.changed.sort_unstable();
        self.boards
            .extend(self.changed.drain(..).map(|(_, entity)| entity));
        let (mut left, mut computed) = (R::AHEAD_PER_TICK, 0);
        while left > 0
            && let Some(&entity) = self.boards.front()
        {
            if let Ok((_, _, board, mut cache, _)) = boards.get_mut(entity) {
                if let Some(board) = board {
                    let ahead = cache.compute_ahead(&board, left);
                    computed += ahead.computed;
                    // A board whose answers are all kept must also cost something.
                    left -= ahead.computed.max(1);
                    if !ahead.is_done {
                        break;
                    }
                }
                cache.is_queued = false;
            }
            self.boards.pop_front();
        }
        computed
    }
}

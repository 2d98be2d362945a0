//! The valid order of chunks. Writer, index, scan and reader all check it here.

use parlour_shared::text::count;

use super::{
    Flaw, MAX_CHUNK_TICKS, MAX_KEYFRAME,
    chunk::{ChunkHead, ChunkKind},
};

/// The chunks so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Order {
    stage: Stage,
    /// The last recorded tick, or the tick of the first keyframe.
    last_tick: Option<u32>,
    /// Bytes so far of a saved world whose last piece is still missing.
    keyframe: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Empty,
    Open,
    Ended,
    Indexed,
}

impl Order {
    /// Returns the last tick, or 0 if there is none.
    pub(super) fn last_tick(&self) -> u32 {
        self.last_tick.unwrap_or(0)
    }

    /// Accepts the next chunk, or returns why it cannot be the next.
    pub(super) fn admit(&mut self, head: &ChunkHead) -> Result<(), Flaw> {
        let mut next = *self;
        match (self.stage, head.kind) {
            (Stage::Empty, ChunkKind::Header) => next.stage = Stage::Open,
            (Stage::Empty, _) => return Err("the first chunk is not a header".into()),
            (Stage::Open, ChunkKind::Ticks) => next.ticks(head)?,
            (Stage::Open, ChunkKind::Keyframe) => next.piece(head)?,
            (Stage::Open, ChunkKind::End) => {
                if head.first_tick != self.last_tick() {
                    return Err(format!(
                        "the end chunk is for tick {}, the last one is {}",
                        head.first_tick,
                        self.last_tick()
                    )
                    .into());
                }
                next.stage = Stage::Ended;
            }
            (Stage::Ended, ChunkKind::Index) => next.stage = Stage::Indexed,
            (_, kind) => return Err(format!("a chunk of kind {kind:?} in the wrong place").into()),
        }
        if head.kind != ChunkKind::Ticks && head.ticks != 0 {
            return Err("a count of ticks in a chunk without ticks".into());
        }
        *self = next;
        Ok(())
    }

    fn ticks(&mut self, head: &ChunkHead) -> Result<(), Flaw> {
        if self.keyframe.is_some() {
            return Err("ticks inside a saved world".into());
        }
        if !(1..=MAX_CHUNK_TICKS).contains(&head.ticks) {
            return Err(format!(
                "a chunk of {}, not 1 to {MAX_CHUNK_TICKS}",
                count(head.ticks, "tick")
            )
            .into());
        }
        let expected = self.last_tick.map(|last| u64::from(last) + 1);
        if head.first_tick == 0 || expected.is_some_and(|expected| expected != u64::from(head.first_tick)) {
            return Err(format!("tick {} follows tick {}", head.first_tick, self.last_tick()).into());
        }
        let last = head.first_tick.checked_add(head.ticks - 1);
        self.last_tick = Some(last.ok_or("ticks above the maximum")?);
        Ok(())
    }

    fn piece(&mut self, head: &ChunkHead) -> Result<(), Flaw> {
        if self.last_tick.is_some_and(|last| last != head.first_tick) {
            return Err(format!(
                "a world saved after tick {} follows tick {}",
                head.first_tick,
                self.last_tick()
            )
            .into());
        }
        self.last_tick = Some(head.first_tick);
        let bytes = self.keyframe.unwrap_or(0) + head.raw_len as usize;
        if bytes > MAX_KEYFRAME {
            return Err(format!("a saved world of more than {MAX_KEYFRAME} bytes").into());
        }
        self.keyframe = (!head.is_last()).then_some(bytes);
        Ok(())
    }
}

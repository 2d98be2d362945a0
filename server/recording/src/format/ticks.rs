//! Encoding and decoding of chunks of ticks, and encoding of saved worlds.

use parlour_shared::{ids::Tick, text::count};
use parlour_tick::{Pace, TickInput};
use thiserror::Error;

use super::{
    DUE_BYTES, DUE_TICKS, Flaw, KEYFRAME_PIECE, MAX_CHUNK_EVENTS, MAX_CHUNK_TICKS, MAX_KEYFRAME, MAX_RAW,
    Outcome, TickRecord,
    bytes::Bytes,
    chunk::{ChunkHead, ChunkKind, LAST, SealedChunk, Sealer, unpack},
    event, pace,
};

/// Flag: the tick has events.
const EVENTS: u8 = 1;
/// Flag: the tick panicked. Its hash and fingerprints are zeros.
const PANICKED: u8 = 2;
/// Flag: the tick has a different pace than the default, which is as often as the load allows.
const PACE: u8 = 4;
/// Flag: not one tick, but several that were skipped: their number, and the hash after the last.
const SKIPPED: u8 = 8;
/// The bytes of skipped ticks in a row.
const SKIPPED_BYTES: usize = 11;

/// Why a tick was not added. The builder is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PushError {
    /// It does not fit into this chunk: seal the chunk, then push again.
    #[error("the chunk is full")]
    Full,
    /// It does not fit into an empty chunk either: the recording must end.
    #[error(
        "tick {0} has more input than a recording can store ({MAX_RAW} bytes, {MAX_CHUNK_EVENTS} events)"
    )]
    TooLarge(u32),
    /// It is invalid: a bug of the caller.
    #[error("tick {tick} cannot be recorded: {why}")]
    Invalid {
        /// The tick.
        tick: u32,
        /// What is wrong.
        why: String,
    },
}

/// A world that is too large for a recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a saved world of {0} bytes: a recording can store at most {MAX_KEYFRAME}")]
pub struct KeyframeTooLarge(pub usize);

/// Collects ticks until they are sealed as one chunk. Keeps its buffers for the next one.
pub struct TicksBuilder {
    parts: usize,
    first: u32,
    wall_ms: u64,
    ticks: u32,
    events: usize,
    panicked: bool,
    /// If the last ticks were skipped: where they start in `raw`, and their number.
    skipped: Option<(usize, u32)>,
    /// The number of ticks before the first one that was not skipped.
    quiet: Option<u32>,
    raw: Vec<u8>,
    message: Vec<u8>,
    /// Made by the first [`Self::seal`]: it takes more memory than the ticks of a quiet world.
    sealer: Option<Box<Sealer>>,
}

impl TicksBuilder {
    /// Makes a builder for ticks with `parts` fingerprints each, one per name in the header's
    /// `state`.
    #[must_use]
    pub fn new(parts: usize) -> Self {
        Self {
            parts,
            first: 0,
            wall_ms: 0,
            ticks: 0,
            events: 0,
            panicked: false,
            skipped: None,
            quiet: None,
            raw: Vec::new(),
            message: Vec::new(),
            sealer: None,
        }
    }

    /// Adds the next tick. `wall_ms` is its time, in milliseconds since 1970. `result` is its state
    /// hash and one fingerprint per part of the state, or `None` if it panicked.
    ///
    /// # Errors
    /// [`PushError`]. Nothing was added then.
    pub fn push(
        &mut self,
        tick: Tick,
        wall_ms: u64,
        result: Option<(u64, &[u16])>,
        input: &TickInput,
    ) -> Result<(), PushError> {
        self.check(tick, result, input)?;
        let start = self.raw.len();
        if let Err(why) = self.append(tick, result, input) {
            self.raw.truncate(start);
            return Err(invalid(tick, &why));
        }
        if self.raw.len() > MAX_RAW {
            self.raw.truncate(start);
            return Err(if self.ticks == 0 {
                PushError::TooLarge(tick.0)
            } else {
                PushError::Full
            });
        }
        if self.ticks == 0 {
            (self.first, self.wall_ms) = (tick.0, wall_ms);
        }
        self.quiet.get_or_insert(self.ticks);
        self.skipped = None;
        self.ticks += 1;
        self.events += input.events.len();
        self.panicked = result.is_none();
        Ok(())
    }

    /// Adds `ticks` ticks that were skipped, the first of which is `tick`. `wall_ms` is its time.
    /// `hash` is the state hash after the last. Skipped ticks in a row take 11 bytes together,
    /// however they are added.
    ///
    /// # Errors
    /// [`PushError`]. Nothing was added then. More than [`MAX_CHUNK_TICKS`] at once are invalid.
    pub fn push_skipped(&mut self, tick: Tick, wall_ms: u64, ticks: u32, hash: u64) -> Result<(), PushError> {
        self.check_next(tick)?;
        if !(1..=MAX_CHUNK_TICKS).contains(&ticks) || tick.0.checked_add(ticks - 1).is_none() {
            return Err(invalid(tick, "the number of skipped ticks is out of its bounds"));
        }
        if self.ticks + ticks > MAX_CHUNK_TICKS || self.raw.len() + SKIPPED_BYTES > MAX_RAW {
            return Err(PushError::Full);
        }
        if self.ticks == 0 {
            (self.first, self.wall_ms) = (tick.0, wall_ms);
        }
        let (start, before) = self.skipped.unwrap_or((self.raw.len(), 0));
        self.raw.truncate(start);
        self.raw.push(SKIPPED);
        self.raw
            .extend_from_slice(&((before + ticks) as u16).to_le_bytes());
        self.raw.extend_from_slice(&hash.to_le_bytes());
        self.skipped = Some((start, before + ticks));
        self.ticks += ticks;
        Ok(())
    }

    /// Returns the number of its ticks.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.ticks
    }

    /// Returns whether it has no ticks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ticks == 0
    }

    /// Returns its uncompressed size in bytes.
    #[must_use]
    pub fn raw_len(&self) -> usize {
        self.raw.len()
    }

    /// Returns whether it should be sealed now: it has a second of ticks since the first that was
    /// not skipped, or many bytes. A crash loses nothing of skipped ticks.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let since = self.quiet.map_or(0, |quiet| self.ticks - quiet);
        since >= DUE_TICKS || self.ticks >= MAX_CHUNK_TICKS || self.raw.len() >= DUE_BYTES
    }

    /// Returns whether any of its ticks has an event.
    pub(crate) fn has_events(&self) -> bool {
        self.events > 0
    }

    /// Seals its ticks as a chunk and empties it. Returns `None` if it has no ticks.
    pub fn seal(&mut self) -> Option<SealedChunk> {
        let mut sealer = self.sealer.take().unwrap_or_default();
        let sealed = self.seal_with(&mut sealer);
        self.sealer = Some(sealer);
        sealed
    }

    /// Like [`Self::seal`], with a sealer that several builders share.
    pub(crate) fn seal_with(&mut self, sealer: &mut Sealer) -> Option<SealedChunk> {
        if self.ticks == 0 {
            return None;
        }
        let head = ChunkHead {
            kind: ChunkKind::Ticks,
            flags: 0,
            first_tick: self.first,
            ticks: self.ticks,
            wall_ms: self.wall_ms,
            raw_len: 0,
            body_len: 0,
        };
        let sealed = sealer.seal(head, &self.raw);
        self.raw.clear();
        self.raw.shrink_to(4 * DUE_BYTES);
        self.ticks = 0;
        self.events = 0;
        (self.skipped, self.quiet) = (None, None);
        Some(sealed)
    }

    fn check(&self, tick: Tick, result: Option<(u64, &[u16])>, input: &TickInput) -> Result<(), PushError> {
        self.check_next(tick)?;
        if let Some((_, parts)) = result
            && parts.len() != self.parts
        {
            return Err(invalid(
                tick,
                &format!("{}, not {}", count(parts.len(), "fingerprint"), self.parts),
            ));
        }
        if input.events.len() > MAX_CHUNK_EVENTS {
            return Err(PushError::TooLarge(tick.0));
        }
        if self.ticks >= MAX_CHUNK_TICKS || self.events + input.events.len() > MAX_CHUNK_EVENTS {
            return Err(PushError::Full);
        }
        Ok(())
    }

    fn check_next(&self, tick: Tick) -> Result<(), PushError> {
        if self.panicked {
            return Err(invalid(tick, "the tick before panicked"));
        }
        // Ticks start at 1 and do not wrap.
        let expected = if self.ticks == 0 {
            Some(tick.0.max(1))
        } else {
            self.first.checked_add(self.ticks)
        };
        if expected != Some(tick.0) {
            return Err(invalid(tick, "it does not follow the one before"));
        }
        Ok(())
    }

    fn append(&mut self, tick: Tick, result: Option<(u64, &[u16])>, input: &TickInput) -> Result<(), Flaw> {
        let events = if input.events.is_empty() { 0 } else { EVENTS };
        let panicked = if result.is_none() { PANICKED } else { 0 };
        let pace = if input.pace == Pace::default() { 0 } else { PACE };
        self.raw.push(events | panicked | pace);
        if let Some((hash, parts)) = result {
            self.raw.extend_from_slice(&hash.to_le_bytes());
            for part in parts {
                self.raw.extend_from_slice(&part.to_le_bytes());
            }
        } else {
            self.raw.resize(self.raw.len() + 8 + 2 * self.parts, 0);
        }
        if pace != 0 {
            self.raw.push(pace::to_byte(input.pace));
        }
        if !input.events.is_empty() {
            event::encode(tick, input, &mut self.message, &mut self.raw)?;
        }
        Ok(())
    }
}

fn invalid(tick: Tick, why: &str) -> PushError {
    PushError::Invalid {
        tick: tick.0,
        why: why.to_owned(),
    }
}

/// Decodes all ticks of a chunk that is still in memory. `raw` is a buffer that is overwritten.
pub(crate) fn open_ticks(
    sealed: &SealedChunk,
    parts: usize,
    raw: &mut Vec<u8>,
) -> Result<Vec<TickRecord>, Flaw> {
    unpack(&sealed.head, &sealed.body, raw)?;
    open(&sealed.head, parts, raw)
}

/// Joins the pieces of a saved world that are still in memory. `raw` is a buffer that is
/// overwritten.
pub(crate) fn open_keyframe(pieces: &[SealedChunk], raw: &mut Vec<u8>) -> Result<Vec<u8>, Flaw> {
    let mut state = Vec::new();
    for piece in pieces {
        unpack(&piece.head, &piece.body, raw)?;
        state.extend_from_slice(raw);
    }
    Ok(state)
}

/// Decodes all ticks of a chunk, or fails for the chunk as a whole.
pub(super) fn open(head: &ChunkHead, parts: usize, raw: &[u8]) -> Result<Vec<TickRecord>, Flaw> {
    let mut rest = Bytes(raw);
    let mut events = 0;
    let mut ticks = Vec::with_capacity(head.ticks as usize);
    let mut was_skipped = false;
    while (ticks.len() as u32) < head.ticks {
        let nth = ticks.len() as u32;
        // `Order` has checked that the last tick's number does not overflow.
        let tick = Tick(head.first_tick + nth);
        let skips = rest.peek() == Some(SKIPPED);
        // So that the same ticks have only one encoding.
        if skips && was_skipped {
            return Err(format!("tick {}: skipped ticks in a row in two pieces", tick.0).into());
        }
        was_skipped = skips;
        if skips {
            let skipped = open_skipped(tick, head.ticks - nth, &mut rest);
            ticks.extend(skipped.map_err(|flaw| format!("tick {}: {flaw}", tick.0))?);
            continue;
        }
        let record = open_tick(tick, parts, MAX_CHUNK_EVENTS - events, &mut rest)
            .map_err(|flaw| format!("tick {}: {flaw}", tick.0))?;
        events += record.input.events.len();
        if record.outcome == Outcome::Panicked && nth + 1 < head.ticks {
            return Err("a tick after one that panicked".into());
        }
        ticks.push(record);
    }
    if rest.is_empty() {
        Ok(ticks)
    } else {
        Err("bytes after the last tick of a chunk".into())
    }
}

/// Decodes at most `most` skipped ticks.
fn open_skipped(
    first: Tick,
    most: u32,
    rest: &mut Bytes<'_>,
) -> Result<impl Iterator<Item = TickRecord> + use<>, Flaw> {
    rest.u8()?;
    let ticks = u32::from(rest.u16()?);
    let hash = rest.u64()?;
    if !(1..=most).contains(&ticks) {
        return Err("more or fewer skipped ticks than the chunk can have".into());
    }
    Ok((0..ticks).map(move |nth| TickRecord {
        tick: first.after(nth),
        outcome: Outcome::Skipped {
            hash: (nth + 1 == ticks).then_some(hash),
        },
        input: TickInput::default(),
    }))
}

fn open_tick(tick: Tick, parts: usize, most: usize, rest: &mut Bytes<'_>) -> Result<TickRecord, Flaw> {
    let flags = rest.u8()?;
    if flags & !(EVENTS | PANICKED | PACE) != 0 {
        return Err("unknown flags".into());
    }
    let hash = rest.u64()?;
    let fingerprints = rest.take(2 * parts)?;
    let outcome = if flags & PANICKED == 0 {
        let parts = fingerprints
            .as_chunks()
            .0
            .iter()
            .map(|part| u16::from_le_bytes(*part));
        Outcome::Finished {
            hash,
            parts: parts.collect(),
        }
    } else if hash == 0 && fingerprints.iter().all(|byte| *byte == 0) {
        Outcome::Panicked
    } else {
        return Err("a hash of a tick that panicked".into());
    };
    let pace = if flags & PACE == 0 {
        Pace::default()
    } else {
        pace::from_byte(rest.u8()?).ok_or("invalid pace byte, or an explicit default pace")?
    };
    let events = if flags & EVENTS == 0 {
        Vec::new()
    } else {
        event::decode(tick, most, rest)?
    };
    let input = TickInput { events, pace };
    Ok(TickRecord { tick, outcome, input })
}

/// Makes the chunks of the world that was saved after a tick.
///
/// # Errors
/// The state has more than [`MAX_KEYFRAME`] bytes.
pub fn seal_keyframe(tick: Tick, wall_ms: u64, state: &[u8]) -> Result<Vec<SealedChunk>, KeyframeTooLarge> {
    seal_keyframe_with(&mut Sealer::new(), tick, wall_ms, state)
}

/// Like [`seal_keyframe`], with a sealer that is used again.
pub(crate) fn seal_keyframe_with(
    sealer: &mut Sealer,
    tick: Tick,
    wall_ms: u64,
    state: &[u8],
) -> Result<Vec<SealedChunk>, KeyframeTooLarge> {
    if state.len() > MAX_KEYFRAME {
        return Err(KeyframeTooLarge(state.len()));
    }
    let mut seal = |piece: &[u8], flags: u8| {
        let head = ChunkHead {
            kind: ChunkKind::Keyframe,
            flags,
            first_tick: tick.0,
            ticks: 0,
            wall_ms,
            raw_len: 0,
            body_len: 0,
        };
        sealer.seal(head, piece)
    };
    let last = state.len().saturating_sub(1) / KEYFRAME_PIECE * KEYFRAME_PIECE;
    let (pieces, last) = state.split_at(last);
    let mut sealed: Vec<SealedChunk> = pieces
        .chunks(KEYFRAME_PIECE)
        .map(|piece| seal(piece, 0))
        .collect();
    sealed.push(seal(last, LAST));
    Ok(sealed)
}

//! Compares the files of two recordings, without running ticks. One chunk of each is in memory.

use parlour_shared::ids::Tick;
use parlour_sim::SavedState;

use super::super::{
    RecordingFiles, ReplayError,
    recording_files::{FileItems, FilePosition},
};
use crate::format::{Item, TickRecord};

/// The result of comparing the files.
pub(super) enum FileComparison {
    /// The recordings have no common tick.
    Apart,
    /// All common ticks are the same.
    Same { from: Tick, to: Tick },
    /// The worlds differed before the first common tick.
    Before(Tick),
    /// The first tick that differs.
    Tick(Box<[TickRecord; 2]>),
    /// The hashes are the same, but the saved worlds differ.
    Keyframe(SavedWorlds),
}

/// Finds the first difference.
pub(super) fn compare(
    one: &mut RecordingFiles,
    other: &mut RecordingFiles,
) -> Result<FileComparison, ReplayError> {
    let Some((from, to)) = common(one, other) else {
        return Ok(FileComparison::Apart);
    };
    let mut one = TickStream::begin(one, from);
    let mut other = TickStream::begin(other, from);
    let (mut ours, mut theirs) = (one.skip_to(from)?, other.skip_to(from)?);
    if let (Some(ours), Some(theirs)) = (one.before, other.before)
        && ours != theirs
    {
        return Ok(FileComparison::Before(Tick(from.0 - 1)));
    }
    let mut last = Tick(from.0 - 1);
    loop {
        if let (Some((tick, state)), Some((same, saved))) = (&one.keyframe, &other.keyframe)
            && tick == same
            && state != saved
        {
            let (tick, states) = (*tick, [state.clone(), saved.clone()]);
            return Ok(FileComparison::Keyframe(SavedWorlds { tick, states }));
        }
        let (Some(our), Some(their)) = (ours, theirs) else {
            return Ok(FileComparison::Same { from, to: last });
        };
        if our.input != their.input || !our.outcome.agrees(&their.outcome) {
            return Ok(FileComparison::Tick(Box::new([our, their])));
        }
        last = our.tick;
        if last >= to {
            return Ok(FileComparison::Same { from, to: last });
        }
        (ours, theirs) = (one.next()?, other.next()?);
    }
}

/// Returns the first and the last common tick.
fn common(one: &RecordingFiles, other: &RecordingFiles) -> Option<(Tick, Tick)> {
    let ((first, last), (other_first, other_last)) = (one.range()?, other.range()?);
    let (from, to) = (first.max(other_first), last.min(other_last));
    (from <= to).then_some((from, to))
}

/// The ticks of one recording, and the saved world before the last one read.
struct TickStream<'a> {
    items: FileItems<'a>,
    keyframe: Option<(Tick, Vec<u8>)>,
    /// The hash of the tick before the first.
    before: Option<u64>,
}

impl<'a> TickStream<'a> {
    fn begin(files: &'a mut RecordingFiles, from: Tick) -> Self {
        let position = position_before(files, from);
        Self {
            items: files.read_from(position),
            keyframe: None,
            before: None,
        }
    }

    fn next(&mut self) -> Result<Option<TickRecord>, ReplayError> {
        self.keyframe = None;
        loop {
            match self.items.next().transpose()? {
                None => return Ok(None),
                Some(Item::Keyframe { tick, state }) => self.keyframe = Some((tick, state)),
                Some(Item::Tick(record)) => return Ok(Some(record)),
            }
        }
    }

    fn skip_to(&mut self, from: Tick) -> Result<Option<TickRecord>, ReplayError> {
        loop {
            let record = self.next()?;
            if let Some((tick, state)) = &self.keyframe
                && tick.0 + 1 == from.0
            {
                self.before = SavedState::parse(state).ok().map(|state| state.hash);
            }
            match record {
                Some(record) if record.tick < from => {
                    if record.tick.0 + 1 == from.0 {
                        self.before = record.outcome.hash().or(self.before);
                    }
                }
                record => return Ok(record),
            }
        }
    }
}

/// Returns the position from which the tick before `from` is read first, if it was recorded.
fn position_before(files: &RecordingFiles, from: Tick) -> FilePosition {
    let before = Tick(from.0.saturating_sub(1));
    files.chunk_of(before).unwrap_or_else(|| files.before(before))
}

/// The worlds that the two files saved after the same tick.
pub(super) struct SavedWorlds {
    pub(super) tick: Tick,
    pub(super) states: [Vec<u8>; 2],
}

/// Returns the first saved worlds at or after `tick` that the files have for the same tick.
pub(super) fn next_keyframes(
    one: &mut RecordingFiles,
    other: &mut RecordingFiles,
    tick: Tick,
) -> Result<Option<SavedWorlds>, ReplayError> {
    let both = one
        .keyframes()
        .filter(|place| place.tick() >= tick)
        .find_map(|place| {
            let same = other.keyframes().find(|same| same.tick() == place.tick());
            same.map(|same| (place, same))
        });
    let Some((ours, theirs)) = both else {
        return Ok(None);
    };
    let states = [saved_at(one, ours)?, saved_at(other, theirs)?];
    Ok(match states {
        [Some(one), Some(other)] => Some(SavedWorlds {
            tick: ours.tick(),
            states: [one, other],
        }),
        _ => None,
    })
}

/// Reads the saved world at a position.
fn saved_at(files: &mut RecordingFiles, position: FilePosition) -> Result<Option<Vec<u8>>, ReplayError> {
    match files.read_from(position).next().transpose()? {
        Some(Item::Keyframe { state, .. }) => Ok(Some(state)),
        Some(Item::Tick(_)) | None => Ok(None),
    }
}

//! Reads the content of a recording, item by item: ticks and saved worlds. Reports damage where it
//! is reached.

use std::{
    io::{Read, Seek},
    vec,
};

use parlour_shared::ids::Tick;

use super::{
    CHAIN_BYTES, Flaw, Item, MAX_KEYFRAME, Outcome, ReadError, ReadPosition, Recording, TickRecord,
    chain::Chain,
    checked_chunk::read_chunk,
    chunk::{ChunkHead, ChunkKind, unpack},
    table::{ChunkEntry, TableEnd, read_at},
    ticks,
};

/// Reads items from a position. Ends after an error, and after the last whole chunk;
/// [`Recording::ending`] says what follows that.
pub struct Items<'a, R> {
    recording: &'a mut Recording<R>,
    nth: usize,
    /// The chain up to here. `None` before the first chunk: it is then read from the file.
    chain: Option<Chain>,
    /// The remaining ticks of the current chunk.
    ticks: vec::IntoIter<TickRecord>,
    panicked: bool,
    /// The pieces so far of the saved world being read.
    state: Vec<u8>,
    raw: Vec<u8>,
    done: bool,
}

impl<R: Read + Seek> Recording<R> {
    /// Reads from a position to the end, with one chunk in memory at a time.
    pub fn read_from(&mut self, position: ReadPosition) -> Items<'_, R> {
        Items::new(self, position)
    }
}

impl<'a, R: Read + Seek> Items<'a, R> {
    fn new(recording: &'a mut Recording<R>, position: ReadPosition) -> Self {
        Self {
            recording,
            nth: position.nth,
            chain: None,
            ticks: Vec::new().into_iter(),
            panicked: false,
            state: Vec::new(),
            raw: Vec::new(),
            done: false,
        }
    }

    fn step(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            if let Some(record) = self.ticks.next() {
                return Ok(Some(Item::Tick(record)));
            }
            let Some(entry) = self.recording.table.entries.get(self.nth).copied() else {
                return self.stop();
            };
            if let Some(keyframe) = self.chunk(&entry)? {
                return Ok(Some(keyframe));
            }
        }
    }

    /// Reads the next chunk. Returns the saved world that it completes, if any.
    fn chunk(&mut self, entry: &ChunkEntry) -> Result<Option<Item>, ReadError> {
        let offset = self.recording.offset(self.nth);
        let damaged = |flaw: Flaw| ReadError::damaged(offset, &flaw);
        let before = match self.chain {
            Some(chain) => chain,
            None => {
                self.recording.header().check_messages()?;
                Chain(read_at(&mut self.recording.file, offset - CHAIN_BYTES as u64)?)
            }
        };
        let (head, body, after) = read_chunk(&mut self.recording.file, offset, before)?;
        self.nth += 1;
        if ChunkEntry::of(&head, offset) != *entry
            || offset + head.chunk_bytes() != self.recording.offset(self.nth)
        {
            return Err(damaged("the index disagrees with this chunk".into()));
        }
        self.chain = Some(after);
        unpack(&head, &body, &mut self.raw).map_err(damaged)?;
        match head.kind {
            ChunkKind::Ticks => self.ticks(&head).map_err(damaged).map(|()| None),
            ChunkKind::Keyframe => self.piece(&head).map_err(damaged),
            ChunkKind::Header | ChunkKind::End | ChunkKind::Index => Ok(None),
        }
    }

    fn ticks(&mut self, head: &ChunkHead) -> Result<(), Flaw> {
        if self.panicked {
            return Err("a tick after one that panicked".into());
        }
        let ticks = ticks::open(head, self.recording.header().state.len(), &self.raw)?;
        self.panicked = ticks
            .last()
            .is_some_and(|record| record.outcome == Outcome::Panicked);
        self.ticks = ticks.into_iter();
        Ok(())
    }

    fn piece(&mut self, head: &ChunkHead) -> Result<Option<Item>, Flaw> {
        // The index does not contain the lengths of the pieces, so their sum was not checked
        // before.
        if self.state.len() + self.raw.len() > MAX_KEYFRAME {
            return Err(format!("a saved world of more than {MAX_KEYFRAME} bytes").into());
        }
        self.state.extend_from_slice(&self.raw);
        Ok(head.is_last().then(|| Item::Keyframe {
            tick: Tick(head.first_tick),
            state: std::mem::take(&mut self.state),
        }))
    }

    fn stop(&self) -> Result<Option<Item>, ReadError> {
        match &self.recording.table.stop {
            TableEnd::Damaged(why) => Err(ReadError::damaged(self.recording.table.end, why)),
            TableEnd::Ended | TableEnd::Cut(_) => Ok(None),
        }
    }
}

impl<R: Read + Seek> Iterator for Items<'_, R> {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.step().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use parlour_sim::SimConfig;

    use super::{super::*, *};
    use crate::Header;

    /// The zeros are never written to, so the test does not use a gigabyte of memory.
    #[test]
    fn a_saved_world_above_the_maximum_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        for (before, fits) in [(MAX_KEYFRAME - 5, true), (MAX_KEYFRAME - 4, false)] {
            let header = Header::new(&SimConfig::new(vec![]), vec![], 1, 0, "");
            let mut writer = FileWriter::new(Cursor::new(Vec::new()), &header)?;
            for piece in seal_keyframe(Tick(5), 0, b"world")? {
                writer.chunk(&piece)?;
            }
            writer.end(EndReason::Stopped, "")?;
            let mut recording = Recording::new(writer.into_inner())?;
            let beginning = recording.beginning();
            let mut items = recording.read_from(beginning);
            items.state = vec![0; before];
            match items.next() {
                Some(Ok(Item::Keyframe { state, .. })) => assert!(fits && state.len() == MAX_KEYFRAME),
                Some(Err(error)) => assert!(!fits && error.to_string().contains("saved world of more than")),
                other => panic!("{other:?}"),
            }
        }
        Ok(())
    }
}

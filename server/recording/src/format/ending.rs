//! How a recording ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Flaw, MAX_END_TEXT,
    chunk::{ChunkHead, ChunkKind, SealedChunk, store},
};

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The server stopped, or recording was stopped.
    Stopped,
    /// It continues in a new file.
    Rotated,
    /// The disk was full.
    DiskFull,
    /// The disk failed in some other way.
    DiskError,
    /// The disk or the recorder did not keep up.
    TooSlow,
    /// A tick panicked.
    Panicked,
}

/// How a file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an end chunk.
    Ended {
        /// Why.
        reason: EndReason,
        /// A short explanation. May be empty.
        text: String,
    },
    /// Without an end chunk: the program died or is still recording, or the file was cut.
    Cut {
        /// Where the last whole chunk ends.
        offset: u64,
        /// What follows it instead of a chunk.
        why: String,
    },
    /// With invalid bytes.
    Damaged {
        /// Where the invalid chunk starts.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl Ending {
    /// Returns whether its last tick panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        let panicked = EndReason::Panicked;
        matches!(self, Self::Ended { reason, .. } if *reason == panicked)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "stopped",
            Self::Rotated => "rotated",
            Self::DiskFull => "disk full",
            Self::DiskError => "disk error",
            Self::TooSlow => "too slow",
            Self::Panicked => "panicked",
        })
    }
}

/// What the end chunk contains, as JSON.
#[derive(Serialize, Deserialize)]
struct EndChunk {
    reason: EndReason,
    text: String,
}

/// Makes the end chunk. A long text is cut off.
pub(super) fn seal(last_tick: u32, wall_ms: u64, reason: EndReason, text: &str) -> SealedChunk {
    let text = &text[..text.floor_char_boundary(MAX_END_TEXT)];
    let content = EndChunk {
        reason,
        text: text.to_owned(),
    };
    let head = ChunkHead {
        kind: ChunkKind::End,
        flags: 0,
        first_tick: last_tick,
        ticks: 0,
        wall_ms,
        raw_len: 0,
        body_len: 0,
    };
    let json = serde_json::to_vec(&content).expect("a word and a text serialize to JSON");
    store(head, &json)
}

pub(super) fn open(raw: &[u8]) -> Result<Ending, Flaw> {
    let content: EndChunk =
        serde_json::from_slice(raw).map_err(|error| format!("an end chunk that cannot be read: {error}"))?;
    Ok(Ending::Ended {
        reason: content.reason,
        text: content.text,
    })
}

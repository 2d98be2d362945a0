//! How a recording ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Flaw, MAX_END_TEXT,
    chunk::{Head, Kind, Sealed, store},
};

/// Why a recording was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The server stopped, or was asked to stop recording.
    Stopped,
    /// It goes on in another file.
    Rotated,
    /// No room for more.
    DiskFull,
    /// The disk failed, other than by being full.
    DiskError,
    /// The disk or the recorder did not keep up.
    TooSlow,
    /// A tick panicked.
    Panicked,
}

/// How a file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Ended {
        /// Why.
        reason: EndReason,
        /// A few words about it; may be empty.
        text: String,
    },
    /// Without an end marker: the program died, or is still recording, or the file was cut.
    Cut {
        /// Where the last whole chunk ends.
        offset: u64,
        /// What is there instead of the next.
        why: String,
    },
    /// Something that no recorder wrote.
    Damaged {
        /// Where the chunk begins that is not one.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl Ending {
    /// Whether its last tick panicked.
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

#[derive(Serialize, Deserialize)]
struct Marker {
    reason: EndReason,
    text: String,
}

/// The end marker; a long text is cut off.
pub(super) fn seal(last_tick: u32, wall_ms: u64, reason: EndReason, text: &str) -> Sealed {
    let text = &text[..text.floor_char_boundary(MAX_END_TEXT)];
    let marker = Marker {
        reason,
        text: text.to_owned(),
    };
    let head = Head {
        kind: Kind::End,
        flags: 0,
        first_tick: last_tick,
        ticks: 0,
        wall_ms,
        raw_len: 0,
        body_len: 0,
    };
    let json = serde_json::to_vec(&marker).expect("a word and a text are JSON");
    store(head, &json)
}

pub(super) fn open(raw: &[u8]) -> Result<Ending, Flaw> {
    let marker: Marker =
        serde_json::from_slice(raw).map_err(|error| format!("an end marker that cannot be read: {error}"))?;
    Ok(Ending::Ended {
        reason: marker.reason,
        text: marker.text,
    })
}

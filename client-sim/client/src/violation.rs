//! The protocol violations of a server that a client can detect.

use parlour_shared::{
    codec::CodecError,
    ids::{Epoch, Tick},
    snapshot::SnapshotError,
    view::ViewError,
};

use crate::{prediction::Mismatch, sequence_check::StampError};

/// A breach of the protocol or its guarantees by the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The bytes are not a message.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The bytes are not a snapshot.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The snapshot does not fit the ones before it.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A snapshot while the player is in no room.
    #[error("snapshot outside of a room")]
    SnapshotOutside,
    /// The view does not contain the player itself.
    #[error("the player is not in its own view at tick {0:?}")]
    OwnMissing(Tick),
    /// The tick is higher than any that a room reaches.
    #[error("tick {0:?} is out of range")]
    TickRange(Tick),
    /// The player's own motion does not follow from commands and walls.
    #[error(transparent)]
    Prediction(#[from] Mismatch),
    /// A reliable message is missing or arrived twice.
    #[error(transparent)]
    Stamp(#[from] StampError),
    /// A message other than the welcome before the welcome.
    #[error("a message before the welcome")]
    BeforeWelcome,
    /// A second welcome.
    #[error("a second welcome")]
    SecondWelcome,
    /// The player entered a room while in a different one, or left a room that it was not in.
    #[error("room order: in epoch {present:?}, the server names epoch {named:?}")]
    RoomOrder {
        /// The room that the client is in, or `None` outside of a room.
        present: Option<Epoch>,
        /// The room that the server names.
        named: Epoch,
    },
    /// The dimensions of the map are out of bounds.
    #[error("map {0:?} has dimensions that are out of bounds")]
    Map(String),
    /// A snapshot as JSON in the binary protocol.
    #[error("a snapshot in JSON form")]
    SnapshotForm,
    /// A WebSocket message of a type that the binary protocol does not use.
    #[error("text in the binary protocol")]
    Text,
}

impl Violation {
    /// Returns a short name for counting.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Codec(_) => "codec",
            Self::Snapshot(_) => "snapshot",
            Self::View(ViewError::WrongStay { .. }) => "wrong_stay",
            Self::View(ViewError::TickNotLater { .. }) => "tick_not_later",
            Self::View(ViewError::UnknownBase { .. }) => "unknown_base",
            Self::View(ViewError::AlreadyKnown(_)) => "enter_of_known_slot",
            Self::View(ViewError::Unknown(_)) => "news_of_unknown_slot",
            Self::View(ViewError::TurnTooOld(_)) => "turn_too_old",
            Self::View(ViewError::WrongKind(_)) => "wrong_kind",
            Self::SnapshotOutside => "snapshot_outside_room",
            Self::OwnMissing(_) => "own_missing",
            Self::TickRange(_) => "tick_range",
            Self::Prediction(Mismatch::Motion { .. }) => "prediction",
            Self::Prediction(Mismatch::InWall(_)) => "own_in_wall",
            Self::Prediction(Mismatch::Ack { .. }) => "acknowledgement",
            Self::Stamp(_) => "stamp",
            Self::BeforeWelcome => "before_welcome",
            Self::SecondWelcome => "second_welcome",
            Self::RoomOrder { .. } => "room_order",
            Self::Map(_) => "map",
            Self::SnapshotForm | Self::Text => "wrong_form",
        }
    }
}

//! The JSON form of messages, for people with a WebSocket tool.

use parlour_shared::{
    codec::{self, CodecError, SNAPSHOT_OPCODE},
    json_forms::JsonForms,
    message::ServerMessage,
    snapshot::{Snapshot, SnapshotError},
    view::{View, ViewError},
};

/// Converts the frames of one connection to JSON. Most snapshots are deltas, so the
/// transcoder keeps the same view as a binary client would.
#[derive(Default)]
pub(super) struct Transcoder {
    view: View,
    snapshot: Snapshot,
}

/// The simulation wrote a frame that no client can decode. This is a bug in the server.
#[derive(Debug, thiserror::Error)]
pub(super) enum TranscodeError {
    #[error("a message does not decode: {0}")]
    Message(#[from] CodecError),
    #[error("a snapshot does not decode: {0}")]
    Snapshot(#[from] SnapshotError),
    #[error("a snapshot does not fit: {0}")]
    View(#[from] ViewError),
}

impl Transcoder {
    /// Returns the JSON form of the next frame. `forms` are those of the world that sent it.
    pub(super) fn transcode(&mut self, payload: &[u8], forms: &JsonForms) -> Result<String, TranscodeError> {
        if payload.first() == Some(&SNAPSHOT_OPCODE) {
            self.snapshot.read(payload)?;
            self.view.apply(&self.snapshot)?;
            let snapshot = self.view.to_json(&self.snapshot, forms);
            return Ok(codec::to_json(&ServerMessage::Snapshot(snapshot)));
        }
        let mut message = codec::decode_server(payload)?;
        match &mut message {
            ServerMessage::RoomEntered(entered) => self.view.enter_room(entered.view),
            ServerMessage::Custom(said) => forms.convert(&said.name, &mut said.body),
            _ => {}
        }
        Ok(codec::to_json(&message))
    }
}

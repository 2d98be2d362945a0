//! The JSON form of a snapshot. It contains every motion in full, so that a person can read a
//! snapshot without the ones before it.

use serde::{Deserialize, Serialize};

use super::View;
use crate::{
    ids::{PlayerId, Slot, Tick},
    message::Body,
    motion::Segment,
    snapshot::{Ack, Snapshot},
};

/// [`Snapshot`] as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotJson {
    /// The state is that of this tick.
    pub tick: Tick,
    /// The tick of the snapshot that it builds on. `None`: the enters are everything visible.
    pub base: Option<Tick>,
    /// The number of the player's stay in a room.
    pub view: u8,
    /// The last command applied, if it is a new one.
    pub ack: Option<Ack>,
    /// The slots of players that are no longer visible.
    pub leaves: Vec<Slot>,
    /// The players that became visible, in full.
    pub enters: Vec<EnterJson>,
    /// The changes to players that stay visible.
    pub updates: Vec<UpdateJson>,
}

/// [`crate::snapshot::Enter`] as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterJson {
    /// Slot.
    pub slot: Slot,
    /// Its player id.
    pub player: PlayerId,
    /// Its name.
    pub name: String,
    /// Its motion.
    pub segment: Segment,
    /// Index into the catalogue of skins.
    pub skin: u16,
    /// Components of plugins.
    pub extras: Vec<ExtraJson>,
}

/// [`crate::snapshot::Update`] as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateJson {
    /// Slot.
    pub slot: Slot,
    /// Its motion from now on, if that changed.
    pub segment: Option<Segment>,
    /// Its skin, if that changed.
    pub skin: Option<u16>,
    /// Components of plugins that changed. Empty body: the component was removed.
    pub extras: Vec<ExtraJson>,
}

/// A component of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraJson {
    /// Index into the names of the welcome.
    pub index: u8,
    /// The component, in the plugin's encoding.
    pub body: Body,
}

impl View {
    /// Returns the JSON form of a snapshot that was just applied to this view.
    #[must_use]
    pub fn to_json(&self, snapshot: &Snapshot) -> SnapshotJson {
        let segment = |slot: Slot| self.segment(slot).unwrap_or_default();
        SnapshotJson {
            tick: snapshot.tick,
            base: snapshot.base,
            view: snapshot.view,
            ack: snapshot.ack,
            leaves: snapshot.leaves.clone(),
            enters: snapshot
                .enters
                .iter()
                .map(|enter| EnterJson {
                    slot: enter.slot,
                    player: enter.player,
                    name: enter.name.clone(),
                    segment: segment(enter.slot),
                    skin: enter.skin,
                    extras: extras(&enter.extras),
                })
                .collect(),
            updates: snapshot
                .updates
                .iter()
                .map(|update| UpdateJson {
                    slot: update.slot,
                    segment: update.motion.map(|_| segment(update.slot)),
                    skin: update.skin,
                    extras: extras(&update.extras),
                })
                .collect(),
        }
    }
}

fn extras(extras: &[(u8, Vec<u8>)]) -> Vec<ExtraJson> {
    extras
        .iter()
        .map(|(index, body)| ExtraJson {
            index: *index,
            body: Body(body.clone()),
        })
        .collect()
}

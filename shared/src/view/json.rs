//! The JSON form of a snapshot. It contains every motion in full, so that a person can read a
//! snapshot without the ones before it.

use serde::{Deserialize, Serialize};

use super::View;
use crate::{
    ids::{Slot, Tick},
    message::Body,
    motion::Segment,
    snapshot::{Ack, Identity, OwnerChange, Snapshot},
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
    /// The slots of entities that are no longer visible.
    pub leaves: Vec<Slot>,
    /// The entities that became visible, in full.
    pub enters: Vec<EnterJson>,
    /// The changes to entities that stay visible.
    pub updates: Vec<UpdateJson>,
}

/// [`crate::snapshot::Enter`] as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterJson {
    /// Slot.
    pub slot: Slot,
    /// The player or object that it is.
    pub identity: Identity,
    /// Its motion.
    pub segment: Segment,
    /// Its components.
    pub components: Vec<ComponentJson>,
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
    /// The components that changed. Empty body: the component was removed.
    pub components: Vec<ComponentJson>,
    /// Its owner, if that changed.
    pub owner: Option<OwnerChange>,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentJson {
    /// Index into the components of its kind.
    pub index: u8,
    /// The component, in the encoding of the game logic.
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
                    identity: enter.identity.clone(),
                    segment: segment(enter.slot),
                    components: components(&enter.components),
                })
                .collect(),
            updates: snapshot
                .updates
                .iter()
                .map(|update| UpdateJson {
                    slot: update.slot,
                    segment: update.motion.map(|_| segment(update.slot)),
                    skin: update.skin,
                    components: components(&update.components),
                    owner: update.owner,
                })
                .collect(),
        }
    }
}

fn components(components: &[(u8, Vec<u8>)]) -> Vec<ComponentJson> {
    components
        .iter()
        .map(|(index, body)| ComponentJson {
            index: *index,
            body: Body(body.clone()),
        })
        .collect()
}

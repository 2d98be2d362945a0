//! The JSON form of a snapshot. It contains every motion in full, so that a person can read a
//! snapshot without the ones before it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::View;
use crate::{
    ids::{KindId, Slot, Tick},
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
    pub components: ComponentsJson,
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
    /// The components that changed.
    pub components: ComponentsJson,
    /// The names of the components that were removed.
    pub removed: Vec<String>,
    /// Its owner, if that changed.
    pub owner: Option<OwnerChange>,
    /// Whether it is dropped, if that changed.
    pub dropped: Option<bool>,
}

/// Components by name, in the order of their indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentsJson(pub Vec<(String, Body)>);

impl Serialize for ComponentsJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, body)| (name, body)))
    }
}

impl<'de> Deserialize<'de> for ComponentsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Components;

        impl<'de> de::Visitor<'de> for Components {
            type Value = ComponentsJson;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("components by name")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<ComponentsJson, A::Error> {
                let mut components = Vec::new();
                while let Some(component) = map.next_entry()? {
                    components.push(component);
                }
                Ok(ComponentsJson(components))
            }
        }

        deserializer.deserialize_map(Components)
    }
}

/// The names of components, and the JSON forms of their values:
/// [`JsonForms`](crate::json_forms::JsonForms).
pub trait ComponentForms {
    /// Returns the name and the value of a component. Without a form, the name is the index, and
    /// the value stays in binary.
    fn component(&self, kind: KindId, index: u8, bytes: &[u8]) -> (String, Body);

    /// Returns the name of a component, or its index if it has none.
    fn component_name(&self, kind: KindId, index: u8) -> String;
}

impl View {
    /// Returns the JSON form of a snapshot that was just applied to this view. `forms` are those of
    /// the world that sent it.
    #[must_use]
    pub fn to_json(&self, snapshot: &Snapshot, forms: &impl ComponentForms) -> SnapshotJson {
        let segment = |slot: Slot| self.segment(slot).unwrap_or_default();
        let kind = |slot: Slot| self.get(slot).map_or(KindId::PLAYER, |seen| seen.identity.kind());
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
                    components: present(forms, enter.identity.kind(), &enter.components),
                })
                .collect(),
            updates: snapshot
                .updates
                .iter()
                .map(|update| UpdateJson {
                    slot: update.slot,
                    segment: update.motion.map(|_| segment(update.slot)),
                    skin: update.skin,
                    components: present(forms, kind(update.slot), &update.components),
                    removed: removed(forms, kind(update.slot), &update.components),
                    owner: update.owner,
                    dropped: update.dropped,
                })
                .collect(),
        }
    }
}

fn present(forms: &impl ComponentForms, kind: KindId, components: &[(u8, Vec<u8>)]) -> ComponentsJson {
    let present = components.iter().filter(|(_, bytes)| !bytes.is_empty());
    let present = present.map(|(index, bytes)| forms.component(kind, *index, bytes));
    ComponentsJson(present.collect())
}

fn removed(forms: &impl ComponentForms, kind: KindId, components: &[(u8, Vec<u8>)]) -> Vec<String> {
    let removed = components.iter().filter(|(_, bytes)| bytes.is_empty());
    removed
        .map(|(index, _)| forms.component_name(kind, *index))
        .collect()
}

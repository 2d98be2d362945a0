//! How the values of game logic are written as JSON, for JSON clients.

use std::{collections::BTreeMap, panic::catch_unwind};

use serde::{Serialize, de::DeserializeOwned};

use crate::{codec, ids::KindId, message::Body, view::ComponentForms};

/// The JSON forms of what game logic sends in one world: messages to players by name, and
/// replicated components by kind and index. Worlds send only the binary forms. The edge converts
/// them for JSON clients.
#[derive(Clone, Debug, Default)]
pub struct JsonForms {
    messages: BTreeMap<&'static str, JsonForm>,
    /// By kind and index.
    components: Vec<Vec<(&'static str, JsonForm)>>,
}

/// The JSON form of a type: a function that converts its binary form.
#[derive(Clone, Copy, Debug)]
pub struct JsonForm(fn(&[u8]) -> Option<String>);

impl JsonForm {
    /// Returns the JSON text. `None`: the value has no JSON form, such as a map whose keys are not
    /// text, or its type panics. The function is code of game logic, whose panic must not end the
    /// thread of the connections.
    fn text(self, bytes: &[u8]) -> Option<String> {
        catch_unwind(|| (self.0)(bytes)).ok().flatten()
    }

    /// Returns the JSON form of a type.
    #[must_use]
    pub fn of<T: Serialize + DeserializeOwned>() -> Self {
        Self(|bytes| {
            let value = codec::decode_bytes::<T>(bytes).ok()?;
            serde_json::to_string(&value).ok()
        })
    }

    /// Returns the JSON form of a replicated component. A component without fields is `true`.
    #[must_use]
    pub fn of_component<T: Serialize + DeserializeOwned>() -> Self {
        Self(|bytes| {
            if bytes == codec::UNIT_COMPONENT && codec::decode::<T>(&[]).is_ok() {
                return Some("true".to_owned());
            }
            let value = codec::decode_component::<T>(bytes).ok()?;
            serde_json::to_string(&value).ok()
        })
    }
}

impl JsonForms {
    /// Returns no forms: all values stay in binary.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: JsonForms = JsonForms {
            messages: BTreeMap::new(),
            components: Vec::new(),
        };
        &NONE
    }

    /// Adds the form of a message to players.
    pub fn add_message(&mut self, name: &'static str, form: JsonForm) {
        self.messages.insert(name, form);
    }

    /// Adds the form of the next component of a kind. The components of a kind must be added in the
    /// order of their indexes.
    pub fn add_component(&mut self, kind: KindId, name: &'static str, form: JsonForm) {
        let kind = usize::from(kind.0);
        if self.components.len() <= kind {
            self.components.resize_with(kind + 1, Vec::new);
        }
        self.components[kind].push((name, form));
    }

    /// Replaces the binary form of the message with this name by its JSON form. A value that has no
    /// JSON form stays as it is.
    pub fn convert(&self, name: &str, body: &mut Body) {
        if let (Some(form), Body::Bytes(bytes)) = (self.messages.get(name), &*body)
            && let Some(text) = form.text(bytes)
        {
            *body = Body::Json(text);
        }
    }
}

impl JsonForms {
    fn find(&self, kind: KindId, index: u8) -> Option<&(&'static str, JsonForm)> {
        self.components.get(usize::from(kind.0))?.get(usize::from(index))
    }
}

impl ComponentForms for JsonForms {
    fn component(&self, kind: KindId, index: u8, bytes: &[u8]) -> (String, Body) {
        let text = self.find(kind, index).and_then(|(_, form)| form.text(bytes));
        let body = text.map_or_else(|| Body::Bytes(bytes.to_vec()), Body::Json);
        (self.component_name(kind, index), body)
    }

    fn component_name(&self, kind: KindId, index: u8) -> String {
        let component = self.find(kind, index);
        component.map_or_else(|| index.to_string(), |(name, _)| (*name).to_owned())
    }
}

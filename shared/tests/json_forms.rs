//! The values of game logic have the same meaning in binary and in JSON. The oracle is serde_json
//! with the same Rust type.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use std::collections::BTreeMap;

use parlour_shared::{
    codec,
    ids::{KindId, PlayerId, Tick},
    json_forms::{JsonForm, JsonForms},
    message::{Body, CustomSaid, ServerMessage},
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    #[serde(rename = "howMany")]
    count: u8,
    offset: i32,
    big: u64,
    small: i64,
    to: Option<PlayerId>,
    name: String,
    letter: char,
    is_gift: bool,
    sides: Vec<Side>,
    pair: (u16, i8),
    stock: BTreeMap<String, u32>,
    nothing: (),
    row: [u8; 3],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    North,
    Angle(u16),
    Both(u8, bool),
    Free { x: i16, inner: Box<Option<Side>> },
}

/// A component without fields.
#[derive(Serialize, Deserialize)]
struct Locked;

fn side() -> impl Strategy<Value = Side> {
    let leaf = prop_oneof![
        Just(Side::North),
        any::<u16>().prop_map(Side::Angle),
        any::<(u8, bool)>().prop_map(|(one, two)| Side::Both(one, two)),
    ];
    leaf.prop_recursive(3, 8, 1, |side| {
        (any::<i16>(), prop::option::of(side)).prop_map(|(x, inner)| Side::Free {
            x,
            inner: Box::new(inner),
        })
    })
}

prop_compose! {
    fn order()(
        (count, offset, big, small) in any::<(u8, i32, u64, i64)>(),
        to in prop::option::of(any::<u32>()),
        name in "\\PC{0,12}",
        (letter, is_gift, pair, row) in any::<(char, bool, (u16, i8), [u8; 3])>(),
        sides in prop::collection::vec(side(), 0..4),
        stock in prop::collection::btree_map("[a-zé\"\\\\]{0,4}", any::<u32>(), 0..4),
    ) -> Order {
        let to = to.map(PlayerId);
        Order { count, offset, big, small, to, name, letter, is_gift, sides, pair, stock, nothing: (), row }
    }
}

fn encoded(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(value, &mut bytes);
    bytes
}

fn forms() -> JsonForms {
    let mut forms = JsonForms::default();
    forms.add_message("order", JsonForm::of::<Order>());
    forms.add_message("grid", JsonForm::of::<BTreeMap<(u8, u8), u8>>());
    forms
}

fn said(name: &str, body: Vec<u8>) -> CustomSaid {
    CustomSaid {
        tick: Tick(1),
        player: None,
        name: name.into(),
        body: Body::Bytes(body),
    }
}

proptest! {
    #[test]
    fn both_forms_of_a_body_are_read_as_the_same_value(order in order()) {
        let binary = Body::Bytes(encoded(&order));
        let json = Body::Json(serde_json::to_string_pretty(&order).unwrap());
        prop_assert_eq!(codec::decode_body::<Order>(&binary), Ok(order.clone()));
        prop_assert_eq!(codec::decode_body::<Order>(&json), Ok(order));
    }

    #[test]
    fn a_message_of_game_logic_is_written_as_its_json(order in order()) {
        let mut said = said("order", encoded(&order));
        forms().convert(&said.name, &mut said.body);
        prop_assert_eq!(said.decode::<Order>(), Ok(order.clone()));
        let json = codec::to_json(&ServerMessage::Custom(said));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&json["custom"]["body"], &serde_json::to_value(&order).unwrap());
    }

    #[test]
    fn any_text_is_a_value_or_an_error(text in "\\PC{0,60}", order in order(), at: prop::sample::Index, byte in 0x20..0x7f_u8) {
        let _ = codec::decode_body::<Order>(&Body::Json(text));
        let mut bytes = serde_json::to_string(&order).unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let read = codec::decode_body::<Order>(&Body::Json(text.clone())).ok();
            // Without unknown fields, it is what serde_json reads.
            prop_assert!(read.is_none() || read == serde_json::from_str(&text).ok());
        }
    }
}

#[test]
fn a_message_without_a_json_form_stays_in_binary() {
    let grid = BTreeMap::from([((1_u8, 2_u8), 3_u8)]);
    for (name, body) in [("grid", encoded(&grid)), ("unknown", vec![7]), ("order", vec![1])] {
        let mut said = said(name, body.clone());
        forms().convert(&said.name, &mut said.body);
        assert_eq!(said.body, Body::Bytes(body), "{name}");
    }
    let mut said = said("unknown", vec![0x0a, 0xff]);
    forms().convert(&said.name, &mut said.body);
    let json = codec::to_json(&ServerMessage::Custom(said));
    assert!(json.contains(r#""body":{"bytes":"0aff"}"#), "{json}");
}

#[test]
fn components_have_their_names_and_values() {
    use parlour_shared::{
        motion::{Gait, Position},
        snapshot::{Enter, Identity, ObjectIdentity, Snapshot, Update},
        view::View,
    };
    let mut forms = JsonForms::default();
    forms.add_component(KindId(0), "waves", JsonForm::of_component::<u32>());
    forms.add_component(KindId(2), "open", JsonForm::of_component::<bool>());
    forms.add_component(KindId(2), "side", JsonForm::of_component::<Side>());
    forms.add_component(KindId(2), "locked", JsonForm::of_component::<Locked>());
    let door = Enter {
        slot: parlour_shared::ids::Slot::FIRST_OBJECT,
        identity: Identity::Object(ObjectIdentity {
            kind: KindId(2),
            ..ObjectIdentity::default()
        }),
        position: Position::default(),
        gait: Gait::default(),
        components: vec![(0, vec![1]), (1, encoded(&Side::Angle(300))), (2, vec![1])],
    };
    let mut view = View::default();
    view.enter_room(1);
    let full = Snapshot {
        tick: Tick(5),
        view: 1,
        enters: vec![door.clone()],
        ..Snapshot::default()
    };
    view.apply(&full).unwrap();
    let json = serde_json::to_value(view.to_json(&full, &forms)).unwrap();
    let components = &json["enters"][0]["components"];
    assert_eq!(
        components.to_string(),
        r#"{"locked":true,"open":true,"side":{"angle":300}}"#
    );

    let delta = Snapshot {
        tick: Tick(6),
        base: Some(Tick(5)),
        view: 1,
        updates: vec![Update {
            slot: door.slot,
            motion: None,
            skin: None,
            components: vec![(0, vec![0]), (1, vec![])],
            owner: None,
            dropped: None,
        }],
        ..Snapshot::default()
    };
    view.apply(&delta).unwrap();
    let json = serde_json::to_value(view.to_json(&delta, &forms)).unwrap();
    let update = &json["updates"][0];
    assert_eq!(update["components"].to_string(), r#"{"open":false}"#);
    assert_eq!(update["removed"].to_string(), r#"["side"]"#);
}

/// A type whose `Serialize` panics.
#[derive(Deserialize)]
struct Clumsy(u8);

impl Serialize for Clumsy {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("game logic that fails for {}", self.0)
    }
}

#[test]
fn a_value_whose_type_panics_stays_in_binary() {
    let mut forms = JsonForms::default();
    forms.add_message("clumsy", JsonForm::of::<Clumsy>());
    let mut body = Body::Bytes(vec![7]);
    forms.convert("clumsy", &mut body);
    assert_eq!(body, Body::Bytes(vec![7]));
}

//! JSON objects in which no key occurs twice. Two programs that read `{"sub":"a","sub":"b"}` may
//! see different users, so such an object is not a valid part of a token.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::AuthFault;

/// Parses an object. serde_json limits the depth to 128, and refuses bytes after the end.
pub(super) fn parse(bytes: &[u8]) -> Result<Map<String, Value>, AuthFault> {
    REPEATED.set(false);
    match serde_json::from_slice(bytes) {
        Ok(Unique(Value::Object(object))) => Ok(object),
        Err(_) if REPEATED.get() => Err(AuthFault::Repeated),
        Ok(_) | Err(_) => Err(AuthFault::Malformed),
    }
}

thread_local! {
    /// Whether the parser of this thread stopped at a key that occurs twice. The errors of
    /// serde_json have only a text.
    static REPEATED: Cell<bool> = const { Cell::new(false) };
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without repeated keys")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if object.insert(key, value).is_some() {
                REPEATED.set(true);
                return Err(A::Error::custom("a key occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_occur_once_in_each_object() {
        let text = br#"{"a":[{"b":1},{"b":2.5}],"c":{"a":null,"b":"x"},"d":true,"e":-1}"#;
        let object = parse(text).unwrap();
        let expected: Map<String, Value> = serde_json::from_slice(text).unwrap();
        assert_eq!(object, expected);
        for twice in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"\u0061":2}]}"#] {
            assert_eq!(parse(twice.as_bytes()), Err(AuthFault::Repeated), "{twice}");
        }
    }

    #[test]
    fn other_bytes_are_malformed() {
        let deep = "{\"a\":".repeat(1000) + "1" + &"}".repeat(1000);
        for wrong in [
            "",
            "[]",
            "1",
            "{} ,",
            "{}{}",
            "{\"a\":1e400}",
            "{\"a\":NaN}",
            "\u{feff}{}",
            &deep,
        ] {
            assert_eq!(parse(wrong.as_bytes()), Err(AuthFault::Malformed), "{wrong:.20}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}"), Err(AuthFault::Malformed));
    }
}

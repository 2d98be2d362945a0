//! The user that a token describes, and the claims that say so.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{AuthFault, RoomPattern};

/// The maximum length of the id of a user, in bytes.
pub const MAX_USER_BYTES: usize = 128;
/// The maximum number of roles.
pub const MAX_ROLES: usize = 16;
/// The maximum length of a role, in bytes.
pub const MAX_ROLE_BYTES: usize = 32;
/// The maximum number of patterns of rooms.
pub const MAX_ROOM_PATTERNS: usize = 32;
/// The maximum number of limits.
pub const MAX_LIMITS: usize = 8;

/// A user, as its token describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The id of the user: the claim `sub`.
    pub user: String,
    /// The name: `name` in the claim `parlour`, or else the claim `name`. It is not cleaned yet.
    pub name: Option<String>,
    /// The roles, such as `moderator`: `A-Z a-z 0-9 . _ : -`.
    pub roles: Vec<String>,
    /// The rooms that the user may join. `None`: all.
    pub rooms: Option<Vec<RoomPattern>>,
    /// Limits for this user, by name.
    pub limits: BTreeMap<String, u32>,
    /// When the token expires, in seconds since 1970, without leeway.
    pub expires: u64,
}

impl Identity {
    /// Reads what the claims say about the player. An unknown member of the claim `parlour` is a
    /// fault: with a misspelt `rooms`, the token would grant all rooms.
    pub(super) fn read(user: String, expires: u64, claims: &Map<String, Value>) -> Result<Self, AuthFault> {
        let mut identity = Self {
            user,
            name: text(claims.get("name"))?,
            roles: Vec::new(),
            rooms: None,
            limits: BTreeMap::new(),
            expires,
        };
        let own = match claims.get("parlour") {
            None => return Ok(identity),
            Some(own) => own.as_object().ok_or(AuthFault::Claims)?,
        };
        for (key, value) in own {
            match key.as_str() {
                "name" => identity.name = text(Some(value))?,
                "roles" => identity.roles = list(value, MAX_ROLES, role)?,
                "rooms" => identity.rooms = Some(list(value, MAX_ROOM_PATTERNS, pattern)?),
                "limits" => identity.limits = limits(value)?,
                _ => return Err(AuthFault::Claims),
            }
        }
        Ok(identity)
    }
}

/// Returns whether a text can be the id of a user. Log lines contain it.
pub(super) fn is_user(text: &str) -> bool {
    (1..=MAX_USER_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn text(value: Option<&Value>) -> Result<Option<String>, AuthFault> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(AuthFault::Claims),
    }
}

fn list<T>(value: &Value, most: usize, read: fn(&str) -> Option<T>) -> Result<Vec<T>, AuthFault> {
    let items = value.as_array().filter(|items| items.len() <= most);
    let items = items.ok_or(AuthFault::Claims)?.iter();
    items
        .map(|item| item.as_str().and_then(read).ok_or(AuthFault::Claims))
        .collect()
}

fn role(text: &str) -> Option<String> {
    is_word(text).then(|| text.to_owned())
}

fn pattern(text: &str) -> Option<RoomPattern> {
    text.parse().ok()
}

fn limits(value: &Value) -> Result<BTreeMap<String, u32>, AuthFault> {
    let limits = value.as_object().filter(|limits| limits.len() <= MAX_LIMITS);
    let limits = limits.ok_or(AuthFault::Claims)?.iter();
    limits
        .map(|(name, limit)| {
            let limit = limit.as_u64().and_then(|limit| u32::try_from(limit).ok());
            let limit = limit.filter(|_| is_word(name)).ok_or(AuthFault::Claims)?;
            Ok((name.clone(), limit))
        })
        .collect()
}

fn is_word(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=MAX_ROLE_BYTES).contains(&text.len()) && text.bytes().all(is_fit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Result<Identity, AuthFault> {
        Identity::read("ada".to_owned(), 9, claims.as_object().unwrap())
    }

    #[test]
    fn the_claim_parlour_has_name_roles_rooms_and_limits() {
        let identity = read(json!({
            "name": "Ada Lovelace",
            "parlour": {"name": "Ada", "roles": ["moderator"], "rooms": ["plaza/*"], "limits": {"sessions": 2}},
        }));
        let expected = Identity {
            user: "ada".to_owned(),
            name: Some("Ada".to_owned()),
            roles: vec!["moderator".to_owned()],
            rooms: Some(vec!["plaza/*".parse().unwrap()]),
            limits: BTreeMap::from([("sessions".to_owned(), 2)]),
            expires: 9,
        };
        assert_eq!(identity, Ok(expected));
        let plain = read(json!({"name": "Ada", "roles": 7})).unwrap();
        assert_eq!((plain.name.as_deref(), plain.rooms), (Some("Ada"), None));
    }

    #[test]
    fn claims_of_a_wrong_form_are_refused() {
        for wrong in [
            json!({"name": 1}),
            json!({"parlour": []}),
            json!({"parlour": null}),
            json!({"parlour": {"room": ["plaza"]}}),
            json!({"parlour": {"rooms": "plaza"}}),
            json!({"parlour": {"rooms": ["Plaza"]}}),
            json!({"parlour": {"rooms": vec!["plaza"; 33]}}),
            json!({"parlour": {"roles": ["a b"]}}),
            json!({"parlour": {"roles": [""]}}),
            json!({"parlour": {"roles": ["x".repeat(33)]}}),
            json!({"parlour": {"roles": vec!["x"; 17]}}),
            json!({"parlour": {"limits": {"sessions": -1}}}),
            json!({"parlour": {"limits": {"sessions": 1.5}}}),
            json!({"parlour": {"limits": {"a b": 1}}}),
        ] {
            assert_eq!(read(wrong.clone()), Err(AuthFault::Claims), "{wrong}");
        }
    }

    #[test]
    fn the_id_of_a_user_has_1_to_128_bytes_and_no_control_character() {
        assert!(is_user("auth0|5f7c") && is_user(&"x".repeat(128)) && is_user("ä ö"));
        assert!(!is_user("") && !is_user(&"x".repeat(129)) && !is_user("a\nb") && !is_user("a\u{85}"));
    }
}

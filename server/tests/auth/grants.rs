//! A token may grant only some rooms.

use parlour::auth::NewToken;
use parlour_shared::message::{ClientMessage, Join, JoinMode, Refusal, Reserve, ServerMessage};

use crate::{
    support::raw_client::RawClient,
    tokens::{Guarded, guarded},
};

fn with_rooms(guarded: &Guarded, patterns: &[&str]) -> RawClient {
    let token = patterns.iter().fold(NewToken::of_user("ada"), |token, pattern| {
        token.room(pattern.parse().unwrap())
    });
    guarded.player(&guarded.sign(&token))
}

/// Sends a join. Returns the refusal, or the name of the room.
fn join(
    client: &mut RawClient,
    room: &str,
    mode: JoinMode,
    ticket: Option<String>,
) -> Result<String, Refusal> {
    client.send(&ClientMessage::Join(Join {
        mode,
        ticket,
        ..Join::room(7, room)
    }));
    client.wait_for(|message| match message {
        ServerMessage::RoomEntered(entered) => Some(Ok(entered.room)),
        ServerMessage::Refused(refused) => Some(Err(refused.refusal)),
        _ => None,
    })
}

#[test]
fn a_join_of_a_room_that_is_not_granted_is_refused() {
    let guarded = guarded("grants", |_| {});
    let mut client = with_rooms(&guarded, &["plaza/1"]);
    for (room, mode) in [
        ("plaza", JoinMode::Enter),
        ("plaza/2", JoinMode::Existing),
        ("plaza", JoinMode::Any),
        ("no-such-type", JoinMode::Enter),
    ] {
        let refused = join(&mut client, room, mode, None);
        assert_eq!(refused, Err(Refusal::Forbidden), "{room} {mode:?}");
    }
    assert_eq!(
        join(&mut client, "plaza/1", JoinMode::Enter, None),
        Ok("plaza/1".to_owned())
    );
}

#[test]
fn new_rooms_need_a_grant_for_the_whole_type() {
    let guarded = guarded("type_grants", |_| {});
    let mut client = with_rooms(&guarded, &["plaza/*"]);
    assert!(join(&mut client, "plaza", JoinMode::Private, None).is_ok());
    assert!(join(&mut client, "plaza", JoinMode::New, None).is_ok());
    assert_eq!(
        join(&mut client, "plaza", JoinMode::Enter, None),
        Ok("plaza".to_owned())
    );
}

#[test]
fn reserved_seats_are_for_granted_rooms_only() {
    let guarded = guarded("seat_grants", |_| {});
    let reserve = |client: &mut RawClient, room: &str| {
        client.send(&ClientMessage::Reserve(Reserve {
            request: 8,
            seats: 2,
            room: room.to_owned(),
            ..Reserve::default()
        }));
        client.wait_for(|message| match message {
            ServerMessage::Reserved(reserved) => Some(Ok(reserved.ticket)),
            ServerMessage::Refused(refused) => Some(Err(refused.refusal)),
            _ => None,
        })
    };
    let mut one = with_rooms(&guarded, &["plaza/1"]);
    assert_eq!(reserve(&mut one, "plaza/2"), Err(Refusal::Forbidden));
    let ticket = reserve(&mut one, "plaza/1").unwrap();
    let mut other = with_rooms(&guarded, &["plaza/2"]);
    let refused = join(&mut other, "plaza/2", JoinMode::Enter, Some(ticket.clone()));
    assert_eq!(refused, Err(Refusal::Forbidden), "the seats are in plaza/1");
    assert!(join(&mut one, "plaza/1", JoinMode::Enter, Some(ticket)).is_ok());
}

#[test]
fn without_the_claim_all_rooms_are_granted_and_with_an_empty_list_none() {
    let guarded = guarded("all_or_none", |_| {});
    let mut all = guarded.player(&guarded.token("ada"));
    assert!(join(&mut all, "plaza/9", JoinMode::Enter, None).is_ok());
    let now = parlour::auth::unix_seconds(std::time::SystemTime::now());
    let claims = serde_json::json!({
        "sub": "eve", "iss": "parlour", "aud": "parlour", "exp": now + 60, "parlour": {"rooms": []},
    });
    let mut none = guarded.player(&guarded.key.sign_claims("JWT", &claims).unwrap());
    assert_eq!(
        join(&mut none, "plaza", JoinMode::Enter, None),
        Err(Refusal::Forbidden)
    );
}

//! The ways to join a room, and the reasons to be refused.

use std::collections::BTreeSet;

use parlour_client::{Command, JoinRequest, Refusal};

use crate::{
    games::{TOO_DARK, start},
    visitor::Visitor,
};

#[tokio::test]
async fn a_mode_decides_which_room_is_entered() {
    let server = start(|_| {});
    let mut ann = Visitor::open(&server, "ann").await;
    let missing = ann.ask(Command::join(JoinRequest::existing("tag/7"))).await;
    assert_eq!(missing, Some(Refusal::NoSuchRoom));
    assert_eq!(ann.enter("tag/7").await, "tag/7");

    let mut bob = Visitor::open(&server, "bob").await;
    assert_eq!(bob.enter(JoinRequest::existing("tag/7")).await, "tag/7");
    let again = bob.ask(Command::join("tag/7")).await;
    assert_eq!(again, Some(Refusal::AlreadyThere));

    let mut rooms = BTreeSet::from(["tag/7".to_owned()]);
    assert!(rooms.insert(bob.enter(JoinRequest::new_room("tag")).await));
    assert!(rooms.insert(bob.enter(JoinRequest::new_room("tag")).await));
    let private = bob.enter(JoinRequest::private("tag")).await;
    assert_eq!(private.len(), "tag/".len() + 15, "{private}");
    assert!(rooms.insert(private.clone()));
    // The name is the invitation.
    let mut cal = Visitor::open(&server, "cal").await;
    assert_eq!(cal.enter(JoinRequest::existing(private.as_str())).await, private);
    let unknown = cal.ask(Command::join("zoo")).await;
    assert_eq!(unknown, Some(Refusal::NoSuchRoom));
    bob.wait_to_see(cal.player(), |_| true).await;
}

#[tokio::test]
async fn any_leads_to_the_fullest_room_with_the_properties() {
    let server = start(|_| {});
    let any = |mode: &str| JoinRequest::any("tag").option("mode", mode);
    let mut ann = Visitor::open(&server, "ann").await;
    let classic = ann.enter(any("classic")).await;
    let properties = &ann.connection.client().room().unwrap().entered.properties;
    assert_eq!(properties.len(), 1);
    assert_eq!((&*properties[0].key, &*properties[0].value), ("mode", "classic"));

    // A private room is never found.
    let private = JoinRequest::private("tag").option("mode", "fast");
    let hidden = Visitor::open(&server, "hid").await.enter(private).await;
    let mut bob = Visitor::open(&server, "bob").await;
    let fast = bob.enter(any("fast")).await;
    assert!(fast != classic && fast != hidden);

    // Three more fill the classic room, the next one does not fit.
    let mut guests = Vec::new();
    for _ in 0..3 {
        let mut guest = Visitor::open(&server, "guest").await;
        assert_eq!(guest.enter(any("classic")).await, classic);
        guests.push(guest);
    }
    let mut late = Visitor::open(&server, "late").await;
    let other = late.enter(any("classic")).await;
    assert!(other != classic && other != fast, "{other}");
    let refused = late.ask(Command::join(classic.as_str())).await;
    assert_eq!(refused, Some(Refusal::RoomFull));
    // Without options, the fullest room with a free seat: `fast` gets a second player first.
    let mut second = Visitor::open_in(&server, "second", fast.as_str()).await;
    assert_eq!(late.enter(JoinRequest::any("tag")).await, fast);
    second.wait_to_see(late.player(), |_| true).await;
}

#[tokio::test]
async fn options_are_refused_by_the_type_or_by_its_logic_and_leave_no_room() {
    let server = start(|_| {});
    let mut ann = Visitor::open_in(&server, "ann", "plaza").await;
    let new = |key: &str, value: &str| Command::join(JoinRequest::new_room("tag").option(key, value));
    assert_eq!(ann.ask(new("mode", "wild")).await, Some(Refusal::BadOptions));
    assert_eq!(ann.ask(new("colour", "red")).await, Some(Refusal::BadOptions));
    let declined = ann.ask(new("light", "night")).await;
    assert_eq!(declined, Some(Refusal::Declined { code: TOO_DARK }));
    let named = JoinRequest::enter("tag/dark").option("light", "night");
    let declined = ann.ask(Command::join(named)).await;
    assert_eq!(declined, Some(Refusal::Declined { code: TOO_DARK }));
    let none = ann.ask(Command::join(JoinRequest::existing("tag/dark"))).await;
    assert_eq!(none, Some(Refusal::NoSuchRoom));
    // It is still in its room, and the worlds that were built for it are gone.
    assert_eq!(ann.ask(Command::say("still here")).await, None);
    parlour_testing::eventually("only the shared worlds are left", || {
        crate::games::worlds(&server)
            .iter()
            .all(|world| world["own"] == false)
    });
    assert_eq!(ann.enter("tag/dark").await, "tag/dark");
}

#[tokio::test]
async fn a_locked_room_and_a_full_room_admit_nobody() {
    let server = start(|_| {});
    let mut ann = Visitor::open_in(&server, "ann", "tag/1").await;
    assert_eq!(ann.ask(Command::custom("lock", &()).unwrap()).await, None);
    let mut bob = Visitor::open_in(&server, "bob", "office").await;
    assert_eq!(bob.ask(Command::join("tag/1")).await, Some(Refusal::RoomLocked));
    assert_ne!(bob.enter(JoinRequest::any("tag")).await, "tag/1");
    bob.enter("office").await;

    let _cal = Visitor::open_in(&server, "cal", "office").await;
    let refused = ann.ask(Command::join("office")).await;
    assert_eq!(refused, Some(Refusal::RoomFull));
    assert_eq!(ann.ask(Command::say("still in my room")).await, None);
}

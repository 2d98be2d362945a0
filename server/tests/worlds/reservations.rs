//! A group that reserves seats lands together.

use parlour_client::{Command, JoinRequest, Refusal};
use parlour_testing::eventually;

use crate::{
    games::{start, worlds},
    visitor::Visitor,
};

#[tokio::test]
async fn three_friends_land_together_and_the_fourth_is_refused() {
    let server = start(|_| {});
    let mut ann = Visitor::open_in(&server, "ann", "plaza").await;
    let reserved = ann
        .connection
        .reserve(3, JoinRequest::private("tag"))
        .await
        .unwrap();
    assert_eq!(reserved.expires_ms, 15_000);
    // The one that reserves stays where it is.
    assert_eq!(ann.ask(Command::say("come along")).await, None);

    let ticket = |ticket: &str| JoinRequest::with_ticket("tag", ticket);
    let mut friends = vec![ann];
    for name in ["bob", "cal"] {
        friends.push(Visitor::open_in(&server, name, "plaza").await);
    }
    for friend in &mut friends {
        assert_eq!(friend.enter(ticket(&reserved.ticket)).await, reserved.room);
    }
    let mut dan = Visitor::open_in(&server, "dan", "plaza").await;
    let refused = dan.ask(Command::join(ticket(&reserved.ticket))).await;
    assert_eq!(refused, Some(Refusal::BadTicket));
    let refused = dan.ask(Command::join(ticket("no ticket at all"))).await;
    assert_eq!(refused, Some(Refusal::BadTicket));
    assert_eq!(dan.ask(Command::say("left behind")).await, None);

    let ids: Vec<_> = friends.iter().map(Visitor::player).collect();
    for friend in &mut friends {
        for &id in &ids {
            friend.wait_to_see(id, |_| true).await;
        }
    }
}

#[tokio::test]
async fn reserved_seats_are_taken_from_everyone_else_until_the_ticket_expires() {
    let server = start(|_| {});
    let mut ann = Visitor::open_in(&server, "ann", "tag/1").await;
    let mut bob = Visitor::open_in(&server, "bob", "plaza").await;
    let reserved = bob.connection.reserve(3, "tag/1").await.unwrap();
    assert_eq!(reserved.room, "tag/1");
    let mut cal = Visitor::open(&server, "cal").await;
    assert_eq!(cal.ask(Command::join("tag/1")).await, Some(Refusal::RoomFull));
    // A ticket is good for a room that was locked afterwards.
    let with_ticket = || JoinRequest::with_ticket("tag/1", reserved.ticket.as_str());
    assert_eq!(ann.ask(Command::custom("lock", &()).unwrap()).await, None);
    assert_eq!(cal.enter(with_ticket()).await, "tag/1");
    assert_eq!(
        cal.ask(Command::join(with_ticket())).await,
        Some(Refusal::AlreadyThere)
    );

    let seats = |field: &str| {
        let worlds = worlds(&server);
        let mut rooms = worlds.iter().flat_map(|world| world["rooms"].as_array().unwrap());
        rooms.find(|room| room["name"] == "tag/1").unwrap()[field].as_u64()
    };
    eventually("two seats are reserved", || seats("reserved") == Some(2));
    // The seats are free after 15 s.
    eventually("no seat is reserved", || seats("reserved") == Some(0));
    assert_eq!(seats("players"), Some(2));
    assert_eq!(
        bob.ask(Command::join(with_ticket())).await,
        Some(Refusal::BadTicket)
    );
}

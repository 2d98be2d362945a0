//! A panic of game logic costs its world a moment: it is rebuilt as it was before the tick that
//! panicked. A second panic within ten seconds ends the world. Other worlds go on.

use std::sync::atomic::{AtomicU32, Ordering};

use bevy_ecs::prelude::*;
use parlour::ServerOptions;
use parlour_shared::message::{
    Body, Chat, ClientMessage, Custom, LeaveReason, Refusal, Refused, RoomLeft, ServerMessage,
};
use parlour_sim::{FromPlayer, Logic, SimulationApp, StepSet, TickSchedule};
use parlour_testing::{encoded, eventually};
use serde::Deserialize;

use crate::support::{
    http::status_of,
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

const PANICS: &str = "parlour_world_panics_total{type=\"(main)\"}";
const RESTARTS: &str = "parlour_world_restarts_total{type=\"(main)\"}";
const SYSTEM_PANICS: &str = "parlour_system_panics_total{system=\"edge::logic_panic::explode\"}";
const ENDED: &str = "parlour_worlds_ended_total{type=\"(main)\"}";

/// The body of the `custom` message `explode`.
#[derive(Deserialize)]
struct Explode;

/// Starts a server whose worlds panic when a player wants it.
fn explosive_server(change: impl FnOnce(&mut ServerOptions)) -> TestServer {
    start_with(|options| {
        // A world is rebuilt also without a history.
        options.recording.history = std::time::Duration::ZERO;
        options.logic = Logic::new(|app| {
            app.player_message::<Explode>("explode");
            app.add_systems(TickSchedule, explode.in_set(StepSet::Simulate));
        });
        change(options);
    })
}

fn explode(mut requests: MessageReader<FromPlayer<Explode>>) {
    assert!(requests.read().next().is_none(), "game logic that fails");
}

/// Makes the world of a client panic with request 7.
fn send_explosion(client: &mut RawClient) {
    client.send(&ClientMessage::Custom(Custom {
        request: 7,
        name: "explode".into(),
        body: Body::Bytes(encoded(&())),
    }));
}

/// Waits until the client has left its room because the room ended, and is closed.
#[track_caller]
fn check_room_ended(client: &mut RawClient) {
    let left = client.wait_for(|message| match message {
        ServerMessage::RoomLeft(left) => Some(left),
        _ => None,
    });
    assert!(
        matches!(
            left,
            RoomLeft {
                request: 0,
                reason: LeaveReason::Ended,
                ..
            }
        ),
        "{left:?}"
    );
    assert_eq!(client.close_code_and_reason(), (4104, "room ended".to_owned()));
}

/// Waits until request 7 was refused because the world was rebuilt.
#[track_caller]
fn check_request_lost(client: &mut RawClient) {
    let refused = client.wait_for(|message| match message {
        ServerMessage::Refused(refused) => Some(refused),
        _ => None,
    });
    let expected = Refused {
        request: 7,
        refusal: Refusal::WorldRestarted,
    };
    assert_eq!(refused, expected);
}

#[test]
fn a_world_that_panics_is_rebuilt_and_everyone_stays() {
    let server = explosive_server(|options| options.io_threads = 2);
    let mut players: Vec<RawClient> = (0..4).map(|_| server.player_in_plaza("ann")).collect();
    send_explosion(&mut players[0]);
    check_request_lost(&mut players[0]);
    server.await_metric(RESTARTS, 1.0);
    assert_eq!((server.metric(PANICS), server.metric(ENDED)), (1.0, 0.0));
    // Operators learn which system it was.
    assert_eq!(server.metric(SYSTEM_PANICS), 1.0);
    eventually("the panic is listed", || {
        let worlds = server.get_admin("/worlds");
        worlds.contains(r#""system": "edge::logic_panic::explode""#)
            && worlds.contains(r#""message": "game logic that fails (server/tests/edge/logic_panic.rs:"#)
    });
    // Everyone is still in the same room.
    for player in &mut players {
        player.send(&ClientMessage::Chat(Chat {
            request: 9,
            text: "still here".into(),
            ..Chat::default()
        }));
    }
    for player in &mut players {
        let mut heard = 0;
        while heard < 4 {
            match player.next_message() {
                ServerMessage::Chat(said) => {
                    assert_eq!(said.text, "still here");
                    heard += 1;
                }
                ServerMessage::Accepted(accepted) => assert_eq!(accepted.request, 9),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(server.metric("parlour_players"), 4.0);
    assert_eq!(server.inner.stop().failure, None);
}

#[test]
fn a_world_that_panics_twice_ends_and_nobody_else_notices() {
    let server = explosive_server(|options| options.io_threads = 2);
    let mut players: Vec<RawClient> = (0..4).map(|_| server.player_in_plaza("ann")).collect();
    let mut in_lobby = server.player("bob");
    let mut without_hello = server.websocket("parlour.v1");
    send_explosion(&mut players[0]);
    server.await_metric(RESTARTS, 1.0);
    send_explosion(&mut players[1]);
    check_request_lost(&mut players[1]);
    for player in &mut players {
        check_room_ended(player);
    }
    server.await_metric(ENDED, 1.0);
    assert_eq!(server.metric(PANICS), 2.0);
    assert_eq!(server.inner.failure(), None);
    assert_eq!(status_of(&server.get_admin("/livez")), 200);

    // A new world takes over.
    in_lobby.ping();
    assert_eq!(in_lobby.join("plaza").room, "plaza");
    without_hello.hello("cal");
    without_hello.join("plaza");
    server.await_metric("parlour_players", 2.0);
    assert_eq!(server.inner.stop().failure, None);
}

#[test]
fn a_world_on_a_different_thread_goes_on() {
    let server = explosive_server(|options| options.tick_threads = 2);
    server.await_metric("parlour_worlds", 2.0);
    // New rooms go to the thread with the fewest players.
    let mut ann = server.player("ann");
    ann.join("plaza/a");
    let mut bob = server.player("bob");
    bob.join("plaza/b");
    server.await_metric("parlour_players{thread=\"0\"}", 1.0);
    server.await_metric("parlour_players{thread=\"1\"}", 1.0);
    send_explosion(&mut ann);
    server.await_metric(RESTARTS, 1.0);
    send_explosion(&mut ann);
    check_room_ended(&mut ann);
    bob.send(&ClientMessage::Leave { request: 3 });
    let left = bob.wait_for(|message| match message {
        ServerMessage::RoomLeft(left) => Some(left),
        other => panic!("{other:?}"),
    });
    assert_eq!((left.request, left.reason), (3, LeaveReason::Asked));
}

#[test]
fn a_world_that_panics_in_its_first_tick_does_not_fail_the_server() {
    let worlds = AtomicU32::new(0);
    let server = start_with(|options| {
        options.recording.history = std::time::Duration::ZERO;
        options.logic = Logic::new(move |app| {
            // The server tries the logic in world 0 before it starts.
            let nth = worlds.fetch_add(1, Ordering::Relaxed);
            let panic_once = move || assert!(nth != 1, "too early");
            app.add_systems(TickSchedule, panic_once.in_set(StepSet::Simulate));
        });
    });
    server.await_metric(RESTARTS, 1.0);
    server.player_in_plaza("ann");
    assert_eq!(server.inner.failure(), None);
}

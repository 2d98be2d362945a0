//! Many small worlds are created, listed, and over some time after they are empty.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    time::Duration,
};

use parlour_shared::message::{ClientMessage, Join, ServerMessage};
use parlour_testing::eventually;

use crate::{
    games::{start, worlds},
    support::{raw_client::RawClient, test_server::TestServer},
};

const ROOMS: usize = 200;
const AT_A_TIME: usize = 20;

/// Returns the names of the own worlds.
fn own_worlds(server: &TestServer) -> BTreeSet<String> {
    let worlds = worlds(server);
    let own = worlds.iter().filter(|world| world["own"] == true);
    own.map(|world| world["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Returns what `parlour rooms` prints.
fn printed_rooms(server: &TestServer) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_parlour"))
        .env_clear()
        .args(["rooms", "--admin", &server.inner.admin_addr().to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_hundred_worlds_come_and_go() {
    let server = start(|options| {
        options.recording.history = Duration::ZERO;
        // The clients read nothing while the test waits for others.
        options.edge.heartbeat = Duration::from_secs(300);
    });
    let mut players: Vec<RawClient> = (0..2 * ROOMS).map(|_| server.player("guest")).collect();
    // A world that is not built within 10 s is refused: ask for some at a time.
    for n in 0..players.len() {
        let join = |n: usize| Join::room(1, format!("tag/r{}", n % ROOMS));
        if n.is_multiple_of(AT_A_TIME) {
            for (player, n) in players[n..].iter_mut().zip(n..).take(AT_A_TIME) {
                player.send(&ClientMessage::Join(join(n)));
            }
        }
        let entered = players[n].wait_for(|message| match message {
            ServerMessage::RoomEntered(entered) => Some(entered),
            ServerMessage::Refused(refused) => panic!("{refused:?}"),
            _ => None,
        });
        assert_eq!(entered.room, join(n).room);
    }
    let expected: BTreeSet<String> = (0..ROOMS).map(|n| format!("tag.r{n}")).collect();
    assert_eq!(own_worlds(&server), expected);
    eventually("each room has two players", || {
        let worlds = worlds(&server);
        let own = worlds.iter().filter(|world| world["own"] == true);
        own.filter(|world| world["rooms"][0]["players"] == 2).count() == ROOMS
    });
    let threads: BTreeSet<u64> = worlds(&server)
        .iter()
        .map(|world| world["thread"].as_u64().unwrap())
        .collect();
    assert_eq!(threads.len(), 2, "both tick threads have worlds");
    let printed = printed_rooms(&server);
    for n in 0..ROOMS {
        let room = format!("tag/r{n}");
        let is_printed = printed
            .lines()
            .any(|line| line.split_whitespace().any(|word| word == room));
        assert!(is_printed, "{room} is not in\n{printed}");
    }

    // One of the two leaves: the worlds stay. Then the other one closes its connection.
    let rest = players.split_off(ROOMS);
    for player in &mut players {
        player.send(&ClientMessage::Leave { request: 2 });
        player.wait_for(|message| matches!(message, ServerMessage::RoomLeft(_)).then_some(()));
    }
    assert_eq!(own_worlds(&server).len(), ROOMS);
    drop(rest);
    eventually("all own worlds are over", || own_worlds(&server).is_empty());
    assert!(!printed_rooms(&server).contains("tag/r"));
    server.await_metric("parlour_worlds_ended_total{type=\"tag\"}", ROOMS as f64);
    // The names can be used again.
    assert_eq!(players[0].join("tag/r0").room, "tag/r0");
    assert_eq!(server.inner.stop().failure, None);
}

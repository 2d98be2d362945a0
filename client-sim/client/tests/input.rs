//! The input clock: a heading is sent once, just in time for its tick, and again if necessary.
#![cfg(feature = "connect")]

#[path = "support/peer.rs"]
mod peer;
mod support;

use std::time::Duration;

use parlour_client::{Command, Connection, Direction, Event, JoinError, Options, Position, Slot, Tick};
use parlour_shared::message::{
    ClientMessage, LeaveReason, Move, MoveHeading, Refusal, Refused, ServerMessage,
};
use peer::{Peer, connected};
use support::{encoded, enter_own, entered_in, entered_next, entered_with, left_for, map, snapshot};
use tokio::time::{Instant, pause, resume, timeout};

const TICKS_3: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(5);

/// Sends these messages to the client and makes it read them.
async fn take_in(connection: &mut Connection, peer: &mut Peer, messages: &[Vec<u8>]) {
    for message in messages {
        peer.say(message).await;
        while matches!(connection.next_event().await.expect("open"), Event::Frame { .. }) {}
    }
}

/// Returns a connection in a room, where the player stands, at tick 100.
async fn in_room(options: Options) -> (Connection, Peer) {
    let (mut connection, mut peer) = connected(options).await;
    let here = enter_own(Position::from_px(99, 99));
    let messages = [entered_with(map()), snapshot(1, 100, None, None, &[here])];
    take_in(&mut connection, &mut peer, &messages).await;
    (connection, peer)
}

/// Returns the moves that the server receives in this time. Tokio's clock is paused meanwhile, so
/// the time passes immediately.
async fn moves(connection: &mut Connection, peer: &mut Peer, time: Duration) -> Vec<Move> {
    let drive = async {
        loop {
            connection.next_event().await.expect("open");
        }
    };
    let Err(_) = timeout(time, drive).await;
    resume();
    connection.send(Command::Leave).await.expect("open");
    let mut moves = Vec::new();
    loop {
        match peer.message().await {
            ClientMessage::Move(step) => moves.push(step),
            ClientMessage::Leave { .. } => return moves,
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the number and direction of each move.
fn headings(moves: &[Move]) -> Vec<(u32, Direction)> {
    moves.iter().map(|step| (step.seq, direction_of(step))).collect()
}

fn direction_of(step: &Move) -> Direction {
    match step.heading {
        MoveHeading::Keys { direction, .. } => direction,
        MoveHeading::Angle { .. } => panic!("{step:?}"),
    }
}

#[tokio::test]
async fn a_heading_is_sent_once_and_aimed_at_a_tick() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    pause();
    let before = connection.tick().expect("known");
    connection.steer(Direction::East);
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(1, Direction::East)]);
    let ahead = sent[0].tick.0 - before.0;
    assert!((1..=3).contains(&ahead), "{ahead} ticks ahead");
    take_in(
        &mut connection,
        &mut peer,
        &[snapshot(1, 200, Some(100), Some(1), &[])],
    )
    .await;
    // Steering the same way again sends nothing; a different heading is sent.
    connection.steer(Direction::East);
    pause();
    assert_eq!(moves(&mut connection, &mut peer, LONG).await, []);
    connection.handle().steer(MoveHeading::sprint(Direction::North));
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(2, Direction::North)]);
    assert_eq!(sent[0].heading, MoveHeading::sprint(Direction::North));
}

#[tokio::test]
async fn only_the_last_heading_of_a_tick_is_sent() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    let handle = connection.handle();
    for direction in [Direction::East, Direction::West, Direction::South] {
        handle.steer(direction);
    }
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(1, Direction::South)]);
}

#[tokio::test]
async fn an_unacknowledged_heading_is_sent_again_after_a_second() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    connection.steer(Direction::East);
    pause();
    let sent = moves(&mut connection, &mut peer, Duration::from_millis(500)).await;
    assert_eq!(headings(&sent), [(1, Direction::East)]);
    pause();
    let sent = moves(&mut connection, &mut peer, Duration::from_millis(700)).await;
    assert_eq!(headings(&sent), [(2, Direction::East)]);
}

/// Returns the answer to a command that the server lost.
fn command_lost() -> Vec<u8> {
    encoded(&ServerMessage::Refused(Refused {
        request: 0,
        refusal: Refusal::WorldRestarted,
    }))
}

#[tokio::test]
async fn a_heading_that_the_server_lost_is_sent_again_at_once() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    connection.steer(Direction::East);
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(1, Direction::East)]);
    take_in(&mut connection, &mut peer, &[command_lost()]).await;
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(2, Direction::East)], "once");
    // A refusal of a request says nothing about commands.
    let of_request = ServerMessage::Refused(Refused {
        request: 7,
        refusal: Refusal::WorldRestarted,
    });
    let acknowledged = snapshot(1, 200, Some(100), Some(2), &[]);
    take_in(&mut connection, &mut peer, &[acknowledged, encoded(&of_request)]).await;
    pause();
    assert_eq!(moves(&mut connection, &mut peer, LONG).await, []);
}

#[tokio::test]
async fn a_program_that_sends_its_own_commands_sends_the_lost_one_again_itself() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    connection
        .send(Command::walk(Direction::East))
        .await
        .expect("open");
    take_in(&mut connection, &mut peer, &[command_lost()]).await;
    pause();
    let sent = moves(&mut connection, &mut peer, LONG).await;
    assert_eq!(headings(&sent), [(1, Direction::East)]);
}

#[tokio::test]
async fn a_heading_is_sent_again_in_the_next_room() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    connection.steer(Direction::East);
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(1, Direction::East)]);
    // The next room counts its own ticks.
    let there = enter_own(Position::from_px(50, 50));
    let messages = [
        left_for(LeaveReason::Moved),
        entered_next(2, 7),
        snapshot(2, 8, None, Some(1), &[there]),
    ];
    take_in(&mut connection, &mut peer, &messages).await;
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    assert_eq!(headings(&sent), [(2, Direction::East)]);
    assert!((8..60).contains(&sent[0].tick.0), "aimed at {:?}", sent[0].tick);
}

#[tokio::test]
async fn outside_of_a_room_nothing_is_sent() {
    let (mut connection, mut peer) = connected(Options {
        frames: true,
        ..Options::default()
    })
    .await;
    connection.steer(Direction::East);
    pause();
    assert_eq!(moves(&mut connection, &mut peer, LONG).await, []);
}

#[tokio::test]
async fn a_spectator_sends_no_heading() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    take_in(&mut connection, &mut peer, &[entered_in(Slot::NOBODY, map())]).await;
    connection.steer(Direction::East);
    pause();
    assert_eq!(moves(&mut connection, &mut peer, LONG).await, []);
}

#[tokio::test]
async fn frames_come_sixty_times_a_second_each_for_the_next_tick() {
    let (mut connection, _peer) = in_room(Options {
        frames: true,
        ..Options::default()
    })
    .await;
    pause();
    let started = Instant::now();
    let mut ticks = Vec::new();
    while ticks.len() < 120 {
        if let Event::Frame { tick } = connection.next_event().await.expect("open") {
            let now = connection.tick().expect("known");
            assert!(tick > now && tick.0 - now.0 <= 2, "{tick:?} at {now:?}");
            ticks.push(tick.0);
        }
    }
    let millis = started.elapsed().as_millis();
    assert!((1950..=2050).contains(&millis), "120 frames took {millis} ms");
    assert!(ticks.is_sorted_by(|a, b| a + 1 == *b), "{ticks:?}");
}

#[tokio::test]
async fn a_heading_steered_in_a_frame_is_sent_for_its_tick() {
    let (mut connection, mut peer) = in_room(Options {
        frames: true,
        ..Options::default()
    })
    .await;
    for direction in [Direction::East, Direction::South, Direction::West] {
        pause();
        let tick: Tick = loop {
            if let Event::Frame { tick } = connection.next_event().await.expect("open") {
                break tick;
            }
        };
        connection.steer(direction);
        let sent = moves(&mut connection, &mut peer, TICKS_3).await;
        assert_eq!(
            (sent.len(), sent[0].tick, direction_of(&sent[0])),
            (1, tick, direction)
        );
    }
}

#[tokio::test]
async fn the_players_own_motion_is_predicted_before_the_server_answers() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    let here = connection.position().expect("in the room");
    connection.steer(Direction::East);
    pause();
    let sent = moves(&mut connection, &mut peer, TICKS_3).await;
    let after = connection.client().position_at(sent[0].tick.after(10));
    let after = after.expect("in the room");
    assert_eq!((after.x - here.x, after.y), (6400, here.y), "ten ticks of 640");
}

#[tokio::test]
async fn a_heading_waits_until_the_socket_takes_data_again() {
    let (mut connection, mut peer) = in_room(Options::default()).await;
    let stuck = || Command::say("x".repeat(15_000));
    while timeout(Duration::from_millis(200), connection.send(stuck()))
        .await
        .is_ok()
    {}
    connection.steer(Direction::East);
    let Err(_) = timeout(Duration::from_millis(200), async {
        loop {
            connection.next_event().await.expect("open");
        }
    })
    .await;
    let moved = async {
        loop {
            if let ClientMessage::Move(step) = peer.message().await {
                return step;
            }
        }
    };
    let drive = async {
        loop {
            connection.next_event().await.expect("open");
        }
    };
    let step = tokio::select! {
        step = timeout(LONG, moved) => step.expect("the heading is sent"),
        () = drive => unreachable!(),
    };
    assert_eq!((step.seq, direction_of(&step)), (1, Direction::East));
}

#[tokio::test]
async fn snapshots_during_a_join_count_as_one_although_frames_are_on() {
    let (mut connection, mut peer) = in_room(Options {
        frames: true,
        timeout: Duration::from_millis(400),
        ..Options::default()
    })
    .await;
    let serve = async {
        for tick in 101..113 {
            peer.say(&snapshot(1, tick, Some(tick - 1), None, &[])).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (joined, ()) = tokio::join!(connection.join("other"), serve);
    assert!(matches!(joined, Err(JoinError::TimedOut(_))), "{joined:?}");
    let mut snapshots = 0;
    let Err(_) = timeout(Duration::from_millis(50), async {
        loop {
            let event = connection.next_event().await.expect("open");
            snapshots += u32::from(matches!(event, Event::Snapshot { .. }));
        }
    })
    .await;
    assert_eq!(snapshots, 1);
}

#[tokio::test]
async fn nothing_that_handles_send_or_steer_follows_the_goodbye() {
    let (connection, mut peer) = in_room(Options::default()).await;
    let handle = connection.handle();
    let serve = async {
        assert!(matches!(peer.message().await, ClientMessage::Bye));
        handle.steer(Direction::East);
        handle
            .try_send(Command::Leave)
            .expect_err("the connection is about to end");
        let more = timeout(Duration::from_millis(200), peer.next()).await;
        assert!(more.is_err(), "{more:?}");
        peer.close(1000, "goodbye").await;
    };
    let (closed, ()) = tokio::join!(connection.close(), serve);
    closed.expect("the server said goodbye");
}

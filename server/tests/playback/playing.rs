//! Pause, play and speed.

use std::time::{Duration, Instant};

use parlour_testing::eventually;

use crate::support::{PlaybackServer, RECORDING, Spectator};

#[test]
fn a_pause_stops_it_and_play_continues_from_there() {
    let server = PlaybackServer::paused_at(40);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.order("/play");
    spectator.check_until(&RECORDING, 60);
    let paused = server.order("/pause");
    assert_eq!(paused["paused"], true);
    // Snapshots that are on their way still arrive; then none do.
    while spectator.hears(Duration::from_millis(300)).is_some() {}
    spectator.check(&RECORDING);
    assert_eq!(server.look()["tick"], paused["tick"]);
    assert_eq!(server.http("GET /readyz HTTP/1.1\r\n")[9..12], *"200");
    assert_eq!(server.order("/play")["paused"], false);
    spectator.check_until(&RECORDING, 130);
}

#[test]
fn at_speed_four_four_times_as_many_ticks_pass() {
    let server = PlaybackServer::paused_at(1);
    let mut spectator = Spectator::in_room(&server, "plaza");
    assert_eq!(server.order("/speed?x=4")["speed"], 4.0);
    let began = Instant::now();
    server.order("/play");
    let count = spectator.check_until(&RECORDING, 700);
    let seconds = began.elapsed().as_secs_f64();
    // 700 ticks are 11.7 s as they were lived, 2.9 s now. A machine that is slow makes it longer,
    // not shorter.
    assert!(seconds > 2.0, "{seconds} s");
    assert!(seconds < 9.0, "{seconds} s");
    assert!(count < 400, "several ticks are sent as one: {count}");
    assert_eq!(server.order("/speed?x=0.1")["speed"], 0.1);
    let before = server.look()["tick"].as_u64().unwrap();
    eventually("slow ticks", || {
        server.look()["tick"].as_u64().unwrap() >= before + 3
    });
}

#[test]
fn senseless_requests_are_refused_in_one_line() {
    let server = PlaybackServer::paused_at(40);
    for wrong in [
        "/speed",
        "/speed?x=0",
        "/speed?x=17",
        "/speed?x=NaN",
        "/seek",
        "/seek?to=",
        "/seek?to=yesterday",
        "/seek?to=0",
        "/seek?to=1501",
        "/seek?to=99999999999",
        "/seek?to=2026-01-31T13:00:00Z",
        "/seek?to=%zz",
        "/follow",
    ] {
        let (status, why) = server.refused(wrong);
        assert_eq!(status, 400, "{wrong}: {why}");
    }
    assert_eq!(server.refused("/follow?player=nobody").0, 404);
    assert_eq!(server.ask("GET", "/pause", "").0, 405);
    assert_eq!(server.ask("POST", "", "").0, 405);
    assert_eq!(server.ask("GET", "/nothing", "").0, 404);
    assert_eq!(server.look()["tick"], 40);
}

#[test]
fn web_pages_cannot_steer_it() {
    let server = PlaybackServer::paused_at(40);
    let (status, why) = server.ask("POST", "/play", "origin: https://example.org\r\n");
    assert_eq!((status, why.contains("web page")), (403, true), "{why}");
    for (method, order) in [
        ("GET", ""),
        ("POST", "/play"),
        ("POST", "/seek?to=1"),
        ("POST", "/follow?player=ada"),
    ] {
        // An <img> or a script from elsewhere, which has no origin.
        let image = "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\n";
        assert_eq!(server.ask(method, order, image).0, 403, "{method} {order}");
    }
    assert_eq!(server.look()["paused"], true);
    assert_eq!(
        server.ask("POST", "/play", "origin: http://localhost:3000\r\n").0,
        200
    );
}

#[test]
fn the_admin_port_returns_the_status_and_lists_the_requests() {
    let server = PlaybackServer::paused_at(60);
    let picture = server.look();
    assert_eq!(picture["time"], "2026-01-31T12:00:00.983Z");
    assert_eq!((&picture["first"], &picture["last"]), (&1.into(), &1500.into()));
    let rooms = serde_json::json!([{"name": "plaza", "players": 2}]);
    assert_eq!(picture["rooms"], rooms);
    let index = server.http("GET / HTTP/1.1\r\n");
    assert!(
        index.contains("/playback/seek") && index.contains("/metrics"),
        "{index}"
    );
    let _spectator = Spectator::in_room(&server, "plaza");
    let metrics = server.http("GET /metrics HTTP/1.1\r\n");
    assert!(metrics.contains("parlour_sessions 1\n"), "spectators are counted");
    assert!(
        metrics.contains("parlour_players 0\n"),
        "recorded players are not"
    );
}

//! Pause, play, speed and the status on the admin port.

use std::time::{Duration, Instant};

use parlour_testing::eventually;

use crate::{
    known_recording::RECORDING, playback_server::PlaybackServer, spectator::Spectator,
    support::http::status_of,
};

#[test]
fn pause_stops_the_playback_and_play_continues_it() {
    let server = PlaybackServer::paused_at(40);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.post("/play");
    spectator.check_until(&RECORDING, 60);
    let paused = server.post("/pause");
    assert_eq!(paused["paused"], true);
    // Snapshots on their way still arrive.
    spectator.wait_for_silence(Duration::from_millis(300));
    spectator.check(&RECORDING);
    assert_eq!(server.status()["tick"], paused["tick"]);
    assert_eq!(status_of(&server.get("/readyz")), 200);
    assert_eq!(server.post("/play")["paused"], false);
    spectator.check_until(&RECORDING, 130);
}

#[test]
fn at_speed_4_ticks_pass_4_times_as_fast() {
    let server = PlaybackServer::paused_at(1);
    let mut spectator = Spectator::in_room(&server, "plaza");
    assert_eq!(server.post("/speed?x=4")["speed"], 4.0);
    let begin = Instant::now();
    server.post("/play");
    let count = spectator.check_until(&RECORDING, 700);
    let seconds = begin.elapsed().as_secs_f64();
    // 700 ticks last 11.7 s at speed 1 and 2.9 s at speed 4. A slow machine only takes longer.
    assert!(seconds > 2.0, "{seconds} s");
    assert!(seconds < 9.0, "{seconds} s");
    assert!(count < 400, "{count} snapshots: not several ticks in one");
    assert_eq!(server.post("/speed?x=0.1")["speed"], 0.1);
    let before = server.status()["tick"].as_u64().unwrap();
    eventually("three ticks at speed 0.1", || {
        server.status()["tick"].as_u64().unwrap() >= before + 3
    });
}

#[test]
fn invalid_requests_are_answered_400_in_one_line() {
    let server = PlaybackServer::paused_at(40);
    for path in [
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
        let (code, detail) = server.post_error(path);
        assert_eq!(code, 400, "{path}: {detail}");
    }
    assert_eq!(server.post_error("/follow?player=nobody").0, 404);
    assert_eq!(server.request("GET", "/pause", "").0, 405);
    assert_eq!(server.request("POST", "", "").0, 405);
    assert_eq!(server.request("GET", "/nothing", "").0, 404);
    assert_eq!(server.status()["tick"], 40);
}

#[test]
fn web_pages_of_other_sites_cannot_control_the_playback() {
    let server = PlaybackServer::paused_at(40);
    let (code, body) = server.request("POST", "/play", "origin: https://example.org\r\n");
    assert_eq!((code, body.contains("web page")), (403, true), "{body}");
    for (method, path) in [
        ("GET", ""),
        ("POST", "/play"),
        ("POST", "/seek?to=1"),
        ("POST", "/follow?player=ada"),
    ] {
        // An image or a script of a different site has no origin.
        let image = "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\n";
        assert_eq!(server.request(method, path, image).0, 403, "{method} {path}");
    }
    assert_eq!(server.status()["paused"], true);
    assert_eq!(
        server
            .request("POST", "/play", "origin: http://localhost:3000\r\n")
            .0,
        200
    );
}

#[test]
fn the_admin_port_returns_the_status_of_the_playback_and_lists_the_requests() {
    let server = PlaybackServer::paused_at(60);
    let status = server.status();
    assert_eq!(status["time"], "2026-01-31T12:00:00.983Z");
    assert_eq!((&status["first"], &status["last"]), (&1.into(), &1500.into()));
    let rooms = serde_json::json!([{"name": "plaza", "players": 2}]);
    assert_eq!(status["rooms"], rooms);
    let index = server.get("/");
    assert!(
        index.contains("/playback/seek") && index.contains("/metrics"),
        "{index}"
    );
    let _spectator = Spectator::in_room(&server, "plaza");
    let metrics = server.get("/metrics");
    assert!(metrics.contains("parlour_sessions 1\n"), "spectators are counted");
    assert!(
        metrics.contains("parlour_players{thread=\"0\"} 0\n"),
        "recorded players are not counted"
    );
}

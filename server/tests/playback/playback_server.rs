//! A server that plays a recording, on free ports.

use std::net::{Ipv4Addr, SocketAddr};

use parlour::{Playback, Server, ServerOptions};
use parlour_recording::replay::{Moment, Replay};
use parlour_shared::{ids::Tick, problem::ProblemDetails};
use parlour_sim::{Logic, SimConfig};
use parlour_testing::{TemporaryPath, eventually};
use serde_json::Value;

use crate::{
    known_recording::{KnownRecording, RECORDING},
    support::http::{self, head_and_body, status_of},
};

pub(crate) struct PlaybackServer {
    pub(crate) inner: Server,
    _file: TemporaryPath,
}

impl PlaybackServer {
    /// Serves [`RECORDING`], paused at a tick.
    pub(crate) fn paused_at(tick: u32) -> Self {
        Self::start(&RECORDING, |playback| {
            playback.begin_at(&Moment::Tick(Tick(tick))).unwrap();
            playback.set_paused(true);
        })
    }

    pub(crate) fn start(recording: &KnownRecording, change: impl FnOnce(&mut Playback)) -> Self {
        Self::start_with_logic(recording, Logic::default(), change)
    }

    pub(crate) fn start_with_logic(
        recording: &KnownRecording,
        logic: Logic,
        change: impl FnOnce(&mut Playback),
    ) -> Self {
        let file = recording.file();
        let replay = Replay::open(&file.0, &recording.maps, logic).unwrap();
        let mut playback = Playback::new(replay).unwrap();
        change(&mut playback);
        let mut options = ServerOptions::new(SimConfig::new(Vec::new()));
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        options.admin = options.listen;
        let server = Server::start_playback(options, playback).unwrap();
        let server = Self {
            inner: server,
            _file: file,
        };
        eventually("the first seek is done", || {
            server.status()["seeking"] == Value::Null
        });
        server
    }

    /// Returns the status of the playback.
    pub(crate) fn status(&self) -> Value {
        let (status, body) = self.request("GET", "", "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Returns whether the playback cannot continue.
    pub(crate) fn has_ended(&self) -> bool {
        self.status()["ended"] != Value::Null
    }

    /// Sends a request that must succeed, for example `/play`. Returns the status of the playback.
    pub(crate) fn post(&self, path: &str) -> Value {
        let (status, body) = self.request("POST", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Sends a request that must fail. Returns the HTTP status and the detail.
    pub(crate) fn post_error(&self, path: &str) -> (u16, String) {
        let answer = self.exchange(&format!("POST /playback{path} HTTP/1.1\r\n"));
        let (head, body) = head_and_body(&answer);
        assert!(
            head.contains("content-type: application/problem+json\r\n"),
            "{path}: {head}"
        );
        assert_eq!(body.lines().count(), 1, "{body}");
        let problem = ProblemDetails::from_json(body.as_bytes()).unwrap();
        assert!(problem.status >= 400, "{path}: {body}");
        assert_eq!(status_of(head), problem.status, "{path}: {body}");
        let kind = match problem.status {
            400 => "/problems/bad-parameter",
            404 => "/problems/no-such-player",
            _ => "/problems/not-now",
        };
        assert_eq!((&*problem.kind, problem.class), (kind, None), "{path}");
        (problem.status, problem.detail.into_owned())
    }

    /// Sends a request below `/playback`. Returns the HTTP status and the body.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &str) -> (u16, String) {
        let answer = self.exchange(&format!("{method} /playback{path} HTTP/1.1\r\n{headers}"));
        (status_of(&answer), head_and_body(&answer).1.to_owned())
    }

    /// Sends a `GET` to the admin port. Returns the answer.
    pub(crate) fn get(&self, path: &str) -> String {
        self.exchange(&format!("GET {path} HTTP/1.1\r\n"))
    }

    fn exchange(&self, head: &str) -> String {
        http::exchange(
            http::connect(self.inner.admin_addr()),
            &format!("{head}host: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.inner.listen_addr())
    }
}

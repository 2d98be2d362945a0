//! A server that plays a recording, on free ports.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use parlour_recording::replay::{Moment, Replay};
use parlour_server::{Playback, Server, ServerOptions};
use parlour_shared::problem::ProblemDetails;
use parlour_sim::{Logic, SimConfig};
use parlour_testing::eventually;
use serde_json::Value;

use super::{
    KnownRecording,
    known_recording::{RECORDING, Temporary},
};

pub(crate) struct PlaybackServer {
    pub(crate) inner: Server,
    _file: Temporary,
}

impl PlaybackServer {
    /// Serves the recording, paused at a tick.
    pub(crate) fn paused_at(tick: u32) -> Self {
        Self::of(&RECORDING, |past| {
            past.begin_at(&Moment::Tick(parlour_shared::ids::Tick(tick)))
                .unwrap();
            past.set_paused(true);
        })
    }

    pub(crate) fn of(recording: &KnownRecording, change: impl FnOnce(&mut Playback)) -> Self {
        Self::with(recording, Logic::default(), change)
    }

    pub(crate) fn with(recording: &KnownRecording, logic: Logic, change: impl FnOnce(&mut Playback)) -> Self {
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
        eventually("there", || server.look()["seeking"] == Value::Null);
        server
    }

    /// Returns the status.
    pub(crate) fn look(&self) -> Value {
        let (status, body) = self.ask("GET", "", "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Sends an order that must succeed; returns the status.
    pub(crate) fn order(&self, order: &str) -> Value {
        let (status, body) = self.ask("POST", order, "");
        assert_eq!(status, 200, "{order}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Sends an order that must fail; returns the status and the detail.
    pub(crate) fn refused(&self, order: &str) -> (u16, String) {
        let answer = self.http(&format!("POST /playback{order} HTTP/1.1\r\n"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains("content-type: application/problem+json\r\n"),
            "{order}: {head}"
        );
        assert_eq!(body.lines().count(), 1, "{body}");
        let problem = ProblemDetails::from_json(body.as_bytes()).unwrap();
        assert!(problem.status >= 400, "{order}: {body}");
        assert_eq!(head[9..12], problem.status.to_string(), "{order}: {body}");
        let kind = match problem.status {
            400 => "/problems/bad-parameter",
            404 => "/problems/no-such-player",
            _ => "/problems/not-now",
        };
        assert_eq!((&*problem.kind, problem.class), (kind, None), "{order}");
        (problem.status, problem.detail.into_owned())
    }

    /// Sends any request below `/playback`; returns status and body.
    pub(crate) fn ask(&self, method: &str, order: &str, header: &str) -> (u16, String) {
        let answer = self.http(&format!("{method} /playback{order} HTTP/1.1\r\n{header}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    pub(crate) fn http(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(self.inner.admin_addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "{head}host: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.inner.listen_addr())
    }
}

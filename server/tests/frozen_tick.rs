//! Game logic that hangs freezes the tick. The server logs it, rejects new clients and recovers.
//!
//! The test is in its own process because it sets the log of the process.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod support;

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::park_timeout,
    time::{Duration, Instant},
};

use bevy_ecs::schedule::IntoScheduleConfigs as _;
use parlour_sim::{Logic, StepSet, TickSchedule};
use parlour_testing::eventually;

use support::{http::status_of, raw_client::TIMEOUT, test_server::start_with};

/// Collects the log of the process.
#[derive(Clone, Default)]
struct CollectedLog(Arc<Mutex<Vec<u8>>>);

impl CollectedLog {
    fn count(&self, words: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap())
            .matches(words)
            .count()
    }
}

impl Write for CollectedLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Blocks the tick thread while `is_frozen` is set, at most a minute.
fn hang(is_frozen: &AtomicBool) {
    let begin = Instant::now();
    while is_frozen.load(Ordering::Relaxed) && begin.elapsed() < 2 * TIMEOUT {
        park_timeout(Duration::from_millis(10));
    }
}

#[test]
fn a_frozen_tick_is_logged_once_and_new_clients_read_1013() {
    let log = CollectedLog::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .try_init()
        .unwrap();
    let is_frozen = Arc::new(AtomicBool::new(false));
    let logic = Arc::clone(&is_frozen);
    let server = start_with(|options| {
        options.livez_timeout = Duration::from_secs(3);
        options.logic = Logic::new(move |app| {
            let is_frozen = Arc::clone(&logic);
            app.add_systems(TickSchedule, (move || hang(&is_frozen)).in_set(StepSet::Simulate));
        });
    });
    let status = |path| status_of(&server.get_admin(path));
    server.await_ready();
    let _ann = server.player_in_plaza("ann");

    let begin = Instant::now();
    is_frozen.store(true, Ordering::Relaxed);
    let rejected = "parlour_rejects_total{class=\"tick_frozen\"}";
    let mut clients = Vec::new();
    while server.metric(rejected) == 0.0 {
        assert!(begin.elapsed() < TIMEOUT, "no client was rejected");
        clients.push(server.websocket("parlour.v1"));
        park_timeout(Duration::from_millis(200));
    }
    assert!(begin.elapsed() > Duration::from_millis(900), "too early");
    assert_eq!(clients.last_mut().unwrap().close_code(), 1013);
    // The first client connected before the server noticed. Its hello is too late.
    clients[0].send_hello("early");
    assert_eq!(clients[0].close_code(), 1013);
    assert_eq!(status("/readyz"), 503);
    eventually("/livez answers 503", || status("/livez") == 503);
    let elapsed = begin.elapsed();
    assert!(elapsed > Duration::from_millis(2900), "{elapsed:?} is too early");

    is_frozen.store(false, Ordering::Relaxed);
    eventually("/livez answers 200", || status("/livez") == 200);
    server.await_ready();
    server.player_in_plaza("bob");
    assert_eq!(log.count("the tick has not advanced"), 1);
    assert_eq!(log.count("the tick advances again"), 1);
}

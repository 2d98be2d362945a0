//! Game logic that hangs: the world stands still, and the server says so.
//!
//! In a process of its own: its log is that of the whole process.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parlour_sim::{Logic, StepSet, TickSchedule};

use bevy_ecs::schedule::IntoScheduleConfigs as _;
use parlour_testing::eventually;

#[path = "edge/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests need more of it.
mod support;

use support::{TIMEOUT, start_with};

/// The lines of all logs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn count(&self, words: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap())
            .matches(words)
            .count()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps the tick thread for as long as it is set, and never for longer than a test lasts.
fn hang(frozen: &AtomicBool) {
    let begin = Instant::now();
    while frozen.load(Ordering::Relaxed) && begin.elapsed() < 2 * TIMEOUT {
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[test]
fn it_is_logged_once_and_new_clients_get_1013() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .try_init()
        .unwrap();
    let frozen = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&frozen);
    let server = start_with(|options| {
        options.livez_timeout = Duration::from_secs(3);
        options.logic = Logic::new(move |app| {
            let switch = Arc::clone(&switch);
            app.add_systems(TickSchedule, (move || hang(&switch)).in_set(StepSet::Simulate));
        });
    });
    let answers = |path, status| server.admin(path).starts_with(&format!("HTTP/1.1 {status} "));
    eventually("ready", || answers("/readyz", 200));
    let mut ann = server.player("ann");
    ann.join("plaza");

    let begin = Instant::now();
    frozen.store(true, Ordering::Relaxed);
    let refused = "parlour_rejects_total{class=\"tick_frozen\"}";
    let mut early = Vec::new();
    while server.metric(refused) == 0.0 {
        assert!(begin.elapsed() < TIMEOUT, "nobody was turned away");
        early.push(server.websocket("parlour.v1"));
        std::thread::park_timeout(Duration::from_millis(200));
    }
    assert!(begin.elapsed() > Duration::from_millis(900), "too early");
    assert_eq!(early.last_mut().unwrap().closed(), 1013);
    // One that came before it was known says hello now.
    early[0].hello_without_answer("early");
    assert_eq!(early[0].closed(), 1013);
    assert!(answers("/readyz", 503));
    eventually("not alive", || answers("/livez", 503));
    assert!(
        begin.elapsed() > Duration::from_millis(2900),
        "not alive too early"
    );

    frozen.store(false, Ordering::Relaxed);
    eventually("alive", || answers("/livez", 200));
    eventually("ready again", || answers("/readyz", 200));
    server.player("bob").join("plaza");
    assert_eq!(lines.count("the tick has not advanced"), 1);
    assert_eq!(lines.count("the tick advances again"), 1);
}

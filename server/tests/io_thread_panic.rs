//! A panic in an I/O thread closes the connections of all I/O threads with 1011.
//!
//! The test is in its own process because it sets the log of the process.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod support;

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use parlour_testing::eventually;

use support::{http::status_of, test_server::start_with};

/// A log that panics once, when an I/O thread writes to it.
#[derive(Clone)]
struct PanickingLog {
    is_armed: Arc<AtomicBool>,
}

impl Write for PanickingLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let is_io_thread = thread::current()
            .name()
            .is_some_and(|name| name.starts_with("io-"));
        if is_io_thread && self.is_armed.swap(false, Ordering::Relaxed) {
            panic!("a panic in the log");
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn clients_of_all_io_threads_read_1011() {
    let log = PanickingLog {
        is_armed: Arc::default(),
    };
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .try_init()
        .unwrap();
    let server = start_with(|options| {
        options.io_threads = 2;
        options.edge.max_unauthenticated_per_address = 1;
    });
    let mut players: Vec<_> = (0..8).map(|_| server.player("ann")).collect();
    let mut without_hello = server.websocket("parlour.v1");
    let _over_the_limit = server.connect();
    server.await_metric("parlour_unauthenticated_connections", 2.0);
    log.is_armed.store(true, Ordering::Relaxed);
    // Far over the limit: an I/O thread drops the connection and logs it.
    let _dropped = server.connect();

    for client in players.iter_mut().chain([&mut without_hello]) {
        assert_eq!(client.close_code(), 1011);
    }
    let failure = server.inner.wait().unwrap_err().to_string();
    assert!(failure.starts_with("thread io-"), "{failure}");
    eventually("/livez answers 503", || {
        status_of(&server.get_admin("/livez")) == 503
    });
    let report = server.inner.stop();
    assert!(report.tick.0 > 0 && report.failure.is_some());
}

//! A panic in an I/O thread: its own connections are closed with 1011 as well, and those of the
//! other threads.
//!
//! In a process of its own: its log is that of the whole process.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use parlour_testing::eventually;

#[path = "edge/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests need more of it.
mod support;

use support::start_with;

/// A log that panics when an I/O thread writes to it, once.
#[derive(Clone)]
struct Trap(Arc<AtomicBool>);

impl Write for Trap {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let is_io = thread::current()
            .name()
            .is_some_and(|name| name.starts_with("io-"));
        if is_io && self.0.swap(false, Ordering::Relaxed) {
            panic!("a trap in the log");
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn clients_of_all_io_threads_read_1011() {
    let trap = Trap(Arc::default());
    let writer = trap.clone();
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .try_init()
        .unwrap();
    let server = start_with(|options| {
        options.io_threads = 2;
        options.edge.max_unauthenticated_per_address = 1;
    });
    let mut players: Vec<_> = (0..8).map(|_| server.player("ann")).collect();
    let mut silent = server.websocket("parlour.v1");
    let _answered = server.dial();
    server.await_metric("parlour_unauthenticated_connections", 2.0);
    trap.0.store(true, Ordering::Relaxed);
    // Far over the limit: the task that accepts connections drops it, and logs that.
    let _dropped = server.dial();

    for client in players.iter_mut().chain([&mut silent]) {
        assert_eq!(client.closed(), 1011);
    }
    let failure = server.server.wait().unwrap_err().to_string();
    assert!(failure.starts_with("thread io-"), "{failure}");
    eventually("not alive", || {
        server.admin("/livez").starts_with("HTTP/1.1 503 ")
    });
    let report = server.server.stop();
    assert!(report.tick.0 > 0 && report.failure.is_some());
}

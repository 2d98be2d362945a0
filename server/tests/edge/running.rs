//! How a program waits: `wait` for a failure, `run_until_signal` for a signal or a failure.

use std::{thread, time::Duration};

use parlour_server::{RunError, Server, Signals, StopReport};
use rustix::process::{Signal, getpid, kill_process};

use crate::{
    failure::Fuse,
    support::{start, start_with},
};

/// Sends a signal to this process until its server is stopped. Before that is held it would end the
/// process.
fn run_with(server: &Server, signal: Signal) -> Result<StopReport, RunError> {
    let _held = Signals::listen().unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(|| server.run_until_signal());
        // It may not listen yet when the first signal arrives.
        while !running.is_finished() {
            kill_process(getpid(), signal).unwrap();
            thread::park_timeout(Duration::from_millis(20));
        }
        running.join().unwrap()
    })
}

#[test]
fn wait_returns_when_another_thread_has_stopped_the_server() {
    let server = start().server;
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..2).map(|_| scope.spawn(|| server.wait())).collect();
        let report = server.stop();
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), Ok(()));
        }
        assert_eq!(server.stop(), report, "the report of the same stop");
    });
    assert_eq!(server.wait(), Ok(()), "at once");
}

#[test]
fn wait_returns_the_failure_also_when_it_was_earlier_and_after_a_stop() {
    let fuse = Fuse::default();
    let server = start_with(|options| fuse.add_to(options)).server;
    let failure = thread::scope(|scope| {
        let waiting = scope.spawn(|| server.wait());
        fuse.light();
        waiting.join().unwrap().unwrap_err()
    });
    assert_eq!(server.wait().as_ref(), Err(&failure));
    assert_eq!(server.stop().failure.as_ref(), Some(&failure));
    assert_eq!(server.wait().as_ref(), Err(&failure));
}

#[test]
fn wait_works_inside_an_async_runtime() {
    let fuse = Fuse::default();
    let server = start_with(|options| fuse.add_to(options)).server;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    fuse.light();
    assert!(runtime.block_on(async { server.wait() }).is_err());
}

#[test]
fn run_until_signal_stops_at_sigterm_and_everyone_reads_1012() {
    let server = start();
    let mut ann = server.player("ann");
    let told = thread::spawn(move || ann.closed());
    let report = run_with(&server.server, Signal::TERM).unwrap();
    assert_eq!(told.join().unwrap(), 1012);
    assert_eq!(report.failure, None);
    assert!(report.tick.0 > 0);
    assert_eq!(server.server.stop(), report);
}

#[test]
fn run_until_signal_returns_the_failure_and_everyone_reads_1011() {
    let fuse = Fuse::default();
    let server = start_with(|options| fuse.add_to(options));
    let mut ann = server.player("ann");
    let mut silent = server.websocket("parlour.v1");
    fuse.light();
    let told = thread::spawn(move || (ann.closed(), silent.closed()));
    let RunError::Failed(failure) = server.server.run_until_signal().unwrap_err() else {
        panic!("not the failure")
    };
    assert!(failure.to_string().contains("game logic that fails"), "{failure}");
    assert_eq!(told.join().unwrap(), (1011, 1011));
    // It is stopped, and the report is available.
    assert!(std::net::TcpStream::connect(server.address()).is_err());
    assert_eq!(server.server.stop().failure, Some(failure));
}

#[test]
fn run_until_signal_works_inside_an_async_runtime() {
    let fuse = Fuse::default();
    let server = start_with(|options| fuse.add_to(options)).server;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    fuse.light();
    assert!(runtime.block_on(async { server.run_until_signal() }).is_err());
}

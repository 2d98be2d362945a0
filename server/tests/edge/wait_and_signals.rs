//! How a program waits for its server: `wait` returns at a failure or a stop, `run_until_signal`
//! also at a signal.

use std::{thread, time::Duration};

use parlour::{RunError, Server, Signals, StopReport};
use rustix::process::{Signal, getpid, kill_process};

use crate::{
    failure_switch::{FailureSwitch, PANIC_MESSAGE},
    support::test_server::start,
};

/// Sends a signal to this process repeatedly until `run_until_signal` returns. Listens for signals
/// first, because an earlier signal would end the process.
fn run_until(server: &Server, signal: Signal) -> Result<StopReport, RunError> {
    let _signals = Signals::listen().unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(|| server.run_until_signal());
        // `run_until_signal` may not be waiting yet when the first signal arrives.
        while !running.is_finished() {
            kill_process(getpid(), signal).unwrap();
            thread::park_timeout(Duration::from_millis(20));
        }
        running.join().unwrap()
    })
}

#[test]
fn wait_returns_when_a_different_thread_stops_the_server() {
    let server = start().inner;
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..2).map(|_| scope.spawn(|| server.wait())).collect();
        let report = server.stop();
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), Ok(()));
        }
        assert_eq!(server.stop(), report, "both are the report of one stop");
    });
    assert_eq!(server.wait(), Ok(()), "after the stop");
}

#[test]
fn every_wait_returns_the_failure_even_after_a_stop() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    let server = server.inner;
    let failure = thread::scope(|scope| {
        let waiting = scope.spawn(|| server.wait());
        switch.turn_on();
        waiting.join().unwrap().unwrap_err()
    });
    assert_eq!(server.wait().as_ref(), Err(&failure));
    assert_eq!(server.stop().failure.as_ref(), Some(&failure));
    assert_eq!(server.wait().as_ref(), Err(&failure));
}

#[test]
fn wait_works_inside_an_async_runtime() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    let server = server.inner;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    switch.turn_on();
    assert!(runtime.block_on(async { server.wait() }).is_err());
}

#[test]
fn run_until_signal_stops_at_sigterm_and_clients_read_1012() {
    let server = start();
    server.await_ready();
    let mut ann = server.player("ann");
    let code = thread::spawn(move || ann.close_code());
    let report = run_until(&server.inner, Signal::TERM).unwrap();
    assert_eq!(code.join().unwrap(), 1012);
    assert_eq!(report.failure, None);
    assert!(report.tick.0 > 0);
    assert_eq!(server.inner.stop(), report);
}

#[test]
fn run_until_signal_returns_the_failure_and_clients_read_1011() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    let mut ann = server.player("ann");
    let mut without_hello = server.websocket("parlour.v1");
    switch.turn_on();
    let code = thread::spawn(move || (ann.close_code(), without_hello.close_code()));
    let RunError::Failed(failure) = server.inner.run_until_signal().unwrap_err() else {
        panic!("not a failure of the server")
    };
    assert!(failure.to_string().contains(PANIC_MESSAGE), "{failure}");
    assert_eq!(code.join().unwrap(), (1011, 1011));
    // The server is stopped, and its report is available.
    assert!(std::net::TcpStream::connect(server.address()).is_err());
    assert_eq!(server.inner.stop().failure, Some(failure));
}

#[test]
fn run_until_signal_works_inside_an_async_runtime() {
    let (server, switch) = FailureSwitch::start_server(|_| {});
    let server = server.inner;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    switch.turn_on();
    assert!(runtime.block_on(async { server.run_until_signal() }).is_err());
}

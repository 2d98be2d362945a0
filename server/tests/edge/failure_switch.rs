//! A server that fails when the test wants it.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use parlour::ServerOptions;
use parlour_sim::Logic;

use crate::support::test_server::{TestServer, start_with};

/// The message of the panic.
pub(crate) const PANIC_MESSAGE: &str = "game logic that cannot be built";

/// Fails the server when the test wants it: without its main world, nobody could join anything.
#[derive(Clone, Default)]
pub(crate) struct FailureSwitch(Arc<(Mutex<bool>, Condvar)>);

impl FailureSwitch {
    /// Starts a server whose main world is not built until [`Self::turn_on`], and then fails.
    pub(crate) fn start_server(change: impl FnOnce(&mut ServerOptions)) -> (TestServer, Self) {
        let switch = Self::default();
        let wait = switch.clone();
        let server = start_with(|options| {
            let is_trial = AtomicBool::new(true);
            options.logic = Logic::new(move |_| {
                // A server tries its game logic before it starts.
                if !is_trial.swap(false, Ordering::Relaxed) {
                    wait.wait_and_panic();
                }
            });
            change(options);
        });
        (server, switch)
    }

    fn wait_and_panic(&self) {
        let (is_on, changed) = &*self.0;
        let is_on = is_on.lock().unwrap();
        drop(changed.wait_while(is_on, |is_on| !*is_on).unwrap());
        panic!("{PANIC_MESSAGE}");
    }

    /// Makes the server fail.
    pub(crate) fn turn_on(&self) {
        let (is_on, changed) = &*self.0;
        *is_on.lock().unwrap() = true;
        changed.notify_all();
    }
}

/// A test that fails must not leave the builder waiting.
impl Drop for FailureSwitch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.turn_on();
        }
    }
}

//! Game logic that panics when the test wants it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use bevy_ecs::prelude::*;
use parlour_server::ServerOptions;
use parlour_shared::ids::Tick;
use parlour_sim::{Clock, Logic, StepSet, TickSchedule};

use crate::support::test_server::{TestServer, start_with};

/// The message of the panic.
pub(crate) const PANIC_MESSAGE: &str = "game logic that fails";

/// Makes game logic panic in the next tick.
#[derive(Clone, Default)]
pub(crate) struct PanicSwitch {
    is_on: Arc<AtomicBool>,
    tick: Arc<AtomicU32>,
}

impl PanicSwitch {
    /// Starts a server whose game logic panics after [`Self::turn_on`].
    pub(crate) fn start_server(change: impl FnOnce(&mut ServerOptions)) -> (TestServer, Self) {
        let switch = Self::default();
        let server = start_with(|options| {
            options.logic = switch.logic();
            change(options);
        });
        (server, switch)
    }

    fn logic(&self) -> Logic {
        let switch = self.clone();
        Logic::new(move |app| {
            let switch = switch.clone();
            let panic_if_on = move |clock: Res<Clock>| {
                if switch.is_on.load(Ordering::Relaxed) {
                    switch.tick.store(clock.tick.0, Ordering::Relaxed);
                    panic!("{PANIC_MESSAGE}");
                }
            };
            app.add_systems(TickSchedule, panic_if_on.in_set(StepSet::Simulate));
        })
    }

    /// Makes the next tick panic.
    pub(crate) fn turn_on(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Returns the tick that panicked.
    pub(crate) fn panicked_tick(&self) -> Tick {
        Tick(self.tick.load(Ordering::Relaxed))
    }
}

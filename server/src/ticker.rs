//! A world, as the tick threads and the desk see it.

mod guests;
mod lost;
pub(crate) mod panic_hook;
mod world_slot;

use std::sync::Arc;

use parlour_recording::{format::FrozenWorld, recorder::TickSender};
use parlour_shared::{ids::Tick, json_forms::JsonForms};
use parlour_tick::{TickInput, TickOutput};

pub(crate) use lost::lost_requests;
pub(crate) use world_slot::{Stepped, WorldSlot};

use crate::bridge::{commands, reports};

/// A world that runs tick by tick. It is built outside of the tick thread, moves there, and must
/// not block it.
pub(crate) trait Ticker: Send {
    /// Returns the last finished tick: 0 for a world that has not run yet.
    fn tick(&self) -> Tick {
        Tick(0)
    }

    /// Runs one tick, and records it. It clears the output first. The input is in canonical order.
    /// Afterwards it is unspecified.
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, recorder: Option<&mut TickSender>);

    /// Returns how many ticks from here need not run, if there is no input and the pace stays as in
    /// the last step.
    fn quiet_ticks(&self) -> u32 {
        0
    }

    /// Skips at most [`Self::quiet_ticks`] ticks, at least one, and records them.
    fn skip(&mut self, _ticks: u32, _: Option<&mut TickSender>) {}

    /// Returns how the values of its game logic are written as JSON. `None`: they have no JSON
    /// form.
    fn json_forms(&self) -> Option<Arc<JsonForms>> {
        None
    }

    /// After a step that panicked: takes the input of the tick back, unchanged. The world cannot be
    /// stepped any longer.
    fn reclaim(&mut self, input: &mut TickInput);

    /// After a step that panicked: returns the name of the system that panicked, if it is known.
    fn failed_system(&self) -> Option<&str> {
        None
    }

    /// After [`Self::reclaim`]: records the tick that panicked and its input. Afterwards the input
    /// is unspecified.
    fn record_panic(&mut self, _: Tick, _: &mut TickInput, _: Option<&mut TickSender>) {}

    /// Returns the world after its last tick, for a file. It is not stepped afterwards. `None`: it
    /// cannot be saved.
    fn freeze(&mut self) -> Option<FrozenWorld> {
        None
    }
}

/// A world that can move from thread to thread.
pub(crate) type World = Box<dyn Ticker>;
/// A command of the desk to a tick thread.
pub(crate) type TickCommand = commands::TickCommand<World, Box<WorldSlot>>;
/// The desk's end of a ring to a tick thread.
pub(crate) type CommandSender = commands::CommandSender<World, Box<WorldSlot>>;
/// The tick thread's end of the ring from the desk.
pub(crate) type CommandReceiver = commands::CommandReceiver<World, Box<WorldSlot>>;
/// A report of a tick thread to the desk.
pub(crate) type TickReport = reports::TickReport<World, Box<WorldSlot>>;
/// The tick thread's end of the ring to the desk.
pub(crate) type ReportSender = reports::ReportSender<World, Box<WorldSlot>>;
/// The desk's end of the ring from a tick thread.
pub(crate) type ReportReceiver = reports::ReportReceiver<World, Box<WorldSlot>>;

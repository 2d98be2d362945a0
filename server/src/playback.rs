//! Playback: a recording runs again on the tick thread, and ordinary clients watch it.
//!
//! A separate thread reads ahead and makes the worlds of seeks. The ticker on the tick thread takes
//! only what is ready. The admin port sends requests to the ticker, and polls for its answers.

mod control;
mod reader;
mod requests;
mod spectators;
mod steer;
mod ticker;

use std::{
    io,
    sync::{Arc, atomic::AtomicUsize},
    thread::JoinHandle,
};

use parlour_recording::{
    format::Times,
    replay::{Moment, MomentError, Replay, ReplayError},
};
use parlour_shared::ids::Tick;
use parlour_sim::SimConfig;
use rtrb::RingBuffer;

use crate::{failure::Failure, ticker::Ticker};
pub(crate) use control::{ControlError, PlaybackControl, PlaybackStatus};
use reader::PlaybackReader;
pub use steer::SteerError;
use ticker::PlaybackTicker;

/// The number of ticks that are read ahead: ten seconds of the recording.
const AHEAD: usize = 600;
/// The maximum number of commands that wait for the reader.
const COMMANDS: usize = 64;
/// The possible speeds, in thousandths of the recorded speed.
const SPEEDS: std::ops::RangeInclusive<u32> = 100..=16_000;

/// A recording to serve to spectators, with [`crate::Server::start_playback`].
pub struct Playback {
    replay: Replay,
    times: Times,
    first: Tick,
    last: Tick,
    from: Tick,
    paused: bool,
    speed: u32,
}

impl Playback {
    /// Plays a recording from its beginning, at the recorded speed, through all of its files.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording has no tick.
    pub fn new(replay: Replay) -> Result<Self, ReplayError> {
        let times = replay.times();
        let (first, last) = times.range().ok_or(ReplayError::Empty)?;
        Ok(Self {
            replay,
            times,
            first,
            last,
            from: first,
            paused: false,
            speed: 1000,
        })
    }

    /// The configuration of the recorded world. Spectators see its maps.
    #[must_use]
    pub fn config(&self) -> &SimConfig {
        self.replay.config()
    }

    /// The first and the last tick that can be watched.
    #[must_use]
    pub fn ticks(&self) -> (Tick, Tick) {
        (self.first, self.last)
    }

    /// Starts at this moment instead of the first tick.
    ///
    /// # Errors
    /// [`MomentError`] if the moment is not in the recording.
    pub fn begin_at(&mut self, moment: &Moment) -> Result<(), MomentError> {
        self.from = moment.tick(&self.times)?;
        Ok(())
    }

    /// Starts paused: nothing moves until a request to play.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Sets the speed: `0.1` to `16` times the recorded speed.
    ///
    /// # Errors
    /// [`SteerError::Speed`] if the text is not such a number.
    pub fn set_speed(&mut self, text: &str) -> Result<(), SteerError> {
        self.speed = steer::speed_of(text)?;
        Ok(())
    }

    /// Starts the reader thread. Returns the world for the tick thread, the end for the admin port,
    /// and the reader thread.
    pub(crate) fn start(
        self,
        failure: &Arc<Failure>,
    ) -> io::Result<(Box<dyn Ticker>, PlaybackControl, JoinHandle<()>)> {
        let waiting = Arc::new(AtomicUsize::new(0));
        let (items, ready) = RingBuffer::new(AHEAD);
        let (commands, commanded) = RingBuffer::new(COMMANDS);
        let (control, requests) = control::pair(self.times, (self.first, self.last));
        let reader = PlaybackReader {
            rings: reader::Rings {
                items,
                commands: commanded,
                waiting: Arc::clone(&waiting),
            },
            replay: self.replay,
        };
        let thread = failure.spawn("playback", move || reader.run())?;
        let mut ticker = PlaybackTicker::new(ready, commands, waiting, requests);
        ticker.begin(self.from, self.paused, self.speed);
        Ok((Box::new(ticker), control, thread))
    }
}

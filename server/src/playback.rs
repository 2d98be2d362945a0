//! Serving the past: a recording is run again on the tick thread, and ordinary clients watch it.
//!
//! A thread of its own reads ahead and makes the worlds that a seek asks for; the ticker on the tick thread only takes what
//! is ready; the admin port asks the ticker, and polls for its answers.

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
use parlour_shared::{ids::Tick, message::Welcome};
use parlour_sim::SimConfig;
use rtrb::RingBuffer;

use crate::{failure::Failure, tick_loop::MakeTicker};
pub(crate) use control::{ControlError, PlaybackControl, PlaybackStatus};
use reader::Reader;
pub use steer::SteerError;
use ticker::PlaybackTicker;

/// Ticks that are read ahead: ten seconds of the recording.
const AHEAD: usize = 600;
/// Seeks that may wait for the reader, and things it is to do besides.
const COMMANDS: usize = 64;
/// Thousandths of the speed at which it was lived.
const SPEEDS: std::ops::RangeInclusive<u32> = 100..=16_000;

/// A recording that is to be served to spectators: [`crate::Server::start_playback`].
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
    /// A recording to be played from its beginning, at the speed at which it was lived, through all of its files.
    ///
    /// # Errors
    /// [`ReplayError`] if there is no tick in it.
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

    /// What it was made with: its maps are those that spectators see.
    #[must_use]
    pub fn config(&self) -> &SimConfig {
        self.replay.config()
    }

    /// The first and the last tick that can be watched.
    #[must_use]
    pub fn ticks(&self) -> (Tick, Tick) {
        (self.first, self.last)
    }

    /// Begins elsewhere than with the first tick.
    ///
    /// # Errors
    /// [`MomentError`] if that is not in the recording.
    pub fn begin_at(&mut self, moment: &Moment) -> Result<(), MomentError> {
        self.from = moment.tick(&self.times)?;
        Ok(())
    }

    /// Begins paused: nothing moves until it is told to play.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Plays faster or slower: `0.1` to `16` times as it was lived.
    ///
    /// # Errors
    /// [`SteerError::Speed`] if the text is no such number.
    pub fn set_speed(&mut self, text: &str) -> Result<(), SteerError> {
        self.speed = steer::speed_of(text)?;
        Ok(())
    }

    /// Starts the reader thread. Returns what makes the ticker on the tick thread, and the end for the admin port.
    pub(crate) fn start(
        self,
        failure: &Arc<Failure>,
        heartbeat_ms: u32,
    ) -> io::Result<(MakeTicker, PlaybackControl, JoinHandle<()>)> {
        let welcome = Welcome {
            heartbeat_ms,
            ..self.replay.fresh().welcome("spectator")
        };
        let waiting = Arc::new(AtomicUsize::new(0));
        let (items, ready) = RingBuffer::new(AHEAD);
        let (commands, commanded) = RingBuffer::new(COMMANDS);
        let (control, requests) = control::pair(self.times, (self.first, self.last));
        let reader = Reader {
            rings: reader::Rings {
                items,
                commands: commanded,
                waiting: Arc::clone(&waiting),
            },
            replay: self.replay,
        };
        let thread = failure.spawn("playback", move || reader.run())?;
        let (from, paused, speed) = (self.from, self.paused, self.speed);
        let make: MakeTicker = Box::new(move || {
            let mut ticker = PlaybackTicker::new(ready, commands, waiting, requests, welcome);
            ticker.begin(from, paused, speed);
            Box::new(ticker)
        });
        Ok((make, control, thread))
    }
}

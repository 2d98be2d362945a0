//! Serving the past: a recording is run again on the tick thread, and ordinary clients watch it.
//!
//! A thread of its own reads ahead and makes the worlds that a seek asks for; the stage on the tick thread only takes what
//! is ready; the admin port asks the stage, and polls for its answers.

mod console;
mod moment;
mod orders;
mod reader;
mod spectators;
mod stage;

use std::{
    io,
    sync::{Arc, atomic::AtomicUsize},
    thread::JoinHandle,
};

use parlour_shared::{
    codec,
    ids::{PlayerId, SessionId, Tick},
    message::{ServerMessage, Welcome},
};
use parlour_sim::SimConfig;
use parlour_tick::{Event, EventKind, TickInput, TickOutput};
use rtrb::RingBuffer;

use super::{Moment, MomentError, Replay, ReplayError, uncounted::uncounted};
use crate::{failure::Failure, recording::format::Times, tick_loop::MakeStage};
pub(crate) use console::{Console, Picture, Problem};
pub use moment::SteerError;
use reader::Reader;
use stage::Theatre;

/// Ticks that are read ahead: ten seconds of the recording.
const AHEAD: usize = 600;
/// Seeks that may wait for the reader, and things it is to do besides.
const COMMANDS: usize = 64;
/// Thousandths of the speed at which it was lived.
const SPEEDS: std::ops::RangeInclusive<u32> = 100..=16_000;

/// A recording that is to be served to spectators: [`crate::Server::serve_past`].
pub struct Past {
    replay: Replay,
    times: Times,
    first: Tick,
    last: Tick,
    from: Tick,
    paused: bool,
    speed: u32,
}

impl Past {
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
        self.speed = moment::speed_of(text)?;
        Ok(())
    }

    /// Starts the reader thread. Gives the stage for the tick thread, and what the admin port asks it by.
    pub(crate) fn raise(
        self,
        failure: &Arc<Failure>,
        heartbeat_ms: u32,
    ) -> io::Result<(MakeStage, Console, JoinHandle<()>)> {
        let welcome = welcome(&self.replay, heartbeat_ms);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (reel, ready) = RingBuffer::new(AHEAD);
        let (commands, commanded) = RingBuffer::new(COMMANDS);
        let (console, desk) = console::pair(self.times, (self.first, self.last));
        let reader = Reader {
            line: reader::Line {
                reel,
                commands: commanded,
                waiting: Arc::clone(&waiting),
            },
            replay: self.replay,
        };
        let thread = failure.spawn("past", move || reader.run())?;
        let (from, paused, speed) = (self.from, self.paused, self.speed);
        let make: MakeStage = Box::new(move || {
            let mut theatre = Theatre::new(ready, commands, waiting, desk, welcome);
            theatre.begin(from, paused, speed);
            Box::new(theatre)
        });
        Ok((make, console, thread))
    }
}

/// What such a world says to who opens a session; a spectator is no player of it.
fn welcome(replay: &Replay, heartbeat_ms: u32) -> Welcome {
    let mut world = replay.fresh();
    let session = SessionId(0);
    let kind = EventKind::Open { name: String::new() };
    let mut input = TickInput {
        events: vec![Event { session, kind }],
        ..TickInput::default()
    };
    let mut output = TickOutput::default();
    uncounted(|| world.step(&mut input, &mut output));
    let told = output
        .frames
        .iter()
        .find_map(|frame| match codec::decode_server(output.payload(frame)) {
            Ok(ServerMessage::Welcome(welcome)) => Some(welcome),
            _ => None,
        });
    Welcome {
        player: PlayerId(0),
        name: "spectator".to_owned(),
        heartbeat_ms,
        ..told.expect("an open session is welcomed")
    }
}

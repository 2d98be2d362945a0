//! Recordings of Parlour's worlds. A recording contains the input of every tick, the state hash
//! after it, and, at intervals, a saved world, so that the same world can run again.
//! docs/recording.md describes the file for readers in any language.
//!
//! The modules of this crate:
//!
//! * [`format`](mod@format) reads and writes the file. [`Header`] says which world it records.
//! * [`replay`] runs a recording again, compares recordings, and shows what happened in them.
//! * [`recorder`] has the threads that record a live world, keep its history, and run it a second
//!   time to compare the states (the shadow).
//!
//! This crate has no sockets and no async runtime. Game logic is passed in as
//! [`parlour_sim::Logic`]: to replay a recording of a server with your own game logic, use a
//! program with the same logic.
//!
//! # Opening, replaying and comparing
//!
//! [`replay::Replay::open`] opens a recording. It needs the maps of the recorded world and its game
//! logic. [`replay::verify`] runs the ticks and compares every state hash with the recorded one.
//! [`replay::Replay::run`] runs the ticks one by one, to look at the world and at what each tick
//! sent. [`replay::diff::diff`] finds the first difference between two recordings.
//!
//! ```
//! use parlour_recording::replay::{Replay, Window, diff::diff, verify};
//! use parlour_shared::ids::Tick;
//! use parlour_sim::Logic;
//! # use parlour_shared::message::Scope;
//! # use parlour_testing::recording::{ScriptedRecording, TemporaryPath};
//! # use parlour_testing::{SessionActions as _, plaza};
//! # let mut script = ScriptedRecording::new(plaza());
//! # script.at(1).open_as_and_join(1, "Ada", "plaza");
//! # let other = TemporaryPath::file(&script.record(60));
//! # script.at(30).chat(1, Scope::Room, "hello");
//! # let one = TemporaryPath::file(&script.record(60));
//! # let (path, other_path, maps) = (&one.0, &other.0, plaza().maps);
//!
//! let mut replay = Replay::open(path, &maps, Logic::default())?;
//!
//! // Verify the whole recording.
//! let whole = Window::new(None, None, &replay.times())?;
//! let verification = verify(&mut replay, whole, |_tick| {})?;
//! assert_eq!(verification.hashes(), 60);
//!
//! // Start at a tick, and run from there.
//! let mut run = replay.run_to(Tick(29))?;
//! while let Some(ran) = run.next_up_to(whole.to)? {
//!     println!("tick {}: {} events", ran.tick.0, run.input().events.len());
//! }
//! assert_eq!(run.simulation().tick(), Tick(60));
//! drop(run);
//!
//! // Compare with a different recording. The difference prints as a report.
//! let mut other = Replay::open(other_path, &maps, Logic::default())?;
//! let difference = diff(&mut replay, &mut other)?;
//! assert!(!difference.is_same());
//! assert!(difference.to_string().contains("only the first: say \"hello\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`replay::find`] chooses the files of a directory: a server that rotates files writes one
//! recording in several, which [`replay::Replay::append`] joins. [`format::Recording`] reads the
//! items of a file without running them.
//!
//! # Layers
//!
//! A module imports only from earlier lines of this list, which `scripts/floors` reads:
//!
//! 1. `map_digest`: imports nothing from this crate
//! 2. `format`: the file, and its header
//! 3. `replay`: worlds that run a recording again
//! 4. `recorder`: the threads that record a live world
#![forbid(unsafe_code)]

pub mod format;
mod map_digest;
pub mod recorder;
pub mod replay;

pub use format::{Header, HeaderError, LAST_WALL_MS, Previous, RecordedMap, VersionError, rfc3339};
pub use map_digest::map_digest;
pub use recorder::{DEFAULT_DIRECTORY, RecordingError, RecordingOptions};

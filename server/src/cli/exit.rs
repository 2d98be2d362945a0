//! The exit codes of the command, and the error texts that it prints.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use parlour_recording::{
    HeaderError, RecordingError,
    replay::{FindError, MomentError, ReplayError, display, worlds::WorldsError},
};

use crate::{
    RunError, StartError, StateError, UnsavedWorld,
    config::Problems,
    maps::MapErrors,
    room_types::{RoomTypeError, RoomTypeErrors, RoomTypeFault},
    skins::SkinErrors,
};

/// A replay reached a state that differs from the recorded one, or two recordings differ.
const DIFFERS: u8 = 1;
/// The command line is invalid.
const USAGE: u8 = 2;
/// The requested moment, player or room is not in the recording.
const NOT_IN_RECORDING: u8 = 64;
/// A map, the skins or a recording cannot be used.
const DATA: u8 = 65;
/// A port is in use, the address does not belong to this machine, or no server answers.
const UNAVAILABLE: u8 = 69;
/// Parlour itself failed.
pub(crate) const SOFTWARE: u8 = 70;
/// The system refused a resource, such as a thread or a file.
const SYSTEM: u8 = 71;
/// The directory of recordings, histories or worlds cannot be created or written to, a world could
/// not be saved, a file would be overwritten, or a project cannot be written.
const CANNOT_CREATE: u8 = 73;
/// The process has no permission, such as for a port below 1024.
const PERMISSION: u8 = 77;
/// The configuration cannot be used.
const CONFIG: u8 = 78;
/// A second Ctrl-C: 128 and the number of SIGINT.
pub(crate) const INTERRUPTED: i32 = 130;

/// The exit codes, for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
    0  success, or stopped by Ctrl-C or SIGTERM
    1  a replay reached a state that differs from the recorded one, or two recordings differ
    2  the command line is invalid
   64  the recording does not contain the requested moment, player or room
   65  a map, the skins or a recording cannot be used
   69  a port is in use, the address does not belong to this machine, or no server answers
   70  Parlour or the game logic failed; see the log or the error for the reason
   71  the system refused a resource, such as a thread or a file
   73  a new project, or the directory of recordings, histories or worlds, cannot be created or
       written to, a world could not be saved, or a file would be overwritten
   77  no permission, such as for a port below 1024
   78  the configuration cannot be used
  130  terminated by a second Ctrl-C";

/// A failure of the command: the exit code, and the text for standard error.
#[derive(Debug)]
pub(crate) struct Exit {
    code: u8,
    text: String,
    /// The texts of failures that were combined with this one.
    others: Vec<String>,
}

impl Exit {
    fn new(code: u8, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            others: Vec::new(),
        }
    }

    /// Parlour itself failed.
    pub(crate) fn failure(text: impl Into<String>) -> Self {
        Self::new(SOFTWARE, text)
    }

    /// No server answers, or a different program does.
    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self::new(UNAVAILABLE, text)
    }

    /// The command line is invalid.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(USAGE, text)
    }

    /// The recording is valid, but does not contain what was requested.
    pub(crate) fn not_in_recording(text: impl Into<String>) -> Self {
        Self::new(NOT_IN_RECORDING, text)
    }

    /// A recording does not contain the requested moment. The text shows the range of ticks and
    /// times that the recording covers.
    pub(crate) fn moment(path: &Path, error: &MomentError) -> Self {
        let text = format!("{}: {error}", path.display());
        match error {
            MomentError::Empty => Self::data(text),
            MomentError::NotInRecording { .. }
            | MomentError::EndBeforeStart(_)
            | MomentError::SeveralDays { .. } => Self::not_in_recording(text),
        }
    }

    /// A recording cannot be used.
    pub(crate) fn data(text: impl Into<String>) -> Self {
        Self::new(DATA, text)
    }

    /// A file is a saved world, and the request needs ticks.
    pub(crate) fn saved_world(path: &Path) -> Self {
        Self::data(format!(
            "{} is a saved world, and has no ticks: use --dump rooms or --dump players to see what is in it",
            path.display()
        ))
    }

    /// A recording cannot be opened.
    pub(crate) fn not_opened(path: &Path, error: &ReplayError) -> Self {
        let advice = match error {
            ReplayError::Header(HeaderError::NoMap(_) | HeaderError::OtherMap { .. }) => {
                "; use --maps DIR to name the directory that contains the recorded map"
            }
            _ => "",
        };
        Self::data(format!("{}{advice}", with_file(path, error)))
    }

    /// A replay failed.
    pub(crate) fn replay(path: &Path, error: ReplayError) -> Self {
        let text = with_file(path, &error);
        if error.is_divergence() {
            return Self::new(
                DIFFERS,
                format!("{text}; run with --diff to see what differs in that tick"),
            );
        }
        Self::data(text)
    }

    /// Worlds could not be saved when the server stopped. `None`: all were saved.
    pub(crate) fn unsaved(worlds: &[UnsavedWorld]) -> Option<Self> {
        (!worlds.is_empty()).then(|| Self::new(CANNOT_CREATE, RunError::Unsaved(worlds.to_vec()).to_string()))
    }

    /// A file or directory of a new project cannot be written.
    pub(crate) fn not_written(path: &Path, error: &io::Error) -> Self {
        Self::new(CANNOT_CREATE, format!("cannot write {}: {error}", path.display()))
    }

    /// A file would be overwritten.
    pub(crate) fn would_overwrite(text: impl Into<String>) -> Self {
        Self::new(CANNOT_CREATE, text)
    }

    /// The system refused a resource, such as a thread or a file.
    pub(crate) fn system(what: &str, error: &io::Error) -> Self {
        Self::new(SYSTEM, format!("{what}: {error}"))
    }

    /// Two recordings differ; the report is already on standard output.
    pub(crate) fn recordings_differ() -> Self {
        Self::new(DIFFERS, String::new())
    }

    /// Worlds reached a different state than was recorded.
    pub(crate) fn worlds_differ(text: String) -> Self {
        Self::new(DIFFERS, text)
    }

    /// Combines several failures into one, with the exit code of the first and the texts of all.
    /// Returns `None` if there are no failures.
    pub(crate) fn combine(failures: Vec<Self>) -> Option<Self> {
        failures.into_iter().reduce(|mut first, other| {
            first.others.push(other.text);
            first.others.extend(other.others);
            first
        })
    }

    /// Writes the texts to standard error, after the name of the program, and returns the exit
    /// code.
    pub(crate) fn report(self, program: &str) -> ExitCode {
        let texts = [&self.text].into_iter().chain(&self.others);
        for text in texts.filter(|text| !text.is_empty()) {
            // The text may quote a file: control characters are escaped, so that the terminal does
            // not interpret them.
            let lines: Vec<String> = text.lines().map(display::plain).collect();
            // Standard error may be closed. The exit code reports the failure anyway.
            let _ = writeln!(io::stderr(), "{program}: {}", lines.join("\n"));
        }
        ExitCode::from(self.code)
    }
}

impl From<&Problems> for Exit {
    fn from(problems: &Problems) -> Self {
        Self::new(CONFIG, problems.to_string())
    }
}

impl From<Problems> for Exit {
    fn from(problems: Problems) -> Self {
        Self::from(&problems)
    }
}

impl From<MapErrors> for Exit {
    fn from(errors: MapErrors) -> Self {
        Self::new(
            DATA,
            format!("the maps cannot be used:\n  {}", indented(&errors.to_string())),
        )
    }
}

impl From<FindError> for Exit {
    fn from(error: FindError) -> Self {
        match error {
            FindError::MomentNotFound { .. } => Self::not_in_recording(error.to_string()),
            FindError::Io { .. }
            | FindError::None(_)
            | FindError::Unreadable { .. }
            | FindError::SavedWorlds { .. }
            | FindError::TooMany(_)
            | FindError::TooManyWorlds(_) => Self::data(error.to_string()),
        }
    }
}

impl From<WorldsError> for Exit {
    fn from(error: WorldsError) -> Self {
        match error {
            WorldsError::TickWithoutWorld(_) => Self::usage(error.to_string()),
            WorldsError::Moment { .. } | WorldsError::NoMatch(_) => Self::not_in_recording(error.to_string()),
            WorldsError::Replay { path, error } => match error.is_divergence() {
                true => Self::replay(&path, error),
                false => Self::not_opened(&path, &error),
            },
            WorldsError::Io(error) => Self::system("cannot write the result", &error),
        }
    }
}

impl From<SkinErrors> for Exit {
    fn from(errors: SkinErrors) -> Self {
        Self::new(
            DATA,
            format!("the skins cannot be used:\n  {}", indented(&errors.to_string())),
        )
    }
}

impl From<RoomTypeErrors> for Exit {
    fn from(errors: RoomTypeErrors) -> Self {
        Self::new(code_of(&errors), errors.to_string())
    }
}

/// A mistake only in the game logic is a mistake in the program.
fn code_of(errors: &RoomTypeErrors) -> u8 {
    let is_logic = |error: &RoomTypeError| matches!(error.fault, RoomTypeFault::Logic { .. });
    match errors.0.iter().all(is_logic) {
        true => SOFTWARE,
        false => CONFIG,
    }
}

impl From<StartError> for Exit {
    fn from(error: StartError) -> Self {
        let code = match &error {
            StartError::Listen { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => PERMISSION,
                _ => UNAVAILABLE,
            },
            StartError::RoomTypes(errors) => code_of(errors),
            StartError::Auth(_) | StartError::AdminToken(_) => CONFIG,
            StartError::State(StateError::Worlds(_)) => CONFIG,
            StartError::Recording(RecordingError::Directory { .. })
            | StartError::State(StateError::Directory { .. } | StateError::InUse(_)) => CANNOT_CREATE,
            StartError::Thread(_)
            | StartError::OpenFiles { .. }
            | StartError::Recording(RecordingError::Thread(_)) => SYSTEM,
        };
        Self::new(code, error.to_string())
    }
}

/// Returns the text of the error, after the path of the file.
fn with_file(path: &Path, error: &ReplayError) -> String {
    if error.names_file() {
        return error.to_string();
    }
    format!("{}: {error}", path.display())
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    #[test]
    fn start_errors_map_to_exit_codes() {
        let listen = |kind: io::ErrorKind| {
            let exit = Exit::from(StartError::Listen {
                address: SocketAddr::from((Ipv4Addr::LOCALHOST, 80)),
                flag: "--listen",
                source: kind.into(),
            });
            assert!(
                !exit.text.contains('\n') && exit.text.contains("--listen"),
                "{}",
                exit.text
            );
            exit.code
        };
        assert_eq!(listen(io::ErrorKind::AddrInUse), 69);
        assert_eq!(listen(io::ErrorKind::AddrNotAvailable), 69);
        assert_eq!(listen(io::ErrorKind::PermissionDenied), 77);
        assert_eq!(Exit::from(StartError::Thread(io::Error::other("no"))).code, 71);
        assert_eq!(Exit::failure("tick").code, 70);
    }

    #[test]
    fn a_diverging_second_world_exits_with_code_1() {
        let error = ReplayError::NotSaved {
            saved: parlour_shared::ids::Tick(600),
            tick: parlour_shared::ids::Tick(750),
            parts: vec!["score".to_owned()],
        };
        let exit = Exit::replay(Path::new("one.plr"), error);
        assert_eq!(exit.code, 1);
        for words in ["one.plr: ", "tick 600", "tick 750, score", "Local", "--diff"] {
            assert!(exit.text.contains(words), "{words}: {}", exit.text);
        }
    }
}

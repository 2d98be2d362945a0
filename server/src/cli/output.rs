//! Writes results to standard output. Notes and errors go to standard error.

use std::io::{self, Write};

use super::exit::Exit;

/// Writes a message of a server that runs on, whether or not somebody reads it.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a result. A closed pipe is not an error.
pub(crate) fn result(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    accept_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(drop)
}

/// Returns `true` if the output was written, and `false` if the reader closed the pipe.
pub(crate) fn accept_closed_pipe(result: io::Result<()>) -> Result<bool, Exit> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Exit::system("cannot write the result", &error)),
    }
}

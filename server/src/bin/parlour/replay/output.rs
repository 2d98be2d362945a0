//! Writes the output of a replay: results to standard output, everything else to standard error.

use std::io::{self, Write};

use crate::exit::Exit;

/// Writes a note to standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "parlour: {text}");
}

/// Writes a result. A closed pipe is not an error.
pub(super) fn result(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    accept_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(drop)
}

/// Returns `true` if the output was written, and `false` if the reader closed the pipe.
pub(super) fn accept_closed_pipe(result: io::Result<()>) -> Result<bool, Exit> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Exit::system("cannot write the result", &error)),
    }
}

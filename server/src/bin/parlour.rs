//! The `parlour` command: a server without game logic, with the command line of [`parlour::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    parlour::cli::parlour().run()
}

//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// What connections cost a Parlour server: memory, CPU, accepting them, and what a storm of joins
/// does to the tick.
///
/// Starts a server for each measurement, on a core of its own if there are two. Progress goes to
/// standard error, one JSON object per measurement to standard output. About four minutes.
#[derive(Debug, Parser)]
#[command(name = "connection-report", version)]
pub(crate) struct Cli {
    /// The server; else `parlour` beside this program
    #[arg(long, value_name = "BINARY")]
    pub(crate) server: Option<PathBuf>,
    /// Few connections, for seconds: shows that it works, measures little
    #[arg(long)]
    pub(crate) quick: bool,
    /// Further flags of `parlour serve`
    #[arg(last = true, value_name = "SERVE ARGS")]
    pub(crate) serve: Vec<String>,
}

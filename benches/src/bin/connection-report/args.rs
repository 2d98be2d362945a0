//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Measures the cost of connections to a Parlour server: memory and CPU per connection, the rate of
/// accepting them, and the effect of a storm of joins on the tick.
///
/// Starts a server for each measurement, on a separate core if there are two. Prints progress to
/// standard error and one JSON object per measurement to standard output. Takes about four minutes.
#[derive(Debug, Parser)]
#[command(name = "connection-report", version)]
pub(crate) struct ReportCli {
    /// Binary of the server [default: `parlour` in the directory of this program]
    #[arg(long, value_name = "BINARY")]
    pub(crate) server: Option<PathBuf>,
    /// Few connections for a few seconds: a check that it works, not a measurement
    #[arg(long)]
    pub(crate) quick: bool,
    /// More flags for `parlour serve`
    #[arg(last = true, value_name = "SERVE ARGS")]
    pub(crate) serve: Vec<String>,
}

//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, value_parser};

/// The raw floor: moves messages of given sizes at given rates without any logic, and reports
/// their cost.
///
/// Start `serve` on one core and `drive` on another (taskset). Sizes include the WebSocket header.
#[derive(Debug, Parser)]
#[command(name = "floor", version)]
pub(crate) struct FloorCli {
    #[command(subcommand)]
    pub(crate) role: Role,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Write frames to all clients, until they leave or SIGTERM; then print a line of JSON
    Serve(ServeArgs),
    /// Act as all clients: send inputs and read frames
    Drive(DriveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen at
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// Number of connections to wait for
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: u32,
    /// Frames to each client per second, each written separately
    #[arg(long, value_name = "F", value_parser = rate)]
    pub(crate) frames_per_second: f64,
    /// Size of a frame in bytes
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(crate) frame_bytes: u32,
    /// Ticks per second; all frames of a tick are written together
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(crate) ticks: u32,
    /// Time between the last connection and the beginning of the measurement
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    pub(crate) settle: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct DriveArgs {
    /// Address of the server
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) connect: SocketAddr,
    /// Number of connections to open
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: u32,
    /// Inputs of each client per second
    #[arg(long, value_name = "I", value_parser = rate)]
    pub(crate) inputs_per_second: f64,
    /// Size of an input in bytes
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u32).range(1..=65_536))]
    pub(crate) input_bytes: u32,
    /// Time between the last connection and the beginning of the measurement
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    pub(crate) settle: Duration,
    /// Length of the measurement
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) duration: Duration,
    /// File for the line of JSON, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) json: PathBuf,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("must be a number from 0 to 1000".to_owned()),
    }
}

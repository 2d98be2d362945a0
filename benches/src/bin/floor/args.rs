//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, value_parser};

/// The raw floor: moves messages of given sizes at given rates, with no logic at all, and tells
/// what that costs.
///
/// Start `serve` on one core and `drive` on another (taskset). Sizes are what goes over the
/// connection, WebSocket header included.
#[derive(Debug, Parser)]
#[command(name = "floor", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) role: Role,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Write frames to all clients; ends with a line of JSON when they leave, or at SIGTERM
    Serve(Serve),
    /// Be all the clients: send inputs, read frames
    Drive(Drive),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where the driver connects
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// How many connections to wait for
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: u32,
    /// Frames to each client per second; more than one a tick are written one by one
    #[arg(long, value_name = "F", value_parser = rate)]
    pub(crate) frames_per_second: f64,
    /// Size of a frame
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(crate) frame_bytes: u32,
    /// Ticks per second: all frames of a tick are written at once
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(crate) ticks: u32,
    /// Time between the last connection and the beginning of the measurement
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    pub(crate) settle: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Drive {
    /// Where the server listens
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) connect: SocketAddr,
    /// How many connections to make
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: u32,
    /// Inputs of each client per second
    #[arg(long, value_name = "I", value_parser = rate)]
    pub(crate) inputs_per_second: f64,
    /// Size of an input
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u32).range(1..=65_536))]
    pub(crate) input_bytes: u32,
    /// Time between the last connection and the beginning of the measurement
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    pub(crate) settle: Duration,
    /// How long to measure
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) duration: Duration,
    /// Where the line of JSON goes; -: standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) json: PathBuf,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("a number from 0 to 1000".to_owned()),
    }
}

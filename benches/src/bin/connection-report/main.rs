//! The cost of connections to a running server: memory and CPU per connection, the rate of
//! accepting them, and the effect of a storm of joins on the tick. Starts the servers, prints JSON
//! lines.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

#[cfg(target_os = "linux")]
mod args;
#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
mod connection;
#[cfg(target_os = "linux")]
mod connections;
#[cfg(target_os = "linux")]
mod measurements;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use clap::Parser as _;

    let bench = bench::Bench::prepare(args::ReportCli::parse())?;
    measurements::idle(&bench)?;
    measurements::standing(&bench)?;
    measurements::active(&bench)?;
    measurements::accept_rate(&bench)?;
    measurements::join_storm(&bench)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("connection-report: works only on Linux, because it needs /proc");
    std::process::exit(2);
}

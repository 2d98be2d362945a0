//! What connections cost a running server: memory, CPU, how fast they come about, and what a storm
//! of them does to the tick. Starts the servers itself; JSON lines on standard output.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

#[cfg(target_os = "linux")]
mod args;
#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod member;
#[cfg(target_os = "linux")]
mod metrics;
#[cfg(target_os = "linux")]
mod server;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use clap::Parser as _;

    let bench = bench::Bench::prepare(args::Cli::parse())?;
    measure::idle(&bench)?;
    measure::standing(&bench)?;
    measure::active(&bench)?;
    measure::accept_rate(&bench)?;
    measure::join_storm(&bench)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("connection-report: only Linux tells what this measures (/proc)");
    std::process::exit(2);
}

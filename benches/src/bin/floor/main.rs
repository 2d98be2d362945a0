//! The raw floor: what moving the same messages as a world server costs with no world behind them.
//! A server and a driver of a few lines each, one thread, one `send` a frame, one `recv` a socket
//! that is ready.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

#[cfg(target_os = "linux")]
mod args;
#[cfg(target_os = "linux")]
mod drive;
#[cfg(target_os = "linux")]
mod peer;
#[cfg(target_os = "linux")]
mod serve;
#[cfg(target_os = "linux")]
mod stop;
#[cfg(target_os = "linux")]
mod tally;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use anyhow::Context as _;
    use clap::Parser as _;

    let role = args::Cli::parse().role;
    parlour_benches::process::raise_file_limit();
    let stop = stop::Stop::listen().context("cannot listen for signals")?;
    match role {
        args::Role::Serve(what) => {
            println!("{}", serve::run(&what, &stop)?);
            Ok(())
        }
        args::Role::Drive(what) => {
            let report = drive::run(&what, &stop)?;
            if what.json.as_os_str() == "-" {
                println!("{report}");
                return Ok(());
            }
            std::fs::write(&what.json, format!("{report}\n"))
                .with_context(|| format!("cannot write {}", what.json.display()))
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("floor: only Linux has the calls that this measures (epoll)");
    std::process::exit(2);
}

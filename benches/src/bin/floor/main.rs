//! The raw floor: the cost of moving the messages of a world server without the world. A small
//! server and a small driver, each with one thread, one `send` per frame and one `recv` per ready
//! socket.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

#[cfg(target_os = "linux")]
mod args;
#[cfg(target_os = "linux")]
mod driver;
#[cfg(target_os = "linux")]
mod peer;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod stop_flag;
#[cfg(target_os = "linux")]
mod tally;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use anyhow::Context as _;
    use clap::Parser as _;

    let role = args::FloorCli::parse().role;
    parlour_benches::process::raise_file_limit();
    let stop = stop_flag::StopFlag::listen().context("cannot listen for signals")?;
    match role {
        args::Role::Serve(args) => {
            println!("{}", server::run(&args, &stop)?);
            Ok(())
        }
        args::Role::Drive(args) => {
            let report = driver::run(&args, &stop)?;
            if args.json.as_os_str() == "-" {
                println!("{report}");
                return Ok(());
            }
            std::fs::write(&args.json, format!("{report}\n"))
                .with_context(|| format!("cannot write {}", args.json.display()))
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("floor: works only on Linux, because it needs epoll");
    std::process::exit(2);
}

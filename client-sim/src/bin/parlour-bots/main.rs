//! `parlour-bots` puts load on a Parlour server, checks its guarantees and measures it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod args;

use std::{io::IsTerminal as _, path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::Parser as _;
use parlour_client_sim::bots::{self, PlanError, Progress, Report};
use tokio::signal;

use args::Cli;

/// The exit code of a run in which something went wrong.
const FAILED: u8 = 1;
/// The exit code of wrong usage.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(report) if report.is_clean() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(FAILED),
        Err(error) => {
            eprintln!("parlour-bots: {error:#}");
            let is_usage = matches!(
                error.downcast_ref(),
                Some(
                    PlanError::Url { .. }
                        | PlanError::Tls(_)
                        | PlanError::Number(_)
                        | PlanError::RoomType(_)
                        | PlanError::NoSuchRoomType { .. }
                )
            );
            ExitCode::from(if is_usage { USAGE } else { FAILED })
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Report> {
    let plan = cli.plan();
    plan.check()?;
    if let Some(path) = cli.output.json.as_deref().filter(|path| *path != Path::new("-")) {
        // Fail before the run, not after it.
        std::fs::write(path, "").with_context(|| format!("cannot write {}", path.display()))?;
    }
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let report = runtime.block_on(bots::run(plan, interrupted(), |progress| {
        if !cli.output.quiet {
            show(progress);
        }
    }))?;
    match cli.output.json.as_deref() {
        Some(path) if path == Path::new("-") => println!("{}", serde_json::to_string_pretty(&report)?),
        path => {
            print!("{report}");
            if let Some(path) = path {
                let text = serde_json::to_string_pretty(&report)? + "\n";
                std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
    }
    Ok(report)
}

/// Shows one line that changes on a terminal, and one line a second elsewhere.
fn show(progress: &Progress) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[2K{progress}");
        // The table must begin on a new line, whenever the run ends.
        eprint!("\n\x1b[1A");
    } else {
        eprintln!("{progress}");
    }
}

/// Waits for Ctrl-C or a termination signal.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Without a handler the system itself ends the process.
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Raises the limit of descriptors: each bot needs one, and many systems give a process few unless
/// it asks for more.
fn raise_descriptor_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // If this fails, connections fail with a reason that says so.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

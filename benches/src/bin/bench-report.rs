//! Writes docs/benchmarks.md and docs/plots, and judges runs for `scripts/plaza`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use parlour_benches::report;

const USAGE: &str = "\
Usage:
  bench-report page FOLDER     Writes FOLDER/benchmarks.md and FOLDER/plots. Reads the results in bench, plaza and
                               criterion of Cargo's target folder (CARGO_TARGET_DIR, or target), and inserts
                               benches/bounds.md after the goals.
  bench-report verdict RUN     Prints the figures of the run in the folder RUN, and why it is not held. Exit code 1 if
                               it is not held, 3 if it failed at any speed (violations, lost connections, no report).
  bench-report floor-work RUN  Prints the messages that the run moved, for the raw floor: clients, frames per second to
                               each, bytes per frame, inputs per second from each.";
const BOUNDS: &str = "benches/bounds.md";
const NOT_HELD: u8 = 1;
const FAILED: u8 = 2;
const WRONG: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["page", folder] => page(Path::new(folder)),
        ["verdict", run] => verdict(Path::new(run)),
        ["floor-work", run] => floor_work(Path::new(run)),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(FAILED);
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("bench-report: {error:#}");
        ExitCode::from(FAILED)
    })
}

fn page(folder: &Path) -> Result<ExitCode> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    // Written by hand, and optional.
    let bounds = fs::read_to_string(BOUNDS).unwrap_or_default();
    let page = report::page(&target, &bounds)?;
    let plots = folder.join("plots");
    fs::create_dir_all(&plots).with_context(|| plots.display().to_string())?;
    for (name, svg) in page.plots {
        write(&plots.join(name), &svg)?;
    }
    write(&folder.join("benchmarks.md"), &page.markdown)?;
    Ok(ExitCode::SUCCESS)
}

fn verdict(run: &Path) -> Result<ExitCode> {
    let verdict = report::verdict(run)?;
    let held = verdict.misses.is_empty();
    let why = if held {
        "held".to_owned()
    } else {
        format!("not held: {}", verdict.misses.join("; "))
    };
    println!("{}; {why}", verdict.figures);
    Ok(match (verdict.is_wrong, held) {
        (true, _) => ExitCode::from(WRONG),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(NOT_HELD),
    })
}

fn floor_work(run: &Path) -> Result<ExitCode> {
    let work = report::floor_work(run)?;
    println!(
        "{} {:.3} {} {:.3}",
        work.clients, work.frames_per_second, work.frame_bytes, work.inputs_per_second
    );
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| path.display().to_string())
}

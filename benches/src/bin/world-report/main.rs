//! Many worlds on a running server: what other worlds notice when one fails, how long a door into
//! another world takes, and what a thousand small worlds cost.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod doors;
#[cfg(target_os = "linux")]
mod failures;
#[cfg(target_os = "linux")]
mod games;
#[cfg(target_os = "linux")]
mod lateness;
#[cfg(target_os = "linux")]
mod many;
#[cfg(target_os = "linux")]
mod player;
#[cfg(target_os = "linux")]
mod serve;
#[cfg(target_os = "linux")]
mod table;

/// Measures many worlds on a running server, over WebSocket on loopback. Each measurement starts a
/// server with two tick threads. Prints a table.
#[cfg(target_os = "linux")]
#[derive(Debug, clap::Parser)]
#[command(name = "world-report", version)]
struct Cli {
    /// Print one JSON object per line instead of a table
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[cfg(target_os = "linux")]
#[derive(Debug, clap::Subcommand)]
enum What {
    /// A world panics by a message, one by a timer, and one hangs for two seconds, while bots walk
    /// in other worlds. Fails if a bot finds a violation or loses its connection, if a tick is
    /// lost, or if a hanging world delays one of the other tick thread. Times are only
    /// reported.
    Failures {
        /// Bots in other worlds
        #[arg(long, default_value_t = 500)]
        bots: u32,
        /// Bots in the world that fails
        #[arg(long, default_value_t = 30)]
        inside: u32,
        /// Seconds before each failure, and after it
        #[arg(long, default_value_t = 6)]
        seconds: u64,
    },
    /// Players walk through doors between worlds: the ticks from the last snapshot of the old room
    /// to the first one of the new room
    Doors {
        /// Doors to walk through, in all
        #[arg(long, default_value_t = 400)]
        crossings: usize,
        /// Bots in other worlds
        #[arg(long, default_value_t = 500)]
        bots: u32,
    },
    /// Bots fill many rooms: in worlds of their own, and in shared worlds for comparison
    Many {
        /// Rooms
        #[arg(long, default_value_t = 1000)]
        rooms: u32,
        /// Bots in each room
        #[arg(long, default_value_t = 2)]
        per_room: u32,
        /// Seconds to measure
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// The server of the other commands
    #[command(hide = true)]
    Serve(serve::ServeArgs),
}

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use std::time::Duration;

    let cli = <Cli as clap::Parser>::parse();
    parlour_benches::process::raise_file_limit();
    if let What::Serve(args) = &cli.what {
        return serve::run(args);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let results = runtime.block_on(async {
        match cli.what {
            What::Failures {
                bots,
                inside,
                seconds,
            } => failures::measure(bots, inside, Duration::from_secs(seconds)).await,
            What::Doors { crossings, bots } => doors::measure(crossings, bots).await,
            What::Many {
                rooms,
                per_room,
                seconds,
            } => many::measure(rooms, per_room, Duration::from_secs(seconds)).await,
            What::Serve(_) => Ok(Vec::new()),
        }
    })?;
    if cli.json {
        results.iter().for_each(|result| println!("{result}"));
    } else {
        print!("{}", table::table(&results));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("world-report: works only on Linux, because it needs /proc");
    std::process::exit(2);
}

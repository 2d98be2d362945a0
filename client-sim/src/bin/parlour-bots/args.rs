//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{
    Args, Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use parlour_client_sim::bots::{Behaviour, Plan, Rooms};

const EXAMPLES: &str = "\
Examples:
  parlour-bots                                         100 walkers against a local server, for 30 s
  parlour-bots --count 1000 --per-room 50 --duration 2m
  parlour-bots --count 500 --behaviour jitter --rooms 10 --json out.json
  parlour-bots --count 300 --behaviour crowd --rooms 1 --chat-per-minute 6
  parlour-bots --count 1000 --rooms 1 --phase-lock     input sampled once a tick, as in a game
  parlour-bots -n 5000 --rooms 1 --witnesses 0.02      100 bots decode everything
  parlour-bots --count 1000 --churn 10 --duration 10m  100 bots a minute leave and are replaced
  parlour-bots --count 200 --rooms 1 --stalled 20      20 bots stop reading
  parlour-bots --count 5 --rooms 1 --map lobby --duration forever

What is measured:
  input to neighbour   time from the scheduled moment of a turn to the moment at which a neighbour
                       has decoded it. With --phase-lock it starts when the bot samples its input.
                       A turn that a newer one overtakes counts until the newer one is decoded.
                       Turns before a bot goes through a door do not count: they may be lost, or
                       take effect in the next room.
  longest without a tick
                       longest time in which no bot in a room received a tick, over all rooms;
                       about 1 s in a room in which nothing happens
  age of the picture   sampled at random moments, for a random witness and neighbour: time since
                       the oldest turn of the neighbour that the witness has not seen; 0 if it has
                       seen all
  turn waits for its tick
                       with --phase-lock: time from the scheduled moment of a turn to its sampling
  generator lag        how late the bots sent. If its p99 is over 2 ms, the latencies include
                       delays of the bots themselves: use --threads, or fewer bots.

Exit status:
  0 no fault was found
  1 violations, connections that were lost or not opened, no bot connected, rooms not joined, or
    no bot in a room received a tick for longer than --max-standstill
  2 invalid arguments";

/// Runs bots that walk and chat on a Parlour server, check its guarantees and measure it.
///
/// Each bot decodes everything it receives, keeps a view of its room, predicts its own motion and
/// compares it with the server's. With --witnesses only some bots do. The seed determines the run:
/// the same command sends the same requests again.
#[derive(Debug, Parser)]
#[command(name = "parlour-bots", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    actions: Actions,
    #[command(flatten)]
    timing: Timing,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
struct Target {
    /// Address of the server's WebSocket
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7373/ws")]
    url: String,
    /// Type of the rooms, such as the name of a map
    #[arg(
        long,
        visible_alias = "room-type",
        value_name = "NAME",
        default_value = "plaza"
    )]
    map: String,
    /// Number of rooms: NAME/0, NAME/1 and so on, or just NAME for a single room
    #[arg(long, value_name = "N", conflicts_with = "per_room")]
    rooms: Option<u32>,
    /// Number of bots in each room, instead of --rooms [default: 50]
    #[arg(long, value_name = "N")]
    per_room: Option<u32>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Bots")]
struct Actions {
    /// Number of bots
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
    count: u32,
    /// How bots move: turn from time to time, turn all the time, stand still, or gather in the
    /// middle
    #[arg(long, value_name = "KIND", default_value = "walkers", value_parser = behaviour())]
    behaviour: Behaviour,
    /// Turns per second and bot [default: 2, jitter 20, idle 0]
    #[arg(long, value_name = "X")]
    turns_per_second: Option<f64>,
    /// Walk at any of 256 angles, at the speeds of the room, instead of in the eight directions
    #[arg(long)]
    free_angles: bool,
    /// Sample input once a tick, so that it reaches the server just before a tick begins. Latency
    /// then runs from the moment of sampling, and the wait before it is reported separately
    #[arg(long)]
    phase_lock: bool,
    /// How long before its tick input should arrive. Raise it if sending the turns of many bots
    /// takes longer
    #[arg(long, value_name = "TIME", default_value = "2ms", requires = "phase_lock",
          value_parser = humantime::parse_duration)]
    aim: Duration,
    /// Chat messages per minute and bot, half to the room and half to nearby players
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    chat_per_minute: f64,
    /// Skin changes per minute and bot
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    skin_per_minute: f64,
    /// Time between pings of a bot, or `never`
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time_or_never)]
    ping_every: Time,
    /// Share of the bots that decode everything they receive, above 0 and up to 1, at least one in
    /// each room. The others read only the headers of snapshots, which costs this machine far less.
    /// Only witnesses measure
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    witnesses: f64,
    /// Percentage of the bots that leave per minute. A new session soon replaces each of them
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    churn: f64,
    /// Number of bots that stop reading once they are in their room
    #[arg(long, value_name = "N", default_value_t = 0)]
    stalled: u32,
    /// Seed of all random decisions
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Timing")]
struct Timing {
    /// How long to measure, after --settle; `forever` measures until Ctrl-C
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time_or_never)]
    duration: Time,
    /// Connections per second at the start
    #[arg(long, value_name = "N/s", default_value = "200/s", value_parser = ramp)]
    ramp: f64,
    /// Time between the last connection and the beginning of the measurement
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = humantime::parse_duration)]
    settle: Duration,
    /// Fail the run if no bot in a room receives a tick for longer than this; `forever` only
    /// reports it
    #[arg(long, value_name = "TIME", default_value = "1500ms", value_parser = time_or_never)]
    max_standstill: Time,
    /// Number of threads. All bots of a room run in the same thread
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Write the report as JSON to this file; `-` writes it to standard output instead of the table
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Do not show progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// A time, or `None` for `never` and `forever`.
#[derive(Clone, Copy, Debug)]
struct Time(Option<Duration>);

impl Cli {
    /// Returns the plan that the command line describes, without checking it.
    pub(crate) fn plan(&self) -> Plan {
        let (target, actions, timing) = (&self.target, &self.actions, &self.timing);
        Plan {
            url: target.url.clone(),
            count: actions.count,
            rooms: match target.rooms {
                Some(rooms) => Rooms::Count(rooms),
                None => Rooms::Of(target.per_room.unwrap_or(50)),
            },
            map: target.map.clone(),
            behaviour: actions.behaviour,
            turns_per_second: actions.turns_per_second,
            free_angles: actions.free_angles,
            phase_lock: actions.phase_lock,
            aim: actions.aim,
            witnesses: actions.witnesses,
            churn_percent: actions.churn,
            stalled: actions.stalled,
            chat_per_minute: actions.chat_per_minute,
            skin_per_minute: actions.skin_per_minute,
            ping_every: actions.ping_every.0,
            ramp_per_second: timing.ramp,
            settle: timing.settle,
            duration: timing.duration.0,
            max_standstill: timing.max_standstill.0,
            seed: actions.seed,
            threads: timing.threads,
        }
    }
}

fn behaviour() -> impl TypedValueParser<Value = Behaviour> {
    PossibleValuesParser::new(Behaviour::ALL.map(Behaviour::name)).map(|name| {
        let named = Behaviour::ALL
            .into_iter()
            .find(|behaviour| behaviour.name() == name);
        named.expect("the parser lets only these names pass")
    })
}

fn time_or_never(text: &str) -> Result<Time, humantime::DurationError> {
    match text {
        "never" | "forever" => Ok(Time(None)),
        _ => humantime::parse_duration(text).map(|time| Time(Some(time))),
    }
}

fn ramp(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number
        .parse()
        .map_err(|_| "expected connections per second, such as 200/s".to_owned())
}

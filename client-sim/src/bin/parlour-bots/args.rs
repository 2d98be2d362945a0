//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{
    Args, Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use parlour_client_sim::bots::{Behaviour, Plan, Rooms};

const EXAMPLES: &str = "\
Examples:
  parlour-bots                                         100 walkers for 30 s on this machine
  parlour-bots --count 1000 --per-room 50 --duration 2m
  parlour-bots --count 500 --behaviour jitter --rooms 10 --json out.json
  parlour-bots --count 300 --behaviour crowd --rooms 1 --chat-per-minute 6
  parlour-bots --count 1000 --rooms 1 --phase-lock     like clients that aim at ticks
  parlour-bots -n 5000 --rooms 1 --witnesses 0.02      100 of them decode, the rest only count
  parlour-bots --count 1000 --churn 10 --duration 10m  100 a minute leave and are replaced
  parlour-bots --count 200 --rooms 1 --stalled 20      do 20 that stop reading harm the rest?
  parlour-bots --count 5 --rooms 1 --map lobby --duration forever

What is measured:
  input to neighbour   from the moment a bot's schedule wants it to turn to the moment a different
                       bot has decoded the turn; with --phase-lock from the moment the bot samples
                       its input, just in time for a tick; a turn that a newer one overtakes counts
                       until the newer one is decoded
  longest without a tick
                       the longest stretch in which no bot received a tick
  age of the picture   at random moments, for a random witness and neighbour: how long ago the
                       neighbour did something that the witness has not seen; 0: nothing unseen
  turn waits           with --phase-lock: from when the schedule wants a turn to that moment
  generator lag        how much later than scheduled the bots sent; if its p99 is over 2 ms,
                       latencies include the bots' own delays: use --threads, or fewer bots

Exit status:
  0 all went well
  1 violations, connections lost or not opened, no bot connected, rooms not joined, or the
    server stood still for longer than --max-standstill
  2 wrong usage";

/// Bots that walk and chat on a Parlour server, check its guarantees, and measure.
///
/// Every bot, or every witness, decodes everything it receives, keeps its view of the room,
/// predicts its own motion and compares. The seed determines the run: the same command asks the
/// same of the server again.
#[derive(Debug, Parser)]
#[command(name = "parlour-bots", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    where_to: WhereTo,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    how_long: HowLong,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Where")]
struct WhereTo {
    /// The address of the server's WebSocket
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7373/ws")]
    url: String,
    /// The map that the rooms are made from
    #[arg(long, value_name = "NAME", default_value = "plaza")]
    map: String,
    /// How many rooms: MAP/0, MAP/1 and so on, or just MAP for a single one
    #[arg(long, value_name = "N", conflicts_with = "per_room")]
    rooms: Option<u32>,
    /// How many bots per room, instead of --rooms [default: 50]
    #[arg(long, value_name = "N")]
    per_room: Option<u32>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What they do")]
struct What {
    /// How many bots
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
    count: u32,
    /// How bots move: turn from time to time, turn constantly, stand still, or gather in the middle
    #[arg(long, value_name = "KIND", default_value = "walkers", value_parser = behaviour())]
    behaviour: Behaviour,
    /// Changes of direction per second and bot [default: 2; jitter 20; idle 0]
    #[arg(long, value_name = "X")]
    turns_per_second: Option<f64>,
    /// Sample input once a tick, so that it reaches the server just before a tick begins; latency
    /// then runs from the moment of sampling, and the wait before it is reported separately
    #[arg(long)]
    phase_lock: bool,
    /// How long before the tick input should arrive; use more if the turns of many bots take longer
    /// to send
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
    /// Share of the bots that decode everything they receive, above 0 up to 1, at least one in each
    /// room; the others check only the heads of snapshots, which costs this machine far less. Only
    /// witnesses are measured
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    witnesses: f64,
    /// Percentage of the bots that leave per minute; a new session soon replaces each
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    churn: f64,
    /// How many bots stop reading once they are in their room, to see how the server copes
    #[arg(long, value_name = "N", default_value_t = 0)]
    stalled: u32,
    /// Seed of all random decisions
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How long, how fast")]
struct HowLong {
    /// How long to measure after all bots have connected and settled; or `forever`, until Ctrl-C
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time_or_never)]
    duration: Time,
    /// Connections per second at the start
    #[arg(long, value_name = "N/s", default_value = "200/s", value_parser = ramp)]
    ramp: f64,
    /// Time between the last connection and the beginning of the measurement
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = humantime::parse_duration)]
    settle: Duration,
    /// How long no bot may receive a tick before the run fails; or `forever`, to only report it
    #[arg(long, value_name = "TIME", default_value = "1500ms", value_parser = time_or_never)]
    max_standstill: Time,
    /// Threads; each runs whole rooms
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Write the report as JSON to this file, or to standard output in place of the table if it is
    /// `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// A time; `None`: without end.
#[derive(Clone, Copy, Debug)]
struct Time(Option<Duration>);

impl Cli {
    /// Returns the plan that the command line describes, without checking it.
    pub(crate) fn plan(&self) -> Plan {
        let (where_to, what, how_long) = (&self.where_to, &self.what, &self.how_long);
        Plan {
            url: where_to.url.clone(),
            count: what.count,
            rooms: match where_to.rooms {
                Some(rooms) => Rooms::Count(rooms),
                None => Rooms::Of(where_to.per_room.unwrap_or(50)),
            },
            map: where_to.map.clone(),
            behaviour: what.behaviour,
            turns_per_second: what.turns_per_second,
            phase_lock: what.phase_lock,
            aim: what.aim,
            witnesses: what.witnesses,
            churn_percent: what.churn,
            stalled: what.stalled,
            chat_per_minute: what.chat_per_minute,
            skin_per_minute: what.skin_per_minute,
            ping_every: what.ping_every.0,
            ramp_per_second: how_long.ramp,
            settle: how_long.settle,
            duration: how_long.duration.0,
            max_standstill: how_long.max_standstill.0,
            seed: what.seed,
            threads: how_long.threads,
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

//! One run of a load: the report of the bots, the server's metrics before and after, and whether
//! the run is held.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::{
    json::{self, number},
    loads::PlazaLoad,
    metrics::Metrics,
};
use crate::report::number::rounded;

/// Reasons of drops that lose messages.
const DROPS: [&str; 3] = ["io_lost", "inbound_full", "per_session"];
/// The admin port may answer this many ticks faster at the end of the window than at its beginning.
/// Skipped ticks have no such slack.
const TICK_SLACK: f64 = 6.0;

/// The results in a folder that `scripts/plaza` wrote.
pub(in crate::report) struct Run {
    about: Value,
    pub(in crate::report) bots: Value,
    before: Metrics,
    after: Metrics,
}

impl Run {
    pub(in crate::report) fn read(folder: &Path) -> Result<Self> {
        Ok(Self {
            about: json::read(&folder.join("about.json"))?,
            // Bots that failed leave no report. Such a run is not held.
            bots: json::read_optional(&folder.join("bots.json"))?.unwrap_or(Value::Null),
            before: Metrics::read(&folder.join("before.prom"))?,
            after: Metrics::read(&folder.join("after.prom"))?,
        })
    }

    pub(in crate::report) fn about(&self) -> &Value {
        &self.about
    }

    pub(in crate::report) fn load(&self) -> &str {
        json::text(&self.about, "load")
    }

    pub(in crate::report) fn clients(&self) -> f64 {
        number(&self.about, "clients")
    }

    /// Whether this run belongs to the ladder: it is named `ladder` or `ladder-again`, and not by a
    /// number.
    pub(in crate::report) fn is_ladder(&self) -> bool {
        json::text(&self.about, "run").starts_with("ladder")
    }

    pub(in crate::report) fn latency(&self, of: &str) -> f64 {
        number(&self.bots["input_to_neighbour_ms"], of)
    }

    pub(in crate::report) fn age(&self, of: &str) -> f64 {
        number(&self.bots["age_of_picture_ms"], of)
    }

    pub(in crate::report) fn frames_per_s(&self) -> f64 {
        number(&self.bots, "frames_in_per_s")
    }

    pub(in crate::report) fn inputs_per_s(&self) -> f64 {
        number(&self.bots, "inputs_out_per_s")
    }

    pub(in crate::report) fn bytes_per_client_s(&self) -> f64 {
        number(&self.bots, "bytes_in_per_bot_per_s")
    }

    pub(in crate::report) fn generator_lag_ms(&self) -> f64 {
        number(&self.bots["generator_lag_ms"], "p99")
    }

    /// The server's CPU in microseconds per second.
    pub(in crate::report) fn cpu_us_per_s(&self) -> f64 {
        number(&self.about, "cpu_ns") / 1000.0 / number(&self.about, "window_s")
    }

    pub(in crate::report) fn cpu_us_per_client_s(&self) -> f64 {
        self.cpu_us_per_s() / self.clients()
    }

    pub(in crate::report) fn cpu_us_per_frame(&self) -> f64 {
        self.cpu_us_per_s() / self.frames_per_s()
    }

    pub(in crate::report) fn memory_kb_per_client(&self) -> f64 {
        // The kernel's kB are KiB.
        1.024 * (number(&self.about, "rss_kb") - number(&self.about, "empty_rss_kb")) / self.clients()
    }

    /// Milliseconds between a tick's deadline and its start.
    pub(in crate::report) fn lateness_p99_ms(&self) -> f64 {
        let name = "parlour_tick_lateness_seconds";
        self.after.quantile_since(&self.before, name, 0.99) * 1000.0
    }

    /// Milliseconds of work in a tick.
    pub(in crate::report) fn tick_p99_ms(&self) -> f64 {
        let name = "parlour_tick_duration_seconds";
        self.after.quantile_since(&self.before, name, 0.99) * 1000.0
    }

    pub(in crate::report) fn delivered(&self) -> f64 {
        number(&self.bots, "turns_delivered")
    }

    /// Bytes per turn that one neighbour receives, without headers.
    pub(in crate::report) fn payload_bytes_per_turn(&self) -> f64 {
        number(&self.bots, "payload_bytes_per_turn")
    }

    /// Average bytes of a frame with its WebSocket header.
    pub(in crate::report) fn bytes_per_frame(&self) -> f64 {
        let connected = number(&self.bots, "connected");
        self.bytes_per_client_s() * connected / self.frames_per_s()
    }

    /// Whether the server stopped in time with exit code 0.
    pub(in crate::report) fn did_server_exit_cleanly(&self) -> bool {
        self.about["server_exited_cleanly"] != false
    }

    /// Connections that were lost or never made.
    pub(in crate::report) fn lost(&self) -> f64 {
        lost(&self.bots)
    }

    /// The viewers at each cadence at the end, as text.
    pub(in crate::report) fn cadences(&self) -> String {
        let viewers = self.after.cadences();
        let (hz, counts): (Vec<String>, Vec<String>) = viewers
            .iter()
            .map(|(hz, count)| (hz.to_string(), rounded(*count, 0)))
            .unzip();
        format!("viewers at {} Hz: {}", hz.join(" / "), counts.join(" / "))
    }

    /// Returns the reasons why this run is not held. Empty: it is held.
    pub(in crate::report) fn misses(&self, load: &PlazaLoad) -> Vec<String> {
        let mut misses = Vec::new();
        let mut hold = |holds: bool, miss: String| {
            if !holds {
                misses.push(miss);
            }
        };
        hold(
            self.did_server_exit_cleanly(),
            "the server did not stop cleanly".to_owned(),
        );
        let (p99, bound) = (self.latency("p99"), self.latency_bound(load));
        hold(p99 <= bound, format!("latency p99 {p99:.1} ms, {bound} at most"));
        let lag = self.generator_lag_ms();
        hold(lag <= 2.0, format!("generator lag p99 {lag:.1} ms, 2 at most"));
        let connected = number(&self.bots, "connected");
        hold(connected == self.clients(), format!("{connected} connected"));
        let joined = number(&self.bots, "joined");
        hold(joined == self.clients(), format!("{joined} entered a room"));
        let refused = self.bots["refused_by_class"].as_object();
        let refused = refused.map_or(0, serde_json::Map::len);
        hold(refused == 0, "requests were refused".to_owned());
        let lost = self.lost();
        hold(lost == 0.0, format!("{lost} connections lost"));
        let violations = number(&self.bots, "violations");
        hold(violations == 0.0, format!("{violations} violations"));
        let grew = |name: &str| self.after.since(&self.before, name);
        let has_metrics = !self.before.is_empty() && !self.after.is_empty();
        hold(has_metrics, "no metrics of the server".to_owned());
        let (ticks, due) = (
            grew("parlour_ticks_total"),
            number(&self.about, "window_s") * 60.0,
        );
        hold(
            ticks >= due - TICK_SLACK,
            format!("{ticks} ticks where {due:.0} were due"),
        );
        let skipped = grew("parlour_ticks_skipped_total");
        hold(skipped == 0.0, format!("{skipped} ticks skipped"));
        for reason in DROPS {
            let drops = grew(&format!("parlour_drops_total{{reason=\"{reason}\"}}"));
            hold(drops == 0.0, format!("{drops} drops, {reason}"));
        }
        // With cadence auto the server holds viewers back on purpose. At a fixed cadence, frames
        // would be missing.
        let behind = grew("parlour_io_behind_total");
        let may_thin_out = load.cadence().is_none();
        hold(
            may_thin_out || behind == 0.0,
            format!("I/O fell behind {behind} times"),
        );
        misses
    }

    /// Returns 100 ms if most viewers receive at most 20 frames a second, and 50 ms otherwise.
    fn latency_bound(&self, load: &PlazaLoad) -> f64 {
        let slow = match load.cadence() {
            Some(cadence) => cadence <= 20,
            None => {
                let viewers = self.after.cadences();
                let all: f64 = viewers.iter().map(|(_, count)| count).sum();
                let slow = viewers.iter().filter(|(hz, _)| *hz <= 20);
                slow.map(|(_, count)| count).sum::<f64>() * 2.0 > all
            }
        };
        if slow { 100.0 } else { 50.0 }
    }
}

/// Returns the connections that bots lost or never made.
pub(in crate::report) fn lost(bots: &Value) -> f64 {
    let sum = |name: &str| {
        let counts = bots[name].as_object();
        counts.map_or(0.0, |codes| codes.values().filter_map(Value::as_f64).sum())
    };
    sum("disconnects_by_code") + sum("connect_failures")
}

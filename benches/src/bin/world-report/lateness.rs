//! How late the ticks of a thread started.

use parlour_benches::scrape::Scrape;
use serde_json::{Value, json};

const LATENESS: &str = "parlour_tick_lateness_seconds";
/// The lateness that no client may cause, in seconds.
const LATE: f64 = 0.001;

/// Returns what happened to the ticks of a thread between two scrapes.
pub(crate) fn lateness(before: &Scrape, after: &Scrape, thread: u64) -> Value {
    let (before, after) = (before.of_thread(thread), after.of_thread(thread));
    let quantile_ms = |name, share| after.quantile(&before, name, share).map(|seconds| seconds * 1e3);
    json!({
        "ticks": after.increase(&before, "parlour_ticks_total"),
        "skipped": after.increase(&before, "parlour_ticks_skipped_total"),
        "late_p99_ms": quantile_ms(LATENESS, 0.99),
        "late_max_ms": quantile_ms(LATENESS, 1.0),
        "over_1_ms": after.above(&before, LATENESS, LATE),
        "duration_p50_ms": quantile_ms("parlour_tick_duration_seconds", 0.5),
        "duration_p99_ms": quantile_ms("parlour_tick_duration_seconds", 0.99),
    })
}

//! The lines of the connection bench.

use serde_json::Value;

use crate::report::{
    number::rounded,
    results::{
        Results,
        json::{number, text},
    },
};

pub(super) fn section(results: &Results) -> String {
    if results.connection.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "## Connections\n\nActive connections and standing players are in rooms of 50. An active connection belongs to a player that walks and\n\
         turns twice a second.\n\n| what | measured |\n|---|---|\n",
    );
    for line in &results.connection {
        let what = text(line, "what");
        out += &format!("| {} | {} |\n", what.replace("cpu", "CPU"), figures(what, line));
    }
    out
}

/// Describes the figures of a line.
fn figures(what: &str, line: &Value) -> String {
    let whole = |name| rounded(number(line, name), 0);
    match what {
        "accept rate" => format!(
            "{} connections accepted per second ({} in total, {} at once), {} us of server CPU each",
            whole("per_s"),
            whole("connections"),
            whole("at_once"),
            whole("server_cpu_us_each"),
        ),
        "join storm" => format!(
            "{} clients join within {} s while {} others play: in {} ticks, tick p99 {} ms, lateness p99 {} ms, {} overruns, {} skipped",
            whole("connections"),
            rounded(number(line, "took_s"), 2),
            whole("bystanders"),
            whole("ticks"),
            rounded(number(line, "duration_p99_ms"), 2),
            rounded(number(line, "lateness_p99_ms"), 2),
            whole("overruns"),
            whole("skipped"),
        ),
        _ if line["bytes"].is_number() => format!(
            "{} bytes each, with {} connections, {} lost (server: {} bytes with them, {} without)",
            whole("bytes"),
            whole("connections"),
            whole("lost"),
            whole("server_bytes"),
            whole("server_without_bytes"),
        ),
        _ => format!(
            "{} us per second each, with {} connections, {} lost (server: {} us per second with them, {} without)",
            rounded(number(line, "us_per_s"), 2),
            whole("connections"),
            whole("lost"),
            whole("server_us_per_s"),
            whole("server_without_us_per_s"),
        ),
    }
}

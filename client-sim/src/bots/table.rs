//! Displays a report as a table.

use std::fmt::{Display, Formatter, Result};

use parlour_shared::{close::CloseCode, text::count};

use super::report::{Latency, Quantiles, Report};

impl Display for Report {
    /// Writes a table of names and values.
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let plan = &self.plan;
        let rate = plan.turns_per_second();
        write!(
            out,
            "{} ({}, {rate} turns/s, seed {}) in {} of {}",
            count(self.bots, "bot"),
            plan.behaviour,
            self.seed,
            count(plan.room_count(), "room"),
            plan.map,
        )?;
        if self.connected == 0 {
            return nobody(self, out);
        }
        writeln!(out, ", measured for {:.1} s", self.measured_s)?;
        for (name, value) in [bots(self), turns(self), traffic(self)].concat() {
            if let Some(value) = value {
                row(out, name, &value)?;
            }
        }
        for (class, count) in &self.refused_by_class {
            row(out, "refused", &format_args!("{count} x {class}"))?;
        }
        failures(self, out)?;
        violations(self, out)
    }
}

/// A name and its value; `None` if there is nothing to report.
type Row = (&'static str, Option<String>);

/// Returns the rows about bots.
fn bots(report: &Report) -> Vec<Row> {
    let Report {
        bots,
        connected,
        joined,
        witnesses,
        bots_replaced,
        clients_stalled_closed,
        ..
    } = report;
    let stalled = report.plan.stalled;
    vec![
        ("connected / joined", Some(format!("{connected} / {joined}"))),
        ("witnesses", (witnesses < bots).then(|| witnesses.to_string())),
        (
            "stalled / closed",
            (stalled > 0).then(|| format!("{stalled} / {clients_stalled_closed}")),
        ),
        (
            "left and replaced",
            (*bots_replaced > 0).then(|| bots_replaced.to_string()),
        ),
    ]
}

/// Returns the rows about turns, and the time until neighbours saw them.
fn turns(report: &Report) -> Vec<Row> {
    let Report {
        turns_delivered: delivered,
        turns_overtaken: overtaken,
        turns_unseen: unseen,
        turns_unknown: unknown,
        generator_pause_ms: pause_ms,
        ..
    } = report;
    vec![
        ("input to neighbour", Some(latency(report.input_to_neighbour_ms))),
        ("age of the picture", Some(latency(report.age_of_picture_ms))),
        (
            "turns delivered",
            (!delivered.is_nan()).then(|| format!("{:.2} %", 100.0 * delivered)),
        ),
        (
            "turns overtaken / unknown",
            Some(format!("{overtaken} / {unknown}")),
        ),
        (
            "turns unseen at the end",
            (*unseen > 0).then(|| format!("{unseen}, after at least a second")),
        ),
        ("longest without a tick", standstill(report)),
        (
            "bots stood still",
            (*pause_ms > 0.0).then(|| format!("{pause_ms:.0} ms: not counted as the server's")),
        ),
    ]
}

/// Returns the rows about traffic in both directions, and about all other times.
fn traffic(report: &Report) -> Vec<Row> {
    let sampled = report.plan.phase_lock;
    vec![
        (
            "in",
            Some(format!(
                "{:.0} frames/s, {:.0} snapshots/s, {:.0} updates/s, {:.0} chats/s",
                report.frames_in_per_s, report.snapshots_per_s, report.updates_per_s, report.chats_in_per_s
            )),
        ),
        (
            "in, per bot",
            Some(format!("{:.0} bytes/s", report.bytes_in_per_bot_per_s)),
        ),
        (
            "out",
            Some(format!(
                "{:.0} inputs/s, {:.0} messages/s",
                report.inputs_out_per_s, report.messages_out_per_s
            )),
        ),
        (
            "per turn of a neighbour",
            Some(format!(
                "{:.1} bytes of update, {:.1} with the rest of the snapshots",
                report.payload_bytes_per_turn, report.snapshot_bytes_per_turn
            )),
        ),
        (
            "inputs late / open at end",
            Some(format!(
                "{} / {}",
                report.inputs_late, report.inputs_unacknowledged
            )),
        ),
        ("connecting", Some(quantiles(report.connect_ms))),
        ("ping to pong", Some(quantiles(report.rtt_ms))),
        ("input before its tick", Some(quantiles(report.input_early_ms))),
        ("late input, after that", Some(quantiles(report.input_late_ms))),
        ("generator lag", Some(quantiles(report.generator_lag_ms))),
        (
            "turn waits for its tick",
            sampled.then(|| quantiles(report.input_wait_ms)),
        ),
        (
            "generator CPU",
            Some(format!(
                "{:.0} us per bot and second",
                report.generator_cpu_us_per_bot_per_s
            )),
        ),
        (
            "own motion as predicted",
            Some(format!(
                "{}, {} could not be checked",
                count(report.predictions_agreed, "snapshot"),
                report.predictions_unchecked
            )),
        ),
    ]
}

fn standstill(report: &Report) -> Option<String> {
    let standstill = report.standstill.as_ref()?;
    let over = if report.stood_still() { "  TOO LONG" } else { "" };
    Some(format!(
        "{:.0} ms in {}, {:.1} s after the start, at {}{over}",
        standstill.lasted.as_secs_f64() * 1000.0,
        standstill.room,
        standstill.began.as_secs_f64(),
        report.standstill_at.as_deref().unwrap_or_default(),
    ))
}

fn latency(times: Latency) -> String {
    if times.samples == 0 {
        return "no samples".to_owned();
    }
    format!(
        "p50 {:.1}  p90 {:.1}  p99 {:.1}  max {:.1} ms  ({})",
        times.p50,
        times.p90,
        times.p99,
        times.max,
        count(times.samples, "sample")
    )
}

fn quantiles(times: Quantiles) -> String {
    if times.p50.is_nan() {
        return "no samples".to_owned();
    }
    format!(
        "p50 {:.1}  p99 {:.1}  max {:.1} ms",
        times.p50, times.p99, times.max
    )
}

/// Writes the report of a run in which no bot had a session. It contains only the reasons.
fn nobody(report: &Report, out: &mut Formatter<'_>) -> Result {
    writeln!(out, ": none connected to {}", report.plan.url)?;
    failures(report, out)?;
    if report.violations > 0 {
        violations(report, out)?;
    }
    if !report.connect_failures.is_empty() {
        writeln!(
            out,
            "Is a server running there? Start one with `parlour`, or name a different one with --url."
        )?;
    }
    Ok(())
}

fn failures(report: &Report, out: &mut Formatter<'_>) -> Result {
    for (reason, count) in &report.connect_failures {
        row(out, "failed to connect", &format_args!("{count} x {reason}"))?;
    }
    for (&code, count) in &report.disconnects_by_code {
        let reason = CloseCode::from_code(code).map_or("no close frame", CloseCode::reason);
        row(out, "disconnected", &format_args!("{count} x {code} {reason}"))?;
    }
    Ok(())
}

fn violations(report: &Report, out: &mut Formatter<'_>) -> Result {
    row(out, "violations", &report.violations)?;
    for (kind, count) in &report.violations_by_kind {
        row(out, "", &format_args!("{count} x {kind}"))?;
    }
    for description in &report.violations_described {
        writeln!(out, "    {description}")?;
    }
    Ok(())
}

fn row(out: &mut Formatter<'_>, name: &str, value: &dyn Display) -> Result {
    writeln!(out, "  {name:<26} {value}")
}

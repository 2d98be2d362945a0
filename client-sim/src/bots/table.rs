//! A report for people.

use std::fmt::{Display, Formatter, Result};

use parlour_shared::{close::CloseCode, text::count};

use super::report::Report;

/// Writes the report as a table of names and values.
pub(super) fn write(report: &Report, out: &mut Formatter<'_>) -> Result {
    let plan = &report.plan;
    let turns = plan.turns_per_second();
    write!(
        out,
        "{} ({}, {turns} turns/s, seed {}) in {} of {}",
        count(report.bots, "bot"),
        plan.behaviour,
        report.seed,
        count(plan.room_count(), "room"),
        plan.map,
    )?;
    if report.connected == 0 {
        return nobody(report, out);
    }
    writeln!(out, ", measured for {:.1} s", report.measured_s)?;
    let mut row = |name: &str, value: &dyn Display| row(out, name, value);
    row(
        "connected / joined",
        &format_args!("{} / {}", report.connected, report.joined),
    )?;
    if report.witnesses < report.bots {
        row("witnesses", &report.witnesses)?;
    }
    if plan.stalled > 0 {
        row(
            "stalled / closed for it",
            &format_args!("{} / {}", plan.stalled, report.clients_stalled_closed),
        )?;
    }
    if report.bots_replaced > 0 {
        row("left for others to come", &report.bots_replaced)?;
    }
    for (name, times) in [
        ("input to neighbour", report.input_to_neighbour_ms),
        ("age of the picture", report.age_of_picture_ms),
    ] {
        if times.samples == 0 {
            row(name, &format_args!("no samples"))?;
            continue;
        }
        row(
            name,
            &format_args!(
                "p50 {:.1}  p90 {:.1}  p99 {:.1}  max {:.1} ms  ({})",
                times.p50,
                times.p90,
                times.p99,
                times.max,
                count(times.samples, "sample")
            ),
        )?;
    }
    if !report.updates_delivered.is_nan() {
        row(
            "turns delivered",
            &format_args!("{:.2} %", 100.0 * report.updates_delivered),
        )?;
    }
    row(
        "turns overtaken / unknown",
        &format_args!("{} / {}", report.turns_overtaken, report.turns_unknown),
    )?;
    if report.turns_unseen > 0 {
        row(
            "turns unseen at the end",
            &format_args!("{}, after a second or more", report.turns_unseen),
        )?;
    }
    if let Some(standstill) = report.standstill {
        let over = if report.stood_still() { "  TOO LONG" } else { "" };
        row(
            "longest without a tick",
            &format_args!(
                "{:.0} ms, {:.1} s after the start, at {}{over}",
                standstill.lasted.as_secs_f64() * 1000.0,
                standstill.began.as_secs_f64(),
                report.standstill_at.as_deref().unwrap_or_default(),
            ),
        )?;
    }
    if report.generator_pause_ms > 0.0 {
        row(
            "bots stood still",
            &format_args!("{:.0} ms: not counted as the server's", report.generator_pause_ms),
        )?;
    }
    row(
        "in",
        &format_args!(
            "{:.0} frames/s, {:.0} snapshots/s, {:.0} updates/s, {:.0} chats/s",
            report.frames_in_per_s, report.snapshots_per_s, report.updates_per_s, report.chats_in_per_s
        ),
    )?;
    row(
        "in, per bot",
        &format_args!("{:.0} bytes/s", report.bytes_in_per_bot_per_s),
    )?;
    row(
        "out",
        &format_args!(
            "{:.0} inputs/s, {:.0} messages/s",
            report.inputs_out_per_s, report.messages_out_per_s
        ),
    )?;
    row(
        "per turn of a neighbour",
        &format_args!(
            "{:.1} bytes of update, {:.1} with the rest of the snapshots",
            report.payload_bytes_per_turn, report.snapshot_bytes_per_turn
        ),
    )?;
    row(
        "inputs late / open at end",
        &format_args!("{} / {}", report.inputs_late, report.inputs_unacknowledged),
    )?;
    let mut times = vec![
        ("connecting", report.connect_ms),
        ("ping to pong", report.rtt_ms),
        ("input before its tick", report.input_early_ms),
        ("late input, after that", report.input_late_ms),
        ("generator lag", report.generator_lag_ms),
    ];
    if plan.phase_lock {
        times.push(("turn waits for its tick", report.input_wait_ms));
    }
    for (name, times) in times {
        if times.p50.is_nan() {
            row(name, &format_args!("no samples"))?;
            continue;
        }
        row(
            name,
            &format_args!(
                "p50 {:.1}  p99 {:.1}  max {:.1} ms",
                times.p50, times.p99, times.max
            ),
        )?;
    }
    row(
        "generator CPU",
        &format_args!(
            "{:.0} us per bot and second",
            report.generator_cpu_us_per_bot_per_s
        ),
    )?;
    row(
        "own motion as predicted",
        &format_args!(
            "{}, {} could not be checked",
            count(report.predictions_agreed, "snapshot"),
            report.predictions_unchecked
        ),
    )?;
    for (class, count) in &report.refused_by_class {
        row("refused", &format_args!("{count} x {class}"))?;
    }
    failures(report, out)?;
    violations(report, out)
}

/// The report of a run in which no bot had a session: there is nothing to tell but why.
fn nobody(report: &Report, out: &mut Formatter<'_>) -> Result {
    writeln!(out, ": none connected to {}", report.plan.url)?;
    failures(report, out)?;
    if report.violations > 0 {
        violations(report, out)?;
    }
    if !report.connect_failures.is_empty() {
        writeln!(
            out,
            "Does a server run there? `parlour` starts one; --url names another."
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

//! The settings of recordings and the history.

use std::time::Duration;

use super::{ParseResult, Section, Setting, SettingKind, set};
use crate::config::value::{mib, on_or_off, path_or, show_path_or, show_time, time, whole};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "record",
        section: Section::Recording,
        form: "DIRECTORY|off",
        help: "The directory into which every tick is recorded. Each server needs its own \
               directory. off: no recording",
        kind: SettingKind::PathOr("off"),
        also: None,
        apply: set!(recording.directory, |text| path_or("off", "a directory", text)),
        show: |settings| show_path_or("off", settings.recording.directory.as_ref()),
    },
    Setting {
        name: "record_file_mib",
        section: Section::Recording,
        form: "MIB",
        help: "A recording continues in a new file after this many MiB",
        kind: SettingKind::Number,
        also: None,
        apply: set!(recording.file_bytes, |text| mib(text, 1..=1 << 20)),
        show: |settings| (settings.recording.file_bytes >> 20).to_string(),
    },
    Setting {
        name: "record_file_minutes",
        section: Section::Recording,
        form: "MINUTES",
        help: "A recording continues in a new file after this many minutes",
        kind: SettingKind::Number,
        also: None,
        apply: set!(recording.file_age, minutes),
        show: |settings| (settings.recording.file_age.as_secs() / 60).to_string(),
    },
    Setting {
        name: "record_total_mib",
        section: Section::Recording,
        form: "MIB",
        help: "The maximum size of all recordings in the directory together, in MiB. The oldest \
               files are deleted first",
        kind: SettingKind::Number,
        also: None,
        apply: set!(recording.total_bytes, |text| mib(text, 1..=1 << 30)),
        show: |settings| (settings.recording.total_bytes >> 20).to_string(),
    },
    Setting {
        name: "history",
        section: Section::Recording,
        form: "TIME",
        help: "The length of the history, which is always kept in memory. It is written to a file \
               on request (POST /history on the admin port, or SIGUSR1), when a step of the world \
               takes over 50 ms or panics, and when the shadow finds a difference. 0s: no history; \
               a panic then writes the last saved state (at most 10 s old) and the ticks since",
        kind: SettingKind::Text,
        also: None,
        apply: set!(recording.history, |text| time(text, Duration::ZERO..=HOUR)),
        show: |settings| show_time(settings.recording.history),
    },
    Setting {
        name: "history_mib",
        section: Section::Recording,
        form: "MIB",
        help: "The maximum size of the history in memory, in MiB. Above it, the oldest ticks are \
               dropped early",
        kind: SettingKind::Number,
        also: None,
        apply: set!(recording.history_bytes, |text| mib(text, 1..=16 << 10)),
        show: |settings| (settings.recording.history_bytes >> 20).to_string(),
    },
    Setting {
        name: "history_dir",
        section: Section::Recording,
        form: "DIRECTORY|auto",
        help: "The directory for files of the history. auto: the directory of record, or \
               ./recordings if record is off",
        kind: SettingKind::PathOr("auto"),
        also: None,
        apply: set!(recording.history_directory, |text| path_or(
            "auto",
            "a directory",
            text
        )),
        show: |settings| show_path_or("auto", settings.recording.history_directory.as_ref()),
    },
    Setting {
        name: "shadow",
        section: Section::Recording,
        form: "on|off",
        help: "A second world that runs the recording 2 to 4 seconds later, and reports any difference. It is \
               loaded again from each saved world, every 10 s, and takes as much CPU time as the live world",
        kind: SettingKind::Text,
        also: None,
        apply: set!(recording.shadow, on_or_off),
        show: |settings| if settings.recording.shadow { "on" } else { "off" }.to_owned(),
    },
];

const HOUR: Duration = Duration::from_secs(60 * 60);

fn minutes(text: &str) -> ParseResult<Duration> {
    // A file has room for the chunks of three weeks.
    let minutes: u64 = whole(text, 1..=7 * 24 * 60)?;
    Ok(Duration::from_secs(60 * minutes))
}

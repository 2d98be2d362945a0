//! The settings of the log.

use super::{ParseResult, Section, Setting, SettingKind, set};
use crate::config::{log_filter::log_filter, settings::LogFormat};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "log",
        section: Section::Log,
        form: "FILTER",
        help: "The log lines that are written: a level (off, error, warn, info, debug or trace), \
               optionally with levels for individual targets, as in \
               info,parlour::edge=debug. RUST_LOG is used if PARLOUR_LOG is not set",
        kind: SettingKind::Text,
        also: Some("RUST_LOG"),
        apply: set!(log, log_filter),
        show: |settings| settings.log.clone(),
    },
    Setting {
        name: "log_format",
        section: Section::Log,
        form: "text|json",
        help: "The format of log lines. text: for people. json: one JSON object per line",
        kind: SettingKind::Text,
        also: None,
        apply: set!(log_format, log_format),
        show: |settings| match settings.log_format {
            LogFormat::Text => "text".to_owned(),
            LogFormat::Json => "json".to_owned(),
        },
    },
];

fn log_format(text: &str) -> ParseResult<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("text or json".to_owned()),
    }
}

//! Configuration: which layer takes precedence, which values are rejected, and that the printed
//! configuration can be read again.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod dependent_defaults;
mod layers;
mod log_filter;
mod mistakes;
mod print;
mod room_types;
mod values;

use std::ffi::OsString;

use parlour::config::{Config, ConfigFile, Layers, Problems, resolve};

/// Resolves a file, environment variables and flags.
fn configure(
    file: Option<&str>,
    environment: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Config, Problems> {
    resolve(&Layers {
        defaults: Vec::new(),
        file: file.map(|text| ConfigFile::of("parlour.toml", text)),
        environment: environment
            .iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
        flags: flags
            .iter()
            .map(|(name, value)| (*name, OsString::from(value)))
            .collect(),
    })
}

/// Returns the errors of a configuration that is rejected.
fn errors(file: Option<&str>, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Vec<String> {
    let problems = configure(file, environment, flags).expect_err("the configuration has errors");
    problems.errors.iter().map(ToString::to_string).collect()
}

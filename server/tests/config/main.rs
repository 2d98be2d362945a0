//! Configuration: which layer wins, which values are refused, and that the printed one can be read
//! again.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod follows;
mod layers;
mod log;
mod mistakes;
mod print;
mod values;

use std::ffi::OsString;

use parlour_server::config::{Config, ConfigFile, Layers, Problems, resolve};

/// Resolves a file, variables and flags.
fn given(
    file: Option<&str>,
    environment: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Config, Problems> {
    resolve(&Layers {
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

/// Returns the lines of a refused configuration.
fn refused(file: Option<&str>, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Vec<String> {
    let problems = given(file, environment, flags).expect_err("should be refused");
    problems.errors.iter().map(ToString::to_string).collect()
}

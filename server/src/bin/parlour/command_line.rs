//! Reads the configuration from the command line, the environment and the file that they name.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
    sync::Arc,
};

use clap::ArgMatches;
use parlour_server::{
    config::{Config, ConfigFile, FILE_VARIABLE, Layers, resolve, settings},
    maps::{self, Catalogue},
    skins,
};
use parlour_shared::map::Map;

use crate::exit::Exit;

/// Resolves the configuration. `file` wins over `--config` and the variable.
pub(crate) fn config(matches: &ArgMatches, file: Option<&OsStr>) -> Result<Config, Exit> {
    let flag = || matches.get_one::<OsString>("config").cloned();
    let variable = || env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty());
    let file = file.map(OsStr::to_owned).or_else(flag).or_else(variable);
    let given = |name: &'static str| {
        let value = matches.get_one::<OsString>(name)?;
        Some((name, value.clone()))
    };
    Ok(resolve(&Layers {
        file: file.map(|path| ConfigFile::read(Path::new(&path))),
        environment: env::vars_os().collect(),
        flags: settings().filter_map(|setting| given(setting.name)).collect(),
    })?)
}

/// Loads the maps and skins of a configuration.
pub(crate) fn catalogues(config: &Config) -> Result<(Catalogue, Vec<String>), Exit> {
    let maps = maps::load_and_look(&config.settings.bundled_maps, config.settings.maps.as_deref())?;
    let skins = skins::load(config.settings.skins.as_deref())?;
    Ok((maps, skins))
}

/// Loads the maps that a recording may have been made with.
pub(crate) fn recorded_maps(config: &Config) -> Result<Vec<Arc<Map>>, Exit> {
    Ok(maps::for_replay(config.settings.maps.as_deref())?)
}

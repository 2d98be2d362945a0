//! Reads the configuration from the command line, the environment and the configuration file, and
//! loads the maps and skins that it selects.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
    sync::Arc,
};

use clap::ArgMatches;
use parlour_shared::map::Map;

use super::program::Program;
use crate::{
    RoomType,
    config::{Config, ConfigFile, FILE_VARIABLE, Layers, Problems, Settings, resolve, settings},
    maps::{self, Catalogue, MapErrors, MapSources},
    skins::{self, SkinErrors},
};

/// The settings that [`Program::load_maps`] reads.
pub(crate) const MAP_SETTINGS: &[&str] = &["maps", "bundled_maps"];
/// The sections of room types, which are checked against the maps.
pub(crate) const ROOM_TYPE_SETTINGS: &[&str] = &["room_types"];
/// The setting that [`skins()`] reads.
pub(crate) const SKIN_SETTINGS: &[&str] = &["skins"];

impl Program {
    /// Returns the configuration. `file` overrides `--config` and `PARLOUR_CONFIG`.
    pub(crate) fn config(&self, matches: &ArgMatches, file: Option<&OsStr>) -> Result<Config, Problems> {
        let flag_value = || matches.get_one::<OsString>("config").cloned();
        let variable = || env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty());
        let file = file.map(OsStr::to_owned).or_else(flag_value).or_else(variable);
        let flag = |name: &'static str| {
            let value = matches.get_one::<OsString>(name)?;
            Some((name, value.clone()))
        };
        resolve(&Layers {
            defaults: self.defaults.clone(),
            file: file.map(|path| ConfigFile::read(Path::new(&path))),
            environment: env::vars_os().collect(),
            flags: settings().filter_map(|setting| flag(setting.name)).collect(),
        })
    }

    /// Loads the maps to serve.
    pub(crate) fn load_maps(&self, settings: &Settings) -> Result<Catalogue, MapErrors> {
        let mut targets = settings.door_targets();
        targets.extend(self.room_types.iter().map(RoomType::door_target));
        maps::load_from(&MapSources {
            bundled: &settings.bundled_maps,
            embedded: &self.maps,
            directory: settings.maps.as_deref(),
            targets: &targets,
        })
    }

    /// Loads all maps that a recording may need.
    pub(crate) fn recorded_maps(&self, config: &Config) -> Result<Vec<Arc<Map>>, MapErrors> {
        maps::candidates(&self.maps, config.settings.maps.as_deref())
    }
}

/// Loads the ids of the skins.
pub(crate) fn skins(settings: &Settings) -> Result<Vec<String>, SkinErrors> {
    skins::load(settings.skins.as_deref())
}

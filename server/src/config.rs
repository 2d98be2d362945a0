//! Configuration in layers: a flag overrides a `PARLOUR_*` variable, which overrides the TOML file,
//! which overrides the default. A setting has the same name in all layers.
//!
//! [`resolve`] merges the layers into [`Settings`], or reports all mistakes together. A program
//! that uses [`crate::cli()`] is configured like `parlour`. Another program reads its layers, and
//! passes the result on:
//!
//! ```
//! use parlour::{config::{Layers, resolve}, maps, skins};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layers = Layers {
//!     // file: Some(ConfigFile::read(Path::new("game.toml"))),
//!     environment: std::env::vars_os().collect(),
//!     flags: vec![("interest_radius", "200".into())],
//!     ..Layers::default()
//! };
//! let settings = resolve(&layers)?.settings;
//! let maps = maps::load_catalogue(
//!     &settings.bundled_maps,
//!     settings.maps.as_deref(),
//!     &settings.door_targets(),
//! )?
//! .maps;
//! let skins = skins::load(settings.skins.as_deref())?;
//! let options = settings.server_options(maps, skins);
//! assert_eq!(options.sim.rules.near_px, 200);
//! # Ok(())
//! # }
//! ```
//!
//! # Adding a setting
//!
//! A setting is a row of `config/table` and a field. The row has the name, the help, the syntax of
//! a value, and the functions that parse and print it. The file, the environment, the flags, the
//! help and `config print` are all derived from the row. The field, with its default, is in
//! [`EdgeOptions`](crate::EdgeOptions), in [`RecordingOptions`](crate::RecordingOptions) or in
//! [`Settings`], which contains both.
//!
//! Room types are tables `[room_types.NAME]` of the file only (`config/room_types.rs`). Their rules
//! are named like the settings whose values they replace.
//!
//! The default of a setting may depend on the value of another setting
//! (`config/table/relations.rs`).

mod comment;
mod file;
mod log_filter;
mod print;
mod problem;
mod resolve;
mod room_type_settings;
mod room_types;
mod server_options;
mod settings;
mod table;
mod value;

pub use file::ConfigFile;
pub use print::to_toml;
pub use problem::{Problem, Problems, SettingSource};
pub use resolve::{Config, Layers, resolve};
pub use room_type_settings::RoomTypeSettings;
pub use settings::{LogFormat, Settings};
pub use table::{Section, Setting, SettingKind, settings};

/// The variable with the commit from which Parlour is built. It is read at build time only. It is
/// not a setting, but may also be set in the environment of a server.
const BUILD_VARIABLE: &str = "PARLOUR_BUILD";

/// The variable with the path of the configuration file, like `--config`.
pub const FILE_VARIABLE: &str = "PARLOUR_CONFIG";

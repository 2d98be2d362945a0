//! Configuration: defaults < TOML file < `PARLOUR_*` environment < flags, with one name for a
//! setting everywhere.
//!
//! A setting is declared once, in `config/table`: its name, help, what a value looks like, how text
//! becomes a value and a value becomes text. The file, the environment, the flags, `config print`
//! and the help all come from that, so a new setting is a field and an entry in the table.
//! [`EdgeOptions`](crate::EdgeOptions) and
//! [`RecordingOptions`](parlour_recording::RecordingOptions) have fields with their defaults;
//! [`Settings`] contains both and has the other fields.
//!
//! The default of a setting may follow a different, written one (`config/table/relations.rs`).
//!
//! [`resolve`] checks all layers and reports all mistakes together.

mod file;
mod log_filter;
mod print;
mod problem;
mod resolve;
mod settings;
mod table;
mod value;

pub use file::ConfigFile;
pub use print::to_toml;
pub use problem::{Problem, Problems, SettingSource};
pub use resolve::{Config, Layers, resolve};
pub use settings::{LogFormat, Settings};
pub use table::{Section, Setting, SettingKind, settings};

/// The variable that names the commit when Parlour is built. It is not a setting.
const BUILD_VARIABLE: &str = "PARLOUR_BUILD";

/// The variable that names the configuration file, as `--config` does.
pub const FILE_VARIABLE: &str = "PARLOUR_CONFIG";

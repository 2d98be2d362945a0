//! The program whose command line this is: its name, its game logic, and what it adds to the
//! settings.

use std::{
    fmt::Display,
    io::{self, Write},
    sync::Arc,
};

use parlour_shared::map::Map;
use parlour_sim::Logic;

use crate::{BUILD, RoomType, ServerOptions, config::Settings};

type Change = Box<dyn Fn(&mut ServerOptions)>;

/// A program that is a server.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) about: Option<&'static str>,
    pub(crate) version: Option<&'static str>,
    /// The room types of its code.
    pub(crate) room_types: Vec<RoomType>,
    /// The built-in logic.
    pub(crate) logic: Logic,
    /// The names and the TMX files of maps in the program.
    pub(crate) maps: Vec<(&'static str, &'static [u8])>,
    /// The defaults of settings that differ from those of Parlour.
    pub(crate) defaults: Vec<(&'static str, String)>,
    /// Changes of the options, in this order.
    pub(crate) configure: Vec<Change>,
    /// Whether it is the program `parlour`.
    pub(crate) is_parlour: bool,
    /// The words of the command line, without the path of the program.
    pub(crate) words: Vec<String>,
}

impl Program {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            about: None,
            version: None,
            room_types: Vec::new(),
            logic: Logic::default(),
            maps: Vec::new(),
            defaults: Vec::new(),
            configure: Vec::new(),
            is_parlour: false,
            words: Vec::new(),
        }
    }

    pub(crate) fn parlour() -> Self {
        Self {
            is_parlour: true,
            ..Self::new("parlour")
        }
    }

    /// Returns the text after the name that `--version` prints.
    pub(crate) fn version_text(&self) -> String {
        match (self.is_parlour, self.version) {
            (true, _) => BUILD.to_owned(),
            (false, Some(version)) => format!("{version} (Parlour {BUILD})"),
            (false, None) => format!("(Parlour {BUILD})"),
        }
    }

    /// Returns the name at the start of a banner.
    pub(crate) fn title(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match self.is_parlour {
            true => format!("Parlour {version}"),
            false => format!("{} (Parlour {version})", self.name),
        }
    }

    /// Returns a text with the name of the program in place of `{name}`.
    pub(crate) fn named(&self, text: &str) -> String {
        text.replace("{name}", self.name)
    }

    /// Returns the options of a server with these settings, maps and skins, and with the room types
    /// and the game logic of the program.
    pub(crate) fn options(
        &self,
        settings: &Settings,
        maps: Vec<Arc<Map>>,
        skins: Vec<String>,
    ) -> ServerOptions {
        let mut options = settings.server_options(maps, skins);
        // The later one of two types with the same name is reported: that of the file, with its
        // line.
        options.room_types.splice(0..0, self.room_types.iter().cloned());
        options.logic = self.logic.clone();
        for change in &self.configure {
            change(&mut options);
        }
        options
    }

    /// Writes a note to standard error.
    pub(crate) fn note(&self, text: impl Display) {
        let _ = writeln!(io::stderr(), "{}: {text}", self.name);
    }
}

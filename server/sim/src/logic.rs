//! Your game logic as a value, for code that makes worlds: a server, a replay.

use std::{fmt, sync::Arc};

use bevy_app::{App, Plugin};

/// The plugins, declarations and systems to add to each world. By default there are none. This is
/// itself a plugin, so it can be given to [`crate::Simulation::with_plugins`].
///
/// It may run several times, for several worlds, and must add the same each time: a recording of
/// one world is replayed in a different one.
#[derive(Clone, Default)]
pub struct Logic(Option<Arc<Build>>);

type Build = dyn Fn(&mut App) + Send + Sync;

impl Logic {
    /// Wraps game logic, for example `Logic::new(|app| { app.add_plugins(MoodPlugin); })`.
    pub fn new(build: impl Fn(&mut App) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(build)))
    }

    /// Wraps a plugin: `Logic::of(MoodPlugin)`. The plugin is added to each world.
    pub fn of(plugin: impl Plugin) -> Self {
        let plugin = SharedPlugin(Arc::new(plugin));
        Self::new(move |app| {
            app.add_plugins(plugin.clone());
        })
    }
}

impl Plugin for Logic {
    fn build(&self, app: &mut App) {
        if let Some(build) = &self.0 {
            build(app);
        }
    }

    /// A tuple of plugins counts as several.
    fn is_unique(&self) -> bool {
        false
    }
}

impl fmt::Debug for Logic {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Logic(..)" } else { "Logic" })
    }
}

/// A plugin that is added to several worlds. Bevy would take it away from the caller.
#[derive(Clone)]
struct SharedPlugin(Arc<dyn Plugin>);

impl Plugin for SharedPlugin {
    fn build(&self, app: &mut App) {
        self.0.build(app);
    }

    fn ready(&self, app: &App) -> bool {
        self.0.ready(app)
    }

    fn finish(&self, app: &mut App) {
        self.0.finish(app);
    }

    fn cleanup(&self, app: &mut App) {
        self.0.cleanup(app);
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn is_unique(&self) -> bool {
        self.0.is_unique()
    }
}

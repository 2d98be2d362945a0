//! Your game logic as a value, for code that makes worlds: a server, a replay.

use std::{fmt, sync::Arc};

use bevy_app::{App, Plugin};

/// The plugins, declarations and systems to add to each world. By default there are none. This is
/// itself a plugin, so it can be given to [`crate::Simulation::with_plugins`].
///
/// It may run several times, for several worlds, and must add the same each time: a recording of
/// one world is replayed in a different one.
#[derive(Clone, Default)]
pub struct Logic(Vec<Arc<dyn Plugin>>);

impl Logic {
    /// Wraps game logic, for example `Logic::new(|app| { app.add_plugins(MoodPlugin); })`.
    pub fn new(build: impl Fn(&mut App) + Send + Sync + 'static) -> Self {
        Self::default().with(build)
    }

    /// Adds a plugin: a value, a function, or a closure `|app: &mut App| { .. }`. Like
    /// [`App::add_plugins`], making a world panics if the same plugin was added twice, except for
    /// closures.
    ///
    /// ```
    /// use bevy_app::{App, Plugin};
    /// use parlour_sim::{Logic, SimConfig, Simulation};
    ///
    /// struct Tag;
    ///
    /// impl Plugin for Tag {
    ///     fn build(&self, _app: &mut App) {}
    /// }
    ///
    /// fn chat(_app: &mut App) {}
    ///
    /// let logic = Logic::default().with(Tag).with(chat);
    /// let world = Simulation::with_plugins(SimConfig::new(Vec::new()), logic);
    /// ```
    #[must_use]
    pub fn with(mut self, plugin: impl Plugin) -> Self {
        self.0.push(Arc::new(plugin));
        self
    }
}

impl Plugin for Logic {
    fn build(&self, app: &mut App) {
        for plugin in &self.0 {
            app.add_plugins(Shared(Arc::clone(plugin)));
        }
    }

    /// A tuple of plugins counts as several.
    fn is_unique(&self) -> bool {
        false
    }
}

impl fmt::Debug for Logic {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let names = self.0.iter().map(|plugin| plugin.name());
        formatter
            .debug_tuple("Logic")
            .field(&names.collect::<Vec<_>>())
            .finish()
    }
}

/// A plugin that several worlds have.
struct Shared(Arc<dyn Plugin>);

impl Plugin for Shared {
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

    /// A function that returns closures returns them with one name, but they may add different
    /// things.
    fn is_unique(&self) -> bool {
        self.0.is_unique() && !self.0.name().ends_with("{{closure}}")
    }
}

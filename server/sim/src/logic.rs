//! Game logic of one's own as a value, for whoever makes worlds on behalf of others: a server, a replay.

use std::{fmt, sync::Arc};

use bevy_app::{App, Plugin};

/// What is added to each world that is made: plugins, declarations, systems. Nothing by default. A plugin itself, so it
/// can be given to [`crate::Simulation::with_plugins`].
///
/// It may be used several times, for several worlds, and must add the same each time: a recording of one of them is
/// replayed in another.
#[derive(Clone, Default)]
pub struct Logic(Option<Arc<Build>>);

type Build = dyn Fn(&mut App) + Send + Sync;

impl Logic {
    /// Game logic that is added like this, for example `Logic::new(|app| { app.add_plugins(MoodPlugin); })`.
    pub fn new(build: impl Fn(&mut App) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(build)))
    }
}

impl Plugin for Logic {
    fn build(&self, app: &mut App) {
        if let Some(build) = &self.0 {
            build(app);
        }
    }

    /// A tuple of several is several.
    fn is_unique(&self) -> bool {
        false
    }
}

impl fmt::Debug for Logic {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Logic(..)" } else { "Logic" })
    }
}

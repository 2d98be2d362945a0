//! A world that runs again is not live: what its game logic counts must not be added to the metrics of a server.

use metrics::{NoopRecorder, with_local_recorder};

/// Makes or steps such a world. What it counts meanwhile on this thread goes nowhere, also if the program has a recorder for
/// all threads.
pub fn uncounted<T>(run: impl FnOnce() -> T) -> T {
    with_local_recorder(&NoopRecorder, run)
}

//! What is known about a panic of a world.

use std::fmt::{self, Display, Formatter};

/// The maximum length of each text in bytes. The texts are game logic's, and are kept as long as
/// the world.
const MAX_BYTES: usize = 1024;

/// A panic of a world. `Display` is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The name of the system that panicked. `None`: it was not in a system, or the world does not
    /// know it.
    pub(crate) system: Option<String>,
    /// The message of the panic, and its place in the code.
    pub(crate) message: String,
}

impl Fault {
    /// Shortens texts that are too long.
    pub(crate) fn new(system: Option<&str>, mut message: String) -> Self {
        message.truncate(message.floor_char_boundary(MAX_BYTES));
        let system = system.map(|name| name[..name.floor_char_boundary(MAX_BYTES)].to_owned());
        Self { system, message }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.system {
            Some(system) => write!(f, ", in the system {system}"),
            None => Ok(()),
        }
    }
}

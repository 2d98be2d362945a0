//! Which room to join, and how.

use parlour_shared::message::{self as wire, JoinMode, Property, Request, Reserved};

/// The room to join or to reserve seats in. A name alone is the room with that name:
///
/// ```
/// use parlour_client::{Command, JoinRequest};
///
/// // The room `plaza`, which is created if it does not exist.
/// let plaza = Command::join("plaza");
/// // Any room of tag in which people speak German, or a new one with this option.
/// let tag = Command::join(JoinRequest::any("tag").option("language", "de"));
/// // Only if the room still exists.
/// let again = Command::join(JoinRequest::existing("tag/4u0m2k9x7q1f8za"));
/// # assert_ne!(tag, again);
/// # assert_eq!(plaza, Command::join(JoinRequest::enter("plaza".to_owned())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    room: String,
    mode: JoinMode,
    options: Vec<Property>,
    ticket: Option<String>,
}

impl JoinRequest {
    /// Returns a request for the room with this name, `TYPE` or `TYPE/INSTANCE`. The room is
    /// created if it does not exist. A name (`&str` or `String`) converts to this.
    #[must_use]
    pub fn enter(room: impl Into<String>) -> Self {
        Self::new(room, JoinMode::Enter)
    }

    /// Returns a request for the room with this name, if it exists. Otherwise the server refuses
    /// with [`NoSuchRoom`](crate::Refusal::NoSuchRoom).
    #[must_use]
    pub fn existing(room: impl Into<String>) -> Self {
        Self::new(room, JoinMode::Existing)
    }

    /// Returns a request for a new room of this type.
    #[must_use]
    pub fn new_room(room_type: impl Into<String>) -> Self {
        Self::new(room_type, JoinMode::New)
    }

    /// Returns a request for a new room of this type with a name that cannot be guessed.
    /// [`Self::any`] never leads there: tell the name to the players that may come, who enter it
    /// with [`Self::existing`], or [reserve](crate::Command::Reserve) seats for them.
    #[must_use]
    pub fn private(room_type: impl Into<String>) -> Self {
        Self::new(room_type, JoinMode::Private)
    }

    /// Returns a request for the fullest room of this type that has a free seat and publishes all
    /// options of the request as properties. If there is none, a new room is created.
    #[must_use]
    pub fn any(room_type: impl Into<String>) -> Self {
        Self::new(room_type, JoinMode::Any)
    }

    /// Returns a request for a reserved seat, from the room and the ticket of a
    /// [`Reserved`]. A [`Reserved`] converts to this.
    #[must_use]
    pub fn with_ticket(room: impl Into<String>, ticket: impl Into<String>) -> Self {
        Self {
            ticket: Some(ticket.into()),
            ..Self::enter(room)
        }
    }

    /// Adds an option for the game logic of a room that this request creates. A second one with the
    /// same key replaces the first.
    ///
    /// At most 8 options, with keys of 1 to 48 bytes of `a-z 0-9 - _ .` and values of up to 256
    /// bytes. The server refuses others with [`BadOptions`](crate::Refusal::BadOptions).
    #[must_use]
    pub fn option(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        match self.options.iter_mut().find(|option| option.key == key) {
            Some(option) => option.value = value,
            None => self.options.push(Property { key, value }),
        }
        self
    }

    fn new(room: impl Into<String>, mode: JoinMode) -> Self {
        Self {
            room: room.into(),
            mode,
            options: Vec::new(),
            ticket: None,
        }
    }

    /// Returns an upper bound for its length on the wire, in bytes.
    #[cfg(feature = "connect")]
    pub(crate) fn max_bytes(&self) -> usize {
        /// Bytes for the lengths of the key and the value of an option.
        const LENGTHS: usize = 16;
        let options = self
            .options
            .iter()
            .map(|option| LENGTHS + option.key.len() + option.value.len());
        self.room.len() + self.ticket.as_ref().map_or(0, String::len) + options.sum::<usize>()
    }

    pub(crate) fn into_join(self, request: Request) -> wire::Join {
        wire::Join {
            request,
            room: self.room,
            mode: self.mode,
            options: self.options,
            ticket: self.ticket,
        }
    }

    pub(crate) fn into_reserve(self, request: Request, seats: u8) -> wire::Reserve {
        wire::Reserve {
            request,
            seats,
            room: self.room,
            mode: self.mode,
            options: self.options,
        }
    }
}

impl From<&str> for JoinRequest {
    fn from(room: &str) -> Self {
        Self::enter(room)
    }
}

impl From<String> for JoinRequest {
    fn from(room: String) -> Self {
        Self::enter(room)
    }
}

impl From<&String> for JoinRequest {
    fn from(room: &String) -> Self {
        Self::enter(room)
    }
}

impl From<Reserved> for JoinRequest {
    fn from(reserved: Reserved) -> Self {
        Self::with_ticket(reserved.room, reserved.ticket)
    }
}

impl From<&Reserved> for JoinRequest {
    fn from(reserved: &Reserved) -> Self {
        Self::with_ticket(&reserved.room, &reserved.ticket)
    }
}

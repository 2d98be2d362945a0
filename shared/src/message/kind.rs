//! The kinds of messages and the classes of refusals: numbers without the contents.
//!
//! These lists are the only ones. `kind()` and `class()` match every variant of the described enum,
//! so a new variant does not compile until it is also in its list.

use super::{ClientMessage, Refusal, ServerMessage};

/// Declares the kinds of a message enum: an enum of the same variants without their fields, in the
/// same order, with a name for each.
macro_rules! kinds {
    (
        $(#[$doc:meta])*
        $kind:ident, $(#[$method_doc:meta])* $method:ident of $message:ident,
        { $($variant:ident $name:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $kind {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl $kind {
            /// All values, by number.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Returns the name in JSON, metrics and logs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns the kind with this number, or `None` if the number is unknown.
            #[must_use]
            pub fn from_number(number: u8) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }
        }

        impl $message {
            $(#[$method_doc])*
            #[must_use]
            pub const fn $method(&self) -> $kind {
                match self {
                    $(Self::$variant { .. } => $kind::$variant,)*
                }
            }
        }
    };
}

kinds! {
    /// The kind of a client's message. The number is the first byte of the binary form.
    ClientKind,
    /// Returns the kind of this message.
    kind of ClientMessage,
    {
        Hello "hello",
        Join "join",
        Leave "leave",
        Move "move",
        Chat "chat",
        SetSkin "set_skin",
        SetState "set_state",
        Custom "custom",
        Ping "ping",
        Bye "bye",
        Reserve "reserve",
        Act "act",
        Authenticate "authenticate",
        Ack "ack",
    }
}

kinds! {
    /// The kind of a server's message. The number is the first byte of the binary form.
    ServerKind,
    /// Returns the kind of this message.
    kind of ServerMessage,
    {
        Snapshot "snapshot",
        Welcome "welcome",
        RoomEntered "room_entered",
        RoomLeft "room_left",
        Chat "chat",
        StateChanged "state_changed",
        Accepted "accepted",
        Refused "refused",
        Pong "pong",
        Custom "custom",
        Closing "closing",
        Reserved "reserved",
    }
}

impl ServerKind {
    /// Returns the kind of a message in binary form, or `None` if it is empty or its first byte is
    /// unknown.
    #[must_use]
    pub fn of(payload: &[u8]) -> Option<Self> {
        Self::from_number(*payload.first()?)
    }
}

kinds! {
    /// The reason of a refusal without its details, for metrics and logs.
    RefusalClass,
    /// Returns the class of this refusal.
    class of Refusal,
    {
        RateLimited "rate_limited",
        NoSuchRoom "no_such_room",
        RoomFull "room_full",
        TooManyRooms "too_many_rooms",
        NotInRoom "not_in_room",
        AlreadyThere "already_there",
        UnknownSkin "unknown_skin",
        BadText "bad_text",
        BadState "bad_state",
        StateFull "state_full",
        StaleVersion "stale_version",
        UnknownMessage "unknown_message",
        OutOfOrder "out_of_order",
        Declined "declined",
        RoomLocked "room_locked",
        BadOptions "bad_options",
        BadTicket "bad_ticket",
        WorldRestarted "world_restarted",
        OutOfReach "out_of_reach",
        Taken "taken",
        NotYours "not_yours",
        BadBody "bad_body",
        Forbidden "forbidden",
    }
}

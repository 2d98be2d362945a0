//! The kinds of messages and the classes of refusals, as numbers without their contents.
//!
//! Each list is written once, here. `kind()` and `class()` match every variant of the enum that
//! they describe, so a new variant does not compile until it is in its list.

use super::{ClientMessage, Refusal, ServerMessage};

/// Declares the enum of kinds of a message enum, in the same order, with a name for each.
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
            /// All of them, by number.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in JSON, in metrics and in logs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one with this number, if there is one.
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
    /// What kind of message a client sent. The number is the first byte of the binary form.
    ClientKind,
    /// Its kind.
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
    }
}

kinds! {
    /// What kind of message the server sent. The number is the first byte of the binary form.
    ServerKind,
    /// Its kind.
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
    }
}

impl ServerKind {
    /// The kind of a message in binary form, from its first byte.
    #[must_use]
    pub fn of(payload: &[u8]) -> Option<Self> {
        Self::from_number(*payload.first()?)
    }
}

kinds! {
    /// The reason of a refusal without its details, for metrics and logs.
    RefusalClass,
    /// Its class.
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
    }
}

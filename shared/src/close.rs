//! Close codes: one number space for WebSocket, QUIC and WebTransport.

use serde::{Deserialize, Serialize};

/// The action that a client should take after its connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Connect again and resume the session.
    Resume,
    /// Connect again as a new session.
    Reconnect,
    /// Do not connect again automatically.
    Stop,
}

impl Advice {
    /// Returns the advice for a close code by its range, also for a code without a name. A proxy
    /// that stops sends 1001. 1005 and 1006 mean that the connection ended without a code.
    #[must_use]
    pub fn for_code(code: u16) -> Self {
        match code {
            1001 | 1005 | 1006 | 1011..=1013 | 4000..=4099 => Self::Resume,
            4100..=4199 => Self::Reconnect,
            _ => Self::Stop,
        }
    }
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)*) => {
        /// A close code. The reason text comes from this table; a JSON client may be sent a
        /// sentence instead.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u16)]
        pub enum CloseCode { $($(#[$doc])* $name = $code),* }

        impl CloseCode {
            /// Every code, in the order of the table.
            pub const ALL: &[CloseCode] = &[$(CloseCode::$name),*];

            /// Returns the fixed reason that is sent with the code.
            #[must_use]
            pub fn reason(self) -> &'static str {
                match self { $(CloseCode::$name => $reason),* }
            }

            /// Returns the index in [`Self::ALL`].
            #[must_use]
            pub fn index(self) -> usize {
                // Its variants number the codes without gaps, in the order of the table.
                enum CodeIndex { $($name),* }
                match self { $(CloseCode::$name => CodeIndex::$name as usize),* }
            }
        }
    };
}

close_codes! {
    /// The client said goodbye, or closed the connection first.
    Normal = 1000, "goodbye";
    /// The client broke the rules of the transport.
    Protocol = 1002, "websocket protocol error";
    /// The client sent text with the binary subprotocol, or bytes with the JSON subprotocol.
    WrongType = 1003, "wrong message type for this subprotocol";
    /// The client sent text that is not UTF-8.
    BadUtf8 = 1007, "text is not UTF-8";
    /// The client sent a message with too many bytes or fragments.
    TooBig = 1009, "message too big";
    /// The server failed.
    Internal = 1011, "internal error";
    /// The server is draining.
    ServiceRestart = 1012, "server is restarting";
    /// The server admits no more connections for now.
    TryLater = 1013, "server is full, try again later";
    /// The node restarts; the session survives.
    Restart = 4000, "restarting, reconnect and resume";
    /// The client did not read the server's messages.
    SlowConsumer = 4001, "slow consumer";
    /// The client was silent for two heartbeats.
    HeartbeatLost = 4002, "heartbeat lost";
    /// The room moved to a different node.
    RoomMoved = 4003, "room moved";
    /// The client exceeded rate limits repeatedly.
    RateLimited = 4004, "rate limited";
    /// The node lost its right to the room.
    LeaseLost = 4005, "lease lost";
    /// The session is too old to resume.
    ResumeExpired = 4100, "resume expired";
    /// The session missed too many messages to resume.
    GapTooLarge = 4101, "gap too large";
    /// The room started a new epoch.
    EpochChanged = 4102, "epoch changed";
    /// The session does not exist.
    UnknownSession = 4103, "unknown session";
    /// The room ended, because its game logic failed twice.
    RoomEnded = 4104, "room ended";
    /// The client sent a message that cannot be decoded.
    Malformed = 4400, "malformed message";
    /// The token was not accepted.
    AuthenticationFailed = 4401, "authentication failed";
    /// The token has expired.
    TokenExpired = 4402, "token expired";
    /// The client is known but not allowed.
    Forbidden = 4403, "forbidden";
    /// The room does not exist.
    NoSuchRoom = 4404, "no such room";
    /// No valid hello arrived in time.
    HandshakeTimeout = 4408, "handshake timeout";
    /// A newer connection took over the session.
    Superseded = 4409, "superseded by a newer session";
    /// The server does not support the protocol version or schema.
    VersionNotSpoken = 4415, "protocol version not spoken";
    /// Too many requests were refused within a minute.
    RepeatedlyInvalid = 4422, "too many refused requests";
    /// The client sent too many messages.
    Flood = 4429, "flood";
    /// The client is banned.
    Banned = 4451, "banned";
}

impl CloseCode {
    /// Returns the number on the wire.
    #[must_use]
    pub fn code(self) -> u16 {
        self as u16
    }

    /// Returns the code with this number, or `None` if it has no name.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// Returns what the client should do next.
    #[must_use]
    pub fn advice(self) -> Advice {
        Advice::for_code(self.code())
    }
}

//! Why a connection ends: one number space for WebSocket, QUIC and WebTransport.

use serde::{Deserialize, Serialize};

/// What a client should do after its connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Connect again and resume the session.
    Resume,
    /// Connect again as a new session.
    Reconnect,
    /// Do not connect again by yourself.
    Stop,
}

impl Advice {
    /// The advice of any close code, named or not: its range decides. 1001 comes from a proxy that
    /// stops; 1005 and 1006 stand for a connection that ended without a code.
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
        /// A close code. The reason text comes from this table; a JSON client may get a sentence in
        /// its place.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u16)]
        pub enum CloseCode { $($(#[$doc])* $name = $code),* }

        impl CloseCode {
            /// Every code, in the order of the table.
            pub const ALL: &[CloseCode] = &[$(CloseCode::$name),*];

            /// The fixed reason that is sent with the code.
            #[must_use]
            pub fn reason(self) -> &'static str {
                match self { $(CloseCode::$name => $reason),* }
            }

            /// The place in [`Self::ALL`].
            #[must_use]
            pub fn index(self) -> usize {
                // Numbers without gaps, in the order of the table.
                enum Index { $($name),* }
                match self { $(CloseCode::$name => Index::$name as usize),* }
            }
        }
    };
}

close_codes! {
    /// The client said goodbye, or the server answers its close.
    Normal = 1000, "goodbye";
    /// The transport's own rules were broken.
    Protocol = 1002, "websocket protocol error";
    /// Text on the binary protocol, or the other way round.
    WrongType = 1003, "wrong message type for this subprotocol";
    /// Text that is not UTF-8.
    BadUtf8 = 1007, "text is not UTF-8";
    /// A message over its limit of bytes or fragments.
    TooBig = 1009, "message too big";
    /// The server is at fault.
    Internal = 1011, "internal error";
    /// The server is draining.
    ServiceRestart = 1012, "server is restarting";
    /// Not admitted now.
    TryLater = 1013, "server is full, try again later";
    /// The node restarts; the session survives.
    Restart = 4000, "restarting, reconnect and resume";
    /// The client did not read what it was sent.
    SlowConsumer = 4001, "slow consumer";
    /// Nothing was heard for two heartbeats.
    HeartbeatLost = 4002, "heartbeat lost";
    /// The room lives elsewhere now.
    RoomMoved = 4003, "room moved";
    /// Limited again and again.
    RateLimited = 4004, "rate limited";
    /// The node lost its right to the room.
    LeaseLost = 4005, "lease lost";
    /// The session is too old to resume.
    ResumeExpired = 4100, "resume expired";
    /// Too much was missed to resume.
    GapTooLarge = 4101, "gap too large";
    /// The room began a new life.
    EpochChanged = 4102, "epoch changed";
    /// No such session.
    UnknownSession = 4103, "unknown session";
    /// A message that cannot be decoded.
    Malformed = 4400, "malformed message";
    /// The token is not accepted.
    AuthenticationFailed = 4401, "authentication failed";
    /// The token was good once.
    TokenExpired = 4402, "token expired";
    /// Known, and not allowed.
    Forbidden = 4403, "forbidden";
    /// No such room.
    NoSuchRoom = 4404, "no such room";
    /// No valid hello in time.
    HandshakeTimeout = 4408, "handshake timeout";
    /// A newer connection took the session.
    Superseded = 4409, "superseded by a newer session";
    /// The protocol version or schema is not spoken here.
    VersionNotSpoken = 4415, "protocol version not spoken";
    /// Refused too often in a minute.
    RepeatedlyInvalid = 4422, "too many refused requests";
    /// Far more messages than anyone needs.
    Flood = 4429, "flood";
    /// Banned.
    Banned = 4451, "banned";
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u16 {
        self as u16
    }

    /// The named code with this number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// What the client does next: the range says it.
    #[must_use]
    pub fn advice(self) -> Advice {
        Advice::for_code(self.code())
    }
}

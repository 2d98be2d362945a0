//! The limits of the protocol, with their units, and with the sum where several add up.

/// The protocol version of this crate, which the hello carries.
pub const PROTOCOL: u16 = 1;
/// Ticks per second.
pub const TICK_RATE: u32 = 60;
/// WebSocket subprotocol of the binary form.
pub const SUBPROTOCOL_BINARY: &str = "parlour.v1";
/// WebSocket subprotocol of the same messages as JSON text.
pub const SUBPROTOCOL_JSON: &str = "parlour.v1.json";

/// Bytes of one message from a client, after reassembly.
pub const MAX_CLIENT_MESSAGE: usize = 16 * 1024;
/// Bytes of a client's message in a recording. The binary form is never longer than the JSON form,
/// so this is twice the longest possible message.
pub const MAX_RECORDED_MESSAGE: usize = 2 * MAX_CLIENT_MESSAGE;
/// WebSocket fragments of one message from a client.
pub const MAX_FRAGMENTS: u32 = 64;
/// Bytes of one frame from the server. The largest is a full snapshot of the largest room: 32,000
/// players with enters of at most 2+1+4+8+5+2+1+96+2+16*(1+64) = 1161 bytes each, and 32,767
/// objects with at most 2+1+4+8+5+5+2+16*(1+64) = 1067 bytes each, are 73 MB. A client may reject a
/// longer frame.
pub const MAX_SERVER_FRAME: usize = 80 * 1024 * 1024;

/// Characters of a player's name.
pub const MAX_NAME_CHARS: usize = 24;
/// Bytes of a player's name on the wire (its length is one byte).
pub const MAX_NAME_BYTES: usize = 4 * MAX_NAME_CHARS;
/// Bytes of a chat text.
pub const MAX_CHAT_BYTES: usize = 2 * 1024;
/// Bytes of a name or chat text before it is cleaned. A longer one is refused without cleaning.
/// Twice [`MAX_CHAT_BYTES`], so that a clean text of 2 KiB still fits if all its line feeds arrived
/// as CRLF.
pub const MAX_RAW_TEXT_BYTES: usize = 2 * MAX_CHAT_BYTES;
/// Bytes of a room's name, `TYPE` or `TYPE/INSTANCE`.
pub const MAX_ROOM_NAME_BYTES: usize = 48;
/// Bytes of the instance in a room's name. A door leads to the same instance of a type whose name
/// has up to 32 bytes, and 32 + 1 + 15 = 48.
pub const MAX_INSTANCE_BYTES: usize = 15;
/// Bytes of a token in the hello.
pub const MAX_TOKEN_BYTES: usize = 4 * 1024;

/// Keys of versioned state in one room.
pub const MAX_STATE_KEYS: usize = 64;
/// Bytes of a key of room state.
pub const MAX_STATE_KEY_BYTES: usize = 48;
/// Bytes of a value of room state. A room's whole state is at most 64 * (48 + 1024) bytes = 67 KiB.
pub const MAX_STATE_VALUE_BYTES: usize = 1024;
/// Writes in one atomic batch. 8 * (48 + 1024) bytes are below [`MAX_CLIENT_MESSAGE`]. A batch with
/// more writes is refused.
pub const MAX_STATE_WRITES: usize = 8;
/// Writes or options that are decoded in one message. A message with more is malformed: 16 KiB of
/// the shortest writes would need 300 KiB of memory, while 64 need 4 KiB.
pub const MAX_DECODED_ITEMS: usize = 64;

/// Options of one join, and properties of one room. A join with more options is refused.
pub const MAX_PROPERTIES: usize = 8;
/// Bytes of a key of an option or property. The rules are those for keys of room state.
pub const MAX_PROPERTY_KEY_BYTES: usize = MAX_STATE_KEY_BYTES;
/// Bytes of a value of an option or property. All options of a join are at most 8 * (48 + 256)
/// bytes = 2.4 KiB.
pub const MAX_PROPERTY_VALUE_BYTES: usize = 256;
/// Seats in one reservation.
pub const MAX_RESERVED_SEATS: u8 = 32;
/// Ticks after which reserved seats are free again.
pub const RESERVATION_TICKS: u32 = 15 * TICK_RATE;
/// Bytes of a ticket. A longer one is refused without a look-up.
pub const MAX_TICKET_BYTES: usize = 32;

/// Players in one room. They have the slots below 2^15 (`Slot::FIRST_OBJECT`).
pub const MAX_ROOM_CAPACITY: u32 = 32_000;
/// Objects in one room. They have the slots from 2^15 on, of which the last is reserved
/// (`Slot::NOBODY`).
pub const MAX_ROOM_OBJECTS: u32 = 32_767;
/// Kinds of entities in one room, with that of players. The number of a kind is one byte.
pub const MAX_KINDS: usize = 256;
/// Replicated components of one kind. A mask of 16 bits says which ones are present.
pub const MAX_COMPONENTS: usize = 16;
/// Bytes of one such component, encoded (its length is one byte).
pub const MAX_COMPONENT_BYTES: usize = 64;
/// Bytes of a plugin's message, and of the body of an action, in binary.
pub const MAX_CUSTOM_BYTES: usize = 1024;
/// Bytes of the same as JSON text.
pub const MAX_CUSTOM_JSON_BYTES: usize = 4 * 1024;
/// Bytes of the reason of a refused body.
pub const MAX_BAD_BODY_REASON: usize = 200;

/// A command that is more than this many ticks late is dropped.
pub const MAX_COMMAND_LATE_TICKS: u32 = 8;
/// A command that is more than this many ticks early is dropped.
pub const MAX_COMMAND_EARLY_TICKS: u32 = 16;
/// Commands that can wait for their tick, per player: one for each future tick that is accepted.
pub const MAX_COMMANDS_WAITING: usize = MAX_COMMAND_EARLY_TICKS as usize;
/// Ticks for which a world keeps past positions at most: 250 ms. A player with a longer delay must
/// aim ahead.
pub const MAX_PAST_TICKS: u32 = TICK_RATE / 4;
/// A command's sequence number may exceed the last one by at most this much.
pub const MAX_SEQUENCE_JUMP: u32 = 1024;

/// Milliseconds of silence from a client after which the server pings; after twice as much it
/// closes with 4002.
pub const HEARTBEAT_MS: u32 = 10_000;
/// A viewer that was sent nothing for this many ticks is sent an empty snapshot.
pub const HEARTBEAT_TICKS: u32 = TICK_RATE;
/// The maximum age of a delta's base, in ticks (it is a u16). A viewer with an older base is sent a
/// full snapshot.
pub const MAX_BASE_AGE: u32 = u16::MAX as u32;
/// Bytes of one saved part of a world's state. The largest records which of the 32,000 players of a
/// room are near each other: up to 1024 words of at most 9 bytes per player, half of them on
/// average, which is 148 MB.
pub const MAX_SAVED_PART: usize = 256 << 20;

"""A client for Parlour, written from docs/protocol.md. Needs Python 3.11 or newer, and the package
`websockets`.

A message has its JSON form: {"join": {"request": 1, "room": "plaza"}}, or "bye" if it has no fields. The body of a
`custom` or `act` is any value, which is sent as JSON: {"times": 3}. The server sends bodies in binary:
{"bytes": "03"}, in the encoding of the game logic. A body of this form is also sent in binary.
"""

import asyncio
import json
import math
import struct
import time

from websockets.asyncio.client import connect

# --- Messages (sections 4, 5, 11, 13). `?T` is an option, `*T` is a list. ---------------------------------------


def table(text):
    """Parses lines of `name: field type, field type` to a list of (name, {field: type})."""
    lines = [line.strip().partition(":") for line in text.strip().splitlines()]
    return [(name, dict(field.split() for field in rest.split(",") if field)) for name, _, rest in lines]


def words(text):
    return [(word, {}) for word in text.split()]


STRUCTS = dict(table("""
    Stamp: epoch u32, seq u32
    StateEntry: key string, version u32, value ?string
    KeyVersion: key string, version u32
    EntityKind: name string, components *string, half_x u16, half_y u16, layer u8, stopped_by u32, passes_walls bool
    Property: key string, value string
    Resumed: heard u32, received u32, reset bool
    MapInfo: name string, width u16, height u16, tile_px u16, walls *TileRect, doors *Door
    TileRect: x u16, y u16, w u16, h u16
    Door: x i32, y i32, w i32, h i32, to_map string, to_spawn string
"""))
ENUMS = {
    "Client": table("""
        hello: protocol u16, schema u32, name string, token ?string, session ?string, resume ?string,\
            received u32
        join: request u32, room string, mode JoinMode, options *Property, ticket ?string
        leave: request u32
        move: seq u32, tick u32, heading MoveHeading
        chat: request u32, scope Scope, text string
        set_skin: request u32, skin u16
        set_state: request u32, writes *StateEntry
        custom: request u32, name string, body Body
        ping: nonce u32
        bye
        reserve: request u32, seats u8, room string, mode JoinMode, options *Property
        act: request u32, target ActTarget, name string, body Body
        authenticate: request u32, token string
        ack: received u32
    """),
    "Server": table("""
        snapshot
        welcome: protocol u16, schema u32, player u32, name string, tick_rate u32, durability Durability,\
            heartbeat_ms u32, skins *string, room_types *string, session ?string, resume ?string, resume_ms u32,\
            resumed ?Resumed
        room_entered: request u32, room string, room_type string, epoch u32, view u8, slot u16, tick u32,\
            capacity u32, interest_px ?u32, near_px u32, speeds *u16, seq u32, map MapInfo,\
            state *StateEntry, properties *Property, kinds *EntityKind
        room_left: request u32, epoch u32, reason LeaveReason
        chat: stamp Stamp, tick u32, scope Scope, player u32, name string, text string
        state_changed: stamp Stamp, tick u32, player ?u32, entries *StateEntry
        accepted: request u32, tick u32, durability Durability, stamp ?Stamp
        refused: request u32, refusal Refusal
        pong: nonce u32
        custom: tick u32, player ?u32, name string, body Body
        closing: code CloseCode, reconnect_after_ms u32
        reserved: request u32, room string, ticket string, expires_ms u32
    """),
    "Refusal": table("rate_limited: retry_after_ms u32")
    + words("no_such_room room_full too_many_rooms not_in_room already_there unknown_skin bad_text bad_state state_full")
    + table("stale_version: current *KeyVersion")
    + words("unknown_message out_of_order")
    + table("declined: code u16")
    + words("room_locked bad_options bad_ticket world_restarted out_of_reach taken not_yours")
    + table("bad_body: reason string")
    + words("forbidden"),
    "ActTarget": [("object", "u32"), ("player", "u32")],
    "JoinMode": words("enter existing new private any"),
    "Scope": words("room near"),
    "Direction": words("still north northeast east southeast south southwest west northwest"),
    "Durability": words("L0 L1 L2 L3"),
    "LeaveReason": words("asked moved ended"),
    "CloseCode": words("""normal protocol wrong_type bad_utf8 too_big internal service_restart try_later restart
        slow_consumer heartbeat_lost room_moved rate_limited lease_lost resume_expired gap_too_large epoch_changed
        unknown_session room_ended malformed authentication_failed token_expired forbidden no_such_room handshake_timeout
        superseded version_not_spoken repeatedly_invalid flood banned"""),
}


class ProtocolError(Exception):
    """The peer sent bytes that violate the protocol."""


# --- Encoding (section 3) ----------------------------------------------------------------------------------------


def write_varint(n):
    if n <= 250:
        return bytes([n])
    return b"\xfb" + struct.pack("<H", n) if n < 1 << 16 else b"\xfc" + struct.pack("<I", n)


def write(kind, value):
    if kind in ("u16", "u32"):
        return write_varint(value)
    if kind in ("u8", "bool"):
        return bytes([value])
    if kind == "i32":
        return write_varint(2 * value if value >= 0 else -2 * value - 1)
    if kind in ("string", "bytes"):
        data = value.encode() if kind == "string" else bytes.fromhex(value)
        return write_varint(len(data)) + data
    if kind[0] == "?":
        return b"\0" if value is None else b"\1" + write(kind[1:], value)
    if kind[0] == "*":
        return write_varint(len(value)) + b"".join(write(kind[1:], item) for item in value)
    if kind in STRUCTS:
        return b"".join(write(of, value[field]) for field, of in STRUCTS[kind].items())
    if kind == "Body":
        if isinstance(value, dict) and list(value) == ["bytes"]:
            return b"\0" + write("bytes", value["bytes"])
        return b"\1" + write("string", json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    if kind == "MoveHeading":
        if "angle" in value:
            return bytes([len(ENUMS["Direction"]), value["angle"], value["speed"]])
        return write("Direction", value["direction"]) + write("bool", value["sprint"])
    name, inner = (value, {}) if isinstance(value, str) else next(iter(value.items()))
    number, fields = next((n, fields) for n, (known, fields) in enumerate(ENUMS[kind]) if known == name)
    if isinstance(fields, str):
        return write_varint(number) + write(fields, inner)
    # The fields of a heading are beside those of its message.
    inside = lambda field, of: inner if of == "MoveHeading" else inner[field]
    return write_varint(number) + b"".join(write(of, inside(field, of)) for field, of in fields.items())


class Reader:
    """Reads bytes. Too few bytes, or bytes left at the end, are an error."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise ProtocolError("truncated")
        self.at += count
        return self.data[self.at - count : self.at]

    def fixed(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def text(self, length):
        try:
            return self.take(length).decode()
        except UnicodeDecodeError as error:
            raise ProtocolError("not UTF-8") from error

    def varint(self, bits=32):
        first = self.take(1)[0]
        if first <= 250:
            return first
        if first > 0xFC:
            raise ProtocolError("number too wide")
        (n,) = self.fixed("H" if first == 0xFB else "I")
        if n >> bits or n <= (250 if first == 0xFB else 0xFFFF):
            raise ProtocolError("number too wide, or not in its shortest form")
        return n

    def read(self, kind):
        if kind in ("u16", "u32"):
            return self.varint(int(kind[1:]))
        if kind == "u8":
            return self.take(1)[0]
        if kind == "i32":
            n = self.varint()
            return n >> 1 if n % 2 == 0 else -(n >> 1) - 1
        if kind == "bool":
            return bool(self.below(2))
        if kind == "string":
            return self.text(self.varint())
        if kind == "bytes":
            return self.take(self.varint()).hex()
        if kind[0] == "?":
            return self.read(kind[1:]) if self.below(2) else None
        if kind[0] == "*":
            count = self.varint()
            if kind in ("*StateEntry", "*Property") and count > 64:
                raise ProtocolError("more entries than a message may have")
            return [self.read(kind[1:]) for _ in range(count)]
        if kind in STRUCTS:
            return {field: self.read(of) for field, of in STRUCTS[kind].items()}
        if kind == "Body":
            if self.below(2) == 0:
                return {"bytes": self.read("bytes")}
            try:
                return json.loads(self.read("string"))
            except ValueError as error:
                raise ProtocolError("not JSON") from error
        if kind == "MoveHeading":
            number = self.below(len(ENUMS["Direction"]) + 1)
            if number == len(ENUMS["Direction"]):
                return {"angle": self.read("u8"), "speed": self.read("u8")}
            return {"direction": ENUMS["Direction"][number][0], "sprint": self.read("bool")}
        name, fields = ENUMS[kind][self.below(len(ENUMS[kind]))]
        if isinstance(fields, str):
            return {name: self.read(fields)}
        message = {}
        for field, of in fields.items():
            value = self.read(of)
            message |= value if of == "MoveHeading" else {field: value}
        return {name: message} if fields else name

    def below(self, bound):
        n = self.take(1)[0]
        if n >= bound:
            raise ProtocolError("out of range")
        return n

    def end(self):
        if self.at != len(self.data):
            raise ProtocolError("bytes after the end")


def encode(message):
    return write("Client", message)


def decode(data, kind="Server"):
    reader = Reader(data)
    message = reader.read(kind)
    reader.end()
    if message == "snapshot":
        raise ProtocolError("a snapshot has a different layout")
    return message


# --- Motion (section 7) ------------------------------------------------------------------------------------------

DIRECTIONS = [name for name, _ in ENUMS["Direction"]]
AXES = [(0, 0), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)]


BLOCKED_X, BLOCKED_Y, FREE = 32, 64, 128


def of_keys(byte):
    """Returns the velocity of a direction, plus 16 for a sprint, on open ground."""
    dx, dy = AXES[byte & 15]
    straight, diagonal = (1024, 724) if byte & 16 else (640, 452)
    speed = diagonal if dx and dy else straight
    return dx * speed, dy * speed


KEYS = {of_keys(direction | sprint): direction | sprint for sprint in (16, 0) for direction in range(9)}


def free_heading(vx, vy):
    """Returns the gait of a velocity on open ground: one byte if keys have it, else (byte, vx, vy)."""
    keys = KEYS.get((vx, vy))
    return (FREE, vx, vy) if keys is None else keys


def at_angle(angle, speed):
    """Returns the gait of an angle (0 is east, 64 south) and a speed in units per tick, on open ground."""
    unit = [round(16384 * part(2 * math.pi * angle / 256)) for part in (math.cos, math.sin)]
    return free_heading(*(int(speed * part / 16384) for part in unit))


def blocked(gait, bits):
    """Returns the gait with these axes blocked, and no others."""
    if isinstance(gait, tuple):
        return (FREE | bits, *gait[1:])
    return gait & 31 | bits


def velocity(gait):
    """Returns the velocity of a gait in units per tick."""
    byte, *free = gait if isinstance(gait, tuple) else (gait,)
    vx, vy = free or of_keys(byte)
    return (0 if byte & BLOCKED_X else vx), (0 if byte & BLOCKED_Y else vy)


def is_free(walls, body, x, y):
    """Whether a body overlaps no wall. `walls` is (side of a tile, function (column, row) -> is it a wall)."""
    tile, is_wall = walls
    tiles = lambda middle, half: range((middle - half) // tile, (middle + half - 1) // tile + 1)
    return not any(is_wall(column, row) for column in tiles(x, body[0]) for row in tiles(y, body[1]))


def along(walls, body, blockers, place, axis, by):
    """Moves a body along one axis. Returns its new coordinate."""
    tile, middle, half, other = walls[0], place[axis], body[axis], 1 - axis
    end = [*place]
    end[axis] += by
    if is_free(walls, body, *end):
        end = end[axis]
    elif by > 0:
        end = ((middle + half - 1) // tile + 1) * tile - half
    else:
        end = (middle - half) // tile * tile + half
    for blocker in blockers:
        low, high, start, limit = blocker[other], blocker[other + 2], blocker[axis], blocker[axis + 2]
        if place[other] + body[other] <= low or place[other] - body[other] >= high:
            continue
        overlaps = start < middle + half and middle - half < limit
        if by > 0:
            if overlaps and 2 * middle < start + limit:
                end = min(end, middle)
            elif middle + half <= start:
                end = min(end, start - half)
        elif overlaps and 2 * middle > start + limit:
            end = max(end, middle)
        elif limit <= middle - half:
            end = max(end, limit + half)
    return end


def step(walls, place, heading, body=(2048, 2048), blockers=()):
    """Returns the place and the gait after one tick. Blockers are rectangles (left, top, right, bottom)."""
    heading, place, bits = blocked(heading, 0), [*place], 0
    speeds = velocity(heading)
    parts = max(1, -(-max(map(abs, speeds)) // walls[0]))
    until = lambda speed, part: abs(speed) * part // parts * (1 if speed > 0 else -1)
    for part in range(1, parts + 1):
        for axis, bit in ((0, BLOCKED_X), (1, BLOCKED_Y)):
            by = until(speeds[axis], part) - until(speeds[axis], part - 1)
            if by and not bits & bit:
                end = along(walls, body, blockers, place, axis, by)
                bits |= 0 if end == place[axis] + by else bit
                place[axis] = end
    return tuple(place), blocked(heading, bits)


def turn(walls, place, heading, body=(2048, 2048), blockers=()):
    """Returns the gait directly after a command: an axis is blocked if the body cannot move along it at all."""
    then, _ = step(walls, place, heading, body, blockers)
    vx, vy = velocity(blocked(heading, 0))
    bits = (BLOCKED_X if vx and then[0] == place[0] else 0) | (BLOCKED_Y if vy and then[1] == place[1] else 0)
    return blocked(heading, bits)


def position(segment, tick):
    """Returns the position in units at a tick. A segment is (since, x, y, gait). A gait is its byte, or
    (byte, vx, vy) if it is free."""
    since, x, y, gait = segment
    vx, vy = velocity(gait)
    return x + vx * (tick - since), y + vy * (tick - since)


# --- Snapshots (section 6) ---------------------------------------------------------------------------------------


class View:
    """The client's view of its room: `entities` by slot, which are players and objects."""

    def __init__(self):
        self.enter_room(0)

    def enter_room(self, number):
        self.number, self.tick, self.entities = number, None, {}

    @property
    def players(self):
        return {slot: entity for slot, entity in self.entities.items() if "player" in entity}

    @property
    def objects(self):
        return {slot: entity for slot, entity in self.entities.items() if "object" in entity}

    def apply(self, data):
        """Applies a snapshot. Returns (seq, early) of its acknowledgement, or None."""
        reader = Reader(data)
        opcode, flags, number, tick, age = reader.fixed("BBBIH")
        if opcode != 0 or flags >> 5 or tick == 0 or bool(flags & 1) == bool(age) or age >= tick:
            raise ProtocolError("bad header")
        if number != self.number or (self.tick is not None and tick <= self.tick):
            raise ProtocolError("a snapshot of a different view, or an old one")
        if flags & 1:
            self.entities = {}
        elif tick - age != self.tick:
            raise ProtocolError("unknown base")
        self.tick = tick
        ack = reader.fixed("Ih") if flags & 2 else None
        for flag, read in (4, self.leave), (8, self.enter), (16, self.update):
            last = -1
            for _ in range(self.count(reader) if flags & flag else 0):
                slot = read(reader)
                if slot <= last:
                    raise ProtocolError("slots out of order")
                last = slot
        reader.end()
        return ack

    @staticmethod
    def count(reader):
        (count,) = reader.fixed("H")
        if count == 0:
            raise ProtocolError("an empty section")
        return count

    def leave(self, reader):
        (slot,) = reader.fixed("H")
        if self.entities.pop(slot, None) is None:
            raise ProtocolError("leave of an unknown slot")
        return slot

    def enter(self, reader):
        slot, kind, number, x, y = reader.fixed("HBIii")
        gait = self.gait(reader)
        if kind == 0:
            skin, length = reader.fixed("HB")
            dropped, length = bool(length & 128), length & 127
            name = reader.text(length if length <= 96 else 1 << 16)
            entity = {"player": number, "name": name, "skin": skin, "dropped": dropped}
        else:
            entity = {"object": number, "kind": kind, "owner": self.owner(reader)}
        components = self.components(reader)
        if slot in self.entities or not all(components.values()):
            raise ProtocolError("bad enter")
        self.entities[slot] = {**entity, "segment": (self.tick, x, y, gait), "components": components}
        return slot

    def update(self, reader):
        slot, mask = reader.fixed("HB")
        known = self.entities.get(slot, {})
        only_of = "object" if mask & 36 else "player" if mask & 16 else None
        if not known or mask == 0 or mask >> 6 or mask & 3 == 3 or (mask & 16 and mask & 36) or only_of in known:
            raise ProtocolError("bad update")
        if mask & 1:
            (ago,), gait = reader.fixed("B"), self.gait(reader)
            since = self.tick - ago
            if since < max(1, known["segment"][0]):
                raise ProtocolError("a turn before its segment, or before tick 1")
            known["segment"] = (since, *position(known["segment"], since), gait)
        if mask & 2:
            known["segment"] = (self.tick, *reader.fixed("ii"), self.gait(reader))
        if mask & 4:
            (known["skin"],) = reader.fixed("H")
        if mask & 8:
            changed = self.components(reader)
            if not changed:
                raise ProtocolError("an update of no component")
            known["components"] |= changed
            known["components"] = {index: data for index, data in sorted(known["components"].items()) if data}
        if mask & 16:
            known["owner"] = self.owner(reader)
        if mask & 32:
            known["dropped"] = bool(reader.below(2))
        return slot

    @staticmethod
    def gait(reader):
        (byte,) = reader.fixed("B")
        if byte & 15 > 8 or byte & FREE and byte & 31:
            raise ProtocolError("bad gait")
        if not byte & FREE:
            return byte
        vx, vy = reader.fixed("hh")
        if -32768 in (vx, vy):
            raise ProtocolError("bad velocity")
        return blocked(free_heading(vx, vy), byte & (BLOCKED_X | BLOCKED_Y))

    @staticmethod
    def owner(reader):
        return reader.fixed("I")[0] if reader.below(2) else None

    @staticmethod
    def components(reader):
        (mask,) = reader.fixed("H")
        components = {}
        for index in (index for index in range(16) if mask >> index & 1):
            (length,) = reader.fixed("B")
            components[index] = reader.take(length if length <= 64 else 1 << 16)
        return components


# --- A session (sections 1, 2, 8, 9) -----------------------------------------------------------------------------


class Clock:
    """Estimates the tick of a room from the message that was delayed least. Each room needs a new clock."""

    def __init__(self):
        self.offset = self.since = None

    def observe(self, tick, now):
        offset = tick - 60 * now
        # An old estimate may be wrong because the clocks drift.
        if self.offset is None or offset > self.offset or now - self.since > 10:
            self.offset, self.since = offset, now

    def tick(self, now):
        """Returns the last completed tick, or None outside of a room."""
        return None if self.offset is None else math.floor(self.offset + 60 * now)


def properties(options):
    return [{"key": key, "value": value} for key, value in options.items()]


class Client:
    """A connection with its view. Use it as `async with Client(url, name) as client`."""

    def __init__(self, url, name=""):
        self.url, self.name = url, name
        self.view, self.clock, self.messages = View(), Clock(), asyncio.Queue(10_000)
        self.welcome = self.room = self.slot = None
        self.requests = self.sequence = self.acknowledged = 0
        # The number of the server's last numbered message.
        self.received = 0
        self.heading = None
        self.seen = asyncio.Condition()
        self.watchers = []

    async def __aenter__(self):
        await self.open(None, None)
        return self

    async def open(self, session, resume):
        self.socket = await connect(self.url, subprotocols=["parlour.v1"], compression=None, max_size=80 << 20)
        await self.send({"hello": {"protocol": 1, "schema": 0, "name": self.name, "token": None, "session": session,
                                   "resume": resume, "received": self.received}})
        self.reader = asyncio.create_task(self.read())
        self.welcome = await self.expect("welcome")

    async def resume(self):
        """Continues the session over a new connection, after the old one was lost. Returns the `resumed` of the welcome.

        Requests that the server has not handled are lost, and so is the heading.
        """
        await self.open(self.welcome["session"], self.welcome["resume"])
        return self.welcome["resumed"]

    async def __aexit__(self, *_):
        await self.socket.close()
        await asyncio.gather(self.reader, return_exceptions=True)

    async def send(self, message):
        await self.socket.send(encode(message))

    async def request(self, name, /, **fields):
        """Sends a request and waits for its answer."""
        self.requests += 1
        await self.send({name: {"request": self.requests, **fields}})
        kind = {"join": "room_entered", "leave": "room_left", "reserve": "reserved"}.get(name, "accepted")
        return await self.expect(kind, request=self.requests)

    async def join(self, room, mode="enter", ticket=None, **options):
        """Joins a room and returns its `room_entered`. Options with a dot or dash: join("tag", **{"a-b": "c"})."""
        return await self.request("join", room=room, mode=mode, options=properties(options), ticket=ticket)

    async def reserve(self, seats, room, mode="enter", **options):
        """Reserves seats and returns the `reserved`, whose `ticket` each of the group passes to `join`."""
        return await self.request("reserve", seats=seats, room=room, mode=mode, options=properties(options))

    async def act(self, target, name, body=None):
        """Acts on {"object": id} or {"player": id}. The body is a value of the type that the game logic expects."""
        return await self.request("act", target=target, name=name, body=body)

    async def move(self, direction, tick=0, sprint=False):
        await self.set_heading({"direction": direction, "sprint": sprint}, tick)

    async def move_at(self, angle, speed=0, tick=0):
        """Walks at an angle: 0 is east, 64 south. `speed` is an index into the `speeds` of the room."""
        await self.set_heading({"angle": angle, "speed": speed}, tick)

    async def set_heading(self, heading, tick=0):
        self.heading = heading
        self.sequence += 1
        await self.send({"move": {"seq": self.sequence, "tick": tick, **heading}})

    async def read(self):
        async for data in self.socket:
            async with self.seen:
                if data[0] == 0:
                    ack = self.view.apply(data)
                    self.clock.observe(self.view.tick, time.monotonic())
                    self.acknowledged = ack[0] if ack else self.acknowledged
                    for watch in self.watchers:
                        watch(self.view)
                else:
                    ((kind, message),) = decode(data).items()
                    if kind == "welcome" and message["resumed"]:
                        self.received = message["resumed"]["received"]
                        if message["resumed"]["reset"]:
                            self.view, self.clock, self.room, self.slot = View(), Clock(), None, None
                    elif kind not in ("welcome", "pong", "closing"):
                        self.received += 1
                        if self.received % 16 == 0:
                            await self.send({"ack": {"received": self.received}})
                    if kind == "room_entered":
                        self.view.enter_room(message["view"])
                        self.room, self.slot, self.heading = message, message["slot"], None
                        # Each room counts its own ticks.
                        self.clock = Clock()
                        self.clock.observe(message["tick"], time.monotonic())
                    elif kind == "room_left":
                        self.view, self.clock, self.room, self.slot = View(), Clock(), None, None
                    elif kind == "refused" and message == {"request": 0, "refusal": "world_restarted"} and self.room:
                        # A move was lost. It has no number, and nothing waits for the answer.
                        if self.heading:
                            await self.set_heading(self.heading)
                        self.seen.notify_all()
                        continue
                    self.messages.put_nowait((kind, message))
                self.seen.notify_all()

    async def expect(self, kind, timeout=5, **fields):
        """Returns the next message of this kind with these fields, and drops others. A refusal is an error."""
        async with asyncio.timeout(timeout):
            while True:
                got, message = await self.get()
                if got == "refused":
                    raise ProtocolError(f"refused: {message['refusal']}")
                if got == kind and all(message[field] == value for field, value in fields.items()):
                    return message

    async def get(self):
        """Returns the next message. Raises an error if the connection ends first."""
        taken = asyncio.create_task(self.messages.get())
        await asyncio.wait({taken, self.reader}, return_when=asyncio.FIRST_COMPLETED)
        if not taken.done():
            taken.cancel()
            raise self.reader.exception() or ConnectionError(f"closed with {self.socket.close_code}")
        return taken.result()

    async def until(self, condition, timeout=20):
        """Waits for a condition, which is checked after each message."""
        async with asyncio.timeout(timeout), self.seen:
            await self.seen.wait_for(lambda: condition() or self.reader.done())
        if not condition():
            raise self.reader.exception() or ConnectionError(f"closed with {self.socket.close_code}")

    def kind(self, entity):
        """Returns the kind of an entity of the view, as `room_entered` describes it."""
        return self.room["kinds"][entity.get("kind", 0)]

    def components(self, entity):
        """Returns the components of an entity as bytes, by name. The game logic defines their encoding."""
        names = self.kind(entity)["components"]
        return {names[index]: data for index, data in entity["components"].items()}

    def objects(self, kind):
        """Returns the visible objects of a kind, by slot. To act on one: act({"object": entity["object"]}, ...)."""
        return {slot: entity for slot, entity in self.view.objects.items() if self.kind(entity)["name"] == kind}

    def tick(self):
        """Returns an estimate of the last completed tick of the room, or None outside of a room."""
        return self.clock.tick(time.monotonic())

    def position(self, slot=None, tick=None):
        """Returns the position of a slot (default: the own one) at a tick (default: the last one known)."""
        segment = self.view.entities[self.slot if slot is None else slot]["segment"]
        return position(segment, self.view.tick if tick is None else tick)

"""Reads recordings of Parlour. Written from docs/recording.md alone. Needs Python 3.14, or the package
`zstandard`, and parlour.py in the same directory, which needs the package `websockets`.

    python recording.py FILE            prints the header, and a line for each tick with events
    python recording.py --check FILE    only checks that the recording is complete
"""

import hashlib
import json
import struct
import sys

try:
    from compression.zstd import decompress as _decompress  # Python 3.14
except ImportError:
    import zstandard

    def _decompress(data):
        return zstandard.ZstdDecompressor().decompress(data)


import parlour

MAGIC = b"\x89PLR\r\n\x1a\n"
HEADER, TICKS, KEYFRAME, END, INDEX = 1, 2, 3, 4, 5
STORED, LAST = 1, 2
HEAD = struct.Struct("<BBHIQIII")  # kind, flags, 0, first tick, time, ticks, length of content, length of body


class Damaged(Exception):
    """The file is damaged, or not a recording."""


def chunks(file):
    """Yields each complete chunk with a valid chain: kind, flags, first tick, time, ticks, content, chain."""
    preamble = file.read(16)
    if preamble[:8] != MAGIC:
        raise Damaged("not a recording")
    if struct.unpack("<H", preamble[8:10])[0] != 1:
        raise Damaged("unknown version of the format")
    chain = hashlib.sha256(preamble).digest()
    while True:
        offset = file.tell()
        head = file.read(HEAD.size)
        if len(head) < HEAD.size:
            return
        kind, flags, zero, first, wall, ticks, raw_len, body_len = HEAD.unpack(head)
        if kind not in (HEADER, TICKS, KEYFRAME, END, INDEX) or zero or max(raw_len, body_len) > 68_000_000:
            raise Damaged(f"at byte {offset}")
        body, stored = file.read(body_len), file.read(32)
        if len(stored) < 32:
            return
        chain = hashlib.sha256(chain + head + body).digest()
        if chain != stored:
            raise Damaged(f"at byte {offset}: wrong checksum")
        raw = body if flags & STORED else _decompress(body)
        if len(raw) != raw_len:
            raise Damaged(f"at byte {offset}: wrong length")
        yield kind, flags, first, wall, ticks, raw, chain
        if kind == END:
            return  # an index may follow


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Damaged("a chunk ends inside a tick")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self):
        """Reads a LEB128 number."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self):
        """Reads a zigzag LEB128 number."""
        value = self.number()
        return value >> 1 if value % 2 == 0 else -(value >> 1) - 1


    def text(self):
        return self.take(self.number()).decode()


def _arrival(data):
    (player,) = struct.unpack("<I", data.take(4))
    event = {"arrive": player, "name": data.text(), "skin": data.number()}
    # Components that the player carries, in the encoding of the game logic.
    carried = [{"name": data.text(), "value": data.take(data.number()).hex()} for _ in range(data.number())]
    # The number of the view, the last sequence number, and the ticks until each of 8 rate limits is full again.
    event["counters"] = [data.take(1)[0], data.number()]
    for _ in range(8):
        data.number()
    return event | ({"carried": carried} if carried else {})


def _reservation(data):
    event = {"ticket": data.text(), "reserve": data.take(1)[0], "answer": bool(data.take(1)[0])}
    has_spawn, spawn = data.take(1)[0], data.text()
    event["join"] = parlour.decode(data.take(data.number()), "Client")["join"]
    return event | ({"spawn": spawn} if has_spawn else {})


def _event(data, tick, session):
    kind = data.take(1)[0]
    if kind in (0, 9):
        return {"session": session, **_arrival(data)} | ({"dropped": True} if kind == 9 else {})
    if kind in (1, 2, 3):
        return {"session": session, ("depart", "hold", "release")[kind - 1]: True}
    if kind == 7:
        return {"session": session, "drop": True}
    if kind in (8, 10):
        return {"session": session, "resume": True, "reset": kind == 10}
    if kind == 6:
        return {"session": session, **_reservation(data)}
    early = data.signed()
    if kind == 4:
        message = parlour.decode(data.take(data.number()), "Client")
    elif kind == 5:
        seq, aimed = data.number(), data.number()
        if aimed:
            aimed -= 1
            aimed = tick + (aimed >> 1 if aimed % 2 == 0 else -(aimed >> 1) - 1)
        heading = data.take(1)[0]
        if heading == 32:
            angle, speed = data.take(2)
            heading = {"angle": angle, "speed": speed}
        else:
            heading = {"direction": parlour.DIRECTIONS[heading & 15], "sprint": bool(heading & 16)}
        message = {"move": {"seq": seq, "tick": aimed, **heading}}
    else:
        raise Damaged(f"unknown kind of event: {kind}")
    return {"session": session, "early": early, "message": message}


def ticks_of(first, count, raw, parts):
    """Yields the ticks of a chunk, in the form of assets/recordings/format/small.json."""
    data = Bytes(raw)
    tick = first - 1
    while tick + 1 < first + count:
        tick += 1
        flags = data.take(1)[0]
        if flags & 8:
            # Ticks that were skipped, because nothing happened in them, and the hash after the last.
            skipped, value = struct.unpack("<HQ", data.take(10))
            yield from ({"tick": tick + nth, "skipped": True} for nth in range(skipped - 1))
            tick += skipped - 1
            yield {"tick": tick, "skipped": True, "hash": f"{value:016x}"}
            continue
        (value,) = struct.unpack("<Q", data.take(8))
        fingerprints = list(struct.unpack(f"<{parts}H", data.take(2 * parts)))
        pace = {"pace": data.take(1)[0]} if flags & 4 else {}
        events, session = [], 0
        for _ in range(data.number() if flags & 1 else 0):
            session += data.number()
            events.append(_event(data, tick, session))
        if flags & 2:
            yield {"tick": tick, "panicked": True, "events": events, **pace}
        else:
            yield {"tick": tick, "hash": f"{value:016x}", "parts": fingerprints, "events": events, **pace}
    if data.at != len(raw):
        raise Damaged("bytes after the last tick of a chunk")


def read(file):
    """Yields ("header", dict), ("tick", dict), ("keyframe", (tick, bytes)) and ("end", dict) if the file has it."""
    parts, state = 0, b""
    for kind, flags, first, _wall, count, raw, chain in chunks(file):
        if kind == HEADER:
            header = json.loads(raw)
            parts = len(header["state"])
            yield "header", header
        elif kind == TICKS:
            for tick in ticks_of(first, count, raw, parts):
                yield "tick", tick
        elif kind == KEYFRAME:
            state += raw
            if flags & LAST:
                yield "keyframe", (first, state)
                state = b""
        elif kind == END:
            yield "end", json.loads(raw) | {"chain": chain.hex()}


def main(arguments):
    quiet = arguments[:1] == ["--check"]
    ended = False
    with open(arguments[-1], "rb") as file:
        for kind, value in read(file):
            ended = kind == "end"
            if quiet:
                continue
            if kind == "tick" and (value["events"] or "panicked" in value):
                print(value["tick"], value.get("hash", "panicked"), json.dumps(value["events"]))
            elif kind == "keyframe":
                print(f"the world after tick {value[0]}: {len(value[1])} bytes")
            elif kind in ("header", "end"):
                print(kind, json.dumps(value))
    if not ended:
        sys.exit("the recording is incomplete: it has no end chunk")


if __name__ == "__main__":
    main(sys.argv[1:])

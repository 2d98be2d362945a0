"""Tests parlour.py with the golden vectors in assets/wire. Needs no server. Exit code 0: passed."""

import json
import pathlib
import sys

import parlour

WIRE = pathlib.Path(__file__).parents[3] / "assets" / "wire"


def vectors(name, key):
    return json.loads((WIRE / name).read_text(encoding="utf-8"))[key]


def check(condition, vector):
    if not condition:
        sys.exit(f"failed at {vector['name']}: {vector['meaning']}")


def structured(file, kind):
    found = vectors(file, "messages")
    for vector in found:
        data = bytes.fromhex(vector["hex"])
        check(parlour.decode(data, kind) == vector["json"], vector)
        check(parlour.write(kind, vector["json"]) == data, vector)
    return f"{len(found)} messages of {file}"


def json_segment(segment):
    since, x, y, gait = segment
    if isinstance(gait, tuple):
        gait, vx, vy = gait
        heading = {"velocity": {"x": vx, "y": vy}}
    else:
        heading = {"direction": parlour.DIRECTIONS[gait & 15], "sprint": bool(gait & 16)}
    gait = {"heading": heading, "blocked_x": bool(gait & 32), "blocked_y": bool(gait & 64)}
    return {"since": since, "position": {"x": x, "y": y}, "gait": gait}


def identity(seen):
    name, fields = ("player", ("player", "name", "skin", "dropped")) if "player" in seen else ("object", ("object", "kind", "owner"))
    return {name: {field: seen[field] for field in fields}}
def json_gait(gait):
    return list(gait) if isinstance(gait, tuple) else gait


def snapshots():
    view, found = parlour.View(), vectors("snapshots.json", "snapshots")
    view.enter_room(1)
    for vector in found:
        ack = view.apply(bytes.fromhex(vector["hex"]))
        said, known = vector["json"]["snapshot"], vector["known"]
        check(view.tick == said["tick"] == known["tick"], vector)
        check(ack == (said["ack"] and (said["ack"]["seq"], said["ack"]["early"])), vector)
        for entry in said["enters"] + said["updates"]:
            segment = json_segment(view.entities[entry["slot"]]["segment"])
            check(entry["segment"] in (None, segment), vector)
        entities = [
            {
                "slot": slot,
                "identity": identity(seen),
                "components": {str(index): data.hex() for index, data in seen["components"].items()},
                "gait": json_gait(seen["segment"][3]),
                "at": list(parlour.position(seen["segment"], known["tick"])),
                "later": list(parlour.position(seen["segment"], known["later"])),
            }
            for slot, seen in sorted(view.entities.items())
        ]
        check(entities == known["entities"], vector)
    return f"{len(found)} snapshots"


def walks():
    found, speeds = vectors("motion.json", "walks"), vectors("motion.json", "speeds")
    for vector in found:
        rects = vector["walls"]

        def is_wall(column, row, rects=rects):
            inside = 0 <= column < 20 and 0 <= row < 20
            return not inside or any(
                r["x"] <= column < r["x"] + r["w"] and r["y"] <= row < r["y"] + r["h"] for r in rects
            )

        def heading_of(turn):
            if "angle" in turn:
                return parlour.at_angle(turn["angle"], speeds[turn["speed"]])
            return parlour.DIRECTIONS.index(turn["direction"]) | turn["sprint"] << 4

        walls, solid = (vector["tile_px"] * 256, is_wall), (vector["body"], vector["blockers"])
        turns = {turn["tick"]: heading_of(turn) for turn in vector["turns"]}
        place, gait, path = vector["start"], 0, []
        for tick in range(100, 100 + len(vector["path"])):
            if tick > 100:
                place, gait = parlour.step(walls, place, gait, *solid)
            if tick in turns:
                gait = parlour.turn(walls, place, turns[tick], *solid)
            path.append([*place, *(gait if isinstance(gait, tuple) else [gait])])
        check(path == vector["path"], vector)
    return f"{len(found)} walks"


def angles():
    """The table of unit vectors, and headings of keys that angles have."""
    for angle, unit in enumerate(vectors("motion.json", "unit_vectors")):
        assert parlour.at_angle(angle, 16384) == (parlour.FREE, *unit)
    assert parlour.at_angle(32, 640) == 4 and parlour.at_angle(192, 1024) == 17
    return "the angles"


def clock():
    """The clock follows the message with the least delay, and each room starts a new one."""
    clock = parlour.Clock()
    assert clock.tick(0.0) is None
    clock.observe(600, 10.0)
    assert (clock.tick(10.0), clock.tick(10.5)) == (600, 630)
    clock.observe(624, 10.5)  # This one took 100 ms longer.
    assert clock.tick(10.5) == 630
    clock.observe(633, 10.5)
    assert clock.tick(10.5) == 633
    clock.observe(1220, 20.6)  # The estimate is old.
    assert clock.tick(20.6) == 1220
    return "the clock of ticks"


def kinds():
    """A client finds objects by the names of their kinds, and components by their own names."""
    client = parlour.Client("ws://127.0.0.1/ws")
    kinds = [("player", ["mood"]), ("chair", []), ("door", ["color", "open"])]
    client.room = {"kinds": [{"name": name, "components": components} for name, components in kinds]}
    client.view.entities = {
        3: {"player": 7, "components": {0: b"\x05"}},
        32768: {"object": 12, "kind": 2, "owner": 7, "components": {1: b"\x01"}},
        32769: {"object": 13, "kind": 1, "owner": None, "components": {}},
    }
    assert list(client.view.players) == [3] and list(client.view.objects) == [32768, 32769]
    assert list(client.objects("door")) == [32768] and client.objects("player") == client.objects("lamp") == {}
    assert client.components(client.view.entities[32768]) == {"open": b"\x01"}
    assert client.components(client.view.entities[3]) == {"mood": b"\x05"}
    return "the names of kinds and components"


def is_refused(reader, data):
    try:
        if reader == "snapshot":
            view = parlour.View()
            view.enter_room(1)
            if len(data) >= 9 and not data[1] & 1:
                # Set up the base and the entities that a delta leaves or updates, so that only its own
                # mistake can be found. They are neither players nor objects, so every update fits.
                view.tick = int.from_bytes(data[3:7], "little") - int.from_bytes(data[7:9], "little")
                view.entities = {
                    slot: {"segment": (max(view.tick - 10, 0), 0, 0, 0), "components": {}} for slot in (8, 9)
                }
            view.apply(data)
        else:
            parlour.decode(data, reader.title())
    except parlour.ProtocolError:
        return True
    return False


def malformed():
    found = [vector for vector in vectors("malformed.json", "malformed") if "hex" in vector]
    for vector in found:
        check(is_refused(vector["reader"], bytes.fromhex(vector["hex"])), vector)
    return f"{len(found)} malformed messages"


if __name__ == "__main__":
    for done in (structured("client.json", "Client"), structured("server.json", "Server"), snapshots(), walks(), angles(), kinds(), malformed(), clock()):
        print("ok:", done)

"""Two clients meet on a running server: join, walk, see each other at the right pixel, chat, leave.

    python test_client.py --url ws://127.0.0.1:7373/ws

Exit code 0: everything agreed with docs/protocol.md.
"""

import argparse
import asyncio
import secrets
import sys

from parlour import Client, ProtocolError, position

WALK = 640


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def say(text):
    print("ok:", text, flush=True)


async def session(url):
    room = f"plaza/py-{secrets.token_hex(4)}"
    async with Client(url, "Ada") as ada, Client(url) as bo:
        check(ada.welcome["protocol"] == 1 and ada.welcome["tick_rate"] == 60, "wrong protocol")
        check("plaza" in ada.welcome["room_types"] and ada.tick() is None, "no type plaza, or a tick outside of a room")
        check(ada.welcome["name"] == "Ada" and bo.welcome["name"], "wrong names")
        say(f"two guests received a welcome, as {ada.welcome['name']} and {bo.welcome['name']}, schema {ada.welcome['schema']:#x}")
        for client in ada, bo:
            entered = await client.join(room)
            check((entered["room"], entered["room_type"]) == (room, "plaza"), "wrong room")
            await client.until(lambda client=client: client.slot in client.view.players)
        check(ada.room["epoch"] == bo.room["epoch"] and ada.slot != bo.slot, "not one room, or not two slots")
        say(f"both are in {room}, in slots {ada.slot} and {bo.slot}")
        await meet(ada, bo)
        await walk(ada, bo)
        await change_skin(ada, bo)
        await talk(ada, bo)
        await act(ada, bo)
        await resume(ada, bo)
        slot = bo.slot
        await bo.request("leave")
        check(bo.tick() is None, "a tick outside of a room")
        await ada.until(lambda: slot not in ada.view.players)
        say("Bo left the room, and Ada no longer sees Bo")
        await bo.send("bye")
        await bo.socket.wait_closed()
        check(bo.socket.close_code == 1000, f"closed with {bo.socket.close_code}")
        say("Bo sent bye, and the server closed with 1000")


async def meet(ada, bo):
    """Bo sprints to Ada, first along x, then along y, until Ada sees Bo."""
    goals = ada.position()[0] - 40 * 256, ada.position()[1]
    for axis, (ahead, back) in enumerate((("east", "west"), ("south", "north"))):
        # After a late wake-up Bo is too far, and turns round.
        while abs(distance := goals[axis] - bo.position()[axis]) > 60 * 256:
            await bo.move(ahead if distance > 0 else back, sprint=True)
            # There are no snapshots within a segment, so the time to the goal is computed.
            await asyncio.sleep(abs(distance) / 1024 / 60)
            await stand(bo)
    for client in ada, bo:
        await client.until(lambda client=client: stands(client, ada.slot) and stands(client, bo.slot))
    seen = ada.view.players[bo.slot]
    check((seen["player"], seen["name"]) == (bo.welcome["player"], bo.welcome["name"]), "Ada sees a different player")
    check(ada.position(bo.slot) == bo.position(), f"Ada sees Bo at {ada.position(bo.slot)}, Bo is at {bo.position()}")
    say(f"Bo sprinted to Ada, and both see Bo at pixel {tuple(n // 256 for n in bo.position())}")


async def stand(client):
    await client.move("still")
    sequence = client.sequence
    await client.until(lambda: client.acknowledged >= sequence)


def stands(client, slot):
    return slot in client.view.players and client.view.players[slot]["segment"][3] == 0


async def walk(ada, bo, ticks=8, tries=5):
    """Bo walks east for some ticks, from a chosen tick on, so that every position is known in advance."""
    for _ in range(tries):
        start, begin, seen = bo.position(), bo.tick() + 6, []
        ada.watchers = [lambda view: seen.append((view.tick, view.players[bo.slot]["segment"]))]
        await bo.move("east", tick=begin)
        await bo.move("still", tick=begin + ticks)
        await asyncio.sleep((6 + ticks) / 60)
        await stand(bo)
        await ada.until(lambda: ada.view.tick > begin + ticks and stands(ada, bo.slot))
        ada.watchers = []
        # On a loaded machine a command can be late: then it is dropped, or applied at a later tick.
        if {begin, begin + ticks} <= {since for _, (since, *_) in seen}:
            break
    else:
        raise AssertionError("no commands arrived in time for their ticks")
    for tick, segment in seen:
        expected = (start[0] + WALK * min(max(tick - begin, 0), ticks), start[1])
        check(position(segment, tick) == expected, f"at {tick}: {position(segment, tick)}, expected {expected}")
    expected = (start[0] + WALK * ticks, start[1])
    check(ada.position(bo.slot) == bo.position() == expected, f"Bo must stand at {expected}")
    say(f"Bo walked east from tick {begin} to {begin + ticks}; Ada saw Bo at the right position in {len(seen)} snapshots, "
        f"and finally at pixel {tuple(n // 256 for n in expected)}")


async def change_skin(ada, bo):
    skin = len(bo.welcome["skins"]) - 1
    await bo.request("set_skin", skin=skin)
    await ada.until(lambda: ada.view.players[bo.slot]["skin"] == skin)
    say(f"Bo set the skin {bo.welcome['skins'][skin]!r}, and Ada sees it")


async def talk(ada, bo):
    said = await ada.request("chat", scope="room", text="Hello, Bo ☕")
    heard = await bo.expect("chat", scope="room")
    check((heard["text"], heard["name"], heard["stamp"]) == ("Hello, Bo ☕", "Ada", said["stamp"]), "wrong chat")
    check(heard["stamp"] == {"epoch": bo.room["epoch"], "seq": bo.room["seq"] + 1}, "a gap in the room's sequence")
    await bo.request("chat", scope="near", text="psst")
    heard = await ada.expect("chat", scope="near")
    check((heard["text"], heard["player"], heard["stamp"]["seq"]) == ("psst", bo.welcome["player"], 1), "wrong chat to those near")
    say("Ada chatted to the room and Bo to those near, and each received the other's chat")
    await ada.request("set_state", writes=[{"key": "door", "version": 0, "value": "open"}])
    changed = await bo.expect("state_changed")
    check([(entry["key"], entry["value"]) for entry in changed["entries"]] == [("door", "open")], "wrong change")
    say("Ada changed the room's state, and Bo received the change")


async def act(ada, bo):
    """A server without game logic has no kinds of objects and no actions, and says so."""
    check([kind["name"] for kind in ada.room["kinds"]] == ["player"] and not ada.view.objects, "unexpected objects")
    check(ada.kind(ada.view.players[bo.slot])["half_x"] == 2048, "a player of a different size")
    try:
        await ada.act({"player": bo.welcome["player"]}, "wave")
    except ProtocolError as error:
        check("unknown_message" in str(error), f"a wrong refusal: {error}")
    else:
        raise AssertionError("an action that does not exist was accepted")
    say("Ada acted on Bo, and the server refused the unknown action")


async def resume(ada, bo):
    """Ada loses the connection, and misses nothing that Bo says meanwhile."""
    player, slot = ada.welcome["player"], ada.slot
    ada.socket.transport.abort()
    await asyncio.gather(ada.reader, return_exceptions=True)
    await bo.until(lambda: bo.view.players[slot]["dropped"])
    for text in "one", "two":
        await bo.request("chat", scope="room", text=text)
    resumed = await ada.resume()
    check(not resumed["reset"] and ada.welcome["player"] == player, "not the same player, or not all messages")
    for text in "one", "two":
        heard = await ada.expect("chat", scope="room")
        check(heard["text"] == text, f"{heard['text']!r} instead of {text!r}")
    await bo.until(lambda: not bo.view.players[slot]["dropped"])
    check(ada.slot == slot and ada.room is not None, "a different place")
    say("Ada lost the connection, came back as the same player, and missed nothing")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="ws://127.0.0.1:7373/ws")
    try:
        asyncio.run(asyncio.wait_for(session(parser.parse_args().url), timeout=90))
    except Exception as error:  # Report any failure in one line.
        sys.exit(f"failed: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()

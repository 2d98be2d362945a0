"""Tests recording.py with the golden recording. Needs no server. Exit code 0: passed."""

import hashlib
import io
import json
import pathlib
import sys

import recording

GOLDEN = pathlib.Path(__file__).parents[3] / "assets" / "recordings" / "format"


def as_json(kind, value):
    if kind == "keyframe":
        tick, state = value
        return {"keyframe": tick, "bytes": len(state), "sha256": hashlib.sha256(state).hexdigest()}
    return value


def main():
    data = (GOLDEN / "small.plr").read_bytes()
    expected = json.loads((GOLDEN / "small.json").read_text(encoding="utf-8"))
    found = list(recording.read(io.BytesIO(data)))
    items = [as_json(*item) for item in found if item[0] in ("tick", "keyframe")]
    if found[0] != ("header", expected["header"]):
        sys.exit(f"wrong header: {found[0]}")
    for one, other in zip(items, expected["items"]):
        if one != other:
            sys.exit(f"read {one}\nexpected {other}")
    if len(items) != len(expected["items"]) or found[-1] != ("end", expected["end"] | {"chain": expected["chain"]}):
        sys.exit(f"wrong end: {found[-1]}")
    # A recording cut anywhere after the preamble yields the first of these items.
    for length in range(16, len(data), 7):
        part = list(recording.read(io.BytesIO(data[:length])))
        if part != found[: len(part)]:
            sys.exit(f"cut at {length}, it yields different items")
    print(f"recording: {len(items)} items, as expected")


if __name__ == "__main__":
    main()

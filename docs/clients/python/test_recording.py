"""Checks recording.py against the golden recording. Needs no server. Exit code 0: all is well."""

import hashlib
import io
import json
import pathlib
import sys

import recording

GOLDEN = pathlib.Path(__file__).parents[3] / "assets" / "recordings" / "format"


def as_told(kind, value):
    if kind == "keyframe":
        tick, state = value
        return {"keyframe": tick, "bytes": len(state), "sha256": hashlib.sha256(state).hexdigest()}
    return value


def main():
    data = (GOLDEN / "small.plr").read_bytes()
    told = json.loads((GOLDEN / "small.json").read_text(encoding="utf-8"))
    found = list(recording.read(io.BytesIO(data)))
    items = [as_told(*item) for item in found if item[0] in ("tick", "keyframe")]
    if found[0] != ("header", told["header"]):
        sys.exit(f"another header: {found[0]}")
    for one, other in zip(items, told["items"]):
        if one != other:
            sys.exit(f"read {one}\ntold {other}")
    if len(items) != len(told["items"]) or found[-1] != ("end", told["end"] | {"chain": told["chain"]}):
        sys.exit(f"another end: {found[-1]}")
    # Cut anywhere, it is a beginning of that; the header ends where its body and checksum do.
    for length in range(16, len(data), 7):
        part = list(recording.read(io.BytesIO(data[:length])))
        if part != found[: len(part)]:
            sys.exit(f"cut at {length} it is read as something else")
    print(f"recording: {len(items)} items, as told")


if __name__ == "__main__":
    main()

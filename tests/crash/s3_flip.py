#!/usr/bin/env python3
"""Flips a bit of a stopped server's data, in each kind of file at random places, and reads every object afterwards: what
comes is what was put or a failure, never other bytes.

usage: s3_flip.py [--flips N] [--seed N]       N: of each kind of file
"""
import argparse
import collections
import http.client
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402
from s3_client import S3, Refused  # noqa: E402

BUCKET = "flip"
MIB = 1024 * 1024
WHOLE = slice(None)
# What of the data directory, and whether a flip in it may make an object unknown: the store's log ends at the first record
# that is not whole, as it must after a power cut.
KINDS = {"packs": ("objects/packs/*", False), "files": ("objects/files/??/*", False), "key": ("objects/master-key", False),
         "tables": ("store/*.sst", False), "log": ("store/*.log", True)}


def fill(server: Server, chance: random.Random) -> dict[str, bytes]:
    client, objects = S3(server.api), {}
    client.make_bucket(BUCKET)
    for number, size in enumerate((10, 4000, 70_000, 131_072, 131_073, 400_000) * 3):
        data = chance.randbytes(size)
        client.put(BUCKET, f"k{number}", data)
        objects[f"k{number}"] = data
    upload = client.begin_upload(BUCKET, "parts")
    parts = [chance.randbytes(5 * MIB), chance.randbytes(1000)]
    client.complete(BUCKET, "parts", upload, [client.put_part(BUCKET, "parts", upload, n, part) for n, part in enumerate(parts, 1)])
    objects["parts"] = b"".join(parts)
    client.close()
    return objects


def read(server: Server, key: str, part: slice) -> bytes | str:
    client = S3(server.api)
    try:
        if part == WHOLE:
            return client.get(BUCKET, key)
        return client.call("GET", client.path(BUCKET, key), None, {"Range": f"bytes={part.start}-{part.stop - 1}"})[1]
    except Refused as error:
        return f"status {error.status}"
    except (http.client.HTTPException, OSError):
        return "cut off"
    finally:
        client.close()


def some_part(size: int, chance: random.Random) -> slice:
    start = chance.randrange(size)
    return slice(start, chance.randrange(start, size) + 1)


def look(directory: pathlib.Path, objects: dict[str, bytes], may_lose: bool, chance: random.Random,
         found: collections.Counter) -> list[str]:
    server = Server("--dev", "--log-level", "error", directory=str(directory))
    try:
        server.start()
    except RuntimeError:
        ended = server.process.poll() is not None
        server.kill()
        found["did not start"] += 1
        return [] if ended else ["neither ready nor ended"]
    wrong, detected = [], False
    for is_whole in (False, True, True):  # at last from memory, where that has it
        for key, data in objects.items():
            part = WHOLE if is_whole else some_part(len(data), chance)
            got = read(server, key, part)
            detected = detected or got != data[part]
            if isinstance(got, bytes) and got != data[part]:
                wrong.append(f"{key}: {len(got)} bytes that were never put")
            elif got == "status 404" and not may_lose:
                wrong.append(f"{key} is unknown")
            elif isinstance(got, str) and got not in ("status 500", "status 404", "cut off"):
                wrong.append(f"{key}: {got}")
    found["objects refused" if detected else "nothing in use was hit"] += 1
    server.kill()
    return wrong


def flip(path: pathlib.Path, chance: random.Random) -> str:
    data = bytearray(path.read_bytes())
    bit = chance.randrange(len(data) * 8)
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)
    return f"{path.name}, bit {bit} of {len(data) * 8}"


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--flips", type=int, default=30, help="in each kind of file")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance, started = random.Random(options.seed), time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-flip-"))
    failures, found = [], {kind: collections.Counter() for kind in KINDS}
    try:
        whole, killed = folder / "whole", folder / "killed"
        whole.mkdir()
        with Server("--dev", "--log-level", "error", directory=str(whole)) as server:
            objects = fill(server, chance)
            server.kill()
            shutil.copytree(whole, killed)  # everything is in the store's log
            server.start()  # and after an orderly end in its tables
        for kind, (pattern, may_lose) in KINDS.items():
            for _ in range(options.flips):
                trial = folder / "trial"
                shutil.copytree(killed if kind == "log" else whole, trial)
                paths = sorted(path for path in trial.glob(pattern) if path.stat().st_size > 0)
                where = flip(chance.choice(paths), chance)
                failures += [f"{kind}, {where}: {why}" for why in look(trial, objects, may_lose, chance, found[kind])]
                shutil.rmtree(trial)
                (folder / "trial.log").unlink(missing_ok=True)
            print(f"{kind}: " + ", ".join(f"{what} {count}" for what, count in found[kind].items()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for kind in ("packs", "files", "key"):
        if found[kind]["nothing in use was hit"]:
            failures.append(f"{kind}: a flip was not noticed")
    for failure in failures[:10]:
        print(failure)
    print(f"flips {options.flips * len(KINDS)}, failures {len(failures)}, {time.monotonic() - started:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

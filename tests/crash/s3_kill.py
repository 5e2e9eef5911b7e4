#!/usr/bin/env python3
"""Kills a whole server with SIGKILL again and again while several clients put, overwrite, upload in parts and delete
objects, and checks after each restart: every acknowledged object is there byte for byte, none is a mixture, a change under
way is there whole or not at all, and the disk holds nothing but what the store refers to.

usage: s3_kill.py [--kills N] [--seed N] [--keys N]
"""
import argparse
import http.client
import pathlib
import random
import re
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server, admin_request  # noqa: E402
from s3_client import PACKED_MAX, S3, Refused, sealed_size  # noqa: E402

WRITERS = 4
BUCKET = "kill"
KIB, MIB = 1024, 1024 * 1024
PACK_BYTES_MAX = 64 * MIB


class Version:
    """What a key holds: its bytes follow from its number. `parts`: the sizes it was uploaded in."""

    def __init__(self, number: int, parts: list[int]):
        self.number, self.parts = number, parts

    def part(self, index: int) -> bytes:
        return random.Random(self.number * 10 + index).randbytes(self.parts[index])

    def data(self) -> bytes:
        return b"".join(self.part(index) for index in range(len(self.parts)))


class Writer(threading.Thread):
    """Changes keys of its own, one change at a time. `pending` is the change under way: a key's new state, or several."""

    def __init__(self, index: int, api: tuple[str, int], state: dict[str, Version | None], seed: int, keys: int):
        super().__init__()
        self.index, self.state, self.keys = index, state, keys
        self.chance = random.Random(seed)
        self.client = S3(api, timeout=20)
        self.pending: dict[str, Version | None] = {}
        self.refused: str | None = None
        self.acknowledged = 0

    def run(self):
        changes = [self.put] * 12 + [self.upload] * 2 + [self.delete] * 4 + [self.delete_many, self.forsake]
        try:
            while True:
                self.chance.choice(changes)()
                self.state.update(self.pending)
                self.pending = {}
                self.acknowledged += 1
        except Refused as error:
            self.refused = str(error)
        except (OSError, http.client.HTTPException, AttributeError, ValueError):
            pass  # the kill

    def key(self) -> str:
        return f"w{self.index}/k{self.chance.randrange(self.keys)}"

    def put(self):
        size = self.chance.choice((0, 1, self.chance.randrange(8 * KIB), self.chance.randrange(8 * KIB),
                                   PACKED_MAX + self.chance.randrange(-2, 3), self.chance.randrange(300 * KIB),
                                   self.chance.randrange(3 * MIB)))
        key, version = self.key(), Version(self.chance.getrandbits(60), [size])
        self.pending = {key: version}
        self.client.put(BUCKET, key, version.data())

    def upload(self):
        sizes = [5 * MIB, self.chance.randrange(1, 200 * KIB)]
        key, version = self.key(), Version(self.chance.getrandbits(60), sizes)
        upload = self.client.begin_upload(BUCKET, key)
        etags = [self.client.put_part(BUCKET, key, upload, n + 1, version.part(n)) for n in range(len(sizes))]
        self.client.put_part(BUCKET, key, upload, len(sizes) + 1, b"a part that is not chosen")
        self.pending = {key: version}
        self.client.complete(BUCKET, key, upload, etags)

    def forsake(self):
        key = self.key()
        upload = self.client.begin_upload(BUCKET, key)
        for number in (1, 2, 2):
            self.client.put_part(BUCKET, key, upload, number, bytes(self.chance.randrange(500 * KIB)))
        if self.chance.random() < 0.5:
            self.client.abort(BUCKET, key, upload)

    def delete(self):
        key = self.key()
        self.pending = {key: None}
        self.client.delete(BUCKET, key)

    def delete_many(self):
        keys = {self.key() for _ in range(5)}
        self.pending = {key: None for key in keys}
        self.client.delete_many(BUCKET, sorted(keys))


def find(client: S3, key: str) -> bytes | None:
    try:
        return client.get(BUCKET, key)
    except Refused as error:
        if error.status == 404:
            return None
        raise


def settle(client: S3, writer: Writer) -> list[str]:
    """What is wrong with the writer's objects; its state becomes what was found."""
    wrong = []
    for key in sorted(set(writer.state) | set(writer.pending)):
        allowed = [writer.state.get(key)] + ([writer.pending[key]] if key in writer.pending else [])
        found = find(client, key)
        matching = [version for version in allowed if (version.data() if version else None) == found]
        if not matching:
            sizes = [sum(version.parts) if version else None for version in allowed]
            wrong.append(f"{key}: expected one of {sizes} bytes, found {None if found is None else len(found)} that differ")
        writer.state[key] = matching[0] if matching else allowed[0]
    return wrong


def numbers(server: Server) -> dict[str, int]:
    text = admin_request(server.admin, "GET", "/metrics")
    return {name: int(float(value)) for name, value in re.findall(r"(?m)^meridian_objects_(\w+) (\S+)$", text)}


def space(server: Server, state: dict[str, Version]) -> list[str]:
    """What of the disk nobody refers to, once the collector has had its time."""
    sizes = [size for version in state.values() if version for size in version.parts]
    filed = sum(sealed_size(size) for size in sizes if size > PACKED_MAX)
    packed = sum(sealed_size(size) for size in sizes if size <= PACKED_MAX)
    wrong, until = ["not looked"], time.monotonic() + 20
    while wrong and time.monotonic() < until:
        try:
            files = [path.stat().st_size for path in (server.directory / "objects/files").glob("??/*")]
            packs = [path.stat().st_size for path in (server.directory / "objects/packs").iterdir()]
        except FileNotFoundError:
            continue  # removed while we looked
        told = numbers(server)
        wrong = [f"{what}: {one} and {other}" for what, one, other in (
            ("files and their count", len(files), told["files"]), ("bytes of files and those told", sum(files), told["file_bytes"]),
            ("bytes of files and of what is in them", sum(files), filed), ("packs and their count", len(packs), told["packs"]),
            ("bytes of packs and those told", sum(packs), told["pack_bytes"]),
            ("bytes that live in packs and of what is in them", told["pack_live_bytes"], packed)) if one != other]
        if sum(packs) > 2 * packed + PACK_BYTES_MAX:
            wrong.append(f"packs of {sum(packs)} bytes for {packed}")
        time.sleep(0.02 if wrong else 0)
    return wrong


def check(server: Server, writers: list[Writer]) -> list[str]:
    client = S3(server.api)
    wrong = [f"refused {writer.refused}" for writer in writers if writer.refused]
    for writer in writers:
        wrong += settle(client, writer)
    state = {key: version for writer in writers for key, version in writer.state.items() if version}
    if client.sizes(BUCKET) != {key: sum(version.parts) for key, version in state.items()}:
        wrong.append("the listing is not what was put")
    for key, upload in client.uploads(BUCKET):
        client.abort(BUCKET, key, upload)
    wrong += space(server, state)
    client.close()
    return wrong


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--keys", type=int, default=25, help="of each writer")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance = random.Random(options.seed)
    failures, to_ready, acknowledged, done = [], [], 0, 0
    with Server("--dev", "--log-level", "error") as server:
        S3(server.api).make_bucket(BUCKET)
        states: list[dict[str, Version | None]] = [{} for _ in range(WRITERS)]
        while done < options.kills and not failures:
            writers = [Writer(i, server.api, states[i], chance.getrandbits(40), options.keys) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.05, 1.2))
            server.kill()
            for writer in writers:
                writer.join()
                acknowledged += writer.acknowledged
            # Sometimes the restart is killed too, while it sweeps or just after.
            if chance.random() < 0.2:
                server.start()
                server.kill()
            server.start()
            to_ready.append(server.seconds_to_ready)
            failures = [f"kill {done}: {why}" for why in check(server, writers)]
            done += 1
        objects = sum(1 for state in states for version in state.values() if version)
    for failure in failures[:10]:
        print(failure)
    print(f"kills {done}, changes acknowledged {acknowledged}, objects at the end {objects}, failures {len(failures)}")
    print(f"restart to ready: median {statistics.median(to_ready) * 1e3:.0f} ms, max {max(to_ready) * 1e3:.0f} ms")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

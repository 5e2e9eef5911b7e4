"""What s3_kill.py and s3_versions_kill.py share: writers that change objects, each keys of its own, until the server is killed;
a check of everything after each restart; and what of the disk nobody refers to."""
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
from s3_client import PACKED_MAX, S3, Refused, items, sealed_size  # noqa: E402,F401: both scripts take them from here

WRITERS = 4
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
    """Subclasses say what one change is; it counts when change() returns."""

    def __init__(self, index: int, client: S3, state: dict, seed: int, keys: int):
        super().__init__()
        self.index, self.client, self.state, self.keys = index, client, state, keys
        self.chance = random.Random(seed)
        self.refused: str | None = None
        self.acknowledged = 0

    def change(self):
        raise NotImplementedError

    def run(self):
        try:
            while True:
                self.change()
                self.acknowledged += 1
        except Refused as error:
            self.refused = str(error)
        except (OSError, http.client.HTTPException, AttributeError, TypeError, ValueError):
            pass  # the kill

    def any_key(self) -> str:
        return f"w{self.index}/k{self.chance.randrange(self.keys)}"


def numbers(server: Server) -> dict[str, int]:
    text = admin_request(server.admin, "GET", "/metrics")
    return {name: int(float(value)) for name, value in re.findall(r"(?m)^meridian_objects_(\w+) (\S+)$", text)}


def wrong_space(server: Server, versions: list[Version]) -> list[str]:
    """What of the disk nobody refers to, once the collector has had its time."""
    sizes = [size for version in versions for size in version.parts]
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


def run(prepare, make_writer, check, count, keys: int) -> int:
    """`prepare(server)`, then again and again writers of `make_writer(index, api, state, seed, keys)`, a kill, and
    `check(server, writers)`, which says what is wrong; `count(state)`: what a writer's state holds."""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--keys", type=int, default=keys, help="of each writer")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance = random.Random(options.seed)
    failures, to_ready, acknowledged, done = [], [], 0, 0
    with Server("--dev", "--log-level", "error") as server:
        prepare(server)
        states: list[dict] = [{} for _ in range(WRITERS)]
        while done < options.kills and not failures:
            writers = [make_writer(i, server.api, states[i], chance.getrandbits(40), options.keys) for i in range(WRITERS)]
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
            failures = [f"kill {done}: refused {writer.refused}" for writer in writers if writer.refused]
            failures += [f"kill {done}: {why}" for why in check(server, writers)]
            done += 1
            if done % 20 == 0:
                print(f"{done} kills, {acknowledged} changes acknowledged", file=sys.stderr, flush=True)
    for failure in failures[:10]:
        print(failure)
    print(f"kills {done}, changes acknowledged {acknowledged}, left at the end {sum(map(count, states))}, "
          f"failures {len(failures)}")
    print(f"restart to ready: median {statistics.median(to_ready) * 1e3:.0f} ms, max {max(to_ready) * 1e3:.0f} ms")
    return 1 if failures else 0

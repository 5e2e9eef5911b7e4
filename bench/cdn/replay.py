#!/usr/bin/env python3
"""What caches keep of the same requests: traces of sim/cache_traces, played over HTTP against this CDN, nginx and Varnish with
caches of the same bytes; what the origin was asked for says how much was kept.

usage: replay.py [--servers ours,nginx,varnish] [--traces drift,scans,cdn,…] [--shares 1,5,20] [--requests N] [--seed N]

Needs `ninja -C build/release meridian http_load cdn_hit_ratio cdn_sized_origin`. How to read it: README.md.
"""
import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import urllib.request

from cdn_servers import HOST, Nginx, Ours, Varnish, make_certificate
from in_turns import CannotRun, choice, folder_of

BUILD = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "release"
SERVERS = {each.name: each for each in (Ours, Nginx, Varnish)}
TRACES = ["zipf-0.7", "zipf-0.9", "zipf-1.1", "drift", "scans", "one-hit", "mixed", "cdn"]
LARGE = {"mixed", "cdn"}  # with objects of megabytes: a tenth of the requests is as many bytes
CONNECTIONS = 32
HELD_TURNS, HELD_TOO_MUCH = 4, 1.05
NODE_BYTES, PAGE = 128, 4096  # what nginx's zone needs for a key, and what it is dealt out in


class SizedOrigin:
    def __enter__(self):
        self.process = subprocess.Popen([BUILD / "cdn_sized_origin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/count") as reply:
            return json.load(reply)


class Held:
    """The bytes of files that a folder had: at most, and in the mean since half of `room` was first used. nginx looks at max_size
    now and then only."""

    def __init__(self, folder: pathlib.Path, room: int):
        self.folder, self.room, self.looks, self.over = folder, room, [], threading.Event()
        self.thread = threading.Thread(target=self.look)

    @property
    def most(self) -> int:
        return max(self.looks, default=0)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.looks) if self.looks else 0

    def look(self):
        while not self.over.wait(0.25):
            held = 0
            for where, _, names in os.walk(self.folder):
                for name in names:
                    with contextlib.suppress(FileNotFoundError):
                        held += os.stat(os.path.join(where, name)).st_size
            if self.looks or held > self.room / 2:
                self.looks.append(held)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


@dataclasses.dataclass(frozen=True)
class Found:
    requests: float  # kept, in percent
    bytes: float
    most: int  # bytes of files
    mean: float

    def __str__(self):
        return f"{self.requests:.1f} / {self.bytes:.1f}"

    def held(self, room: int) -> str:
        return f"{self.mean / room:.2f}, {self.most / room:.2f}"


class Trace:
    def __init__(self, folder: pathlib.Path, shape: str, options):
        requests = options.requests // (10 if shape in LARGE else 1)
        self.path = folder / f"{shape}.requests"
        with open(self.path, "w") as file:
            subprocess.run([BUILD / "cdn_hit_ratio", "list", shape, str(requests // 10), str(requests), str(options.seed)],
                           stdout=file, check=True)
        asked = self.path.read_text().split()[1::2]
        self.requests, self.bytes = len(asked), sum(int(each.rsplit("/", 1)[1]) for each in asked)
        self.has_large = shape in LARGE
        self.objects = len(objects := set(asked))
        self.footprint = sum(int(each.rsplit("/", 1)[1]) for each in objects)


def limit(server: type, trace: Trace, room: int) -> type:
    """The same server with so many bytes. nginx's processes look at max_size every ten seconds, which is longer than a replay; what
    it obeys at once is the room for keys, which is given for as many objects as the bytes are, by the mean. Files that it keeps
    open it would find after it has deleted them."""
    keys = trace.objects * room / trace.footprint
    slices = room * 9 // 10 if trace.has_large else 0  # ours: nearly all bytes are theirs
    return type(server.__name__, (server,), {"cache_bytes": room - slices if server is Ours else room, "slices_bytes": slices,
                                             "limit": f"max_size={room} manager_sleep=10ms",
                                             "keys_bytes": max(8, 2 + round(keys * NODE_BYTES / PAGE)) * PAGE, "open_files": ""})


def play(server: type, trace: Trace, room: int, folder: pathlib.Path, options) -> Found:
    folder.mkdir()
    with SizedOrigin() as origin, limit(server, trace, room)(folder, options.server_core, origin, options.certificate) as running:
        before = origin.counts()
        with Held(running.folder / "cache", room) as held:
            done = subprocess.run(["taskset", "-c", str(options.load_core), BUILD / "http_load", "--server", f"{HOST}:{running.port}",
                                   "--host", running.host, "--requests", trace.path, "--seconds", "600", "--connections",
                                   str(CONNECTIONS), "--times", "1"], capture_output=True, text=True, check=True)
        found, after = json.loads(done.stdout), origin.counts()
    shutil.rmtree(folder)
    if found["failed"] or found["replies"] != trace.requests:
        print(f"{server.name}: {found}; {done.stderr}", file=sys.stderr)
    return Found(100 * (1 - (after["requests"] - before["requests"]) / trace.requests),
                 100 * (1 - (after["bytes"] - before["bytes"]) / trace.bytes), held.most, held.mean)


def play_held(server: type, trace: Trace, room: int, folder: pathlib.Path, options, first: Found) -> Found:
    """Plays it with less and less until it holds in the mean what it may."""
    found, given = first, room
    for turn in range(HELD_TURNS):
        if found.mean <= room * HELD_TOO_MUCH:
            break
        given = int(given * room / found.mean)
        found = play(server, trace, given, folder.with_name(f"{folder.name}-{turn}"), options)
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", type=choice(SERVERS), default=list(SERVERS))
    parser.add_argument("--traces", type=choice(TRACES), default=["drift", "scans", "cdn"])
    parser.add_argument("--shares", type=lambda text: [float(each) / 100 for each in text.split(",")], default=[0.01, 0.05, 0.2])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--folder", default="/dev/shm", help="where nginx has its files: of memory, as the caches of the others are")
    options = parser.parse_args()
    with folder_of("cdn-replay", options.folder) as folder:
        options.certificate = make_certificate(folder)
        heads = [*options.servers, "nginx held: mean, most", "nginx given less", "that held"]
        print("| trace | cache, of all bytes | " + " | ".join(heads) + " |")
        print("|---|---|" + "---|" * len(heads))
        for shape in options.traces:
            trace = Trace(folder, shape, options)
            for share in options.shares:
                room, cells, held = int(trace.footprint * share), [], ["", "", ""]
                for name in options.servers:
                    where = folder / f"{shape}-{share}-{name}"
                    try:
                        found = play(SERVERS[name], trace, room, where, options)
                        cells.append(str(found))
                        if name == Nginx.name:
                            less = play_held(Nginx, trace, room, where, options, found)
                            held = [found.held(room), str(less), less.held(room)]
                    except CannotRun as why:
                        cells.append(f"– ({why})")
                print(f"| {shape} | {share:.0%} of {trace.footprint / 1e6:.0f} MB | " + " | ".join(cells + held) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

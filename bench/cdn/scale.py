#!/usr/bin/env python3
"""What a hit costs as there are ten and a hundred times as many objects, or connections: this CDN beside nginx, in turns, each
on one core, objects of 1 KiB over HTTP/1.1. Distributions: distributions.py.

usage: scale.py [--servers ours,nginx] [--kinds objects,connections] [--rounds N] [--seconds N] [--server-core N] [--load-core N]

Needs `ninja -C build/release meridian http_load`."""
import contextlib
import json
import pathlib
import random
import subprocess
import sys

from cdn_servers import HOST, Nginx, Origin, Ours, Proxy, make_certificate
from compare import LOAD
from in_turns import cpu_seconds, folder_of, medians, options_of, ratio_of, start_those_there, take_turns
from meridian_server import resident_bytes

SERVERS = {kind.name: kind for kind in (Ours, Nginx)}
# Objects, connections.
STEPS = {"objects": [(1_000, 32), (10_000, 32), (100_000, 32)], "connections": [(100, 10), (100, 100), (100, 1_000)]}


def ask(server: Proxy, targets: list[int], connections: int, seconds: float, options) -> tuple[int, float]:
    path = server.folder / "requests"
    path.write_text("".join(f"GET /scale/{n}\n" for n in targets))
    done = subprocess.run(["taskset", "-c", str(options.load_core), LOAD, "--server", f"{HOST}:{server.port}", "--host", server.host,
                           "--requests", path, "--seconds", str(seconds), "--connections", str(connections),
                           "--reply-bytes", "1024"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found["failed"]:
        print(f"{server.name}: {found['failed']} failed; {done.stderr}", file=sys.stderr)
    return found["replies"], found["seconds"]


def fill(server: Proxy, objects: int, options):
    """Each of them once; the load goes round its file, so that it ends on the count."""
    left = objects
    while left > 0:
        replies, _ = ask(server, list(range(objects - left, objects)), 32, 1, options)
        left -= min(left, replies)


def measure(server: Proxy, targets: list[int], connections: int, options) -> dict[str, float]:
    before = cpu_seconds(server.pid)
    replies, _ = ask(server, targets, connections, options.seconds, options)
    return {"a CPU-second": replies / max(cpu_seconds(server.pid) - before, 1e-9)}


def main() -> int:
    options = options_of(SERVERS, STEPS).parse_args()
    with folder_of("cdn-scale") as folder, contextlib.ExitStack() as stack:
        origin = stack.enter_context(Origin(folder, options.load_core))
        certificate = make_certificate(folder)
        servers = start_those_there(stack, options.servers, lambda name: SERVERS[name](folder, options.server_core, origin, certificate))
        print(f"{'':12} {'':>8} {'':8} {'a CPU-second':>13} {'ours/ (rounds)':>22} {'MB':>6}")
        for kind, step in ((kind, step) for kind in options.kinds for step in STEPS[kind]):
            objects, connections = step
            for server in servers:
                fill(server, objects, options)
            targets = random.Random(1).choices(range(objects), k=200_000)
            found = take_turns(servers, options.rounds, lambda server: measure(server, targets, connections, options))
            for server in servers:
                ratio = ratio_of(found.get("ours", []), found[server.name])
                print(f"{kind:12} {step[kind == 'connections']:8} {server.name:8} {medians(found[server.name])['a CPU-second']:13.0f} "
                      f"{ratio:>22} {resident_bytes(server.pid) / 1e6:6.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

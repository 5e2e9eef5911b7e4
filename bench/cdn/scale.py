#!/usr/bin/env python3
"""What a hit costs as there are ten and a hundred times as many objects, or connections: this CDN beside nginx, in turns, each
on one core, objects of 1 KiB over HTTP/1.1. Distributions: distributions.py.

usage: scale.py [--servers ours,nginx] [--kinds objects,connections] [--rounds N] [--seconds N] [--server-core N] [--load-core N]

Needs `ninja -C build/release meridian http_load`."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from cdn_servers import HOST, Nginx, Origin, Ours, Proxy, cpu_seconds
from compare import LOAD, make_certificate
from in_turns import medians, options_of, ratio_of

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


def resident(server: Proxy) -> int:
    text = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) * 1024


def main() -> int:
    options = options_of(SERVERS, STEPS).parse_args()
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-cdn-scale-"))
    try:
        with contextlib.ExitStack() as stack:
            origin = stack.enter_context(Origin(folder, options.load_core))
            certificate = make_certificate(folder)
            servers = [stack.enter_context(SERVERS[name](folder, options.server_core, origin, certificate)) for name in options.servers]
            print(f"{'':12} {'':>8} {'':8} {'a CPU-second':>13} {'ours/ (rounds)':>22} {'MB':>6}")
            for kind in options.kinds:
                for step in STEPS[kind]:
                    objects, connections = step
                    found: dict[str, list[dict[str, float]]] = {}
                    for server in servers:
                        fill(server, objects, options)
                    targets = random.Random(1).choices(range(objects), k=200_000)
                    for _ in range(options.rounds):
                        for server in servers:
                            before = cpu_seconds(server.pid)
                            replies, _ = ask(server, targets, connections, options.seconds, options)
                            found.setdefault(server.name, []).append(
                                {"a CPU-second": replies / max(cpu_seconds(server.pid) - before, 1e-9)})
                    for server in servers:
                        ratio = ratio_of(found.get("ours", []), found[server.name])
                        print(f"{kind:12} {step[kind == 'connections']:8} {server.name:8} "
                              f"{medians(found[server.name])['a CPU-second']:13.0f} {ratio:>22} {resident(server) / 1e6:6.0f}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

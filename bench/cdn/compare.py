#!/usr/bin/env python3
"""Cached objects over HTTP/1.1, HTTPS and HTTP/2, and objects that no cache has yet: this CDN beside nginx, Varnish, Apache
Traffic Server, HAProxy and h2o, in one run, in turns. Each server has one core to itself and the load comes from the other.

usage: compare.py [--servers ours,nginx,…] [--kinds one,zipf,…] [--rounds N] [--seconds N] [--server-core N] [--load-core N]

Needs `ninja -C build/release meridian http_load` and `tools/install_dependencies --bench`. How to read it: README.md.
"""
import contextlib
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys

from cdn_servers import ALL, HOST, H2o, Origin, Proxy, make_certificate
from in_turns import cpu_seconds, folder_of, medians, options_of, ratio_of, start_those_there, take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOAD = ROOT / "build" / "release" / "http_load"
OBJECTS = 10_000
MISSES = itertools.count()  # no miss is asked for twice
# Protocol, bytes of a body, connections.
KINDS = {"one": ("http", 1024, 32), "zipf": ("http", 1024, 32), "100k": ("http", 100 * 1024, 32), "16m": ("http", 16 * 1024 * 1024, 4),
         "miss": ("http", 1024, 32), "tls": ("https", 1024, 32), "h2": ("h2", 1024, 8),
         "tls-new": ("new", 1024, 32), "1g": ("http", 1 << 30, 2), "1g-tls": ("https", 1 << 30, 2)}


def targets(kind: str) -> list[str]:
    if kind == "zipf":
        weights = [1 / rank for rank in range(1, OBJECTS + 1)]
        return [f"/zipf/{n}" for n in random.Random(1).choices(range(OBJECTS), weights, k=100_000)]
    if kind == "miss":
        return [f"/miss/{next(MISSES)}" for _ in range(200_000)]
    name = kind.removesuffix("-tls")
    return ["/files/" + name if name in ("100k", "16m", "1g") else "/one"]


def can_play(server: type[Proxy] | Proxy, kind: str) -> bool:
    if KINDS[kind][0] != "http" and not server.tls:
        return False
    # h2o asks no origin; HAProxy's cache takes no such body.
    return not (server.name == H2o.name and kind == "miss" or server.name == "haproxy" and KINDS[kind][1] > 1_000_000)


def with_http_load(server: Proxy, kind: str, options) -> tuple[float, float]:
    """`new`: a whole handshake for each request, as no session is used twice."""
    protocol, size, connections = KINDS[kind]
    tls = {"http": [], "https": ["--tls", "yes"], "new": ["--tls", "yes", "--requests-a-connection", "1"]}[protocol]
    path = server.folder / f"{kind}.requests"
    path.write_text("".join(f"GET {target}\n" for target in targets(kind)))
    done = subprocess.run(["taskset", "-c", str(options.load_core), LOAD, *tls, "--server",
                           f"{HOST}:{server.tls_port if tls else server.port}", "--host", server.host, "--requests", path, "--seconds", str(options.seconds), "--connections", str(connections),
                           "--reply-bytes", str(size)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found["failed"]:
        print(f"{server.name}, {kind}: {found['failed']} failed; {done.stderr}", file=sys.stderr)
    return found["bytes_in"] / size if size > 1024 * 1024 else found["replies"], found["seconds"]


def with_h2load(server: Proxy, kind: str, options) -> tuple[float, float]:
    seconds = max(1, round(options.seconds))
    done = subprocess.run(["taskset", "-c", str(options.load_core), "h2load", "-m", "32", "-c", str(KINDS[kind][2]), "-D", str(seconds),
                           f"--connect-to={HOST}:{server.tls_port}", f"https://{server.host}{targets(kind)[0]}"],
                          capture_output=True, text=True, check=True)
    good = int(re.search(r"status codes: (\d+) 2xx", done.stdout).group(1))
    failed = int(re.search(r"(\d+) failed", done.stdout).group(1))
    if failed or not good:
        print(f"{server.name}, {kind}: {failed} failed: {done.stdout}", file=sys.stderr)
    return good, float(seconds)




def measure(server: Proxy, kind: str, options) -> dict[str, float]:
    before = cpu_seconds(server.pid)
    count, seconds = (with_h2load if kind == "h2" else with_http_load)(server, kind, options)
    used = cpu_seconds(server.pid) - before
    return {"a second": count / seconds, "a CPU-second": count / max(used, 1e-9), "busy": used / seconds}


def fill(server: Proxy, kind: str) -> bool:
    """What takes longer to come than a round is all there before the first. False: that server does not bring it."""
    if KINDS[kind][1] <= 1024 * 1024:
        return True
    done = subprocess.run(["curl", "-sf", "-o", os.devnull, "-H", f"Host: {server.host}", f"http://{HOST}:{server.port}{targets(kind)[0]}"],
                          check=False)
    if done.returncode != 0:
        print(f"{server.name} is left out of {kind}: curl ends with {done.returncode}", file=sys.stderr)
    return done.returncode == 0


def table(rounds: dict[tuple[str, str], list[dict[str, float]]], options) -> str:
    lines = [f"{'':7} {'':8} {'a second':>10} {'a CPU-second':>13} {'ours/ (rounds)':>22} {'busy':>5}"]
    for kind, server in ((kind, server) for kind in options.kinds for server in options.servers):
        if (found := rounds.get((kind, server))) is None:
            continue
        middle = medians(found)
        ratio = ratio_of(rounds.get((kind, "ours"), []), found)
        lines.append(f"{kind:7} {server:8} {middle['a second']:10.0f} {middle['a CPU-second']:13.0f} {ratio:>22} {middle['busy']:5.2f}")
    return "\n".join(lines)


def main() -> int:
    options = options_of(ALL, KINDS).parse_args()
    rounds: dict[tuple[str, str], list[dict[str, float]]] = {}
    with folder_of("cdn-bench") as folder, contextlib.ExitStack() as stack:
        origin = stack.enter_context(Origin(folder, options.load_core))
        certificate = make_certificate(folder)
        servers = start_those_there(stack, options.servers, lambda name: ALL[name](folder, options.server_core, origin, certificate))
        for kind in options.kinds:
            playing = [server for server in servers if can_play(server, kind) and fill(server, kind)]
            for server in playing:
                measure(server, kind, options)
            found = take_turns(playing, options.rounds, lambda server: measure(server, kind, options))
            rounds.update({(kind, name): each for name, each in found.items()})
        print(table(rounds, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())

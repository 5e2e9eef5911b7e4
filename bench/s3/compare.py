#!/usr/bin/env python3
"""Objects of 64 MiB and of 4 KiB, put and got over plain HTTP: this S3 beside nginx and Ceph's radosgw, in one run, in
turns. Each server has one core to itself and the load comes from the other, so that what is compared is what a server does
with a second of processor time.

usage: compare.py [--servers ours,nginx,radosgw] [--kinds get-large,put-large,get-small,put-small] [--rounds N]
                  [--seconds N] [--server-core N] [--load-core N] [--folder DIR]

Needs `ninja -C build/release meridian http_load` and `tools/install_dependencies --bench`. How to read it: README.md.
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys

from radosgw import Radosgw
from s3_servers import Nginx, Ours, S3Server
from in_turns import cpu_seconds, folder_of, medians, options_of, ratio_of, start_those_there, take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOAD = ROOT / "build" / "release" / "http_load"
MIB = 1024 * 1024
ALL = {kind.name: kind for kind in (Ours, Nginx, Radosgw)}
# Method, bytes, how many keys, connections.
KINDS = {"get-large": ("GET", 64 * MIB, 1, 4), "put-large": ("PUT", 64 * MIB, 4, 4),
         "get-small": ("GET", 4096, 1000, 32), "put-small": ("PUT", 4096, 1000, 32)}


def prepare(server: S3Server, kind: str) -> pathlib.Path:
    method, size, count, _ = KINDS[kind]
    keys = [f"{kind}-{n}" for n in range(count)]
    if method == "GET":
        for key in keys:
            server.request("PUT", key, os.urandom(size))
    path = server.folder / f"{kind}.requests"
    path.write_text("".join(f"{method} {server.target(method, key)}\n" for key in keys))
    return path


def measure(server: S3Server, kind: str, requests: pathlib.Path, options) -> dict[str, float]:
    method, size, _, connections = KINDS[kind]
    command = ["taskset", "-c", str(options.load_core), str(LOAD), "--server", server.address, "--host", server.host,
               "--requests", str(requests), "--seconds", str(options.seconds), "--connections", str(connections)]
    command += ["--body-bytes", str(size)] if method == "PUT" else ["--reply-bytes", str(size)]
    before = cpu_seconds(*server.pids)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    used = cpu_seconds(*server.pids) - before
    found = json.loads(done.stdout)
    if found["failed"]:
        print(f"{server.name}, {kind}: {found['failed']} failed; {done.stderr}", file=sys.stderr)
    # A long transfer that the end cut off has been paid for too.
    amount = (found["bytes_out"] if method == "PUT" else found["bytes_in"]) / size
    return {"a second": amount / found["seconds"], "a CPU-second": amount / max(used, 1e-9), "p50": found["p50_us"],
            "busy": used / found["seconds"]}


def table(rounds: dict[tuple[str, str], list[dict[str, float]]], servers: list[str], kinds: list[str]) -> str:
    lines = [f"{'':10} {'':9} {'a second':>12} {'a CPU-second':>13} {'ours/ (rounds)':>22} {'p50 us':>9} {'busy':>5}"]
    for kind in kinds:
        size = KINDS[kind][1]
        for server in servers:
            found = rounds[kind, server]
            middle = medians(found)
            shown = [middle[name] * (size / MIB if size >= MIB else 1) for name in ("a second", "a CPU-second")]
            unit = "MiB" if size >= MIB else "   "
            ratio = ratio_of(rounds.get((kind, "ours"), []), found)
            lines.append(f"{kind:10} {server:9} {shown[0]:8.0f} {unit} {shown[1]:9.0f} {unit} {ratio:>22} {middle['p50']:9.0f} "
                         f"{middle['busy']:5.2f}")
    return "\n".join(lines)


def main() -> int:
    options = options_of(ALL, KINDS)
    options.add_argument("--folder", help="where the servers keep their data; default: a new one beside the system's others")
    options = options.parse_args()
    rounds: dict[tuple[str, str], list[dict[str, float]]] = {}
    with folder_of("s3-bench", options.folder) as folder, contextlib.ExitStack() as stack:
        servers = start_those_there(stack, options.servers, lambda name: ALL[name](folder, options.server_core))
        for kind in options.kinds:
            requests = {server.name: prepare(server, kind) for server in servers}
            for server in servers:  # warms what is to be warmed
                measure(server, kind, requests[server.name], options)
            found = take_turns(servers, options.rounds, lambda server: measure(server, kind, requests[server.name], options))
            rounds.update({(kind, name): each for name, each in found.items()})
        print(table(rounds, [server.name for server in servers], options.kinds))
    return 0


if __name__ == "__main__":
    sys.exit(main())

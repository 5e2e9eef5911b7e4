#!/usr/bin/env python3
"""Purges at edges in processes of their own, each with a million objects: how long after the API call began every edge has been
seen to give the new byte, of paths, wildcards and tags; and what an edge's hits cost within a storm of them, in turns with none.

The edge whose hits count has one core; the control, the other edges, the origin and the load have the other. The load asks for
less than the edge could give (--load-part), so that who shares its core takes nothing from the edge.

usage: purge_edges.py [--edges N] [--objects N] [--rounds N] [--seconds N] [--times N] [--rate N] [--load-part P]"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(BENCH), str(BENCH.parent / "tests"), str(BENCH.parent / "tests" / "edges")]
from cdn_edges_test import CdnRole  # noqa: E402
from edges_test import EDGE_BINARY, Role, meridian  # noqa: E402
from in_turns import folder_of  # noqa: E402
from meridian_server import BINARY  # noqa: E402
from purge_storm import KINDS, Bench, Tagged  # noqa: E402


class SmallTagged(Tagged):
    """A million objects have to come to every edge first."""
    locations = Tagged.locations.replace("x" * 1024, "x" * 128)


def pin(process: subprocess.Popen, core: int):
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def start_edge(control: Role, folder: pathlib.Path, name: str) -> CdnRole:
    edge = CdnRole(folder, name, [EDGE_BINARY])
    token = meridian("edges", "token", "--data-dir", control.directory, "--name", name, "--feed-address", control.feed).stdout.strip()
    subprocess.run([EDGE_BINARY, "join", token, "--data-dir", edge.directory], check=True, capture_output=True)
    return edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0",
                      "--cdn-workers", "1", "--cdn-cache", "4GiB")


def wait_live(control: Role, count: int):
    while True:
        listed = json.loads(meridian("edges", "--admin", f"http://{control.admin}", "--output", "json").stdout)["edges"]
        if sum(edge["state"] == "live" for edge in listed) == count:
            return


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--edges", type=int, default=3)
    arguments.add_argument("--objects", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=2)
    arguments.add_argument("--times", type=int, default=40)
    arguments.add_argument("--rate", type=float, default=100, help="invalidations a second within a storm")
    arguments.add_argument("--load-part", type=float, default=0.6)
    arguments.add_argument("--server-core", type=int, default=0)
    arguments.add_argument("--load-core", type=int, default=1)
    options = arguments.parse_args()
    with folder_of("purge-edges") as folder, contextlib.ExitStack() as stack:
        os.sched_setaffinity(0, {options.load_core})
        origin = stack.enter_context(SmallTagged(folder, options.load_core))
        control = Role(folder, "control", [BINARY, "control", "--no-health-probes"])
        stack.callback(control.end)
        control.start("--api", "127.0.0.1:0", "--feed", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        edges = []
        for number in range(options.edges):
            edges.append(start_edge(control, folder, f"edge-{number}"))
            stack.callback(edges[-1].end)
        wait_live(control, len(edges))
        pin(edges[0].process, options.server_core)
        bench = Bench(options, control, edges[0].process, [edge.cdn for edge in edges], folder, origin)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(bench.fill, place) for place in range(len(edges))]:
                done.result()
        for kind in KINDS:
            print(bench.everywhere(kind, options.times), flush=True)
        most = bench.hits(options.seconds)["a second"]
        asked = int(most * options.load_part)
        print(f"the edge gives {most:.0f} hits a second; {asked} are asked for, in storms of {options.rate:.0f} invalidations a second")
        print(f"{'purged':9} {'taken/s':>7} {'refused':>7} {'hits/s, to calm':>22} {'hits/worker CPU-s':>22} {'us of the edge a purge':>8}")
        for kind in (*KINDS, "all"):
            print(bench.turns(kind, options.rate, "--rate", str(asked)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

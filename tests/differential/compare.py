#!/usr/bin/env python3
"""Serves the same zones with our engine, Knot and NSD and compares their answers: for every name of every zone, and for
random and near-miss questions.

usage: compare.py [--records N] [--random N] [--seed S] [--report FILE] [--build PRESET]
       compare.py --full       100,000 records and 100,000 random questions
"""
import argparse
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time

import dns_servers
from dns_servers import HOST, Knot, Nsd, Ours, ROOT, origin_of

HERE = pathlib.Path(__file__).resolve().parent


def absent() -> list[str]:
    return [program for program in ("knotd", "nsd") if not dns_servers.find(program)]


def compare(options, folder: pathlib.Path) -> int:
    subprocess.run([sys.executable, str(HERE / "make_zones.py"), str(folder), "--records", str(options.records)],
                   check=True, stdout=subprocess.DEVNULL)
    zones = sorted((HERE / "zones").glob("*.zone")) + sorted(folder.glob("*.zone"))
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(kind(zones)) for kind in (Ours, Knot, Nsd)]
        command = [str(ROOT / "build" / options.build / "compare_answers"), "--every-name",
                   "--random", str(options.random), "--seed", str(options.seed)]
        for zone in zones:
            command += ["--zone", str(zone), "--origin", origin_of(zone) + "."]
        for server in servers:
            command += [f"--{server.name}", f"{HOST}:{server.port}"]
        if options.report:
            command += ["--report", str(options.report)]
        started = time.monotonic()
        status = subprocess.run(command).returncode
        print(f"{len(zones)} zones, {options.records} records in the largest; {time.monotonic() - started:.1f} s")
        for server in servers:
            if server.process.poll() is not None:
                print(f"{server.name} ended by itself with {server.process.returncode}:\n"
                      + (server.folder / "log").read_text()[-3000:])
                status = status or 3
        return status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--random", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--build", default="release")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    if options.full:
        options.records = options.random = 100000
    Ours.build = options.build
    if absent():
        print(f"SKIPPED: {' and '.join(absent())} not installed, so our answers were NOT compared with anyone's")
        return 0
    with tempfile.TemporaryDirectory(prefix="meridian-zones-") as folder:
        return compare(options, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs what RESULTS.md has the figures of, and prints its sections, ready to paste; with --write it puts them there.

usage: results.py [--write] [SECTION …]     some of compare, scale, objects, distributions, purges, followers, floods, ratio; all

On a machine that does nothing else. Needs `ninja -C build/release` of meridian, meridian-edge, http_load, first_bytes,
cdn_million_objects and cdn_hit_ratio, and `tools/install_dependencies --bench`."""
import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE / "RESULTS.md"
SHOTS = "MERIDIAN_BEHIND_MS=5 MERIDIAN_SHOTS=14 "
# The heading of each section, its commands, and how lines of their output begin that belong there.
SECTIONS = {
    "compare": ("All servers in turns", ["bench/cdn/compare.py --rounds 5 --seconds 2"], ""),
    "scale": ("As objects and connections grow", ["bench/cdn/scale.py --rounds 5 --seconds 2"], ""),
    "objects": ("A million objects", ["build/release/cdn_million_objects"], ""),
    "distributions": ("As distributions grow", [f"bench/cdn/distributions.py --count {count}" for count in (100, 1_000, 10_000)], ""),
    "purges": ("Hits while others purge", ["bench/cdn/purge_edges.py", "bench/cdn/purge_storm.py"], ""),
    "followers": ("Followers of one answer", [SHOTS + "tests/clients/cdn_collapse_test.py",
                                              SHOTS + "tests/edges/cdn_tiers_test.py -k together"], r"last of"),
    "floods": ("Good viewers beside floods", ["tests/hostile_cdn/floods.py --full"], ""),
    "ratio": ("Hit ratios", ["build/release/cdn_hit_ratio"], "")}


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return (f"{os.cpu_count()} cores of {model[1] if model else 'an unknown processor'}, Linux {os.uname().release}, "
            f"load {os.getloadavg()[0]:.1f} before, commit {commit}")


def play(name: str) -> str:
    heading, commands, counts = SECTIONS[name]
    out = [f"## {heading}", "", machine() + ".", ""]
    for command in commands:
        print(f"{name}: {command}", file=sys.stderr)
        done = subprocess.run(command, shell=True, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = [line.rstrip() for line in done.stdout.splitlines() if re.match(counts, line)]
        if done.returncode != 0:
            lines.append(f"(it ended with {done.returncode})")
        out += [f"    $ {command}", *(f"    {line}" if line else "" for line in lines), ""]
    return "\n".join(out)


def put(section: str):
    """In place of the one with its heading, or at the end."""
    heading = section.splitlines()[0]
    parts = re.split(r"(?m)^(?=## )", RESULTS.read_text())
    places = [at for at, part in enumerate(parts) if part.startswith(heading + "\n")]
    if places:
        parts[places[0]] = section + "\n"
    else:
        parts.append(section + "\n")
    RESULTS.write_text("".join(parts).rstrip("\n") + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("sections", nargs="*", metavar="SECTION")
    options = arguments.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        arguments.error(f"there is no {', '.join(sorted(unknown))}")
    for name in options.sections or SECTIONS:
        section = play(name)
        print(section, flush=True)
        if options.write:
            put(section)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""User-space instructions that a server spends on one query, counted by callgrind: exact, and the same on a busy machine.

usage: instructions.py [--sets hosts,many,root,policies] [--servers ours,knot,nsd,...] [--queries N] [--functions N]

Each server is started under callgrind, loads its zones, and is asked some questions so that what happens once has
happened. Then its counters are set to zero, N questions are asked and the counters read. Instructions inside the kernel do
not count. --functions prints where ours spends them.
"""
import argparse
import collections
import functools
import json
import pathlib
import re
import subprocess
import tempfile

import policy_servers
import policy_sets
import zone_sets
from dns_servers import HOST, DnsServer, ROOT, family
from servers import ALL, names

WARM_UP = 2000
OUTSTANDING = 64
# callgrind takes minutes to load ten thousand, and instructions hardly depend on it.
MANY_FEWER = functools.partial(zone_sets.many, zones=1000)
OUR_LOOP = "meridian::net::EpollLoop::run()"


def under_callgrind(kind: type[DnsServer], *arguments: str) -> type[DnsServer]:
    class Counted(kind):
        ready_seconds_max = 600

        def command(self):
            return ["valgrind", "--tool=callgrind", "--trace-children=yes", "-q", f"--callgrind-out-file={self.folder}/counts.%p",
                    *arguments] + super().command()
    return Counted


def control(what: str, server: DnsServer):
    for pid in family(server.process.pid):
        subprocess.run(["callgrind_control", what, str(pid)], check=True, capture_output=True)


def ask(server: DnsServer, questions: pathlib.Path, queries: int):
    done = subprocess.run([str(ROOT / "build/release/udp_load"), "--server", f"{HOST}:{server.port}", "--questions", str(questions),
                           "--queries", str(queries), "--outstanding", str(OUTSTANDING), "--sockets", "4", "--timeout-ms", "10000"],
                          capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    if figures["answered"] != queries or figures["wrong"]:
        raise RuntimeError(f"{server.name} did not answer as it should: {done.stdout}")


def per_query(server: DnsServer, questions: pathlib.Path, queries: int) -> float:
    ask(server, questions, WARM_UP)
    control("--zero", server)
    ask(server, questions, queries)
    control("--dump", server)
    dumps = list(server.folder.glob("counts.*.*"))
    total = sum(int(re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE).group(1)) for dump in dumps)
    for dump in dumps:
        dump.unlink()
    return total / queries


def of_zones(server_name: str, zone_set: zone_sets.ZoneSet, questions: pathlib.Path, queries: int) -> float:
    with under_callgrind(ALL[server_name])(zone_set.zones) as server:
        return per_query(server, questions, queries)


def of_policies(server_name: str, queries: int) -> str:
    """A line for questions with and without a client subnet."""
    policy_sets.NAMES = 1000  # as with MANY_FEWER
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as text:
        folder = pathlib.Path(text)
        kinds, world = policy_sets.build(list(policy_sets.SIZES)), policy_sets.World(folder)
        lines = ""
        with under_callgrind(policy_servers.ALL[server_name])(kinds, world, None, 1) as server:
            for with_subnets in (False, True):
                counts = {kind.name: per_query(server, policy_sets.write_questions(
                    folder / "questions", kind.questions(world, with_subnets)), queries)
                    for kind in kinds if server.serves_kind(kind.name)}
                lines += (f"{server_name}, {'with' if with_subnets else 'without'} subnets: instructions a query, and to plain"
                          + "".join(f"  {kind} {count:.0f} {count / counts['plain']:.2f}" for kind, count in counts.items()) + "\n")
    return lines


def functions(zone_set: zone_sets.ZoneSet, questions: pathlib.Path, options) -> str:
    """Of ours. A run of its own: after --zero callgrind no longer knows which function a thread is in."""
    with under_callgrind(ALL["ours"], f"--toggle-collect={OUR_LOOP}")(zone_set.zones) as server:
        ask(server, questions, options.queries)
        control("--dump", server)
        dump = next(server.folder.glob("counts.*.1"))
        text = subprocess.run(["callgrind_annotate", "--auto=no", "--threshold=99.9", str(dump)], capture_output=True, text=True,
                              check=True).stdout
    counts: dict[str, int] = collections.Counter()  # a function has a row for each file that was inlined into it
    for count, name in re.findall(r"^\s*([\d,]+) \(.*?\)\s+(?:\S*?\.\w+|\?\?\?):(.+?)(?: \[.*)?$", text, re.MULTILINE):
        counts[name] += int(count.replace(",", ""))
    return "".join(f"  {count / options.queries:>8.1f}  {name[:140]}\n" for name, count in counts.most_common(options.functions))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=names([*zone_sets.BUILDERS, "policies"]), default=list(zone_sets.BUILDERS))
    parser.add_argument("--servers", type=names(ALL), default=["ours", "knot", "nsd"])
    parser.add_argument("--queries", type=int, default=20000)
    parser.add_argument("--functions", type=int, default=0)
    options = parser.parse_args()
    for name in options.sets:
        if name == "policies":
            for server in options.servers:
                print(of_policies(server, options.queries), end="", flush=True)
            continue
        with tempfile.TemporaryDirectory(prefix="meridian-bench-") as folder:
            builder = MANY_FEWER if name == "many" else zone_sets.BUILDERS[name]
            zone_set = builder(pathlib.Path(folder))
            questions = zone_set.write_questions(pathlib.Path(folder) / "questions", with_replies=True)
            counts = {each: of_zones(each, zone_set, questions, options.queries) for each in options.servers}
            its_functions = functions(zone_set, questions, options) if options.functions else ""
        print(f"{name}: instructions a query" + "".join(f"  {each} {count:.0f}" for each, count in counts.items())
              + "".join(f"  ours/{each} {counts['ours'] / count:.2f}" for each, count in counts.items()
                        if "ours" in counts and each != "ours"), flush=True)
        print(its_functions, end="", flush=True)


if __name__ == "__main__":
    main()

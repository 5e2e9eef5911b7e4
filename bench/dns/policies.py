#!/usr/bin/env python3
"""Routing policies beside plain answers, and beside those of other servers, over UDP: 10,000 names of each policy, the same
questions, the same cores, in turns.

usage: policies.py [--kinds plain,weighted2,…] [--servers ours,gdnsd,knot,pdns] [--subnets without,with]
                   [--cores apart,both] [--rounds N] [--seconds N] [--outstanding N] [--server-core N] [--generator-core N]

--subnets with: each question carries an EDNS Client Subnet, else all come from 127.0.0.1. Needs
`ninja -C build/release udp_load dns_serve_zone` and `tools/install_dependencies --bench`. How to read it: README.md.
"""
import argparse
import contextlib
import pathlib
import random
import statistics
import sys
import tempfile

import compare
import policy_sets
from dns_servers import HOST, DnsServer
from policy_servers import ALL
from servers import names

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests"))
from dns_client import DnsClient  # noqa: E402

SAMPLE = 500  # questions whose whole reply is looked at, for each server and kind
COLUMNS = ["q/s", "/plain", "ours/", "q/CPU-s", "/plain", "ours/", "lost", "wrong", "p50 us", "busy", "reply B"]


def wrong_answers(server: DnsServer, questions: list[policy_sets.Question]) -> list[str]:
    """Of a sample asked one at a time: those whose addresses are not right for their client."""
    wrong, client = [], DnsClient((HOST, server.port), timeout=2)
    with contextlib.closing(client):
        for question in random.Random(7).sample(questions, SAMPLE):
            try:
                found = client.query(question.name, subnet=question.subnet or None).addresses
            except TimeoutError:
                found = []
            if len(found) != question.count or len(set(found)) != len(found) or not question.right.issuperset(found):
                wrong.append(f"{question}: {found}")
    return wrong


def run(kinds: list[policy_sets.Kind], world: policy_sets.World, folder: pathlib.Path, with_subnets: bool, cores: str,
        options) -> str:
    apart = cores == "apart"
    asked = {kind.name: kind.questions(world, with_subnets) for kind in kinds}
    files = {name: policy_sets.write_questions(folder / f"{name}.questions", questions) for name, questions in asked.items()}
    rounds: dict[tuple[str, str], list[dict[str, float]]] = {}
    wrong, notes = {}, []
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(ALL[name](kinds, world, options.server_core if apart else None, 1 if apart else 2))
                   for name in options.servers]
        pairs = [(kind.name, server) for kind in kinds for server in servers if server.serves_kind(kind.name)]
        for kind, server in pairs:
            found = wrong_answers(server, asked[kind])
            wrong[kind, server.name] = len(found)
            notes += [f"wrong, {server.name}, {kind}: {each}" for each in found[:2]]
        for number in range(options.rounds):
            # As in compare.py: each round begins with another server.
            for kind in asked:
                for server in servers[number % len(servers):] + servers[:number % len(servers)]:
                    if server.serves_kind(kind):
                        rounds.setdefault((kind, server.name), []).append(compare.measure(server, files[kind], options))

    def ratio(what: str, of: tuple[str, str], to: tuple[str, str]) -> str:
        both = [(a[what], b[what]) for a, b in zip(rounds.get(of, []), rounds.get(to, []))]
        return f"{statistics.median(a / b for a, b in both):.2f}" if both and all(b for _, b in both) else "-"

    layout = "server and generator on a core each" if apart else "two workers, generator on the same two cores"
    subnets = "each question with an EDNS Client Subnet" if with_subnets else "no EDNS Client Subnet"
    lines = [f"{policy_sets.NAMES} names a policy; {subnets}; {layout}; {options.rounds} rounds of {options.seconds:g} s, "
             f"{options.outstanding} outstanding; medians", f"{'':20}" + "".join(f"{column:>9}" for column in COLUMNS)]
    for kind in asked:
        for server in options.servers:
            results = rounds.get((kind, server))
            if not results:
                continue

            def median(what: str, results=results) -> str:
                return f"{statistics.median(each[what] for each in results):.0f}"
            cells = [cell for what in ("rate", "per_cpu") for cell in
                     (median(what), ratio(what, (kind, server), ("plain", server)), ratio(what, (kind, "ours"), (kind, server)))]
            cells += [f"{sum(each['lost'] for each in results):.0f}",
                      f"{sum(each['wrong'] for each in results) + wrong[kind, server]:.0f}", median("p50_us"),
                      f"{statistics.median(each['busy'] for each in results):.2f}", median("reply_bytes")]
            lines.append(f"{kind:14}{server:6}" + "".join(f"{cell:>9}" for cell in cells))
    return "\n".join(lines + notes) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", type=names(policy_sets.SIZES), default=list(policy_sets.SIZES))
    parser.add_argument("--servers", type=names(ALL), default=list(ALL))
    parser.add_argument("--subnets", type=names(["without", "with"]), default=["without", "with"])
    parser.add_argument("--cores", type=names(["apart", "both"]), default=["apart"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--outstanding", type=int, default=128)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--generator-core", type=int, default=1)
    parser.set_defaults(generator="udp_load")
    options = parser.parse_args()
    print("command: bench/dns/policies.py " + " ".join(sys.argv[1:]), flush=True)
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as text:
        folder = pathlib.Path(text)
        kinds, world = policy_sets.build(options.kinds), policy_sets.World(folder)
        for cores in options.cores:
            for subnets in options.subnets:
                print("\n" + run(kinds, world, folder, subnets == "with", cores, options), end="", flush=True)


if __name__ == "__main__":
    main()

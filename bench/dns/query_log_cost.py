#!/usr/bin/env python3
"""What query logs cost a DNS worker: five servers of the same zone, without a log, with one line in 100, with every line, with
all of dnstap, with every line into CloudWatch Logs, asked the same questions in turns.

usage: query_log_cost.py [--rounds N] [--seconds N] [--records N] [--worker-core N] [--other-core N] [--outstanding N]

The worker has a core to itself; the log's thread runs on the other one, beside the generator. So q/s also falls by what the
log's thread takes from the generator; answers by CPU-second of the worker do not, and say what the path pays.
Needs `ninja -C build/release meridian udp_load`.
"""
import argparse
import contextlib
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import zone_sets

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests"))
from meridian_server import ROOT, Server  # noqa: E402

ORIGIN = "hosts.example"
LOGS = "all to Logs"
GROUP = "/aws/route53/hosts"
MODES = {
    "off": [],
    "lines 1:100": ["--query-log", "LOG", "--query-log-sample", "100"],
    "all lines": ["--query-log", "LOG"],
    "all dnstap": ["--dnstap", "LOG"],
    LOGS: [],
}


class Logged:
    """A server whose worker and log thread can be told apart."""

    def __init__(self, mode: str, folder: pathlib.Path, data: pathlib.Path, options):
        self.mode = mode
        directory = folder / mode.replace(" ", "-").replace(":", "-")
        shutil.copytree(data, directory)
        words = [str(folder / f"{directory.name}.log") if word == "LOG" else word for word in MODES[mode]]
        self.server = Server("--dns-workers", "1", "--no-canary", "--query-log-files", "0", *words, directory=str(directory))
        self.options = options

    def __enter__(self):
        self.server.start()
        if self.mode == LOGS:
            enable_query_logging(self.server)
        pid = self.server.process.pid
        subprocess.run(["taskset", "-a", "-c", "-p", str(self.options.other_core), str(pid)], check=True, capture_output=True)
        self.tasks = {(task / "comm").read_text().strip(): task for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}
        subprocess.run(["taskset", "-c", "-p", str(self.options.worker_core), self.tasks["dns-0"].name], check=True, capture_output=True)
        return self

    def __exit__(self, *_):
        self.server.stop()

    def seconds_of(self, thread: str) -> float:
        return int((self.tasks[thread] / "schedstat").read_text().split()[0]) / 1e9 if thread in self.tasks else 0.0

    def dropped(self) -> int:
        text = urllib.request.urlopen("http://%s:%d/metrics" % self.server.admin).read().decode()
        return sum(int(count) for count in re.findall(r"^meridian_dns_query_log_dropped_total\{.*\} (\d+)$", text, re.M))

    def measure(self, questions: pathlib.Path) -> dict[str, float]:
        worker, log, dropped = self.seconds_of("dns-0"), self.seconds_of("query-log"), self.dropped()
        done = subprocess.run(["taskset", "-c", str(self.options.other_core), str(ROOT / "build/release/udp_load"),
                               "--server", "%s:%d" % self.server.dns, "--questions", str(questions),
                               "--seconds", str(self.options.seconds), "--outstanding", str(self.options.outstanding),
                               "--sockets", "4"], capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        answered = max(figures["answered"], 1)
        return {"rate": figures["rate"], "per_cpu": answered / (self.seconds_of("dns-0") - worker),
                "log_ns": (self.seconds_of("query-log") - log) / answered * 1e9, "lost": figures["lost"],
                "dropped": (self.dropped() - dropped) / answered}


def enable_query_logging(server: Server) -> None:
    def aws(*words: str) -> str:
        done = subprocess.run(["aws", "--endpoint-url", server.environment["AWS_ENDPOINT_URL"], "--output", "text", *words],
                              capture_output=True, text=True, env=server.environment)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()
    arn = f"arn:aws:logs:us-east-1:{aws('sts', 'get-caller-identity', '--query', 'Account')}:log-group:{GROUP}"
    zone = aws("route53", "list-hosted-zones", "--query", "HostedZones[0].Id")
    aws("logs", "create-log-group", "--log-group-name", GROUP)
    aws("logs", "put-resource-policy", "--policy-name", "route53", "--policy-document", json.dumps(
        {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": arn}]}))
    aws("route53", "create-query-logging-config", "--hosted-zone-id", zone, "--cloud-watch-logs-log-group-arn", arn)


def imported(zone: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    data = folder / "data"
    with Server("--records-per-zone-max", "1000000", "--no-canary", directory=str(data)) as server:
        server.meridian("zone", "import", str(zone), "--origin", ORIGIN, "--create")
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--records", type=int, default=100000)
    parser.add_argument("--worker-core", type=int, default=0)
    parser.add_argument("--other-core", type=int, default=1)
    parser.add_argument("--outstanding", type=int, default=128)
    options = parser.parse_args()
    print("command: bench/dns/query_log_cost.py " + " ".join(sys.argv[1:]), flush=True)
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as place, contextlib.ExitStack() as stack:
        folder = pathlib.Path(place)
        zone_set = zone_sets.hosts(folder, options.records, ORIGIN)
        questions = zone_set.write_questions(folder / "questions", True)
        data = imported(zone_set.zones[0], folder)
        servers = {mode: stack.enter_context(Logged(mode, folder, data, options)) for mode in MODES}
        for server in servers.values():
            server.measure(questions)  # so that memory is touched and files exist
        rounds: list[dict[str, dict[str, float]]] = []
        order = list(servers)
        for number in range(options.rounds):
            turn = order[number % len(order):] + order[:number % len(order)]
            rounds.append({mode: servers[mode].measure(questions) for mode in turn})

    def median(mode: str, what: str) -> float:
        return statistics.median(each[mode][what] for each in rounds)

    def ratio(mode: str, what: str) -> float:
        return statistics.median(each[mode][what] / each["off"][what] for each in rounds)
    print(f"{options.records} records, {options.rounds} rounds of {options.seconds:g} s; medians; ratios are to `off` in the same round")
    print(f"{'':12}{'q/s':>9}{'ratio':>8}{'q/CPU-s of worker':>20}{'ratio':>8}{'log thread ns/q':>18}{'dropped':>9}{'lost':>7}")
    for mode in MODES:
        print(f"{mode:12}{median(mode, 'rate'):>9.0f}{ratio(mode, 'rate'):>8.3f}{median(mode, 'per_cpu'):>20.0f}"
              f"{ratio(mode, 'per_cpu'):>8.3f}{median(mode, 'log_ns'):>18.0f}{median(mode, 'dropped'):>9.1%}"
              f"{sum(each[mode]['lost'] for each in rounds):>7.0f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Hits while others purge, among a million objects. Viewers ask for one half of the objects, which stay; the other half is
purged, by paths, wildcards and tags, a hundred times a second and as fast as the API takes it, in turns with nothing at all.
The server, API and all, has one core, and everybody else the other. Then: how long after the reply to an invalidation does any
of twenty locations still give an old byte?

usage: purge_storm.py [--objects N] [--rounds N] [--seconds N] [--server-core N] [--load-core N]"""
import argparse
import contextlib
import http.client
import http.server
import itertools
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import threading
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from cdn_servers import CACHING_OPTIMIZED, HOST, Origin
from in_turns import cpu_seconds, folder_of
from meridian_server import Server, aws_commands, resident_bytes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOAD = ROOT / "build" / "release" / "http_load"
GROUPS = 1000  # a wildcard or a tag is about one of them
KINDS = ("path", "wildcard", "tag")
CODES = [f"{place}5{n}-C1" for place in ("FRA", "IAD", "NRT", "SYD") for n in range(5)]
NUMBERS = itertools.count()


class Tagged(Origin):
    """Every object under /GROUP/ has the tag GROUP."""

    locations = """location ~ ^/([a-z]+-[0-9]+)/ {
      add_header Cache-Control max-age=86400; add_header Cache-Tag $1;
      default_type application/octet-stream; return 200 "%s";
    }""" % ("x" * 1024)


class Versions(http.server.BaseHTTPRequestHandler):
    """What is purged everywhere: its body says which version it is of."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    version = 0

    def do_GET(self):
        body = b"%d" % Versions.version
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=86400")
        self.send_header("Cache-Tag", "everywhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def path_of(half: str, number: int) -> str:
    return f"/{half}-{number % GROUPS}/item-{number}.html"


class Purger:
    """Invalidations over one kept connection. They are signed beforehand, as that costs more than to ask."""

    def __init__(self, control, distribution: str):
        keys = credentials_of(control)
        self.auth = botocore.auth.SigV4Auth(
            botocore.credentials.Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"]), "cloudfront", "us-east-1")
        self.target, self.api = f"/2020-05-31/distribution/{distribution}/invalidation", control.api
        self.connection = http.client.HTTPConnection(*control.api)

    def sign(self, item: str) -> botocore.awsrequest.AWSRequest:
        # A tag is written as a path that begins with "#".
        body = (f'<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>1</Quantity><Items>'
                f'<Path>{item}</Path></Items></Paths><CallerReference>{next(NUMBERS)}</CallerReference></InvalidationBatch>')
        request = botocore.awsrequest.AWSRequest("POST", "http://%s:%d%s" % (*self.api, self.target), data=body.encode())
        self.auth.add_auth(request)
        return request

    def send(self, request: botocore.awsrequest.AWSRequest) -> bool:
        """False: too many are in progress."""
        self.connection.request("POST", self.target, request.data, dict(request.headers))
        response = self.connection.getresponse()
        said = response.read()
        if response.status == 201:
            return True
        if b"TooManyInvalidationsInProgress" in said:
            return False
        raise AssertionError(f"{response.status} {said.decode()}")


def item_of(kind: str, objects: int) -> str:
    number = random.randrange(objects)
    return {"path": path_of("sale", number), "wildcard": f"/sale-{number % GROUPS}/*", "tag": f"#sale-{number % GROUPS}"}[kind]


class Storm(threading.Thread):
    """`rate` invalidations a second; 0: as fast as they are taken."""

    def __init__(self, purger: Purger, kind: str, rate: float, seconds: float, objects: int):
        super().__init__(daemon=True)
        self.purger, self.rate, self.over = purger, rate, threading.Event()
        count = int(rate * seconds * 1.5) if rate else int(1500 * seconds)
        kinds = KINDS if kind == "all" else (kind,)
        self.requests = [purger.sign(item_of(kinds[n % len(kinds)], objects)) for n in range(count)]
        self.taken = self.refused = 0

    def run(self):
        began = time.monotonic()
        for number, request in enumerate(self.requests):
            if self.rate and (wait := began + number / self.rate - time.monotonic()) > 0:
                time.sleep(wait)
            if self.over.is_set():
                return
            if self.purger.send(request):
                self.taken += 1
            else:
                self.refused += 1


def worker_seconds(pid: int) -> float:
    """Of the threads that serve viewers."""
    ticks = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "cdn":
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def credentials_of(control) -> dict[str, str]:
    return dict(line.split(" = ") for line in (control.directory / "credentials").read_text().splitlines() if " = " in line)


class Bench:
    """`control` has the API, `served` is the process whose hits count, `places` are where viewers ask: the first one's hits."""

    def __init__(self, options, control, served: subprocess.Popen, places: list[tuple[str, int]], folder: pathlib.Path, origin: Origin):
        self.options, self.control, self.pid, self.places, self.folder = options, control, served.pid, places, folder
        versions = http.server.ThreadingHTTPServer((HOST, 0), Versions)
        threading.Thread(target=versions.serve_forever, daemon=True).start()
        made = self.create(origin.port, versions.server_port)
        self.host, self.purger = made["DomainName"], Purger(control, made["Id"])

    def aws(self, *words: str):
        keys = credentials_of(self.control)
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"], "AWS_PAGER": "", "AWS_REGION": "us-east-1",
                       "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"], "AWS_DEFAULT_REGION": "us-east-1",
                       "AWS_ENDPOINT_URL": "http://%s:%d" % self.control.api}
        done = subprocess.run([aws_commands()[0], "--output", "json", "cloudfront", *words], env=environment, check=True,
                              capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout else None

    def create(self, *ports: int) -> dict:
        behavior = {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED}
        made = self.aws("create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "storm", "Comment": "", "Enabled": True, "CacheTagConfig": {"HeaderName": "Cache-Tag"},
            "Origins": {"Quantity": 2, "Items": [{"Id": name, "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}
                for name, port in zip(("many", "versions"), ports)]},
            "CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": "/everywhere/*", "TargetOriginId": "versions", **behavior}]},
            "DefaultCacheBehavior": {"TargetOriginId": "many", **behavior}}))["Distribution"]
        self.aws("wait", "distribution-deployed", "--id", made["Id"])
        return made

    def load(self, targets, seconds: float, *more: str, place: int = 0) -> dict:
        requests = self.folder / f"requests-{place}"
        requests.write_text("".join(f"GET {target}\n" for target in targets))
        done = subprocess.run(["taskset", "-c", str(self.options.load_core), LOAD, "--server", "%s:%d" % self.places[place], "--host",
                               self.host, "--requests", requests, "--seconds", str(seconds), "--connections", "32", *more],
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def fill(self, place: int = 0):
        half = self.options.objects // 2
        found = self.load([path_of(name, number) for name in ("sale", "stay") for number in range(half)], 600, "--times", "1", place=place)
        assert found["replies"] == 2 * half and not found["failed"], found
        print(f"{found['replies']} objects kept after {found['seconds']:.0f} s, {resident_bytes(self.pid) / 1e6:.0f} MB", flush=True)

    def hits(self, seconds: float, *more: str) -> dict:
        half = self.options.objects // 2
        weights = list(itertools.accumulate(1 / rank for rank in range(1, half + 1)))
        targets = [path_of("stay", n) for n in random.Random(1).choices(range(half), cum_weights=weights, k=100_000)]
        before, worker = cpu_seconds(self.pid), worker_seconds(self.pid)
        found = self.load(targets, seconds, *more)
        used, worker = cpu_seconds(self.pid) - before, worker_seconds(self.pid) - worker
        assert not found["failed"], found
        return {"a second": found["replies"] / found["seconds"], "a worker's second": found["replies"] / worker, "used": used,
                "elsewhere": used - worker, "seconds": found["seconds"]}

    def turns(self, kind: str, rate: float, *more: str) -> str:
        """`more` is for the load."""
        seconds, ratios, worker, taken, refused, cost = self.options.seconds, [], [], 0, 0, []
        for _ in range(self.options.rounds):
            calm = self.hits(seconds, *more)
            storm = Storm(self.purger, kind, rate, seconds, self.options.objects // 2)
            storm.start()
            beside = self.hits(seconds, *more)
            storm.over.set()
            storm.join()
            ratios.append(beside["a second"] / calm["a second"])
            worker.append(beside["a worker's second"] / calm["a worker's second"])
            taken, refused = taken + storm.taken, refused + storm.refused
            if storm.taken:
                cost.append((beside["elsewhere"] - calm["elsewhere"]) / storm.taken * 1e6)
        span = seconds * self.options.rounds
        return (f"{kind:9} {taken / span:7.0f} {refused / span:7.0f} {statistics.median(ratios):8.3f} ({min(ratios):.2f} to {max(ratios):.2f})"
                f" {statistics.median(worker):8.3f} ({min(worker):.2f} to {max(worker):.2f}) {statistics.median(cost or [0]):8.0f}")

    def everywhere(self, kind: str, times: int) -> str:
        """Of each invalidation: how long after its reply the last old byte was asked for, and how long after the call began all
        places had been seen new."""
        last_old, all_new = [], []
        viewers = [http.client.HTTPConnection(*place) for place in self.places]
        for _ in range(times):
            path = f"/everywhere/{next(NUMBERS)}/a"
            self.look(viewers, path)
            Versions.version += 1
            request = self.purger.sign({"path": path, "wildcard": path[:-1] + "*", "tag": "#everywhere"}[kind])
            began = time.monotonic()
            while not self.purger.send(request):
                request, began = self.purger.sign(path), time.monotonic()
            replied, old_at, left = time.monotonic(), 0.0, list(viewers)
            while left:
                asked = time.monotonic()
                old = [viewer for viewer in left if self.look([viewer], path) != {Versions.version}]
                old_at, left = (asked - replied, old) if old else (old_at, [])
            last_old.append(old_at)
            all_new.append(time.monotonic() - began)
        return (f"{kind:9} {times} times at {len(viewers)} places: all seen new {statistics.median(all_new) * 1e3:.1f} ms after the call "
                f"began, worst {max(all_new) * 1e3:.1f} ms; last old byte asked for {max(last_old) * 1e3:.1f} ms after the reply at worst")

    def look(self, viewers, path: str) -> set[int]:
        seen = set()
        for viewer in viewers:
            viewer.request("GET", path, headers={"Host": self.host})
            seen.add(int(viewer.getresponse().read()))
        return seen


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--objects", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=2)
    arguments.add_argument("--server-core", type=int, default=0)
    arguments.add_argument("--load-core", type=int, default=1)
    options = arguments.parse_args()
    listen = ",".join(f"{code}=127.0.{number}.1:0" for number, code in enumerate(CODES, 1))
    with folder_of("purge-storm") as folder, contextlib.ExitStack() as stack:
        os.sched_setaffinity(0, {options.load_core})
        origin = stack.enter_context(Tagged(folder, options.load_core))
        server = stack.enter_context(Server("--cdn-listen", listen, "--cdn-workers", "1", "--cdn-cache", "8GiB"))
        for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {options.server_core})
        places = [Server.address(place) for place in json.loads((server.directory / "endpoints.json").read_text())["cdn"]]
        bench = Bench(options, server, server.process, places, folder, origin)
        bench.fill()
        bench.hits(options.seconds)
        print(f"{'purged':9} {'taken/s':>7} {'refused':>7} {'hits/s, to calm':>22} {'hits/worker CPU-s':>22} {'us of CPU a purge':>8}")
        for kind, rate in [(kind, 100) for kind in KINDS] + [(kind, 0) for kind in KINDS] + [("all", 0)]:
            print(bench.turns(kind, rate), flush=True)
        for kind in KINDS:
            print(bench.everywhere(kind, 20), flush=True)
        with contextlib.ExitStack() as loaded:
            storm = Storm(bench.purger, "all", 100, 30, options.objects // 2)
            # One connection to the API of each: the storm has its own.
            storm.purger = Purger(server, bench.purger.target.split("/")[3])
            storm.start()
            loaded.callback(storm.over.set)
            print("within a storm of 100 a second")
            for kind in KINDS:
                print(bench.everywhere(kind, 20), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

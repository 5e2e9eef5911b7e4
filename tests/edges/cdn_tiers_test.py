#!/usr/bin/env python3
"""Caches in tiers over the wire: edge locations, regional caches and Origin Shield, in one process and in several."""
import asyncio
import http.client
import http.server
import json
import pathlib
import re
import signal
import sys
import threading
import time
import unittest
import uuid

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "clients")]
import cdn_collapse_test  # noqa: E402
import edges_test  # noqa: E402
from cdn_edges_test import CdnRole, CdnEdgesCase  # noqa: E402
from edges_test import BINARY, EDGE_BINARY, meridian  # noqa: E402
from meridian_server import Server  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
# Twenty locations, of four regional caches.
LOCATIONS = {"eu-central-1": ("FRA50-C1", "MUC50-C1", "VIE50-C1", "WAW51-P1", "ZRH55-P1"),
             "us-east-1": ("IAD12-C1", "JFK50-P1", "BOS50-C1", "EWR53-C1", "PHL50-C1"),
             "ap-northeast-1": ("NRT57-C1", "NRT12-P1", "NRT20-C1", "KIX56-C1", "NRT51-C1"),
             "ap-southeast-2": ("SYD1-C1", "MEL50-C1", "BNE50-C1", "AKL50-C1", "SYD62-P1")}


class Origin(http.server.BaseHTTPRequestHandler):
    """A slow one: half of the body, then a pause, or until the gate is open, then the other half."""
    protocol_version = "HTTP/1.1"
    asked: list[str] = []
    body, pause, max_age = b"0123456789" * 1000, 0.0, 3600
    gate = threading.Event()

    def do_GET(self):
        Origin.asked.append(self.path)
        body = Origin.body
        self.send_response(200)
        self.send_header("Cache-Control", f"max-age={Origin.max_age}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        time.sleep(Origin.pause)
        Origin.gate.wait(60)
        self.wfile.write(body[half:])

    def log_message(self, *_):
        pass


class OriginServer(http.server.ThreadingHTTPServer):
    request_queue_size = 600
    daemon_threads = True


def start_origin(case):
    Origin.asked, Origin.body, Origin.pause, Origin.max_age = [], b"0123456789" * 1000, 0.0, 3600
    Origin.gate.set()
    origin = OriginServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    case.addCleanup(origin.server_close)
    case.addCleanup(origin.shutdown)
    return origin


def start_slow_origin(case):
    origin = cdn_collapse_test.SlowOrigin()
    origin.start()
    case.addCleanup(origin.listener.close)
    return origin


def hear_together(case, origin, host, places, where):
    who = f"{cdn_collapse_test.VIEWERS} viewers at {len(places)} locations in {where}"
    cdn_collapse_test.shoot(case, who, origin, lambda path: cdn_collapse_test.first_bytes(places, host, path))


def config(port, shield=None, **more):
    item = {"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
        "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}
    if shield:
        item["OriginShield"] = {"Enabled": True, "OriginShieldRegion": shield}
    return {"CallerReference": str(uuid.uuid4()), "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [item]},
            "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "TargetOriginId": "o",
                                     "CachePolicyId": CACHING_OPTIMIZED}, **more}


def get(address, host, path, timeout=20):
    """Status, headers, body."""
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def metric(address, name):
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request("GET", "/metrics")
        found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", connection.getresponse().read().decode())
        return float(found[1]) if found else 0.0
    finally:
        connection.close()


async def visit(address, host, path, begun):
    """Status, body, and whether all of it came; `begun` grows when its first byte is there."""
    try:
        reader, writer = await asyncio.open_connection(*address)
    except OSError as error:
        return 0, repr(error).encode(), False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first = await reader.readexactly(1)
        begun.append(first)
        body = first + await reader.read(-1)
        length = re.search(r"(?i)content-length: (\d+)", head)
        return int(head.split()[1]), body, length is not None and int(length[1]) == len(body)
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        return 0, repr(error).encode(), False
    finally:
        writer.close()


class OneProcess(unittest.TestCase):
    def setUp(self):
        self.origin = start_origin(self)
        self.codes = [code for codes in LOCATIONS.values() for code in codes]
        listen = ",".join(f"{code}=127.0.{number}.1:0" for number, code in enumerate(self.codes, 1))
        self.server = Server("--cdn-listen", listen, "--cdn-workers", "2", "--cdn-pin-workers")
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        found = json.loads((self.server.directory / "endpoints.json").read_text())
        self.places = dict(zip(self.codes, map(Server.address, found["cdn"])))
        credentials = dict(line.replace(" ", "").split("=", 1) for line in
                           (self.server.directory / "credentials").read_text().splitlines() if "=" in line)
        self.cloudfront = boto3.client(
            "cloudfront", region_name="us-east-1", endpoint_url="http://%s:%d" % self.server.api,
            aws_access_key_id=credentials["aws_access_key_id"], aws_secret_access_key=credentials["aws_secret_access_key"])

    def create(self, port=None, **more):
        made = self.cloudfront.create_distribution(
            DistributionConfig=config(port or self.origin.server_port, **more))["Distribution"]
        began = time.monotonic()
        while self.cloudfront.get_distribution(Id=made["Id"])["Distribution"]["Status"] != "Deployed":
            self.assertLess(time.monotonic() - began, 10)
        return made["DomainName"]

    def visit_all(self, host, path):
        for code, address in self.places.items():
            status, headers, body = get(address, host, path)
            self.assertEqual((status, body, headers["X-Amz-Cf-Pop"]), (200, Origin.body, code))

    def test_a_cold_object_costs_one_request_a_regional_cache_and_one_with_a_shield(self):
        plain, shielded = self.create(), self.create(shield="us-west-2")
        self.visit_all(plain, "/plain")
        self.assertEqual(len(Origin.asked), len(LOCATIONS))
        self.visit_all(shielded, "/shielded")
        self.assertEqual(Origin.asked.count("/shielded"), 1)
        _, headers, _ = get(self.places["WAW51-P1"], plain, "/plain")
        self.assertEqual(headers["X-Cache"], "Hit from cloudfront")
        self.assertEqual(metric(self.server.admin, 'meridian_cdn_location_requests_total{location="WAW51-P1"}'), 3)


    def test_whoever_waits_for_one_answer_hears_it_together(self):
        origin = start_slow_origin(self)
        cdn_collapse_test.go_first(self.server.process.pid)
        hear_together(self, origin, self.create(origin.port, shield="us-east-1"), list(self.places.values()), "one process")


class TierRole(CdnRole):
    """An edge with several locations."""
    expected = True

    def start(self, *options):
        edges_test.Role.start(self, *options)
        found = json.loads((self.directory / "endpoints.json").read_text())
        self.places = [Server.address(address) for address in found["cdn"]]
        return self


class ProcessesCase(CdnEdgesCase):
    """Twenty locations in four edges: each regional cache is one ring of all four."""
    EDGES, OPTIONS = 4, ()

    def setUp(self):
        super().setUp()
        codes = [code for codes in LOCATIONS.values() for code in codes]
        self.edges, self.places = [], {}
        for number in range(self.EDGES):
            mine = codes[number::self.EDGES]
            listen = ",".join(f"{code}=127.0.0.1:0" for code in mine)
            edge = self.start_edge(f"edge{number}", [EDGE_BINARY] if number % 2 else [BINARY, "edge"], "--cdn-listen", listen,
                                   "--cdn-tier-listen", "127.0.0.1:0", "--cdn-workers", str(1 + number % 2),
                                   *self.OPTIONS)
            self.edges.append(edge)
            self.places.update((code, (edge, address)) for code, address in zip(mine, edge.places))
        self.wait_for("all know one another", lambda: all(
            metric(Server.address(edge.admin), "meridian_cdn_tier_edges") == self.EDGES for edge in self.edges))

    def start_edge(self, name, binary, *options):
        edge = TierRole(self.root, name, binary)
        self.enrol(edge)
        return edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", *options)

    def tearDown(self):
        for edge in self.edges:
            self.assertIsNone(edge.process.poll() if edge.expected else None, f"{edge.directory.name} died: {edge.log()}")

    def create_for(self, port, **more):
        made = self.aws("cloudfront").create_distribution(DistributionConfig=config(port, **more))["Distribution"]
        self.wait_deployed(made["Id"])
        return made


class Processes(ProcessesCase):
    VIEWERS = 500

    def setUp(self):
        super().setUp()
        self.slow = start_origin(self)

    def create_at(self, port=None, **more):
        return self.create_for(port or self.slow.server_port, **more)

    def crowd(self, host, path, viewers=None, places=None, during=None):
        """What each viewer of one object saw, all of them at once."""
        places = list((places or self.places).values())
        begun = []

        async def all_of_them():
            visits = [asyncio.ensure_future(visit(places[i % len(places)][1], host, path, begun))
                      for i in range(viewers or self.VIEWERS)]
            if during:
                await asyncio.get_running_loop().run_in_executor(None, during, begun)
            return await asyncio.gather(*visits)
        return asyncio.run(all_of_them())

    def assert_all_saw(self, seen, body):
        wrong = [(status, len(got), whole) for status, got, whole in seen if (status, got, whole) != (200, body, True)]
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(seen)} viewers")

    def asked_by(self):
        return [metric(Server.address(edge.admin), "meridian_cdn_origin_requests_total") for edge in self.edges]

    def test_a_cold_object_costs_the_origin_one_request(self):
        shielded, plain = self.create_at(shield="us-east-1")["DomainName"], self.create_at()["DomainName"]
        Origin.pause = 1.0
        began = time.monotonic()
        self.assert_all_saw(self.crowd(shielded, "/cold"), Origin.body)
        print(f"{self.VIEWERS} viewers at 20 locations in {self.EDGES} processes, with a shield: "
              f"{Origin.asked.count('/cold')} origin request, all served after {time.monotonic() - began:.2f} s")
        self.assertEqual(Origin.asked, ["/cold"])
        self.assert_all_saw(self.crowd(plain, "/cold2"), Origin.body)
        print(f"without: {Origin.asked.count('/cold2')} origin requests for {len(LOCATIONS)} regional caches")
        self.assertLessEqual(Origin.asked.count("/cold2"), len(LOCATIONS))
        # Each location has it now.
        asked = len(Origin.asked)
        for code, (_, address) in self.places.items():
            status, headers, body = get(address, shielded, "/cold")
            self.assertEqual((status, headers["X-Cache"], headers["X-Amz-Cf-Pop"], body),
                             (200, "Hit from cloudfront", code, Origin.body))
        self.assertEqual(len(Origin.asked), asked)

    def test_explain_tells_what_other_edges_have(self):
        host = self.create_at(shield="us-east-1")["DomainName"]
        code, (_, address) = next((code, place) for code, place in self.places.items() if code in LOCATIONS["us-east-1"])
        self.assertEqual(get(address, host, "/kept")[0], 200)
        others = [(edge, code) for code, (edge, _) in self.places.items() if code in LOCATIONS["ap-southeast-2"]]
        told = [meridian("explain", "http", f"http://{host}/kept", "--admin", f"http://{edge.admin}", "--location", code).stdout
                for edge, code in others]
        print(told[0])
        for text in told:
            self.assertIn(f"a copy: 200, {len(Origin.body)} bytes", text)
        self.assertTrue(any("which says" in text for text in told), "some cache is always at another edge")
        self.assertEqual(Origin.asked, ["/kept"])

    def test_whoever_waits_for_one_answer_hears_it_together(self):
        origin = start_slow_origin(self)
        for edge in self.edges:
            cdn_collapse_test.go_first(edge.process.pid)
        host = self.create_at(origin.port, shield="us-east-1")["DomainName"]
        hear_together(self, origin, host, [address for _, address in self.places.values()], f"{self.EDGES} processes")

    def test_who_dies_takes_nothing_from_viewers_elsewhere(self):
        host = self.create_at(shield="eu-central-1")["DomainName"]
        before = self.asked_by()
        self.assert_all_saw(self.crowd(host, "/first", 20), Origin.body)
        Origin.gate.clear()
        killed = []

        def kill(begun):
            self.wait_for("everybody sees the first half", lambda: len(begun) == self.VIEWERS, 60)
            asked = [now - then for now, then in zip(self.asked_by(), before)]
            shield = self.edges[asked.index(max(asked))]
            shield.expected = False
            shield.end(signal.SIGKILL)
            killed.append(shield)
            time.sleep(0.1)
            Origin.gate.set()

        before = self.asked_by()
        seen = self.crowd(host, "/slow", during=kill)
        elsewhere = [what for (edge, _), what in zip(
            [list(self.places.values())[i % 20] for i in range(self.VIEWERS)], seen) if edge is not killed[0]]
        self.assertEqual(len(elsewhere), self.VIEWERS * (self.EDGES - 1) // self.EDGES)
        self.assert_all_saw(elsewhere, Origin.body)
        continued = sum(metric(Server.address(edge.admin), "meridian_cdn_tier_continued_total")
                        for edge in self.edges if edge is not killed[0])
        print(f"the shield was killed within its answer: {len(elsewhere)} viewers elsewhere saw all of it, "
              f"{continued:.0f} bodies came on from elsewhere, {Origin.asked.count('/slow')} origin requests")
        self.assertGreater(continued, 0)
        # Others find another shield.
        rest = {code: place for code, place in self.places.items() if place[0] is not killed[0]}
        for number in range(5):
            self.assert_all_saw(self.crowd(host, f"/after{number}", 45, rest), Origin.body)
            self.assertEqual(Origin.asked.count(f"/after{number}"), 1)

    def test_after_completed_no_tier_has_an_old_byte(self):
        made = self.create_at(shield="us-east-1")
        host, cloudfront = made["DomainName"], self.aws("cloudfront")
        completed, stale, stop = [0], [], threading.Event()

        def watch(places):
            while not stop.is_set():
                for _, address in places:
                    since = completed[0]
                    _, _, body = get(address, host, "/v")
                    if int(body[:9]) < since:
                        stale.append((since, body[:9]))

        Origin.body = b"%09d" % 0 + b"x" * 5000
        places = list(self.places.values())
        watchers = [threading.Thread(target=watch, args=(places[i::3],)) for i in range(3)]
        for watcher in watchers:
            watcher.start()
        try:
            for version in range(1, 9):
                Origin.body = b"%09d" % version + b"x" * 5000
                invalidation = cloudfront.create_invalidation(DistributionId=made["Id"], InvalidationBatch={
                    "CallerReference": str(version), "Paths": {"Quantity": 1, "Items": ["/v"]}})["Invalidation"]["Id"]
                began = time.monotonic()
                while cloudfront.get_invalidation(DistributionId=made["Id"], Id=invalidation)["Invalidation"]["Status"] != "Completed":
                    self.assertLess(time.monotonic() - began, 10)
                completed[0] = version
                for _, address in places:
                    self.assertEqual(get(address, host, "/v")[2][:9], b"%09d" % version)
        finally:
            stop.set()
            for watcher in watchers:
                watcher.join()
        self.assertEqual(stale, [])
        print(f"8 invalidations under load: no old byte after Completed, {Origin.asked.count('/v')} origin requests")


if __name__ == "__main__":
    unittest.main()

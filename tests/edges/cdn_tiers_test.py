#!/usr/bin/env python3
"""Caches in tiers over the wire: edge locations, regional caches and Origin Shield, in one process and in several."""
import http.client
import http.server
import json
import pathlib
import sys
import threading
import time
import unittest

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from meridian_server import Server  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
# Twenty locations, of four regional caches.
LOCATIONS = {"eu-central-1": ("FRA50-C1", "MUC50-C1", "VIE50-C1", "WAW51-P1", "ZRH55-P1"),
             "us-east-1": ("IAD12-C1", "JFK50-P1", "BOS50-C1", "EWR53-C1", "PHL50-C1"),
             "ap-northeast-1": ("NRT57-C1", "NRT12-P1", "NRT20-C1", "KIX56-C1", "NRT51-C1"),
             "ap-southeast-2": ("SYD1-C1", "MEL50-C1", "BNE50-C1", "AKL50-C1", "SYD62-P1")}


class Origin(http.server.BaseHTTPRequestHandler):
    """A slow one: half of the body, then a pause, then the other half."""
    protocol_version = "HTTP/1.1"
    asked: list[str] = []
    body, pause, max_age = b"0123456789" * 1000, 0.0, 3600

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
        self.wfile.write(body[half:])

    def log_message(self, *_):
        pass


class OriginServer(http.server.ThreadingHTTPServer):
    request_queue_size = 600
    daemon_threads = True


def start_origin(case):
    Origin.asked, Origin.body, Origin.pause, Origin.max_age = [], b"0123456789" * 1000, 0.0, 3600
    origin = OriginServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    case.addCleanup(origin.server_close)
    case.addCleanup(origin.shutdown)
    return origin


def config(origin, shield=None, **more):
    item = {"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
        "HTTPPort": origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}
    if shield:
        item["OriginShield"] = {"Enabled": True, "OriginShieldRegion": shield}
    return {"CallerReference": str(time.monotonic()), "Comment": "", "Enabled": True,
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


class OneProcess(unittest.TestCase):
    def setUp(self):
        self.origin = start_origin(self)
        self.codes = [code for codes in LOCATIONS.values() for code in codes]
        listen = ",".join(f"{code}=127.0.{number}.1:0" for number, code in enumerate(self.codes, 1))
        self.server = Server("--cdn-listen", listen)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        found = json.loads((self.server.directory / "endpoints.json").read_text())
        self.places = dict(zip(self.codes, map(Server.address, found["cdn"])))
        credentials = dict(line.replace(" ", "").split("=", 1) for line in
                           (self.server.directory / "credentials").read_text().splitlines() if "=" in line)
        self.cloudfront = boto3.client(
            "cloudfront", region_name="us-east-1", endpoint_url="http://%s:%d" % self.server.api,
            aws_access_key_id=credentials["aws_access_key_id"], aws_secret_access_key=credentials["aws_secret_access_key"])

    def create(self, **more):
        made = self.cloudfront.create_distribution(DistributionConfig=config(self.origin, **more))["Distribution"]
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
        connection = http.client.HTTPConnection(*self.server.admin, timeout=10)
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read().decode()
        connection.close()
        self.assertIn('meridian_cdn_location_requests_total{location="WAW51-P1"} 3\n', metrics)


if __name__ == "__main__":
    unittest.main()

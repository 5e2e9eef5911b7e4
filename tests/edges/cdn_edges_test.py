#!/usr/bin/env python3
"""Distributions at edges: made at the control by the AWS API, served by two edges, purged on both, and served on when the
control is killed and an edge starts again."""
import json
import pathlib
import signal
import subprocess
import sys
import threading
import time
import http.client
import http.server
import unittest

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import edges_test  # noqa: E402
from edges_test import BINARY, EDGE_BINARY  # noqa: E402
from meridian_server import Server  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


class Origin(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []
    body = b"first"

    def do_GET(self):
        Origin.asked.append(self.path)
        tag = '"%s"' % Origin.body.decode()
        if self.headers["If-None-Match"] == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            return self.end_headers()
        self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Cache-Control", "max-age=3600")
        self.send_header("Content-Length", str(len(Origin.body)))
        self.end_headers()
        self.wfile.write(Origin.body)

    def log_message(self, *_):
        pass


class CdnRole(edges_test.Role):
    """An edge with a CDN on ports that stay the same."""

    def start(self, *options):
        super().start(*options)
        found = json.loads((self.directory / "endpoints.json").read_text())
        self.cdn, self.cdn_tls = Server.address(found["cdn"][0]), Server.address(found["cdn_tls"][0])
        return self

    def restart(self):
        return self.start("--admin", self.admin, "--dns", "%s:%d" % self.dns, "--cdn-listen", "%s:%d" % self.cdn,
                          "--cdn-listen-tls", "%s:%d" % self.cdn_tls, *self.more)


class CdnEdgesCase(edges_test.EdgesCase):
    """A control, an origin, and what tests of edges with a CDN do with them."""

    def setUp(self):
        super().setUp()
        Origin.asked, Origin.body = [], b"first"
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)
        self.clients = {}

    def aws(self, service):
        if service not in self.clients:
            credentials = self.route53._request_signer._credentials  # those of the control's first key
            self.clients[service] = boto3.client(
                service, region_name="us-east-1", endpoint_url="http://%s:%d" % self.control.api,
                aws_access_key_id=credentials.access_key, aws_secret_access_key=credentials.secret_key)
        return self.clients[service]

    def enrol(self, edge):
        done = subprocess.run([*edge.command, "join", self.token(edge.directory.name), "--data-dir", edge.directory],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.addCleanup(edge.end)

    def make_cdn_edge(self, name, binary, *more):
        edge = CdnRole(self.root, name, binary)
        edge.more = more
        self.enrol(edge)
        return edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--cdn-listen", "127.0.0.1:0",
                          "--cdn-listen-tls", "127.0.0.1:0", *more)

    def config(self, **more):
        return {"CallerReference": str(time.monotonic()), "Comment": "", "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
                    "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
                "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "TargetOriginId": "o",
                                         "CachePolicyId": CACHING_OPTIMIZED}, **more}

    def create(self, **more):
        made = self.aws("cloudfront").create_distribution(DistributionConfig=self.config(**more))["Distribution"]
        self.wait_deployed(made["Id"])
        return made

    def wait_deployed(self, distribution, seconds=10.0):
        started = time.monotonic()
        while self.aws("cloudfront").get_distribution(Id=distribution)["Distribution"]["Status"] != "Deployed":
            self.assertLess(time.monotonic() - started, seconds, "never Deployed: " + self.control.log())
            time.sleep(0.01)
        return time.monotonic() - started

    @staticmethod
    def get(edge, host, path):
        connection = http.client.HTTPConnection(*edge.cdn, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": host})
            response = connection.getresponse()
            return response.status, response.headers["X-Cache"], response.read()
        finally:
            connection.close()


class CdnEdges(CdnEdgesCase):
    def test_distributions_live_on_two_edges(self):
        edges = one, two = [self.make_cdn_edge("one", [BINARY, "edge"]), self.make_cdn_edge("two", [EDGE_BINARY])]
        self.wait_for("both live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        made = self.create()
        host = made["DomainName"]
        for edge in edges:
            self.assertEqual(self.get(edge, host, "/a"), (200, "Miss from cloudfront", b"first"))
            self.assertEqual(self.get(edge, host, "/a"), (200, "Hit from cloudfront", b"first"))
            self.assertEqual(self.get(edge, "d0.cloudfront.net", "/a")[0], 403)

        # The own certificate came along: curl believes it by the control's root.
        root = self.control.directory / "authority" / "root.pem"
        for edge in edges:
            port = edge.cdn_tls[1]
            done = subprocess.run(["curl", "-sS", "--cacert", root, "--resolve", f"{host}:{port}:127.0.0.1",
                                   f"https://{host}:{port}/a"], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.stdout, "first", done.stderr)

        # An invalidation is Completed when both have forgotten.
        Origin.body = b"second"
        for edge in edges:
            self.assertEqual(self.get(edge, host, "/a")[2], b"first")
        cloudfront = self.aws("cloudfront")
        batch = {"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/a"]}}
        invalidation = cloudfront.create_invalidation(DistributionId=made["Id"], InvalidationBatch=batch)["Invalidation"]
        began = time.monotonic()
        while cloudfront.get_invalidation(DistributionId=made["Id"], Id=invalidation["Id"])["Invalidation"]["Status"] != "Completed":
            self.assertLess(time.monotonic() - began, 10)
        print(f"an invalidation is Completed on two edges after {1000 * (time.monotonic() - began):.0f} ms")
        for edge in edges:
            self.assertEqual(self.get(edge, host, "/a"), (200, "Miss from cloudfront", b"second"))

        # The control dies: both go on, and one that starts again serves from its disk.
        self.control.end(signal.SIGKILL)
        two.end(signal.SIGKILL)
        began = time.monotonic()
        two.restart()
        self.assertEqual(self.get(two, host, "/a")[2], b"second")
        print(f"an edge without a control serves {1000 * (time.monotonic() - began):.0f} ms after its start")
        self.assertEqual(self.get(one, host, "/a"), (200, "Hit from cloudfront", b"second"))

        # It is back: what was kept is kept still, and changes go on reaching both.
        self.control.restart()
        self.clients = {}
        self.wait_for("both live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        other = self.create(CallerReference="2")
        for edge in edges:
            self.assertEqual(self.get(edge, other["DomainName"], "/b")[0], 200)
        self.assertEqual(self.get(one, host, "/a"), (200, "Hit from cloudfront", b"second"),
                         "a control that starts again costs no cache")

    def test_a_soft_purge_reaches_every_edge_and_stays_soft(self):
        edges = one, two = [self.make_cdn_edge("one", [EDGE_BINARY], "--cdn-disk", str(self.root / "one-disk")),
                            self.make_cdn_edge("two", [EDGE_BINARY], "--cdn-disk", str(self.root / "two-disk"))]
        self.wait_for("both live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        made = self.create()
        host = made["DomainName"]

        def invalidate(*words):
            return edges_test.meridian("invalidate", made["Id"], *words, "--wait", "--endpoint-url", "http://%s:%d" % self.control.api,
                                       "--data-dir", self.control.directory).stdout
        for edge in edges:
            for path in ("/a", "/b"):
                self.get(edge, host, path)
        self.assertIn("every edge has acknowledged", invalidate("/a", "--soft"))
        self.assertEqual(self.get(one, host, "/a"), (200, "RefreshHit from cloudfront", b"first"))

        # One that is away when it is asked for hears of it with the image, and its disk holds it against what it has.
        two.end(signal.SIGKILL)
        self.wait_for("two gone", lambda: self.listed()["two"]["state"] != "live")
        invalidate("/*", "--soft")
        two.restart()
        self.wait_for("two back", lambda: self.listed()["two"]["state"] == "live")
        for edge in edges:
            self.wait_for("renewal", lambda: self.get(edge, host, "/b")[1] == "RefreshHit from cloudfront")
            self.assertEqual(self.get(edge, host, "/b"), (200, "Hit from cloudfront", b"first"))
        Origin.body = b"second"
        invalidate("/b", "--soft")
        for edge in edges:
            self.assertEqual(self.get(edge, host, "/b"), (200, "Miss from cloudfront", b"second"))

    def test_a_private_bucket_is_read_from_edges(self):
        """The keys that an edge signs with came over the feed, and are good for its days alone."""
        edge = self.make_cdn_edge("one", [EDGE_BINARY])
        self.wait_for("live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        self.aws("s3").create_bucket(Bucket="site")
        self.aws("s3").put_object(Bucket="site", Key="index.html", Body=b"<h1>hello</h1>")
        control = self.aws("cloudfront").create_origin_access_control(OriginAccessControlConfig={
            "Name": "site", "SigningProtocol": "sigv4", "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3"})["OriginAccessControl"]["Id"]
        made = self.create(Origins={"Quantity": 1, "Items": [
            {"Id": "o", "DomainName": "site.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""},
             "OriginAccessControlId": control}]})
        self.assertEqual(self.get(edge, made["DomainName"], "/index.html")[0], 403, "the bucket is private")
        self.aws("s3").put_bucket_policy(Bucket="site", Policy=json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::site/*", "Condition": {"StringEquals": {"AWS:SourceArn": made["ARN"]}}}]}))
        self.wait_for("read", lambda: self.get(edge, made["DomainName"], "/index.html?again")[2] == b"<h1>hello</h1>", 20)
        kept = b"".join(path.read_bytes() for path in (edge.directory / "cdn").glob("*"))
        self.assertIn(b"-----BEGIN CERTIFICATE", kept, "what its disk has is as it was sent")

    def addresses(self, edge, name, network, kind="A"):
        done = subprocess.run(["dig", f"@{edge.dns[0]}", "-p", str(edge.dns[1]), f"+subnet={network}", "+short", name, kind],
                              capture_output=True, text=True, timeout=10)
        return sorted(done.stdout.split())

    def test_names_lead_to_the_location_nearest_to_the_client(self):
        topology = self.root / "topology.toml"
        topology.write_text("".join(f'[[client]]\ncidr = "{cidr}"\nlatitude = {latitude}\nlongitude = {longitude}\n'
                                    for cidr, latitude, longitude in (("198.51.100.0/24", 48.1, 11.6),
                                                                      ("203.0.113.0/24", -33.9, 151.2),
                                                                      ("192.0.2.0/24", 40.7, -74.0))))
        europe, australia, america = "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"
        edges = [self.make_cdn_edge(name, [EDGE_BINARY], "--topology", topology, "--cdn-location", code,
                                    "--cdn-address", f"10.0.0.{number},fd00::{number}")
                 for number, (name, code) in enumerate((("fra", "FRA50-C1"), ("syd", "SYD1-C1"), ("iad", "IAD12-C1")), 1)]
        self.wait_for("all live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        everywhere = self.create(IsIPV6Enabled=True)["DomainName"]
        cheap = self.create(CallerReference="2", PriceClass="PriceClass_100", IsIPV6Enabled=False)["DomainName"]
        for edge in edges:
            for network, address in ((europe, "10.0.0.1"), (australia, "10.0.0.2"), (america, "10.0.0.3")):
                self.wait_for(network, lambda: self.addresses(edge, everywhere, network) == [address])
            self.wait_for("the other one", lambda: self.addresses(edge, cheap, europe) == ["10.0.0.1"])
            self.assertEqual(self.addresses(edge, everywhere, australia, "AAAA"), ["fd00::2"])
            self.assertNotEqual(self.addresses(edge, cheap, australia), ["10.0.0.2"], "not of its price class")
            self.assertEqual(self.addresses(edge, cheap, europe, "AAAA"), [])

        # A location whose edge is gone is nobody's any more; it is again when it returns.
        edges[0].end(signal.SIGKILL)
        self.wait_for("withdrawal", lambda: self.addresses(edges[2], everywhere, europe) == ["10.0.0.3"])
        edges[0].restart()
        self.wait_for("return", lambda: self.addresses(edges[2], everywhere, europe) == ["10.0.0.1"])

        # A control that starts again knows of them before they are back.
        self.control.end(signal.SIGKILL)
        self.control.restart()
        self.assertEqual(self.addresses(edges[2], everywhere, europe), ["10.0.0.1"])

    def test_a_change_waits_for_an_edge_that_is_gone_no_longer_than_it_must(self):
        one, two = self.make_cdn_edge("one", [BINARY, "edge"]), self.make_cdn_edge("two", [EDGE_BINARY])
        self.wait_for("both live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        self.create()
        two.end(signal.SIGKILL)
        began = time.monotonic()
        made = self.create(CallerReference="2")
        self.assertGreater(time.monotonic() - began, 0.5, "the rule of --edge-live-time")
        self.assertEqual(self.get(one, made["DomainName"], "/a")[0], 200)
        two.restart()
        self.wait_for("convergence", lambda: self.get(two, made["DomainName"], "/a")[0] == 200)


if __name__ == "__main__":
    unittest.main()

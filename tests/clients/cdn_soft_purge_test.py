#!/usr/bin/env python3
"""Soft purges as people ask for them: by `meridian invalidate` and by boto3 with a header; over `kill -9`, beside hard ones, and
where none can be."""
import http.client
import http.server
import json
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest

import boto3
import botocore.exceptions

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from meridian_server import Server, admin_request  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            origin, tag = self.server, f'"{self.server.version}"'
            origin.asked.append((self.path, self.headers["If-None-Match"]))
            same = self.headers["If-None-Match"] == tag and not origin.fails
            self.send_response(503 if origin.fails else 304 if same else 200)
            if not origin.fails:
                self.send_header("ETag", tag)
                self.send_header("Cache-Control", "max-age=86400")
                self.send_header("Cache-Tag", "shoes")
            body = b"" if same else origin.version.encode()
            if not same:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked, self.version, self.fails = [], "one", False
        threading.Thread(target=self.serve_forever, daemon=True).start()


class SoftPurges(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-soft-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.origin = Origin()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)
        self.server = Server("--cdn-listen", "127.0.0.1:0", "--cdn-disk", str(self.folder / "cache"), "--cdn-disk-bytes", "64MiB",
                             directory=str(self.folder / "data"))
        self.server.start()
        self.addCleanup(self.server.stop)
        made = self.client().create_distribution(DistributionConfig={
            "CallerReference": "soft", "Comment": "", "Enabled": True, "CacheTagConfig": {"HeaderName": "Cache-Tag"},
            "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED,
                                     "TargetOriginId": "o"}})["Distribution"]
        self.id, self.host = made["Id"], made["DomainName"]
        self.client().get_waiter("distribution_deployed").wait(Id=self.id, WaiterConfig={"Delay": 1})

    def client(self, **headers: str):
        keys = dict(line.split(" = ") for line in (self.server.directory / "credentials").read_text().splitlines() if " = " in line)
        client = boto3.client("cloudfront", region_name="us-east-1", endpoint_url="http://%s:%d" % self.server.api,
                              aws_access_key_id=keys["aws_access_key_id"], aws_secret_access_key=keys["aws_secret_access_key"])

        def add(request, **_):
            for name, value in headers.items():
                request.headers[name.replace("_", "-")] = value
        client.meta.events.register("before-sign.cloudfront.*", add)
        return client

    def get(self, path: str) -> tuple[bytes, str]:
        connection = http.client.HTTPConnection(*self.server.cdn, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": self.host})
            response = connection.getresponse()
            return response.read(), response.headers["X-Cache"].split()[0]
        finally:
            connection.close()

    def metrics(self) -> str:
        return admin_request(self.server.admin, "GET", "/metrics")

    def invalidate(self, *words: str) -> dict:
        return json.loads(self.server.meridian("invalidate", self.id, *words, "--wait", "--output", "json").stdout)

    def test_copies_are_renewed_instead_of_fetched(self):
        for words in (("/a", "--soft"), ("/*", "--soft"), ("--tag", "shoes", "--soft")):
            self.get("/a")
            self.assertEqual(self.get("/a"), (b"one", "Hit"))
            made = self.invalidate(*words)
            self.assertEqual((made["status"], made["soft"]), ("Completed", True))
            self.assertEqual(self.get("/a"), (b"one", "RefreshHit"), words)
            self.assertEqual(self.origin.asked[-1], ("/a", '"one"'))
            self.assertEqual(self.get("/a"), (b"one", "Hit"), words)
        shown = self.client().get_invalidation(DistributionId=self.id, Id=made["id"])["Invalidation"]
        self.assertEqual(set(shown), {"Id", "Status", "CreateTime", "InvalidationBatch"})
        self.invalidate("/a")
        self.assertEqual(self.get("/a"), (b"one", "Miss"), "a hard one wins")

    def test_a_failing_origin_is_stood_in_for_over_a_kill(self):
        self.get("/a")
        self.get("/b")
        deadline = time.monotonic() + 20
        while not re.search(r"meridian_cdn_disk_objects\{[^}]*\} 2\n", self.metrics()):
            self.assertLess(time.monotonic(), deadline)
        self.invalidate("/a", "--soft")
        self.invalidate("/b")
        self.server.kill()
        self.server.start()
        self.origin.fails = True
        said = self.server.meridian("explain", "http", f"http://{self.host}/a").stdout
        self.assertEqual(self.get("/a")[0], b"one", said)
        self.assertEqual(self.get("/b")[1], "Error")
        said = self.server.meridian("explain", "http", f"http://{self.host}/a").stdout
        self.assertIn("by the soft invalidation of /a", " ".join(said.split()))
        self.assertIn("/b: 0 found in memory so far, 1 on disk", " ".join(said.split()))
        self.assertRegex(self.metrics(), r"meridian_cdn_disk_purged_copies_total\{[^}]*\} 1\n")

    def test_other_clients_ask_by_a_header(self):
        self.get("/a")
        batch = {"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/a"]}}
        soft = self.client(x_meridian_soft_purge="true")
        made = soft.create_invalidation(DistributionId=self.id, InvalidationBatch=batch)
        self.assertEqual(made["ResponseMetadata"]["HTTPHeaders"]["x-meridian-soft-purge"], "true")
        self.client().get_waiter("invalidation_completed").wait(DistributionId=self.id, Id=made["Invalidation"]["Id"],
                                                                WaiterConfig={"Delay": 1})
        self.assertEqual(self.get("/a"), (b"one", "RefreshHit"))
        for client, code in ((self.client(), "InvalidationBatchAlreadyExists"),
                             (self.client(x_meridian_soft_purge="perhaps"), "InvalidArgument")):
            with self.assertRaises(botocore.exceptions.ClientError) as refused:
                client.create_invalidation(DistributionId=self.id, InvalidationBatch=batch)
            self.assertEqual(refused.exception.response["Error"]["Code"], code)
        with self.assertRaises(botocore.exceptions.ClientError) as refused:
            soft.list_distributions()
        self.assertEqual(refused.exception.response["Error"]["Code"], "NotImplemented")

    def test_words_that_are_wrong_are_refused(self):
        for words, status in (((self.id,), 2), ((self.id, "no-slash"), 1), (("E0", "/a"), 1)):
            self.assertEqual(self.server.meridian("invalidate", *words, check=False).returncode, status, words)


if __name__ == "__main__":
    unittest.main()

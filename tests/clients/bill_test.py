#!/usr/bin/env python3
"""`meridian bill` against a running server."""
import datetime
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from aws_clients import FreshServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402


class Bill(FreshServerCase):
    def setUp(self):
        super().setUp()
        self.command = aws_commands()[0]

    def test_what_is_there_is_priced(self):
        self.aws("route53", "create-hosted-zone", "--name", "example.com", "--caller-reference", "1")
        made = self.aws("cloudfront", "create-distribution", "--origin-domain-name", "site.s3.amazonaws.com")
        identifier = made["Distribution"]["Id"]
        self.aws("cloudfront", "create-invalidation", "--distribution-id", identifier, "--paths", "/a", "/b")
        self.aws_text("s3", "mb", "s3://site")
        body = pathlib.Path(self.server.directory) / "body"
        body.write_bytes(b"x" * (1 << 20))
        self.aws_text("s3", "cp", str(body), "s3://site/one")
        self.aws_text("s3", "cp", str(body), "s3://site/two")
        self.aws("kinesis", "create-stream", "--stream-name", "lines", "--shard-count", "2")
        self.aws("kinesis", "put-record", "--stream-name", "lines", "--partition-key", "k", "--data", "aGVsbG8=")
        time.sleep(11)  # what came into streams is told every ten seconds
        self.server.stop()
        self.server.start()  # buckets are counted at the start, and each day
        first = datetime.date.today().replace(day=1)
        month = ("--start", str(first), "--end", str((first + datetime.timedelta(days=31)).replace(day=1)))
        report = json.loads(self.server.meridian("bill", *month, "--output", "json").stdout)
        lines = {line["what"]: line for line in report["lines"]}
        self.assertEqual((lines["Hosted zones"]["quantity"], lines["Invalidation paths, free"]["quantity"]), ("1", "2"))
        self.assertEqual([each["id"] for each in report["distributions"]], [identifier])
        self.assertEqual((lines["S3 storage"]["quantity"], lines["Kinesis shard hours"]["quantity"],
                          lines["Kinesis PUT units, at least"]["quantity"]), ("0.002 GB", "2", "1"))
        self.assertAlmostEqual(report["total"], 0.5 + 2 * 0.015 + 0.023 * 2 / 1024 + 0.014e-6)
        one = self.server.meridian("bill", "--distribution", identifier).stdout
        self.assertIn("Not counted:", one)
        self.assertNotIn("Hosted zones", one)
        absent = self.server.meridian("bill", "--distribution", "E0", check=False)
        self.assertEqual((absent.returncode, absent.stderr), (1, "meridian: there is no distribution E0\n"))
        self.assertEqual(self.server.meridian("bill", "--start", "2000-01-01", check=False).returncode, 2)
        wrong = self.server.meridian("bill", "--price-region", "mars", check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("united-states, europe", wrong.stderr)


if __name__ == "__main__":
    unittest.main()

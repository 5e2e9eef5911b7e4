#!/usr/bin/env python3
"""Runs sdk.mjs, sdk_s3.mjs and sdk_s3_buckets.mjs with the AWS SDK for JavaScript v3 from npm; `dig` sees what the first one left."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import run_sdk_script  # noqa: E402
from meridian_server import Server  # noqa: E402


class JavaScriptSdk(unittest.TestCase):
    def test_zones_records_waiter_and_errors(self):
        with Server() as server:
            run_sdk_script(self, server, HERE / "sdk.mjs")
            self.assertEqual(server.dig("a.sdk.test", "A", "+short"), "192.0.2.10\n")
            self.assertEqual(server.dig("anything.sdk.test", "A", "+short"), "192.0.2.11\n")

    def test_objects_with_default_checksums(self):
        with Server() as server:
            run_sdk_script(self, server, HERE / "sdk_s3.mjs")

    def test_what_buckets_are_told(self):
        with Server() as server:
            run_sdk_script(self, server, HERE / "sdk_s3_buckets.mjs")


if __name__ == "__main__":
    unittest.main()

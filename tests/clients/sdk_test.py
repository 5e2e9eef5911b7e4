#!/usr/bin/env python3
"""Runs sdk.mjs with the AWS SDK for JavaScript v3 from npm, and looks with `dig` at what it left."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from meridian_server import ROOT, Server  # noqa: E402


class JavaScriptSdk(unittest.TestCase):
    def test_zones_records_waiter_and_errors(self):
        place = ROOT / "build" / "clients"
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "sdk.mjs"):
            shutil.copy(HERE / name, place)
        if not (place / "node_modules" / "@aws-sdk").exists():
            subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
                           cwd=place, check=True, timeout=300)
        with Server() as server:
            credentials = {}
            for line in (server.directory / "credentials").read_text().splitlines():
                key, _, value = line.partition("=")
                credentials[key.strip().upper()] = value.strip()
            environment = {**server.environment, **{k: credentials[k] for k in (
                "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}, "HOME": os.devnull}
            done = subprocess.run(["node", "sdk.mjs"], cwd=place, env=environment, capture_output=True, text=True,
                                  timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(server.dig("a.sdk.test", "A", "+short"), "192.0.2.10\n")
            self.assertEqual(server.dig("anything.sdk.test", "A", "+short"), "192.0.2.11\n")


if __name__ == "__main__":
    unittest.main()

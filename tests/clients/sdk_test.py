#!/usr/bin/env python3
"""Runs sdk.mjs and sdk_s3.mjs with the AWS SDK for JavaScript v3 from npm; `dig` sees what the first one left."""
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
    @classmethod
    def setUpClass(cls):
        cls.place = ROOT / "build" / "clients"
        cls.place.mkdir(parents=True, exist_ok=True)
        wanted = (HERE / "package.json").read_text()
        installed = cls.place / "installed.json"  # what npm was last asked for
        if not installed.exists() or installed.read_text() != wanted:
            shutil.copy(HERE / "package.json", cls.place)
            subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
                           cwd=cls.place, check=True, timeout=300)
            installed.write_text(wanted)

    def run_script(self, server: Server, name: str):
        shutil.copy(HERE / name, self.place)
        credentials = {}
        for line in (server.directory / "credentials").read_text().splitlines():
            key, _, value = line.partition("=")
            credentials[key.strip().upper()] = value.strip()
        environment = {**server.environment, **{k: credentials[k] for k in (
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}, "HOME": os.devnull}
        done = subprocess.run(["node", name], cwd=self.place, env=environment, capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_zones_records_waiter_and_errors(self):
        with Server() as server:
            self.run_script(server, "sdk.mjs")
            self.assertEqual(server.dig("a.sdk.test", "A", "+short"), "192.0.2.10\n")
            self.assertEqual(server.dig("anything.sdk.test", "A", "+short"), "192.0.2.11\n")

    def test_objects_with_default_checksums(self):
        with Server() as server:
            self.run_script(server, "sdk_s3.mjs")


if __name__ == "__main__":
    unittest.main()

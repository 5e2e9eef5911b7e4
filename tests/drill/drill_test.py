#!/usr/bin/env python3
"""Drills on the command line; with DRILL_FULL the same story in virtual time and for real."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from meridian_server import BINARY, Server  # noqa: E402
from route53_client import Route53  # noqa: E402

SHORT = HERE / "short.toml"


def drill(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "drill", *words], capture_output=True, text=True, timeout=120)


class Virtual(unittest.TestCase):
    def test_every_scenario_that_ships_comes_as_it_expects(self):
        listed = json.loads(drill("list", "--output", "json").stdout)
        self.assertGreaterEqual(len(listed), 10)
        for each in listed:
            began = time.monotonic()
            played = drill("run", each["name"])
            self.assertEqual(played.returncode, 0, played.stdout + played.stderr)
            self.assertIn(each["title"], played.stdout)
            print(f"{each['name']}: {1000 * (time.monotonic() - began):.0f} ms")

    def test_a_seed_is_a_drill(self):
        first, again, other = (drill("run", str(SHORT), "--seed", seed, "--output", "json").stdout
                               for seed in ("3", "3", "4"))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_what_is_not_met_is_exit_code_1(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(SHORT.read_text() + '[[expect]]\ncheck = "primary-up"\nstays = "healthy"\n')
            file.flush()
            played = drill("run", file.name)
        self.assertEqual(played.returncode, 1)
        self.assertIn("NOT MET  primary-up stays healthy: unhealthy at", played.stdout)

    def test_what_is_wrong_is_exit_code_2_with_its_line(self):
        shown = drill("show", "active-passive")
        self.assertEqual(shown.returncode, 0)
        broken = subprocess.run([BINARY, "drill", "run", "-"], input=shown.stdout.replace('"refuse"', '"explode"'),
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(broken.returncode, 2)
        self.assertRegex(broken.stderr, r"line \d+: 'fault' is one of none, refuse")
        self.assertEqual(drill("run", "no-such-drill").returncode, 2)
        self.assertEqual(drill("show", "no-such-drill").returncode, 2)


@unittest.skipUnless(os.environ.get("DRILL_FULL"), "half a minute of real time: --full")
class Real(unittest.TestCase):
    def test_the_same_story_virtual_and_real(self):
        with Server("--dev", "--private-health-checks") as server:
            api = Route53(server.api)
            before = api.call("GET", "hostedzone", "")
            played = server.meridian("drill", "run", str(SHORT), "--real", "--dns", "%s:%d" % server.dns,
                                     "--endpoint-url", "http://%s:%d" % server.api, "--output", "json", check=False)
            self.assertEqual(played.returncode, 0, played.stdout + played.stderr)
            self.assertEqual(api.call("GET", "hostedzone", ""), before)
            self.assertEqual(json.loads(server.meridian("health", "list", "--output", "json").stdout),
                             {"health_checks": []})
            api.close()
        real, virtual = json.loads(played.stdout), json.loads(drill("run", str(SHORT), "--output", "json").stdout)
        self.assertEqual(real["time"], "real")
        for told in (real, virtual):
            (incident,), name = told["incidents"], told["time"]
            (detected,), (answer,) = incident["detected"], incident["new_answers"]
            print(f"{name}: detected after {detected['after']} s, new answer after {answer['after']} s, all well after "
                  f"{incident['all_well_after']} s, {incident['wrong']} of {incident['answers']} answers wrong")
            self.assertEqual((detected["check"], detected["healthy"]), ("primary-up", False))
            self.assertEqual(len(detected["checkers"]), 8)
            self.assertEqual(answer["shares"], {"secondary": 1})
            # DNS follows the check at once, and clients follow DNS within the TTL of a second.
            self.assertLess(abs(answer["after"] - detected["after"]), 0.3)
            self.assertLess(incident["all_well_after"] - answer["after"], 3)
            self.assertEqual(incident["misled_most"], 100)


if __name__ == "__main__":
    unittest.main()

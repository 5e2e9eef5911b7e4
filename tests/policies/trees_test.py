#!/usr/bin/env python3
"""Trees of aliases that evaluate their targets' health, made with the stock AWS CLI and asked with dig."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import aws_commands  # noqa: E402
from policy_server import ZONE, PolicyServer, record_set  # noqa: E402
from world import World, address  # noqa: E402

AMERICAN, EUROPEAN = 0, 10  # where the positions of a continent's endpoints begin


class Trees(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PolicyServer(World())
        cls.enterClassContext(cls.server)
        cls.server.client.make_zone()
        cls.new_york = next(str(block) for block, city in cls.server.world.clients if city.name == "NewYork")
        cls.berlin = next(str(block) for block, city in cls.server.world.clients if city.name == "Berlin")

    def aws(self, *words: str) -> dict:
        done = subprocess.run([aws_commands()[0], "--output", "json", "route53", *words,
                               "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"]],
                              capture_output=True, text=True, env=self.server.environment, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def create(self, record_sets: list[dict]):
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": each} for each in record_sets]}
        made = self.aws("change-resource-record-sets", "--hosted-zone-id", self.server.client.zone, "--change-batch", json.dumps(batch))
        subprocess.run([aws_commands()[0], "route53", "wait", "resource-record-sets-changed", "--id", made["ChangeInfo"]["Id"]],
                       env=self.server.environment, check=True, timeout=60)

    def dig(self, name: str, subnet: str) -> set[str]:
        """Of twenty answers: a weighted tree has several."""
        words = [f"{name}.{ZONE}", "A", f"+subnet={subnet}"] * 20
        return set(self.server.dig("+short", *words).split())

    def alias(self, name: str, target: str, evaluate: bool = True, **policy) -> dict:
        return {"Name": f"{name}.{ZONE}", "Type": "A", "AliasTarget": {
            "HostedZoneId": self.server.client.zone.removeprefix("/hostedzone/"), "DNSName": f"{target}.{ZONE}",
            "EvaluateTargetHealth": evaluate}} | policy

    def checks(self, name: str, count: int) -> list[str]:
        return [self.server.client.make_health_check(f"{name} {n}") for n in range(count)]

    def weighted(self, name: str, checks: list[str], first: int) -> list[dict]:
        return [record_set(name, first + n, {"Weight": 1, "HealthCheckId": check}) for n, check in enumerate(checks)]

    def test_latency_over_weighted_backs_out_of_a_branch(self):
        american, european = self.checks("us", 2), self.checks("eu", 2)
        self.create(self.weighted("us", american, AMERICAN) + self.weighted("eu", european, EUROPEAN) + [
            self.alias("shop", "us", SetIdentifier="us", Region="us-east-1"),
            self.alias("shop", "eu", SetIdentifier="eu", Region="eu-central-1"),
            self.alias("www", "shop")])
        us, eu = ({address(first), address(first + 1)} for first in (AMERICAN, EUROPEAN))
        self.assertEqual(self.dig("www", self.berlin), eu)
        self.assertEqual(self.dig("www", self.new_york), us)
        self.server.set_health(european[0], False)
        self.assertEqual(self.dig("www", self.berlin), {address(EUROPEAN + 1)})
        self.server.set_health(european[1], False)
        self.assertEqual(self.dig("www", self.berlin), us, "nothing is healthy in Europe")
        for check in american:
            self.server.set_health(check, False)
        self.assertEqual(self.dig("www", self.berlin), eu, "nothing is healthy anywhere: as if everything were")
        self.server.set_health(american[0], True)
        self.assertEqual(self.dig("www", self.berlin), {address(AMERICAN)})

    def test_an_alias_that_does_not_evaluate_keeps_its_branch(self):
        checks = self.checks("stay", 1)
        self.create(self.weighted("stay-eu", checks, EUROPEAN) + [
            record_set("stay-us", AMERICAN, {"Weight": 1}),
            self.alias("stay", "stay-us", SetIdentifier="us", Region="us-east-1"),
            self.alias("stay", "stay-eu", evaluate=False, SetIdentifier="eu", Region="eu-central-1")])
        self.server.set_health(checks[0], False)
        self.assertEqual(self.dig("stay", self.berlin), {address(EUROPEAN)})

    def test_failover_over_failover(self):
        checks = self.checks("deep", 3)
        self.create([
            record_set("deep-a", 0, {"Failover": "PRIMARY", "HealthCheckId": checks[0]}),
            record_set("deep-a", 1, {"Failover": "SECONDARY", "HealthCheckId": checks[1]}),
            record_set("deep-b", 2, {"Failover": "PRIMARY", "HealthCheckId": checks[2]}),
            record_set("deep-b", 3, {"Failover": "SECONDARY"}),
            self.alias("deep", "deep-a", SetIdentifier="primary", Failover="PRIMARY"),
            self.alias("deep", "deep-b", SetIdentifier="secondary", Failover="SECONDARY")])
        for check, wanted in ((None, 0), (checks[0], 1), (checks[1], 2), (checks[2], 3)):
            if check:
                self.server.set_health(check, False)
            self.assertEqual(self.dig("deep", self.berlin), {address(wanted)})

    def test_the_ttl_of_an_alias_is_its_targets(self):
        self.create([record_set("ttl-target", 0, {"Weight": 1, "TTL": 123}), self.alias("ttl", "ttl-target")])
        self.assertRegex(self.server.dig(f"ttl.{ZONE}"), rf"ttl\.{ZONE}\.\s+123\s+IN\s+A\s+{address(0)}")

    def test_what_one_name_may_not_mix(self):
        self.create([record_set("mixed", 0, {"Weight": 1})])
        done = subprocess.run([aws_commands()[0], "route53", "change-resource-record-sets", "--hosted-zone-id",
                               self.server.client.zone, "--change-batch", json.dumps({"Changes": [
                                   {"Action": "CREATE", "ResourceRecordSet": record_set("mixed", 1, {"Region": "eu-west-1"})}]})],
                              capture_output=True, text=True, env=self.server.environment, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("InvalidChangeBatch", done.stderr)


if __name__ == "__main__":
    unittest.main()

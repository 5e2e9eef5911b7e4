#!/usr/bin/env python3
"""`meridian doctor` against a running server: traps are found, every command that it prints is run as printed, and then
it is quiet about what the command was for."""
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import boto3

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import BINARY, Server, aws_commands  # noqa: E402

ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def record(name: str, values: str | list[str], kind: str = "A", ttl: int = 60, **members) -> dict:
    listed = [values] if isinstance(values, str) else values
    return {"Action": "CREATE", "ResourceRecordSet": {
        "Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in listed], **members}}


class Doctor(unittest.TestCase):
    def setUp(self):
        self.server = Server("--private-health-checks", "--no-health-probes")
        self.server.start()
        self.addCleanup(lambda: shutil.rmtree(self.server.directory, ignore_errors=True))
        self.addCleanup(self.server.stop)
        key = [line.split(" = ")[1] for line in (self.server.directory / "credentials").read_text().splitlines()
               if line.startswith("aws_")]
        self.route53 = boto3.client("route53", region_name="us-east-1", endpoint_url=self.server.environment["AWS_ENDPOINT_URL"],
                                    aws_access_key_id=key[0], aws_secret_access_key=key[1])
        self.references = itertools.count()
        self.zone = self.make_zone("example.com")
        # The commands name `aws` and `meridian`: any of this machine's, and this one.
        self.tools = self.server.directory / "tools"
        self.tools.mkdir()
        (self.tools / "aws").symlink_to(aws_commands()[-1])
        (self.tools / "meridian").symlink_to(BINARY)
        self.environment = {**self.server.environment, "PATH": f"{self.tools}:{os.environ['PATH']}"}
        del self.environment["AWS_ENDPOINT_URL"]  # a command says itself where it goes

    def make_zone(self, name: str) -> str:
        made = self.route53.create_hosted_zone(Name=name, CallerReference=str(next(self.references)))
        return made["HostedZone"]["Id"].removeprefix("/hostedzone/")

    def make_check(self, **config) -> str:
        made = self.route53.create_health_check(CallerReference=str(next(self.references)), HealthCheckConfig=config)
        return made["HealthCheck"]["Id"]

    def good_check(self, address: str) -> str:
        return self.make_check(Type="HTTP", IPAddress=address, Port=80, ResourcePath="/health", RequestInterval=10)

    def apply(self, *changes, zone: str | None = None):
        self.route53.change_resource_record_sets(HostedZoneId=zone or self.zone, ChangeBatch={"Changes": list(changes)})

    def doctor(self, *words, status: int | None = None) -> dict:
        done = self.server.meridian("doctor", *words, "--output", "json", check=False)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def rules(self, report: dict) -> set[str]:
        return {each["rule"] for each in report["findings"]}

    def run_shell(self, commands: list[str]):
        done = subprocess.run(["bash", "-euc", "\n".join(commands)], capture_output=True, text=True, timeout=120,
                              env=self.environment)
        self.assertEqual(done.returncode, 0, "\n".join(commands) + done.stdout + done.stderr)

    def assert_fixed(self, *expected: str):
        """These rules find something; each finding's commands are run by themselves, and end it."""
        report = self.doctor()
        self.assertLessEqual(set(expected), self.rules(report))
        for rule in expected:
            for _ in range(20):
                found = [each for each in self.doctor()["findings"] if each["rule"] == rule]
                if not found:
                    break
                self.assertTrue(found[0]["fix"]["commands"], found[0])
                self.run_shell(found[0]["fix"]["commands"])
                left = [each["resource"]["label"] for each in self.doctor()["findings"] if each["rule"] == rule]
                self.assertNotIn(found[0]["resource"]["label"], left, found[0]["fix"]["commands"])
            self.assertNotIn(rule, self.rules(self.doctor()))

    def test_nothing_is_wrong_with_an_empty_zone(self):
        report = self.doctor("--fail-on", "hint", status=0)
        self.assertEqual((report["findings"], report["budgets"], report["hosted_zones"]), ([], [], 1))
        done = self.server.meridian("doctor")
        self.assertEqual(done.stdout, "Nothing found in 1 hosted zone, 2 record sets, 0 health checks.\n")

    def test_failover(self):
        one, old = self.good_check(ONE), self.make_check(Type="HTTP", IPAddress=TWO, Port=80, ResourcePath="/health",
                                                         RequestInterval=30)
        self.apply(
            record("plain.example.com", THREE),
            {"Action": "CREATE", "ResourceRecordSet": {
                "Name": "blind.example.com", "Type": "A", "SetIdentifier": "1", "Failover": "PRIMARY", "AliasTarget": {
                    "HostedZoneId": self.zone, "DNSName": "plain.example.com", "EvaluateTargetHealth": False}}},
            record("blind.example.com", TWO, SetIdentifier="2", Failover="SECONDARY"),
            record("alone.example.com", ONE, SetIdentifier="1", Failover="PRIMARY", HealthCheckId=one),
            record("same.example.com", ONE, SetIdentifier="1", Failover="PRIMARY", HealthCheckId=one),
            record("same.example.com", ONE, SetIdentifier="2", Failover="SECONDARY"),
            record("shared.example.com", ONE, SetIdentifier="1", Failover="PRIMARY", HealthCheckId=one),
            record("shared.example.com", TWO, SetIdentifier="2", Failover="SECONDARY", HealthCheckId=one),
            record("late.example.com", TWO, SetIdentifier="1", Failover="PRIMARY", HealthCheckId=old, ttl=300),
            record("late.example.com", ONE, SetIdentifier="2", Failover="SECONDARY", HealthCheckId=one, ttl=300))
        budgets = {each["name"]: each for each in self.doctor(status=1)["budgets"]}
        self.assertEqual((budgets["late.example.com"]["detection_seconds"], budgets["late.example.com"]["total_seconds"]),
                         (90, 391))
        self.assertFalse(budgets["blind.example.com"]["fails_over"])
        self.assert_fixed("failover-primary-without-check", "failover-shared-check", "check-of-other-address",
                          "ttl-beyond-failover-budget", "slow-detection", "failover-same-answer", "failover-alone",
                          "failover-secondary-without-check")
        self.assertEqual(self.doctor()["errors"], 0)
        budgets = {each["name"]: each for each in self.doctor()["budgets"]}
        self.assertEqual(budgets["late.example.com"]["total_seconds"], 91)
        self.assertTrue(budgets["blind.example.com"]["fails_over"])


if __name__ == "__main__":
    unittest.main()

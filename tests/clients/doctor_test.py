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
from botocore.exceptions import ClientError

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
        self.route53, self.cloudwatch, self.s3, self.cloudfront = (
            boto3.client(service, region_name="us-east-1", aws_access_key_id=key[0], aws_secret_access_key=key[1],
                         endpoint_url=self.server.environment["AWS_ENDPOINT_URL"]) for service in ("route53", "cloudwatch", "s3", "cloudfront"))
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
        """Without what a fresh zone has not got either."""
        done = self.server.meridian("doctor", *words, "--ignore", "queries-not-logged", "--output", "json", check=False)
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
            while found := [each for each in report["findings"] if each["rule"] == rule]:
                self.assertTrue(found[0]["fix"]["commands"], found[0])
                self.run_shell(found[0]["fix"]["commands"])
                report = self.doctor()
                left = [each["resource"]["label"] for each in report["findings"] if each["rule"] == rule]
                self.assertNotIn(found[0]["resource"]["label"], left, found[0]["fix"]["commands"])

    def test_nothing_is_wrong_with_an_empty_zone(self):
        report = self.doctor("--fail-on", "hint", status=0)
        self.assertEqual((report["findings"], report["budgets"], report["hosted_zones"]), ([], [], 1))
        done = self.server.meridian("doctor", "--ignore", "queries-not-logged")
        self.assertIn("Nothing found in 1 hosted zone, 2 record sets, 0 health checks.", done.stdout)

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

    def test_distributions(self):
        self.s3.create_bucket(Bucket="site")
        self.s3.put_object(Bucket="site", Key="index.html", Body=b"hello")
        policies = self.cloudfront.list_origin_request_policies(Type="managed")["OriginRequestPolicyList"]["Items"]
        all_viewer = {each["OriginRequestPolicy"]["OriginRequestPolicyConfig"]["Name"]: each["OriginRequestPolicy"]["Id"]
                      for each in policies}["Managed-AllViewer"]
        optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
        api = {"TargetOriginId": "api", "ViewerProtocolPolicy": "https-only", "CachePolicyId": optimized, "Compress": True}
        made = self.cloudfront.create_distribution(DistributionConfig={
            "CallerReference": "1", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 2, "Items": [
                {"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}},
                {"Id": "api", "DomainName": "api.example.com", "CustomOriginConfig": {
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "match-viewer"}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": optimized,
                                     "Compress": False},
            "CacheBehaviors": {"Quantity": 3, "Items": [
                {**api, "PathPattern": "/api/*", "OriginRequestPolicyId": all_viewer},
                {**api, "PathPattern": "/api/v1/*"},
                {**api, "PathPattern": "/plain/*", "ViewerProtocolPolicy": "allow-all"}]},
            "CustomErrorResponses": {"Quantity": 1, "Items": [
                {"ErrorCode": 404, "ResponsePagePath": "/lost.html", "ResponseCode": "404"}]}})["Distribution"]
        # Of cdn-compression-off what is left are APIs that are no longer kept, for which there is no command.
        self.assert_fixed("cdn-bucket-unsigned", "cdn-root-object", "cdn-behavior-shadowed", "cdn-shared-between-users",
                          "cdn-origin-match-viewer", "cdn-plain-viewers", "cdn-api-cached")
        self.assert_fixed("cdn-forbidden-for-missing")  # what may be read can be missing
        left = self.doctor(status=1)
        lost = [each for each in left["findings"] if each["rule"] == "cdn-error-page-missing"]
        self.assertEqual(lost[0]["fix"]["commands"][0].split()[-1], "s3://site/lost.html")
        self.assertEqual(self.rules(left) - {"cdn-compression-off"}, {"cdn-error-page-missing"})
        config = self.cloudfront.get_distribution_config(Id=made["Id"])["DistributionConfig"]
        self.assertEqual([each["PathPattern"] for each in config["CacheBehaviors"]["Items"]], ["/api/v1/*", "/api/*", "/plain/*"])
        self.assertTrue(config["Origins"]["Items"][0]["OriginAccessControlId"])

    def test_routing_policies(self):
        one, two = self.good_check(ONE), self.good_check(TWO)
        self.apply(
            record("place.example.com", ONE, SetIdentifier="us", GeoLocation={"CountryCode": "US"}, HealthCheckId=one),
            record("place.example.com", TWO, SetIdentifier="eu", GeoLocation={"ContinentCode": "EU"}),
            record("zero.example.com", ONE, SetIdentifier="1", Weight=0, HealthCheckId=one),
            record("zero.example.com", TWO, SetIdentifier="2", Weight=0, HealthCheckId=two),
            record("last.example.com", ONE, SetIdentifier="1", Weight=1, HealthCheckId=one),
            record("last.example.com", TWO, SetIdentifier="2", Weight=0, HealthCheckId=two),
            record("split.example.com", ONE, SetIdentifier="1", Weight=1, ttl=300),
            record("split.example.com", TWO, SetIdentifier="2", Weight=1, ttl=300),
            record("near.example.com", ONE, SetIdentifier="1", Region="us-east-1"),
            record("near.example.com", TWO, SetIdentifier="2", Region="eu-west-1", HealthCheckId=two, ttl=30),
            record("many.example.com", ONE, SetIdentifier="1", MultiValueAnswer=True),
            record("many.example.com", TWO, SetIdentifier="2", MultiValueAnswer=True, HealthCheckId=two),
            record("simple.example.com", ONE, HealthCheckId=one),
            record("several.example.com", [ONE, TWO]))
        self.assert_fixed("geolocation-without-default", "weights-all-zero", "weight-zero-last-resort", "weighted-ttl",
                          "weighted-without-checks", "latency-without-checks", "multivalue-without-checks",
                          "location-without-checks", "check-on-simple-set", "sets-with-different-ttl",
                          "simple-with-several-values")

    def test_health_checks(self):
        gone = self.good_check(ONE)
        self.cloudwatch.put_metric_alarm(AlarmName="lag", Namespace="App", MetricName="lag", Statistic="Average", Period=60,
                                         EvaluationPeriods=1, Threshold=80, ComparisonOperator="GreaterThanThreshold")
        checks = {
            "page": self.make_check(Type="HTTP", IPAddress=ONE, Port=80, RequestInterval=10, FailureThreshold=1),
            "port": self.make_check(Type="TCP", IPAddress=ONE, Port=443, RequestInterval=10),
            "plain": self.make_check(Type="HTTP", IPAddress=ONE, Port=443, ResourcePath="/health", RequestInterval=10),
            "text": self.make_check(Type="HTTP_STR_MATCH", IPAddress=ONE, Port=80, ResourcePath="/", SearchString="up",
                                    RequestInterval=10),
            "sni": self.make_check(Type="HTTPS", IPAddress=ONE, ResourcePath="/health", RequestInterval=10, EnableSNI=False,
                                   FullyQualifiedDomainName="www.example.com"),
            "off": self.make_check(Type="HTTP", IPAddress=ONE, Port=80, ResourcePath="/health", RequestInterval=10,
                                   Disabled=True),
            "turned": self.make_check(Type="HTTP", IPAddress=ONE, Port=80, ResourcePath="/health", RequestInterval=10,
                                      Inverted=True),
            "metric": self.make_check(Type="CLOUDWATCH_METRIC", AlarmIdentifier={"Region": "us-east-1", "Name": "lag"}),
            "gone": gone}
        children = [checks["page"], gone]
        checks["always"] = self.make_check(Type="CALCULATED", ChildHealthChecks=children, HealthThreshold=0)
        checks["never"] = self.make_check(Type="CALCULATED", ChildHealthChecks=children, HealthThreshold=3)
        self.apply(*(record("w.example.com", ONE, SetIdentifier=name, Weight=1, HealthCheckId=check)
                     for name, check in checks.items()))
        self.make_check(Type="TCP", IPAddress=TWO, Port=25, RequestInterval=10)
        self.route53.delete_health_check(HealthCheckId=gone)
        self.assert_fixed("missing-check", "orphan-check", "calculated-always-healthy", "calculated-never-healthy",
                          "calculated-child-missing", "check-disabled", "check-inverted", "http-check-on-tls-port", "sni-off",
                          "metric-check-without-data", "tcp-check-of-web-port", "shallow-check", "search-string-in-page",
                          "threshold-of-one")

    def test_names_and_zones(self):
        child = self.make_zone("dev.example.com")
        other = self.make_zone("old.example.com")
        self.make_zone("example.com")
        soa = "ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
        self.apply({**record("example.com", soa, "SOA", 3600), "Action": "UPSERT"},
                   {**record("example.com", "ns.example.net", "NS"), "Action": "UPSERT"},
                   record("old.example.com", "ns.example.net", "NS", 604800),
                   record("old.example.com", "12345 13 2 " + "A" * 64, "DS"),
                   record("www.example.com", ONE, ttl=86400),
                   record("example.com", ["10 mx.example.com", "20 www.example.com"], "MX"),
                   record("_sip._tcp.example.com", "1 1 5060 sip.example.com", "SRV"),
                   record("sub.example.com", "ns.nowhere.example.com", "NS"),
                   record("lost.example.com", "nowhere.example.com", "CNAME"),
                   record("loop.example.com", "pool.example.com", "CNAME"),
                   record("pool.example.com", "loop.example.com", "CNAME"),
                   record("a.example.com", "b.example.com", "CNAME"),
                   record("b.example.com", "c.example.com", "CNAME"),
                   record("c.example.com", "www.example.com", "CNAME"),
                   record("\\052.wild.example.com", TWO),
                   record("mail.wild.example.com", "10 www.example.com", "MX"),
                   {"Action": "CREATE", "ResourceRecordSet": {"Name": "to.example.com", "Type": "A", "AliasTarget": {
                       "HostedZoneId": self.zone, "DNSName": "target.example.com", "EvaluateTargetHealth": False}}},
                   record("target.example.com", ONE))
        self.apply({**record("target.example.com", ONE), "Action": "DELETE"})
        dev = self.doctor("--zone", "dev.example.com")
        self.assertEqual(self.rules(dev), {"delegation-missing"})
        self.assertEqual(dev["findings"][0]["resource"]["id"], child)
        self.assertIn("delegation-mismatch", self.rules(self.doctor("--zone", self.zone)))
        self.assertNotIn("old.example.com", [each["resource"]["label"] for each in self.doctor("--zone", other)["findings"]])
        self.assert_fixed("delegation-missing", "same-name-zones", "apex-ns-mismatch", "delegation-mismatch",
                          "ds-of-unsigned-zone", "negative-ttl", "mx-target-missing", "srv-target-missing",
                          "ns-target-missing", "cname-target-missing", "cname-loop", "alias-dangling", "cname-chain",
                          "cname-instead-of-alias", "apex-without-address", "wildcard-hidden", "long-ttl", "no-spf", "no-dmarc",
                          "no-caa")

    def test_traffic_policies(self):
        def document(one: dict, two: dict, rule: dict) -> str:
            return json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "place", "Endpoints": {
                "one": {"Type": "value", "Value": ONE}, "two": {"Type": "value", "Value": TWO}}, "Rules": {
                "place": {"RuleType": "geo", "Locations": [
                    {"Country": "DE", "RuleReference": "split"}, {"Country": "FR", "RuleReference": "standby"}]},
                "split": {"RuleType": "weighted", "Items": [{"Weight": 1, "EndpointReference": "one", **one},
                                                            {"Weight": 1, "EndpointReference": "two", **two}]},
                "standby": {"RuleType": "failover", "Primary": {"EndpointReference": "one"},
                            "Secondary": {"EndpointReference": "two"}}, **rule}})

        check = {"HealthCheck": self.good_check(ONE)}
        policy = self.route53.create_traffic_policy(Name="split", Document=document(check, {}, {}))["TrafficPolicy"]["Id"]
        self.route53.create_traffic_policy_instance(HostedZoneId=self.zone, Name="flow.example.com", TTL=300,
                                                    TrafficPolicyId=policy, TrafficPolicyVersion=1)
        self.assertEqual(self.doctor(status=1)["errors"], 2)
        for _ in range(2):
            self.route53.create_traffic_policy_version(Id=policy, Document=document(check, {}, {}))
        self.route53.create_traffic_policy(Name="idle", Document=document(check, check, {}))
        self.assert_fixed("instance-behind", "instance-ttl", "policy-geo-without-default", "policy-failover-without-check",
                          "policy-rule-without-checks", "unused-traffic-policy")

    def test_what_is_wrong_now(self):
        one, two = self.good_check(ONE), self.good_check(TWO)
        self.apply(record("app.example.com", ONE, SetIdentifier="1", Failover="PRIMARY", HealthCheckId=one),
                   record("app.example.com", TWO, SetIdentifier="2", Failover="SECONDARY", HealthCheckId=two))
        self.assertEqual(self.doctor(status=0)["errors"], 0)
        self.server.set_health(two, False)
        report = self.doctor(status=1)
        self.assertLessEqual({"secondary-unhealthy", "override-left", "check-unhealthy"}, self.rules(report))
        self.server.set_health(one, False)
        self.assertIn("all-unhealthy", self.rules(self.doctor()))
        self.assertFalse({"all-unhealthy", "check-unhealthy"} & self.rules(self.doctor("--no-live")))
        self.server.set_health(one, True)
        self.assert_fixed("override-left")

    def test_query_logging(self):
        try:
            self.route53.list_query_logging_configs(HostedZoneId=self.zone)
        except ClientError as refused:
            self.assertEqual(refused.response["Error"]["Code"], "NotImplemented")
            self.assertEqual(self.doctor()["ignored"], {}, "nothing is found in what is unknown")
            return
        (finding,) = json.loads(self.server.meridian("doctor", "--output", "json").stdout)["findings"]
        self.assertEqual(finding["rule"], "queries-not-logged")
        matrix = json.loads(self.server.meridian("support-matrix", "--service", "logs", "--output", "json").stdout)
        supported = {each["name"] for each in matrix[0]["operations"] if each["supported"]}
        if not {"PutRetentionPolicy", "PutResourcePolicy"} <= supported:
            self.skipTest("CloudWatch Logs cannot be set up by these commands yet")
        self.run_shell(finding["fix"]["commands"])
        self.assertEqual(json.loads(self.server.meridian("doctor", "--output", "json").stdout)["findings"], [])

    def test_what_ends_with_which_status(self):
        self.apply(record("place.example.com", ONE, SetIdentifier="us", GeoLocation={"CountryCode": "US"}),
                   record("w.example.com", [ONE, TWO]))
        self.doctor(status=1)
        self.doctor("--ignore", "geolocation-without-default", status=0)
        self.doctor("--ignore", "geolocation-without-default", "--fail-on", "hint", status=1)
        ignored = self.doctor("--ignore", "geolocation-without-default,simple-with-several-values", "--fail-on", "hint",
                              status=0)
        expected = {"geolocation-without-default": 1, "simple-with-several-values": 1}
        self.assertLessEqual(expected.items(), ignored["ignored"].items())

        def refused(*words) -> str:
            done = self.server.meridian("doctor", *words, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            return done.stderr
        self.assertIn("there is no rule 'x'", refused("--ignore", "x"))
        self.assertIn("there is no hosted zone example.net", refused("--zone", "example.net"))
        self.assertIn("--no-live", refused("--admin", "http://127.0.0.1:1"))
        refused("--endpoint-url", "http://127.0.0.1:1")
        rules = self.server.meridian("doctor", "--list-rules").stdout
        self.assertIn("error    geolocation-without-default", rules)

    def test_the_text_fits_and_its_commands_can_be_pasted(self):
        self.apply(record("place.example.com", ONE, SetIdentifier="it's \"here\"", GeoLocation={"CountryCode": "US"}))
        for columns in (80, 132):
            done = subprocess.run(
                [BINARY, "doctor", "--ignore", "queries-not-logged"], capture_output=True, text=True, timeout=60, env={
                    **self.server.environment, "MERIDIAN_ADMIN": "http://%s:%d" % self.server.admin, "COLUMNS": str(columns)})
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), columns)
        lines = done.stdout.splitlines()
        first = next(at for at, line in enumerate(lines) if line.startswith("      aws "))
        self.run_shell(lines[first:lines.index("", first)])
        self.assertEqual(self.doctor(status=0)["errors"], 0)


if __name__ == "__main__":
    unittest.main()

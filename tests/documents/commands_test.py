#!/usr/bin/env python3
"""The commands that teaching material prints, through the AWS CLI, as printed but for ids: what
AWS accepts must work and be seen by dig, what AWS refuses must be refused the same way, and its corrected form must work.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402

ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "192.0.2.3"
HEALTH_CHECK = {"Type": "HTTP", "ResourcePath": "/health", "FullyQualifiedDomainName": "api.example.com", "Port": 80,
                "RequestInterval": 30, "FailureThreshold": 3, "MeasureLatency": True,
                "Regions": ["us-east-1", "us-west-2", "eu-west-1"]}
# Where an operator says that clients are: a block, its country and the Region that it is near.
AMERICAN, BRITISH, INDIAN = "198.18.1.0/24", "198.18.2.0/24", "198.18.3.0/24"
NETWORKS = [(AMERICAN, "US", "us-east-1"), (BRITISH, "GB", "eu-west-2"), (INDIAN, "IN", "ap-south-1")]


def create(name: str, identifier: str, value: str, **members) -> dict:
    return {"Action": "CREATE", "ResourceRecordSet": {
        "Name": f"{name}.example.com", "Type": "A", "SetIdentifier": identifier, "TTL": 60, "ResourceRecords": [{"Value": value}],
        **members}}


def traffic_policy(rules: dict) -> str:
    return json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "geolocation_rule", "Rules": rules,
                       "Endpoints": {"us_east_endpoint": {"Type": "value", "Value": ONE},
                                     "us_west_endpoint": {"Type": "value", "Value": TWO},
                                     "eu_endpoint": {"Type": "value", "Value": THREE}}})


US_RULE = {"RuleType": "weighted", "Items": [{"Weight": 80, "EndpointReference": "us_east_endpoint"},
                                             {"Weight": 20, "EndpointReference": "us_west_endpoint"}]}
# A rule type and members that the format does not have, a rule referred to as an endpoint, and one that is nowhere.
PRINTED = traffic_policy({
    "geolocation_rule": {"RuleType": "geolocation", "Locations": [
        {"CountryCode": "US", "EndpointReference": "us_weighted_rule"}, {"CountryCode": "GB", "EndpointReference": "eu_endpoint"},
        {"IsDefault": True, "EndpointReference": "default_weighted_rule"}]},
    "us_weighted_rule": US_RULE})
CORRECTED = traffic_policy({
    "geolocation_rule": {"RuleType": "geo", "Locations": [
        {"Country": "US", "RuleReference": "us_weighted_rule"}, {"Country": "GB", "EndpointReference": "eu_endpoint"},
        {"IsDefault": True, "RuleReference": "default_weighted_rule"}]},
    "us_weighted_rule": US_RULE,
    "default_weighted_rule": {"RuleType": "weighted", "Items": [{"Weight": 1, "EndpointReference": "eu_endpoint"}]}})


class Commands(unittest.TestCase):
    command = aws_commands()[-1]

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="meridian-documents-"))
        topology = pathlib.Path(folder) / "meridian.toml"
        topology.write_text("".join(f'[[client]]\ncidr = "{block}"\ncountry = "{country}"\nregion = "{region}"\n'
                                    for block, country, region in NETWORKS))
        # Nothing is probed: the endpoints are names on the Internet.
        cls.server = Server("--topology", str(topology), "--no-health-probes")
        cls.enterClassContext(cls.server)
        cls.zone = cls.route53("create-hosted-zone", "--name", "example.com", "--caller-reference", "hz-1640995200",
                               "--hosted-zone-config", "Comment=Production zone for example.com,PrivateZone=false")["HostedZone"]["Id"]

    @classmethod
    def run_aws(cls, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([cls.command, "--endpoint-url", cls.server.environment["AWS_ENDPOINT_URL"], "--output", "json",
                               *words], capture_output=True, text=True, env=cls.server.environment, timeout=60)

    @classmethod
    def aws(cls, *words: str) -> dict:
        done = cls.run_aws(*words)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    @classmethod
    def route53(cls, *words: str) -> dict:
        return cls.aws("route53", *words)

    def check(self, reference: str) -> str:
        return self.route53("create-health-check", "--caller-reference", reference, "--health-check-config",
                            json.dumps(HEALTH_CHECK))["HealthCheck"]["Id"]

    def change(self, *changes: dict):
        made = self.route53("change-resource-record-sets", "--hosted-zone-id", self.zone.removeprefix("/hostedzone/"),
                            "--change-batch", json.dumps({"Changes": changes}))
        self.route53("wait", "resource-record-sets-changed", "--id", made["ChangeInfo"]["Id"])

    def dig(self, name: str, *more: str) -> list[str]:
        return self.server.dig("+short", f"{name}.example.com", "A", *more).split()

    def test_weighted(self):
        self.change(create("api", "primary-us-east-1", ONE, Weight=80, HealthCheckId=self.check("hc-primary-1")),
                    create("api", "secondary-us-west-2", TWO, Weight=20, HealthCheckId=self.check("hc-secondary-1")))
        self.assertIn(self.dig("api"), [[ONE], [TWO]])
        client = DnsClient(self.server.dns)
        found: collections.Counter = client.tally("api.example.com", 1000)
        client.close()
        self.assertGreater(found[(ONE,)], 700)
        self.assertGreater(found[(TWO,)], 100)

    def test_latency(self):
        self.change(create("global", "us-east-1-latency", ONE, Region="us-east-1", HealthCheckId=self.check("hc-us")),
                    create("global", "eu-west-1-latency", THREE, Region="eu-west-1", HealthCheckId=self.check("hc-eu")))
        self.assertEqual(self.dig("global", f"+subnet={AMERICAN}"), [ONE])
        self.assertEqual(self.dig("global", f"+subnet={BRITISH}"), [THREE])

    def test_failover(self):
        check = self.check("hc-app")
        self.change(create("app", "primary-failover", ONE, Failover="PRIMARY", HealthCheckId=check),
                    create("app", "secondary-failover", TWO, Failover="SECONDARY"))
        self.assertEqual(self.dig("app"), [ONE])
        self.server.set_health(check, False)
        self.assertEqual(self.dig("app"), [TWO])
        self.server.set_health(check, True)
        self.assertEqual(self.dig("app"), [ONE])

    def test_a_primary_without_a_check_is_refused(self):
        done = self.run_aws("route53", "change-resource-record-sets", "--hosted-zone-id", self.zone, "--change-batch", json.dumps(
            {"Changes": [create("lone", "primary-failover", ONE, Failover="PRIMARY")]}))
        self.assertIn("A non-alias primary ResourceRecordSet must have an associated health check.", done.stderr)

    def test_traffic_flow(self):
        def policy(document: str) -> subprocess.CompletedProcess:
            return self.run_aws("route53", "create-traffic-policy", "--name", "global-app-routing", "--document", document, "--comment",
                            "Geolocation with weighted routing for global app")
        refused = policy(PRINTED)
        self.assertNotEqual(refused.returncode, 0, refused.stdout)
        self.assertIn("(InvalidTrafficPolicyDocument)", refused.stderr)
        self.assertIn("geolocation_rule", refused.stderr)

        made = policy(CORRECTED)
        self.assertEqual(made.returncode, 0, made.stderr)
        made = json.loads(made.stdout)["TrafficPolicy"]
        self.assertEqual(made["Version"], 1)
        self.route53("create-traffic-policy-instance", "--hosted-zone-id", self.zone.removeprefix("/hostedzone/"), "--name",
                     "flow.example.com", "--ttl", "300", "--traffic-policy-id", made["Id"], "--traffic-policy-version", "1")
        self.wait_for_answers("flow", {AMERICAN: {ONE, TWO}, BRITISH: {THREE}, INDIAN: {THREE}})

    def test_health_check_commands(self):
        check = self.check(f"hc-primary-{int(time.time())}")
        self.assertEqual(self.route53("get-health-check", "--health-check-id", check)["HealthCheck"]["HealthCheckConfig"],
                         {**HEALTH_CHECK, "Inverted": False, "Disabled": False, "EnableSNI": False})
        status = self.route53("get-health-check-status", "--health-check-id", check)
        self.assertEqual(status, {"HealthCheckObservations": []})  # nothing is probed here; tests/health does

    def refused(self, error: str, *words: str):
        done = self.run_aws(*words)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(error, done.stderr)

    def test_cloudfront_distribution(self):
        identity = self.aws("cloudfront", "create-cloud-front-origin-access-identity",
                            "--cloud-front-origin-access-identity-config", "CallerReference=site,Comment=site")
        identity = identity["CloudFrontOriginAccessIdentity"]["Id"]
        disabled_policy = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        printed = {
            "CallerReference": "cf-distribution-2024-001", "Aliases": {"Quantity": 1, "Items": ["cdn.example.com"]},
            "DefaultRootObject": "index.html",
            "Origins": {"Quantity": 2, "Items": [
                {"Id": "S3-my-website-bucket", "DomainName": "my-website-bucket.s3.amazonaws.com",
                 "S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E123456789ABCD"}},
                {"Id": "ALB-api-origin", "DomainName": "api.example.com",
                 "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "S3-my-website-bucket", "ViewerProtocolPolicy": "redirect-to-https",
                                     "CachePolicyId": disabled_policy, "Compress": True},
            "CacheBehaviors": {"Quantity": 1, "Items": [
                {"PathPattern": "/api/*", "TargetOriginId": "ALB-api-origin", "ViewerProtocolPolicy": "https-only",
                 "CachePolicyId": disabled_policy, "TTL": 0}]}}

        def create(config: dict) -> tuple[str, ...]:
            return "cloudfront", "create-distribution", "--distribution-config", json.dumps(config)
        # The CLI itself misses Comment and Enabled, and knows no TTL.
        self.refused('Missing required parameter in DistributionConfig: "Comment"', *create(printed))
        printed.update(Comment="", Enabled=True)
        del printed["CacheBehaviors"]["Items"][0]["TTL"]
        self.refused("(InvalidViewerCertificate)", *create(printed))
        del printed["Aliases"]
        self.refused("(InvalidOriginAccessIdentity)", *create(printed))
        origin = printed["Origins"]["Items"][0]["S3OriginConfig"]
        origin["OriginAccessIdentity"] = f"origin-access-identity/cloudfront/{identity}"
        made = self.aws(*create(printed))["Distribution"]
        self.refused("(NoSuchDistribution)", "cloudfront", "get-distribution", "--id", "E123456789ABCD")
        shown = self.aws("cloudfront", "get-distribution", "--id", made["Id"])["Distribution"]
        self.assertEqual(shown["DistributionConfig"]["CacheBehaviors"]["Items"][0]["PathPattern"], "/api/*")

        self.refused("(NoSuchDistribution)", "cloudfront", "create-invalidation", "--distribution-id", "EDFDVBD6EXAMPLE",
                     "--paths", "/*")
        for paths in (["/*"], ["/index.html", "/manifest.json", "/service-worker.js"]):
            batch = self.aws("cloudfront", "create-invalidation", "--distribution-id", made["Id"], "--paths", *paths)
            self.assertEqual(batch["Invalidation"]["InvalidationBatch"]["Paths"]["Items"], paths)

    def test_cloudfront_public_key(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        subprocess.run(["openssl", "genrsa", "-out", folder / "private_key.pem", "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-pubout", "-in", folder / "private_key.pem", "-out", folder / "public_key.pem"],
                       check=True, capture_output=True)
        key = (folder / "public_key.pem").read_text().rstrip("\n")  # as the shell's $(cat ...) gives it
        made = self.aws("cloudfront", "create-public-key", "--public-key-config",
                        f"Name=my-signing-key-2024,EncodedKey={key},CallerReference=my-ref-2024")["PublicKey"]
        self.assertEqual(made["PublicKeyConfig"]["Name"], "my-signing-key-2024")

    def test_query_logging(self):
        group, hour_ago = "/aws/route53/example.com", f"{int(time.time()) - 3600}000"
        arn = f"arn:aws:logs:us-east-1:{self.aws('sts', 'get-caller-identity')['Account']}:log-group:{group}"
        self.aws("logs", "create-log-group", "--log-group-name", group, "--region", "us-east-1")
        enable = ("route53", "create-query-logging-config", "--hosted-zone-id", self.zone.removeprefix("/hostedzone/"),
                  "--cloud-watch-logs-log-group-arn", arn)
        # What is printed leaves out the resource policy, without which AWS refuses.
        self.assertIn("(InsufficientCloudWatchLogsResourcePolicy)", self.run_aws(*enable).stderr)
        self.aws("logs", "put-resource-policy", "--policy-name", "route53", "--policy-document", json.dumps(
            {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"},
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{arn.rsplit('/', 1)[0]}/*"}]}))
        self.aws(*enable)

        def events(pattern: str) -> list[str]:
            found = self.aws("logs", "filter-log-events", "--log-group-name", group, "--start-time", hour_ago,
                             "--filter-pattern", pattern)
            return [event["message"] for event in found["events"]]
        for _ in range(100):  # a configuration and a line of it both arrive after their call was answered
            self.server.dig("error.example.com", "A")
            if lines := events("NXDOMAIN"):
                break
        self.assertIn(" error.example.com A NXDOMAIN UDP ", lines[0])
        self.assertEqual(events("ERROR"), [])

    def wait_for_answers(self, name: str, wanted: dict[str, set[str]]):
        """An instance is made after its call was answered."""
        for _ in range(400):
            found = {subnet: {each for _ in range(30) for each in self.ask(name, subnet)} for subnet in wanted}
            if found == wanted:
                return
        self.assertEqual(found, wanted)

    def ask(self, name: str, subnet: str) -> list[str]:
        client = DnsClient(self.server.dns)
        try:
            return client.query(f"{name}.example.com", subnet=subnet).addresses
        finally:
            client.close()


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`meridian explain dns`, `meridian diff`, dry runs and TestDNSAnswer against a running server: what is explained is what
`dig` gets, and a diff says what then happens."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import boto3
from botocore.exceptions import ClientError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402

TOPOLOGY = """
[[client]]
cidr = "198.18.0.0/17"
country = "DE"
latitude = 52.5
longitude = 13.4
[[client]]
cidr = "198.18.128.0/17"
country = "JP"
latitude = 35.7
longitude = 139.7
"""


def record(name: str, address: str, action: str = "UPSERT", **policy) -> dict:
    return {"Action": action, "ResourceRecordSet": {
        "Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}], **policy}}


class ExplainAndDiff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-diff-"))
        (cls.folder / "topology.toml").write_text(TOPOLOGY)
        cls.log = cls.folder / "queries"
        cls.server = Server("--topology", str(cls.folder / "topology.toml"), "--query-log", str(cls.log))
        cls.server.start()
        session = boto3.Session()
        key = [line.split(" = ")[1] for line in (cls.server.directory / "credentials").read_text().splitlines()
               if line.startswith("aws_")]
        cls.route53 = session.client("route53", region_name="us-east-1", endpoint_url=cls.server.environment["AWS_ENDPOINT_URL"],
                                     aws_access_key_id=key[0], aws_secret_access_key=key[1])
        cls.zone = cls.route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
        cls.apply(record("near.example.com", "192.0.2.1", SetIdentifier="eu", Region="eu-central-1"),
                  record("near.example.com", "192.0.2.2", SetIdentifier="ap", Region="ap-northeast-1"),
                  record("w.example.com", "192.0.2.3", SetIdentifier="blue", Weight=80),
                  record("w.example.com", "192.0.2.4", SetIdentifier="green", Weight=20),
                  record("www.example.com", "192.0.2.5"))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)
        shutil.rmtree(cls.server.directory, ignore_errors=True)

    @classmethod
    def apply(cls, *changes):
        made = cls.route53.change_resource_record_sets(HostedZoneId=cls.zone, ChangeBatch={"Changes": list(changes)})
        cls.route53.get_waiter("resource_record_sets_changed").wait(Id=made["ChangeInfo"]["Id"],
                                                                    WaiterConfig={"Delay": 1})

    def explain(self, *words) -> dict:
        return json.loads(self.server.meridian("explain", "dns", *words, "--output", "json").stdout)

    def diff(self, status: int, *words) -> dict:
        done = self.server.meridian("diff", "--zone", "example.com", *words, "--output", "json", check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def batch(self, *changes) -> str:
        path = self.folder / "batch.json"
        path.write_text(json.dumps({"Changes": list(changes)}))
        return f"file://{path}"

    def dig(self, name: str, subnet: str) -> list[str]:
        host, port = self.server.dns
        done = subprocess.run(["dig", f"@{host}", "-p", str(port), "+short", f"+subnet={subnet}", name],
                              capture_output=True, text=True, timeout=10)
        return done.stdout.split()

    def test_explain_is_what_dig_gets(self):
        for number in range(0, 256, 16):
            subnet = f"198.18.{number}.0/24"
            told = self.explain("near.example.com", "--subnet", subnet)
            self.assertEqual([each["value"] for each in told["answer"]["records"]], self.dig("near.example.com", subnet))
            client = next(step for step in told["steps"] if step["step"] == "client")
            self.assertEqual(client["country"], "DE" if number < 128 else "JP")
            self.assertEqual(told["answer"]["scope"], 17)

    def test_explain_from_a_region_and_with_shares(self):
        self.assertEqual(self.explain("near.example.com", "--region", "ap-southeast-2")["answer"]["records"][0]["value"],
                         "192.0.2.2")
        shares = self.explain("w.example.com", "--repeat", "1000")["shares"]
        self.assertEqual([(each["answer"], each["share"]) for each in shares],
                         [("A 192.0.2.3, TTL 60", 0.8), ("A 192.0.2.4, TTL 60", 0.2)])
        text = self.server.meridian("explain", "dns", "w.example.com").stdout
        self.assertRegex(text, r"candidate +blue +weight 80 .*\n +green +weight 20 ")
        refused = self.server.meridian("explain", "dns", "w.example.com", "--region", "moon-1", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("'moon-1' is not an AWS Region", refused.stderr)

    def test_a_diff_says_what_then_happens(self):
        same = self.diff(0, "--change-batch", self.batch(record("www.example.com", "192.0.2.5")))
        self.assertEqual((same["verdict"], same["changed_share"]), ("same", 0))

        change = record("near.example.com", "192.0.2.6", SetIdentifier="us", Region="us-east-1")
        report = self.diff(0, "--change-batch", self.batch(change))
        self.assertEqual(report["changed_share"], 0, "nobody known is nearer to Virginia")
        change = record("near.example.com", "192.0.2.7", SetIdentifier="ap", Region="ap-northeast-1")
        report = self.diff(1, "--change-batch", self.batch(change))
        self.assertEqual(report["changed_share"], 0.5)
        move = report["questions"][0]["moves"][0]
        self.assertEqual((move["from"], move["to"]), ("A 192.0.2.2, TTL 60", "A 192.0.2.7, TTL 60"))
        self.assertEqual(self.dig("near.example.com", "198.18.200.0/24"), ["192.0.2.2"], "a diff changes nothing")

        weights = record("w.example.com", "192.0.2.4", SetIdentifier="green", Weight=80)
        self.assertAlmostEqual(self.diff(1, "--change-batch", self.batch(weights))["changed_share"], 0.3, 2)

    def test_every_error_has_its_place(self):
        report = self.diff(2, "--change-batch", self.batch(
            record("www.example.com", "192.0.2.5"), record("www.example.org", "192.0.2.5"), record("x.example.com", "x")))
        self.assertEqual([each["index"] for each in report["errors"]], [1, 2])
        self.assertNotIn("questions", report)

        path = self.folder / "zone"
        path.write_text("$ORIGIN example.com.\n$TTL 60\nwww A 192.0.2.8\nnear A 192.0.2.8\n")
        report = self.diff(2, "--zone-file", str(path))
        self.assertEqual([each["line"] for each in report["errors"]], [4], "a name has one policy")
        self.assertEqual([(each["name"], each["changed_share"]) for each in report["questions"]], [("www.example.com.", 1)])

    def test_a_query_log_is_the_population(self):
        client = DnsClient(self.server.dns)
        for name, count in (("www.example.com", 3), ("w.example.com", 1)):
            for _ in range(count):
                client.ask(name)
        client.close()
        end = time.monotonic() + 10
        while " w.example.com A " not in (text := self.log.read_text()) and time.monotonic() < end:
            time.sleep(0.01)
        only = self.folder / "some"
        only.write_text("".join(line for line in text.splitlines(True) if " 127.0.0.1 -" in line))
        report = self.diff(1, "--query-log", str(only), "--change-batch", self.batch(record("www.example.com", "192.0.2.9")))
        counts = {name: only.read_text().count(f" {name} A ") for name in ("www.example.com", "w.example.com")}
        self.assertAlmostEqual(report["changed_share"], counts["www.example.com"] / sum(counts.values()))

    def test_a_new_document_for_a_traffic_policy(self):
        def document(*weights: int) -> str:
            return json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "split", "Endpoints": {
                f"e{i}": {"Type": "value", "Value": f"192.0.2.{20 + i}"} for i in range(len(weights))}, "Rules": {
                "split": {"RuleType": "weighted", "Items": [{"Weight": str(weight), "EndpointReference": f"e{i}"}
                                                            for i, weight in enumerate(weights)]}}})

        def diff(status: int, text: str) -> dict:
            (self.folder / "document.json").write_text(text)
            done = self.server.meridian("diff", "--traffic-policy-instance", instance, "--document",
                                        str(self.folder / "document.json"), "--output", "json", check=False)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return json.loads(done.stdout)

        policy = self.route53.create_traffic_policy(Name="split", Document=document(50, 50))["TrafficPolicy"]
        instance = self.route53.create_traffic_policy_instance(
            HostedZoneId=self.zone, Name="flow.example.com", TTL=60, TrafficPolicyId=policy["Id"],
            TrafficPolicyVersion=1)["TrafficPolicyInstance"]["Id"]
        self.assertEqual(diff(0, document(50, 50))["verdict"], "same")
        report = diff(1, document(50, 30, 20))
        self.assertAlmostEqual(report["changed_share"], 0.2, 2)
        self.assertEqual([each["name"] for each in report["questions"]], ["flow.example.com."])
        self.assertEqual([each["code"] for each in diff(2, "{}")["errors"]], ["InvalidTrafficPolicyDocument"])
        self.assertEqual(len(self.route53.list_traffic_policy_versions(Id=policy["Id"])["TrafficPolicies"]), 1)

    def test_any_call_can_be_tried(self):
        seen = {}

        def ask_for_it(request, **_):
            request.headers["x-meridian-dry-run"] = "true"

        def remember(http_response, **_):
            seen.update(http_response.headers)

        events = self.route53.meta.events
        events.register("before-sign.route53.*", ask_for_it, "ask")
        events.register("needs-retry.route53.*", lambda response, **_: seen.update(response[0].headers) if response else None,
                        "remember")
        try:
            self.route53.create_hosted_zone(Name="tried.test", CallerReference="tried")
            self.assertEqual(seen["x-meridian-dry-run"], "true")
            changes = json.loads(seen["x-meridian-would-change"])
            self.assertIn(("put", "tried.test.", "NS"), [(each["action"], each.get("name"), each.get("type")) for each in changes])
            with self.assertRaises(ClientError):
                self.apply(record("www.example.com", "192.0.2.5"), record("a.example.org", "192.0.2.5"))
            self.assertEqual(seen["x-meridian-refused-items"], "1")
        finally:
            events.unregister("before-sign.route53.*", unique_id="ask")
            events.unregister("needs-retry.route53.*", unique_id="remember")
        names = [zone["Name"] for zone in self.route53.list_hosted_zones()["HostedZones"]]
        self.assertEqual(names, ["example.com."])

    def test_test_dns_answer(self):
        def ask(**more):
            answer = self.route53.test_dns_answer(HostedZoneId=self.zone, RecordName="near.example.com", RecordType="A", **more)
            self.assertEqual((answer["ResponseCode"], answer["Protocol"], answer["RecordName"]),
                             ("NOERROR", "UDP", "near.example.com"))
            return answer["RecordData"]
        self.assertEqual(ask(EDNS0ClientSubnetIP="198.18.200.7"), ["192.0.2.2"])
        self.assertEqual(ask(ResolverIP="198.18.0.1"), ["192.0.2.1"])
        self.assertEqual(ask(ResolverIP="198.18.0.1", EDNS0ClientSubnetIP="198.18.200.7", EDNS0ClientSubnetMask="32"),
                         ["192.0.2.2"])
        with self.assertRaises(ClientError) as refused:
            ask(EDNS0ClientSubnetIP="198.18.200.7", EDNS0ClientSubnetMask="33")
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidInput")


if __name__ == "__main__":
    unittest.main()

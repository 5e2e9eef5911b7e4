#!/usr/bin/env python3
"""Traffic policies and instances, made with the stock AWS CLI and asked by clients of known places."""
import json
import pathlib
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import aws_commands  # noqa: E402
from policy_server import ZONE, PolicyServer  # noqa: E402
from world import World  # noqa: E402

def value(address: str) -> dict:
    return {"Type": "value", "Value": address}


BY_COUNTRY = {
    "AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "where",
    "Rules": {
        "where": {"RuleType": "geo", "Locations": [{"Country": "US", "RuleReference": "shares"},
                                                   {"Country": "GB", "EndpointReference": "britain"},
                                                   {"IsDefault": True, "RuleReference": "shares"}]},
        "shares": {"RuleType": "weighted", "Items": [{"Weight": 60, "EndpointReference": "east"},
                                                     {"Weight": 40, "EndpointReference": "west"}]}},
    "Endpoints": {"east": value("192.0.2.1"), "west": value("192.0.2.2"), "britain": value("192.0.2.3")}}


class TrafficFlow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PolicyServer(World(), "--traffic-policy-instances-max", "20")
        cls.enterClassContext(cls.server)
        cls.server.client.make_zone()
        cls.new_york = next(str(block) for block, city in cls.server.world.clients if city.name == "NewYork")
        cls.london = next(str(block) for block, city in cls.server.world.clients if city.name == "London")
        cls.berlin = next(str(block) for block, city in cls.server.world.clients if city.name == "Berlin")

    def aws(self, *words: str, fails: str | None = None):
        done = subprocess.run([aws_commands()[0], "--output", "json", "route53", *words, "--endpoint-url",
                               self.server.environment["AWS_ENDPOINT_URL"]],
                              capture_output=True, text=True, env=self.server.environment, timeout=60)
        if fails is not None:
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn(fails, done.stderr)
            return done.stderr
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def document(self, document: dict) -> str:
        path = self.server.directory / f"document-{time.time_ns()}.json"
        path.write_text(json.dumps(document, indent=2))
        return f"file://{path}"

    def make_policy(self, name: str, document: dict) -> str:
        made = self.aws("create-traffic-policy", "--name", name, "--document", self.document(document), "--comment", "a test")
        self.assertEqual(made["TrafficPolicy"]["Version"], 1)
        self.assertEqual(json.loads(made["TrafficPolicy"]["Document"]), document)
        return made["TrafficPolicy"]["Id"]

    def make_instance(self, name: str, policy: str, version: int = 1) -> str:
        made = self.aws("create-traffic-policy-instance", "--hosted-zone-id", self.server.client.zone, "--name", f"{name}.{ZONE}",
                        "--ttl", "17", "--traffic-policy-id", policy, "--traffic-policy-version", str(version))
        self.wait_until_applied(made["TrafficPolicyInstance"]["Id"])
        return made["TrafficPolicyInstance"]["Id"]

    def wait_until_applied(self, instance: str):
        for _ in range(400):
            shown = self.server.client.api.get_traffic_policy_instance(Id=instance)["TrafficPolicyInstance"]
            if shown["State"] == "Applied":
                return
            time.sleep(0.01)
        self.fail(f"the instance is still {shown['State']}")

    def update(self, instance: str, policy: str, version: int):
        self.aws("update-traffic-policy-instance", "--id", instance, "--ttl", "17", "--traffic-policy-id", policy,
                 "--traffic-policy-version", str(version))

    def dig(self, name: str, subnet: str) -> set[str]:
        """Of twenty answers: a weighted rule has several."""
        words = [f"{name}.{ZONE}", "A", f"+subnet={subnet}"] * 20
        return set(self.server.dig("+short", *words).split())

    def check(self, name: str) -> str:
        return self.server.client.make_health_check(name)

    def test_two_places_share_a_rule(self):
        self.make_instance("global", self.make_policy("global", BY_COUNTRY))
        self.assertEqual(self.dig("global", self.london), {"192.0.2.3"})
        for client in (self.new_york, self.berlin):
            self.assertEqual(self.dig("global", client), {"192.0.2.1", "192.0.2.2"})
        self.assertEqual(self.server.dig(f"global.{ZONE}", "A", f"+subnet={self.london}", "+noall", "+answer").split()[1], "17")

    def test_a_document_is_refused_element_by_element(self):
        document = json.loads(json.dumps(BY_COUNTRY))
        document["Rules"]["where"]["Locations"][0] = {"CountryCode": "US", "EndpointReference": "shares"}
        said = self.aws("create-traffic-policy", "--name", "wrong", "--document", self.document(document),
                        fails="(InvalidTrafficPolicyDocument)")
        self.assertIn("where: Locations[0]: CountryCode is not an element of the format", said)
        self.assertIn(";where: Locations[0]: EndpointReference must be the ID of an endpoint, but shares is a rule.", said)

    def test_failover_over_geo_over_weighted_follows_client_and_health(self):
        main, europe = self.check("main"), [self.check("europe 0"), self.check("europe 1")]
        self.make_instance("nested", self.make_policy("nested", {
            "AWSPolicyFormatVersion": "2023-05-09", "RecordType": "A", "StartRule": "fail",
            "Endpoints": {"us": value("192.0.2.1"), "eu0": value("192.0.2.2"), "eu1": value("192.0.2.3"), "sorry": value("192.0.2.9")},
            "Rules": {
                "fail": {"RuleType": "failover", "Primary": {"RuleReference": "where", "HealthCheck": main},
                         "Secondary": {"EndpointReference": "sorry"}},
                "where": {"RuleType": "geo", "Locations": [{"RuleReference": "europe", "Continent": "EU"},
                                                           {"EndpointReference": "us", "IsDefault": "true"}]},
                "europe": {"RuleType": "weighted", "Items": [
                    {"EndpointReference": f"eu{n}", "Weight": "5", "HealthCheck": europe[n]} for n in (0, 1)]}}}))
        self.assertEqual(self.dig("nested", self.berlin), {"192.0.2.2", "192.0.2.3"})
        self.assertEqual(self.dig("nested", self.new_york), {"192.0.2.1"})
        self.server.set_health(europe[0], False)
        self.assertEqual(self.dig("nested", self.berlin), {"192.0.2.3"})
        self.server.set_health(europe[1], False)
        self.assertEqual(self.dig("nested", self.berlin), {"192.0.2.1"}, "the default of the rule above")
        self.server.set_health(main, False)
        for client in (self.berlin, self.new_york):
            self.assertEqual(self.dig("nested", client), {"192.0.2.9"})
        for check in (main, *europe):
            self.server.set_health(check, True)
        self.assertEqual(self.dig("nested", self.berlin), {"192.0.2.2", "192.0.2.3"})

    def test_what_lies_below_is_hidden(self):
        instance = self.make_instance("hidden", self.make_policy("hidden", BY_COUNTRY))
        listed = self.aws("list-resource-record-sets", "--hosted-zone-id", self.server.client.zone)["ResourceRecordSets"]
        mine = [each for each in listed if each.get("TrafficPolicyInstanceId") == instance]
        self.assertEqual(mine, [{"Name": f"hidden.{ZONE}.", "Type": "A", "TrafficPolicyInstanceId": instance}])
        self.assertFalse([each for each in listed if instance in each["Name"]])
        for name in (instance, f"0-where.{instance}"):
            self.assertIn("NXDOMAIN", self.server.dig(f"{name}.{ZONE}", "A"))

    def test_every_record_type_and_the_apex(self):
        head = {"AWSPolicyFormatVersion": "2015-10-01", "StartRule": "r"}
        many = {"r": {"RuleType": "multivalue", "Items": [{"EndpointReference": "a"}, {"EndpointReference": "b"}]}}
        heavy = {"r": {"RuleType": "weighted", "Items": [{"EndpointReference": "a", "Weight": 1}, {"EndpointReference": "b", "Weight": 0}]}}
        self.make_instance("mail", self.make_policy("mail", {**head, "RecordType": "MX", "Rules": many, "Endpoints": {
            "a": value("10 mx1.example.net"), "b": value("20 mx2.example.net")}}))
        self.assertEqual(set(self.server.dig(f"mail.{ZONE}", "MX", "+short").splitlines()), {"10 mx1.example.net.", "20 mx2.example.net."})
        self.make_instance("other", self.make_policy("other", {**head, "RecordType": "CNAME", "Rules": heavy, "Endpoints": {
            "a": value("one.example.net"), "b": value("two.example.net")}}))
        self.assertEqual(self.server.dig(f"other.{ZONE}", "A", "+short").split(), ["one.example.net."])
        policy = self.make_policy("apex", {**head, "RecordType": "AAAA", "Rules": heavy, "Endpoints": {
            "a": value("2001:db8::1"), "b": value("2001:db8::2")}})
        made = self.server.client.api.create_traffic_policy_instance(
            HostedZoneId=self.server.client.zone, Name=ZONE, TTL=5, TrafficPolicyId=policy, TrafficPolicyVersion=1)
        self.wait_until_applied(made["TrafficPolicyInstance"]["Id"])
        self.assertEqual(self.server.dig(ZONE, "AAAA", "+short").split(), ["2001:db8::1"])

    def test_an_update_changes_all_answers_at_once(self):
        def version(addresses):
            return {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "all",
                    "Endpoints": {f"e{n}": value(each) for n, each in enumerate(addresses)},
                    "Rules": {"all": {"RuleType": "multivalue", "Items": [{"EndpointReference": f"e{n}"} for n in range(len(addresses))]}}}
        old, new = ({f"192.0.2.{first + n}" for n in range(4)} for first in (10, 20))
        policy = self.make_policy("rolling", version(sorted(old)))
        self.aws("create-traffic-policy-version", "--id", policy, "--document", self.document(version(sorted(new))))
        instance = self.make_instance("rolling", policy)
        answers, ended = [], threading.Event()

        def ask():
            client = DnsClient(self.server.dns, timeout=3)
            while not ended.is_set():
                answers.append(frozenset(client.query(f"rolling.{ZONE}").addresses))
            client.close()
        asking = threading.Thread(target=ask)
        asking.start()
        for number in (2, 1, 2):
            time.sleep(0.1)
            self.update(instance, policy, number)
            self.wait_until_applied(instance)
            self.assertEqual(self.dig("rolling", self.berlin), new if number == 2 else old)
        ended.set()
        asking.join()
        self.assertEqual(set(answers), {frozenset(old), frozenset(new)}, "never anything between, never nothing")
        self.aws("update-traffic-policy-instance", "--id", instance, "--ttl", "1", "--traffic-policy-id",
                 self.make_policy("six", {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "AAAA", "StartEndpoint": "e",
                                          "Endpoints": {"e": value("2001:db8::1")}}),
                 "--traffic-policy-version", "1", fails="(ConflictingTypes)")
        self.aws("delete-traffic-policy", "--id", policy, "--traffic-policy-version", "2", fails="(TrafficPolicyInUse)")
        self.aws("delete-traffic-policy-instance", "--id", instance)
        self.assertIn("NXDOMAIN", self.server.dig(f"rolling.{ZONE}", "A"))
        self.aws("delete-traffic-policy", "--id", policy, "--traffic-policy-version", "2")

    def test_instances_outlive_a_restart(self):
        self.make_instance("lasting", self.make_policy("lasting", BY_COUNTRY))
        self.server.stop()
        self.server.start()
        self.assertEqual(self.dig("lasting", self.london), {"192.0.2.3"})


if __name__ == "__main__":
    unittest.main()

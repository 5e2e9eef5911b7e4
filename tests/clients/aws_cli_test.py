#!/usr/bin/env python3
"""The stock AWS CLI, every version on this machine, against a real server; `dig` sees what it made."""
import json
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from aws_clients import OneServerCase  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402


class AwsCli(OneServerCase):
    def route53(self, *words: str, **more):
        return self.aws("route53", *words, **more)

    def make_zone(self, name: str):
        made = self.route53("create-hosted-zone", "--name", name, "--caller-reference", f"{name}-{time.time_ns()}",
                            "--hosted-zone-config", f"Comment=Production zone for {name},PrivateZone=false")
        return made["HostedZone"]["Id"], made

    def change(self, zone: str, action: str, fails: str | None = None, **record_set):
        return self.route53("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
                            json.dumps({"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}), fails=fails)

    def test_a_zone_and_a_record_reach_dig(self):
        zone, made = self.make_zone("example.com")
        self.assertRegex(zone, r"^/hostedzone/Z[0-9A-Z]{12,31}$")
        self.assertEqual(made["HostedZone"]["Name"], "example.com.")
        self.assertEqual(made["HostedZone"]["ResourceRecordSetCount"], 2)
        servers = made["DelegationSet"]["NameServers"]
        self.assertEqual(sorted(name.split(".", 2)[2] for name in servers), ["co.uk", "com", "net", "org"])
        self.route53("wait", "resource-record-sets-changed", "--id", made["ChangeInfo"]["Id"])
        asked = self.server.dig("example.com", "NS", "+short").split()
        self.assertEqual(sorted(asked), sorted(name + "." for name in servers))

        changed = self.change(zone.removeprefix("/hostedzone/"), "CREATE", Name="www.example.com", Type="A", TTL=300,
                              ResourceRecords=[{"Value": "192.0.2.1"}])
        self.assertEqual(changed["ChangeInfo"]["Status"], "PENDING")
        self.route53("wait", "resource-record-sets-changed", "--id", changed["ChangeInfo"]["Id"])
        self.assertEqual(self.route53("get-change", "--id", changed["ChangeInfo"]["Id"])["ChangeInfo"]["Status"], "INSYNC")
        answer = self.server.dig("www.example.com", "A")
        self.assertRegex(answer, r"www\.example\.com\.\s+300\s+IN\s+A\s+192\.0\.2\.1")
        self.assertRegex(answer, r"flags: [a-z ]*\baa\b")

        self.change(zone, "CREATE", fails="Tried to create resource record set [name='www.example.com.', type='A'] "
                    "but it already exists", Name="www.example.com", Type="A", TTL=300,
                    ResourceRecords=[{"Value": "192.0.2.1"}])
        self.route53("delete-hosted-zone", "--id", zone, fails="HostedZoneNotEmpty")
        self.change(zone, "DELETE", Name="www.example.com", Type="A", TTL=300, ResourceRecords=[{"Value": "192.0.2.1"}])
        deleted = self.route53("delete-hosted-zone", "--id", zone)
        self.route53("wait", "resource-record-sets-changed", "--id", deleted["ChangeInfo"]["Id"])
        self.assertIn("status: REFUSED", self.server.dig("www.example.com", "A"))
        self.route53("get-hosted-zone", "--id", zone, fails="NoSuchHostedZone")

    def test_every_type_of_record(self):
        zone, _ = self.make_zone("types.test")
        values = {
            "A": "192.0.2.7", "AAAA": "2001:db8::7", "CNAME": "target.types.test", "MX": "10 mail.types.test",
            "TXT": '"one two" "three"', "SPF": '"v=spf1 -all"', "PTR": "www.types.test", "NS": "ns1.elsewhere.test",
            "SRV": "1 10 5269 xmpp.types.test", "NAPTR": '100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp.types.test',
            "CAA": '0 issue "ca.example.net"',
            "DS": "12345 13 2 123456789abcdef67890123456789abcdef67890123456789abcdef678901234",
            "TLSA": "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "SSHFP": "1 1 0123456789abcdef0123456789abcdef01234567",
            "SVCB": "1 svc.types.test alpn=h2 port=8443", "HTTPS": "1 . alpn=h3,h2 ipv4hint=192.0.2.9",
        }
        changes = []
        for kind, value in values.items():
            changes.append({"Action": "CREATE", "ResourceRecordSet": {
                "Name": f"{kind.lower()}.types.test", "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}})
        # A DS stands only beside a delegation.
        changes.append({"Action": "CREATE", "ResourceRecordSet": {
            "Name": "ds.types.test", "Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns1.elsewhere.test"}]}})
        made = self.route53("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
                            json.dumps({"Changes": changes}))
        self.route53("wait", "resource-record-sets-changed", "--id", made["ChangeInfo"]["Id"])
        listed = self.route53("list-resource-record-sets", "--hosted-zone-id", zone)["ResourceRecordSets"]
        self.assertEqual({r["Type"] for r in listed}, set(values) | {"SOA"})
        for kind in values:
            with self.subTest(kind):
                number = {"SPF": "TYPE99", "SVCB": "SVCB", "HTTPS": "HTTPS"}.get(kind, kind)
                answer = self.server.dig(f"{kind.lower()}.types.test", number, "+noall", "+answer", "+authority")
                self.assertIn(f"{kind.lower()}.types.test.", answer)

    def health_check(self) -> str:
        """One that probes nothing."""
        made = self.route53("create-health-check", "--caller-reference", f"{time.time_ns()}", "--health-check-config",
                            json.dumps({"Type": "CALCULATED", "ChildHealthChecks": [], "HealthThreshold": 0}))
        return made["HealthCheck"]["Id"]

    def served(self, change: str):
        """Asks more often than `aws route53 wait`, which waits 30 seconds between two questions."""
        deadline = time.monotonic() + 30
        while self.route53("get-change", "--id", change)["ChangeInfo"]["Status"] != "INSYNC":
            self.assertLess(time.monotonic(), deadline, "the change is still pending")

    def routed(self, zone: str, name: str, *record_sets: dict, fails: str | None = None):
        """One batch that creates record sets of one name; once it is served, what is listed of them."""
        changes = [{"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": "A", "TTL": 60, **record_set}}
                   for record_set in record_sets]
        done = self.route53("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
                            json.dumps({"Changes": changes}), fails=fails)
        if fails is None:
            self.served(done["ChangeInfo"]["Id"])
        listed = self.route53("list-resource-record-sets", "--hosted-zone-id", zone)["ResourceRecordSets"]
        return [record_set for record_set in listed if record_set["Name"] == name + "."]

    def test_record_sets_with_routing_policies(self):
        zone, _ = self.make_zone("routed.test")
        first, second = self.health_check(), self.health_check()

        weighted = self.routed(
            zone, "api.routed.test",
            {"SetIdentifier": "primary-us-east-1", "Weight": 80, "ResourceRecords": [{"Value": "192.0.2.1"}],
             "HealthCheckId": first},
            {"SetIdentifier": "secondary-us-west-2", "Weight": 20, "ResourceRecords": [{"Value": "192.0.2.2"}],
             "HealthCheckId": second})
        self.assertEqual([(s["SetIdentifier"], s["Weight"], s["HealthCheckId"]) for s in weighted],
                         [("primary-us-east-1", 80, first), ("secondary-us-west-2", 20, second)])
        self.assertRegex(self.server.dig("api.routed.test", "A", "+noall", "+answer"),
                         r"^api\.routed\.test\.\s+60\s+IN\s+A\s+192\.0\.2\.[12]\n$")

        latency = self.routed(
            zone, "global.routed.test",
            {"SetIdentifier": "us-east-1-latency", "Region": "us-east-1", "ResourceRecords": [{"Value": "192.0.2.1"}],
             "HealthCheckId": first},
            {"SetIdentifier": "eu-west-1-latency", "Region": "eu-west-1", "ResourceRecords": [{"Value": "192.0.2.3"}]})
        self.assertEqual([s["Region"] for s in latency], ["eu-west-1", "us-east-1"])
        self.assertIn(self.server.dig("global.routed.test", "A", "+short"), ("192.0.2.1\n", "192.0.2.3\n"))

        failover = self.routed(
            zone, "app.routed.test",
            {"SetIdentifier": "primary-failover", "Failover": "PRIMARY", "ResourceRecords": [{"Value": "192.0.2.1"}],
             "HealthCheckId": first},
            {"SetIdentifier": "secondary-failover", "Failover": "SECONDARY",
             "ResourceRecords": [{"Value": "192.0.2.2"}]})
        self.assertEqual([s["Failover"] for s in failover], ["PRIMARY", "SECONDARY"])
        self.assertEqual(self.server.dig("app.routed.test", "A", "+short"), "192.0.2.1\n")

        one = {"SetIdentifier": "s", "ResourceRecords": [{"Value": "192.0.2.9"}]}
        self.routed(zone, "api.routed.test", {**one, "Region": "us-east-1"}, fails="because a non-latency RRSet")
        self.routed(zone, "new.routed.test", {**one, "Failover": "PRIMARY"},
                    fails="A non-alias primary ResourceRecordSet must have an associated health check. No changes made.")
        self.routed(zone, "new.routed.test", {**one, "Weight": 1, "HealthCheckId": "12345678-1234-1234-1234-123456789012"},
                    fails="NoSuchHealthCheck")
        self.routed(zone, "new.routed.test", one, fails="but found none in Change with [Action=CREATE, Name=new.routed.test")
        for record_set in weighted:
            self.change(zone, "DELETE", **record_set)

    def test_cidr_collections(self):
        zone, _ = self.make_zone("cidr.test")
        made = self.route53("create-cidr-collection", "--name", "offices", "--caller-reference", "1")["Collection"]
        self.assertEqual(made["Arn"], f"arn:aws:route53:::cidrcollection/{made['Id']}")
        self.route53("change-cidr-collection", "--id", made["Id"], "--collection-version", "1", "--changes",
                     "LocationName=berlin,Action=PUT,CidrList=192.0.2.0/24,2001:db8::/48")
        self.route53("change-cidr-collection", "--id", made["Id"], "--collection-version", "1", "--changes",
                     "LocationName=berlin,Action=PUT,CidrList=198.51.100.0/24",
                     fails="CidrCollectionVersionMismatchException")
        self.assertEqual(self.route53("list-cidr-locations", "--collection-id", made["Id"])["CidrLocations"],
                         [{"LocationName": "berlin"}])
        blocks = self.route53("list-cidr-blocks", "--collection-id", made["Id"], "--location-name", "berlin")["CidrBlocks"]
        self.assertEqual({b["CidrBlock"] for b in blocks}, {"192.0.2.0/24", "2001:db8::/48"})
        config = {"CollectionId": made["Id"], "LocationName": "berlin"}
        record_set = {"SetIdentifier": "b", "CidrRoutingConfig": config, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        self.assertEqual(self.routed(zone, "www.cidr.test", record_set)[0]["CidrRoutingConfig"], config)
        self.assertEqual(self.server.dig("www.cidr.test", "A", "+short", "+subnet=192.0.2.0/24"), "192.0.2.1\n")
        self.assertEqual(self.server.dig("www.cidr.test", "A", "+short", "+subnet=198.51.100.0/24"), "")
        self.route53("delete-cidr-collection", "--id", made["Id"], fails="CidrCollectionInUseException")
        self.change(zone, "DELETE", Name="www.cidr.test", Type="A", TTL=60, **record_set)
        self.route53("change-cidr-collection", "--id", made["Id"], "--changes",
                     "LocationName=berlin,Action=DELETE_IF_EXISTS,CidrList=192.0.2.0/24,2001:db8::/48")
        self.route53("delete-cidr-collection", "--id", made["Id"])
        self.assertEqual(self.route53("list-cidr-collections")["CidrCollections"], [])

    def test_geolocations(self):
        self.assertEqual(self.route53("get-geo-location", "--country-code", "US", "--subdivision-code", "CA"),
                         {"GeoLocationDetails": {"CountryCode": "US", "CountryName": "United States",
                                                 "SubdivisionCode": "CA", "SubdivisionName": "California"}})
        self.route53("get-geo-location", "--country-code", "BV", fails="NoSuchGeoLocation")
        listed = self.route53("list-geo-locations", "--max-items", "500")
        self.assertEqual(listed["GeoLocationDetailsList"][0], {"CountryCode": "*", "CountryName": "Default"})
        self.assertEqual(listed["GeoLocationDetailsList"][-1]["ContinentCode"], "SA")

    def test_sts_and_iam(self):
        me = self.aws("sts", "get-caller-identity")
        self.assertRegex(me["Account"], r"^\d{12}$")
        self.aws("iam", "create-user", "--user-name", "deployer")
        key = self.aws("iam", "create-access-key", "--user-name", "deployer")["AccessKey"]
        other = {**self.server.environment, "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                 "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        other.pop("AWS_PROFILE")
        done = subprocess.run([self.command, "--endpoint-url", other["AWS_ENDPOINT_URL"], "--output", "json", "sts",
                               "get-caller-identity"], capture_output=True, text=True, env=other, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(json.loads(done.stdout)["Arn"].endswith(":user/deployer"))
        other["AWS_SECRET_ACCESS_KEY"] = "wrong" + key["SecretAccessKey"][5:]
        done = subprocess.run([self.command, "--endpoint-url", other["AWS_ENDPOINT_URL"], "sts", "get-caller-identity"],
                              capture_output=True, text=True, env=other, timeout=60)
        self.assertIn("SignatureDoesNotMatch", done.stderr)

    def test_what_is_absent_says_so(self):
        self.route53("enable-hosted-zone-dnssec", "--hosted-zone-id", "Z123", fails="NotImplemented")

    def test_paging_through_the_cli(self):
        zone, _ = self.make_zone("pages.test")
        changes = [{"Action": "CREATE", "ResourceRecordSet": {"Name": f"n{i:03}.pages.test", "Type": "A", "TTL": 60,
                    "ResourceRecords": [{"Value": f"192.0.2.{i % 250}"}]}} for i in range(700)]
        self.route53("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
                     json.dumps({"Changes": changes}))
        listed = self.route53("list-resource-record-sets", "--hosted-zone-id", zone)["ResourceRecordSets"]
        self.assertEqual(len(listed), 702)
        self.assertEqual(len(self.route53("list-resource-record-sets", "--hosted-zone-id", zone, "--max-items", "7")
                             ["ResourceRecordSets"]), 7)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for command in aws_commands():
        version = subprocess.run([command, "--version"], capture_output=True, text=True).stdout.split()[0]
        case = type(f"AwsCli[{version}]", (AwsCli,), {"command": command})
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()

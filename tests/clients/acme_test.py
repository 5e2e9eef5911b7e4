#!/usr/bin/env python3
"""Certificates of ACM that an ACME server issues: it looks for the proofs in this server's DNS, and every step survives
kill -9. `tests/acme_server.py` plays it and checks what RFC 8555 has a server check."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from acme_server import AcmeServer  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402


class Acme(unittest.TestCase):
    command = aws_commands()[-1]

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.acme = self.enterContext(AcmeServer(self.folder, ("127.0.0.1", 0)))
        self.server = Server("--acme-directory", self.acme.directory, "--acme-trust", str(self.folder / "acme-root.pem"),
                             "--acme-contact", "ops@example.com")
        self.addCleanup(self.server.__exit__)
        self.start()

    def start(self):
        self.server.start()
        self.acme.dns = self.server.dns

    def aws(self, *words: str):
        done = subprocess.run([self.command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"], "--output", "json",
                               *words], capture_output=True, text=True, env=self.server.environment, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def describe(self, arn: str):
        return self.aws("acm", "describe-certificate", "--certificate-arn", arn)["Certificate"]

    def zone(self, name: str) -> str:
        return self.aws("route53", "create-hosted-zone", "--name", name, "--caller-reference", name)["HostedZone"]["Id"]

    def upsert(self, zone: str, name: str, kind: str, value: str, ttl: int = 60):
        self.aws("route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(
            {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": ttl,
                                                                    "ResourceRecords": [{"Value": value}]}}]}))

    def request(self, zone: str, *names: str) -> str:
        more = ["--subject-alternative-names", *names[1:]] if names[1:] else []
        arn = self.aws("acm", "request-certificate", "--domain-name", names[0], "--validation-method", "DNS",
                       "--key-algorithm", "EC_prime256v1", *more)["CertificateArn"]
        for each in self.describe(arn)["DomainValidationOptions"]:
            self.upsert(zone, each["ResourceRecord"]["Name"], "CNAME", each["ResourceRecord"]["Value"])
        return arn

    def until(self, holds, seconds: float = 60):
        started = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - started, seconds, self.server.log_text()[-3000:])
            time.sleep(0.1)

    def names_in(self, zone: str) -> list[str]:
        sets = self.aws("route53", "list-resource-record-sets", "--hosted-zone-id", zone)["ResourceRecordSets"]
        return [each["Name"] for each in sets if each["Name"].startswith("_acme-challenge")]

    def test_issued_with_proofs_in_our_dns(self):
        zone = self.zone("example.com")
        self.upsert(zone, "_acme-challenge.example.com", "TXT", '"of somebody else"', 300)
        arn = self.request(zone, "example.com", "*.example.com", "www.example.com")
        self.until(lambda: self.describe(arn)["Status"] == "ISSUED")
        self.assertEqual({state for _, state in self.acme.answers}, {"valid"})
        self.assertEqual(len(self.acme.answers), 3)
        got = self.aws("acm", "get-certificate", "--certificate-arn", arn)
        (self.folder / "certificate.pem").write_text(got["Certificate"])
        subprocess.run(["openssl", "verify", "-CAfile", str(self.folder / "acme-root.pem"), "-verify_hostname", "a.example.com",
                        str(self.folder / "certificate.pem")], check=True, capture_output=True)
        self.assertEqual(got["CertificateChain"], (self.folder / "acme-root.pem").read_text())
        # What was put for the proofs is gone, what was there before is not.
        self.assertEqual(self.names_in(zone), ["_acme-challenge.example.com."])
        self.assertEqual(self.server.dig("+short", "_acme-challenge.example.com", "TXT").strip(), '"of somebody else"')

    def test_killed_again_and_again(self):
        zone = self.zone("example.org")
        arns = [self.request(zone, f"n{i}.example.org") for i in range(5)]
        for _ in range(12):
            time.sleep(0.3)
            self.server.kill()
            self.start()
        self.until(lambda: all(self.describe(arn)["Status"] == "ISSUED" for arn in arns), 120)
        self.until(lambda: not self.names_in(zone))
        self.assertEqual(len(self.acme.accounts), 1)
        self.assertLessEqual(len(self.acme.orders), 10)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Certificates through every AWS CLI on this machine: imported from what openssl makes, listed, tagged, deleted;
requested, validated by a CNAME in a zone of the same server, exported, and believed by openssl; shown by
the API's TLS listener to whoever asks for their names."""
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402


def openssl(*words: str) -> str:
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


class AwsCli(FreshServerCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def acm(self, *words: str, **more):
        return self.aws("acm", *words, **more)

    def make(self, name: str, *key: str):
        openssl("req", "-x509", "-nodes", *key, "-days", "30", "-subj", f"/CN={name}", "-addext",
                f"subjectAltName=DNS:{name},DNS:*.{name}", "-keyout", str(self.folder / "key.pem"), "-out",
                str(self.folder / "certificate.pem"))

    def import_it(self, *more: str, **kinds):
        done = self.acm("import-certificate", "--certificate", f"fileb://{self.folder}/certificate.pem",
                        "--private-key", f"fileb://{self.folder}/key.pem", *more, **kinds)
        return None if "fails" in kinds else done["CertificateArn"]

    def test_imported(self):
        for self.command in aws_commands():
            self.make("example.com", "-newkey", "rsa:2048")
            arn = self.import_it("--tags", "Key=env,Value=prod")
            detail = self.acm("describe-certificate", "--certificate-arn", arn)["Certificate"]
            self.assertEqual((detail["DomainName"], detail["Type"], detail["Status"], detail["KeyAlgorithm"]),
                             ("example.com", "IMPORTED", "ISSUED", "RSA_2048"))
            got = self.acm("get-certificate", "--certificate-arn", arn)["Certificate"]
            self.assertEqual(got, (self.folder / "certificate.pem").read_text())
            listed = self.acm("list-certificates", "--includes", "keyTypes=RSA_2048")["CertificateSummaryList"]
            self.assertEqual([each["CertificateArn"] for each in listed], [arn])
            self.assertEqual(self.acm("list-certificates", "--includes", "keyTypes=EC_prime256v1")
                             ["CertificateSummaryList"], [])
            self.search(arn)
            tags = self.acm("list-tags-for-certificate", "--certificate-arn", arn)["Tags"]
            self.assertEqual(tags, [{"Key": "env", "Value": "prod"}])
            self.make("example.com", "-newkey", "rsa:2048")
            self.assertEqual(self.import_it("--certificate-arn", arn), arn)
            self.make("example.com", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384")
            self.import_it("--certificate-arn", arn, fails="ValidationException")
            self.acm("export-certificate", "--certificate-arn", arn, "--passphrase", "fileb:///etc/hostname",
                     fails="ValidationException")
            self.acm("delete-certificate", "--certificate-arn", arn)
            self.acm("describe-certificate", "--certificate-arn", arn, fails="ResourceNotFoundException")

    def search(self, arn: str):
        """Clients from before 2026 cannot."""
        known = subprocess.run([self.command, "acm", "search-certificates", "--generate-cli-skeleton"], capture_output=True,
                               env=self.server.environment)
        if known.returncode != 0:
            return
        imported = {"Filter": {"AcmCertificateMetadataFilter": {"Type": "IMPORTED"}}}
        named = {"Filter": {"X509AttributeFilter": {"Subject": {"CommonName": {"Value": "ample", "ComparisonOperator": "CONTAINS"}}}}}
        for statement, count in (({"And": [imported, named]}, 1), ({"And": [imported, {"Not": named}]}, 0)):
            found = self.acm("search-certificates", "--filter-statement", json.dumps(statement))["Results"]
            self.assertEqual([each["CertificateArn"] for each in found], [arn] * count)

    def route53(self, *words: str):
        return self.aws("route53", *words)

    def put_validation_records(self, zone: str, detail):
        records = {each["ResourceRecord"]["Name"]: each["ResourceRecord"]["Value"]
                   for each in detail["DomainValidationOptions"]}
        changes = [{"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": "CNAME", "TTL": 60,
                                                              "ResourceRecords": [{"Value": value}]}}
                   for name, value in records.items()]
        self.route53("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
                     json.dumps({"Changes": changes}))

    def knows_export(self) -> bool:
        """Clients from before 2025 do not."""
        return "Export" in subprocess.run([self.command, "acm", "request-certificate", "--generate-cli-skeleton"],
                                          capture_output=True, text=True, env=self.server.environment).stdout

    def test_requested(self):
        for number, self.command in enumerate(aws_commands()):
            domain = f"example{number}.com"
            zone = self.route53("create-hosted-zone", "--name", domain, "--caller-reference", domain)["HostedZone"]["Id"]
            self.acm("request-certificate", "--domain-name", domain, "--validation-method", "EMAIL",
                     fails="Validation by email is not available")
            export = ["--options", "Export=ENABLED"] if self.knows_export() else []
            arn = self.acm("request-certificate", "--domain-name", domain, "--validation-method", "DNS",
                           "--subject-alternative-names", f"*.{domain}", "--key-algorithm", "EC_prime256v1",
                           *export)["CertificateArn"]
            detail = self.acm("describe-certificate", "--certificate-arn", arn)["Certificate"]
            self.assertEqual(detail["Status"], "PENDING_VALIDATION")
            self.acm("get-certificate", "--certificate-arn", arn, fails="RequestInProgressException")
            self.put_validation_records(zone, detail)
            started = time.monotonic()
            while (detail := self.acm("describe-certificate", "--certificate-arn", arn)["Certificate"])["Status"] != "ISSUED":
                self.assertLess(time.monotonic() - started, 30, detail)
                time.sleep(0.2)
            if not export:
                continue
            passphrase = self.folder / "passphrase"
            passphrase.write_text("correct-horse")
            exported = self.acm("export-certificate", "--certificate-arn", arn, "--passphrase", f"fileb://{passphrase}")
            for name, text in (("certificate", exported["Certificate"]), ("root", exported["CertificateChain"]),
                               ("key", exported["PrivateKey"])):
                (self.folder / f"{name}.pem").write_text(text)
            root = self.server.directory / "authority" / "root.pem"
            self.assertEqual(root.read_text(), exported["CertificateChain"])
            self.assertEqual((root.parent / "root-key.pem").stat().st_mode & 0o777, 0o600)
            openssl("verify", "-CAfile", str(root), "-verify_hostname", f"www.{domain}", str(self.folder / "certificate.pem"))
            public = openssl("pkey", "-in", str(self.folder / "key.pem"), "-passin", f"file:{passphrase}", "-pubout")
            self.assertEqual(public, openssl("x509", "-in", str(self.folder / "certificate.pem"), "-noout", "-pubkey"))

    def shown(self, name: str, *more: str) -> str:
        """The certificate that the API's TLS listener shows, as openssl s_client sees it."""
        host, port = self.server.api_tls
        done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", *more,
                               *(["-servername", name] if name else ["-noservername"])],
                              capture_output=True, text=True, input="", timeout=20)
        begin, end = done.stdout.index("-----BEGIN CERT"), done.stdout.index("-----END CERT")
        return done.stdout[begin:end] + "-----END CERTIFICATE-----\n"

    def curl(self, name: str, root: pathlib.Path) -> subprocess.CompletedProcess:
        host, port = self.server.api_tls
        return subprocess.run(["curl", "-sS", "--cacert", str(root), "--resolve", f"{name}:{port}:{host}",
                               f"https://{name}:{port}/"], capture_output=True, text=True, timeout=20)

    def serve_by_name(self, *arns: str):
        self.server.stop()
        self.server.options = ("--api-tls", "127.0.0.1:0", *[word for arn in arns for word in ("--api-certificate", arn)])
        self.server.start()

    def test_shown_by_name(self):
        self.command = aws_commands()[-1]
        ours = "api.example.com"
        self.make(ours, "-newkey", "rsa:2048")
        rsa = self.import_it()
        zone = self.route53("create-hosted-zone", "--name", "example.com", "--caller-reference", "1")["HostedZone"]["Id"]
        ecdsa = self.acm("request-certificate", "--domain-name", ours, "--validation-method", "DNS",
                         "--subject-alternative-names", "*.example.com", "--key-algorithm", "EC_prime256v1")["CertificateArn"]
        self.serve_by_name(rsa, ecdsa)
        self.assertEqual(self.shown(ours), (self.folder / "certificate.pem").read_text())
        own = self.shown("")
        self.assertEqual(self.shown("www.example.com"), own)

        # Issued, renewed and imported anew: no restart, and a connection from before goes on.
        detail = self.acm("describe-certificate", "--certificate-arn", ecdsa)["Certificate"]
        self.assertEqual(detail["InUseBy"], [])
        self.put_validation_records(zone, detail)
        self.until(lambda: self.shown("www.example.com") != own)
        root = self.server.directory / "authority" / "root.pem"
        for name in ("www.example.com", ours):
            done = self.curl(name, root)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("certificate", self.curl("www.example.org", root).stderr)
        got = self.acm("get-certificate", "--certificate-arn", ecdsa)["Certificate"]
        self.assertEqual(self.shown(ours, "-sigalgs", "ecdsa_secp256r1_sha256"), got)
        self.assertEqual(self.shown(ours, "-sigalgs", "rsa_pss_rsae_sha256"), (self.folder / "certificate.pem").read_text())

        trusting = ssl.create_default_context(cafile=str(root))
        host, port = self.server.api_tls
        with socket.create_connection((host, port)) as plain, trusting.wrap_socket(plain, server_hostname=ours) as old:
            self.make(ours, "-newkey", "rsa:2048")
            self.import_it("--certificate-arn", rsa)
            started = time.monotonic()
            self.until(lambda: self.shown(ours, "-sigalgs", "rsa_pss_rsae_sha256")
                       == (self.folder / "certificate.pem").read_text())
            self.assertLess(time.monotonic() - started, 1)
            old.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b"HTTP/1.1 ", old.recv(100))

        user = self.acm("describe-certificate", "--certificate-arn", rsa)["Certificate"]["InUseBy"]
        self.assertRegex(user[0], r"^arn:aws:meridian:us-east-1:\d{12}:listener/api$")
        self.acm("delete-certificate", "--certificate-arn", rsa, fails="ResourceInUseException")
        self.serve_by_name()
        self.assertEqual(self.shown(ours), own)
        self.acm("delete-certificate", "--certificate-arn", rsa)

    def until(self, holds):
        started = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - started, 10)
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()

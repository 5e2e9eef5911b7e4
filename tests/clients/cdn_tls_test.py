#!/usr/bin/env python3
"""What viewers see of certificates at the CDN: ACM's for aliases, the deployment's own for cloudfront.net, as curl and
openssl find them; nothing is restarted, and no file is brought."""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


class CdnTlsCase(FreshServerCase):
    options = ("--cdn-listen-tls", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.command = aws_commands()[0]
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.root = self.server.directory / "authority" / "root.pem"
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)

    def import_certificate(self, name: str, *more: str) -> str:
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "30", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        return self.aws("acm", "import-certificate", "--certificate", f"fileb://{certificate}", "--private-key",
                        f"fileb://{key}", *more)["CertificateArn"]

    def config(self, aliases, arn=None, policy="TLSv1.2_2021"):
        config = {"CallerReference": "tls", "Comment": "", "Enabled": True,
                  "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
                      "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
                  "Aliases": {"Quantity": len(aliases), **({"Items": aliases} if aliases else {})},
                  "DefaultCacheBehavior": {"ViewerProtocolPolicy": "redirect-to-https", "TargetOriginId": "o",
                                           "CachePolicyId": CACHING_OPTIMIZED}}
        if arn:
            config["ViewerCertificate"] = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only",
                                           "MinimumProtocolVersion": policy}
        return config

    def create(self, *arguments, **more):
        made = self.aws("cloudfront", "create-distribution", "--distribution-config",
                        json.dumps(self.config(*arguments, **more)))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made

    def curl(self, name: str, *more: str, trust=None, fails=False) -> str:
        host, port = self.server.cdn_tls
        done = subprocess.run(["curl", "-sS", "--cacert", str(trust or self.root), "--resolve", f"{name}:{port}:{host}", *more,
                               f"https://{name}:{port}/"], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode != 0, fails, done.stderr)
        return done.stderr if fails else done.stdout


class CdnTls(CdnTlsCase):
    def test_an_alias_is_shown_its_certificate_of_acm(self):
        arn = self.import_certificate("www.example.com")
        trust = self.folder / "certificate.pem"
        self.assertIn("alert", self.curl("www.example.com", trust=trust, fails=True), "nobody's name yet")
        made = self.create(["www.example.com"], arn)
        self.assertEqual(self.curl("www.example.com", trust=trust), "hello")
        self.assertEqual(self.curl("www.example.com", "--http1.1", trust=trust), "hello")
        self.assertEqual(self.curl(made["DomainName"]), "hello", "its own name is of the local authority")
        detail = self.aws("acm", "describe-certificate", "--certificate-arn", arn)["Certificate"]
        self.assertEqual(detail["InUseBy"], [made["ARN"]])
        for stranger in ("other.example.com", "example.org"):
            self.assertIn("alert", self.curl(stranger, fails=True))

        # Imported again, it is what viewers see next.
        self.import_certificate("www.example.com", "--certificate-arn", arn)
        started = time.monotonic()
        while subprocess.run(["curl", "-sS", "-o", "/dev/null", "--cacert", trust, "--resolve", "www.example.com:%d:%s" % (
                self.server.cdn_tls[1], self.server.cdn_tls[0]), "https://www.example.com:%d/" % self.server.cdn_tls[1]],
                capture_output=True).returncode:
            self.assertLess(time.monotonic() - started, 10)
            time.sleep(0.05)

        # All of it is there again after a restart.
        own = self.shown("")
        self.server.stop()
        self.server.start()
        self.assertEqual(self.curl("www.example.com", trust=trust), "hello")
        self.assertEqual(self.shown(""), own)

    def shown(self, name: str) -> str:
        done = subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % self.server.cdn_tls,
                               *(["-servername", name] if name else ["-noservername"])],
                              capture_output=True, text=True, input="", timeout=20)
        return done.stdout[done.stdout.index("-----BEGIN CERT"):done.stdout.index("-----END CERT")]

    def test_the_oldest_version_is_the_distributions(self):
        arn = self.import_certificate("www.example.com")
        trust = self.folder / "certificate.pem"
        made = self.create(["www.example.com"], arn)
        self.assertEqual(self.curl("www.example.com", "--tls-max", "1.2", trust=trust), "hello")
        self.curl("www.example.com", "--tls-max", "1.1", trust=trust, fails=True)
        got = self.aws("cloudfront", "get-distribution-config", "--id", made["Id"])
        config = got["DistributionConfig"]
        config["ViewerCertificate"]["MinimumProtocolVersion"] = "TLSv1.3_2025"
        self.aws("cloudfront", "update-distribution", "--id", made["Id"], "--if-match", got["ETag"],
                 "--distribution-config", json.dumps(config))
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        self.assertIn("version", self.curl("www.example.com", "--tls-max", "1.2", trust=trust, fails=True))
        self.assertEqual(self.curl("www.example.com", "--tlsv1.3", trust=trust), "hello")
        self.assertEqual(self.curl(made["DomainName"], "--tls-max", "1.2"), "hello")


class Accounts(CdnTlsCase):
    options = (*CdnTlsCase.options, "--dev")

    def create_as(self, account: str, reference: str) -> str:
        self.server.environment.pop("AWS_PROFILE", None)
        self.server.environment.update(AWS_ACCESS_KEY_ID=account, AWS_SECRET_ACCESS_KEY="any")
        config = {**self.config([]), "CallerReference": reference}
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps(config))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]

    def test_a_connection_to_ones_name_asks_for_nothing_of_anothers(self):
        one, same, other = (self.create_as("111122223333", "1"), self.create_as("111122223333", "2"),
                            self.create_as("444455556666", "3"))
        for version in ("--http1.1", "--http2"):
            status = ("-o", "/dev/null", "-w", "%{http_code}", version)
            self.assertEqual(self.curl(one, *status, "-H", f"Host: {same}"), "200")
            self.assertEqual(self.curl(one, *status, "-H", f"Host: {one.upper()}"), "200")
            self.assertEqual(self.curl(one, *status, "-H", f"Host: {other}"), "421")
            self.assertEqual(self.curl(other, *status), "200", "to its own name it is answered")
            self.assertEqual(self.curl(one, *status, "-H", "Host: nobody.example"), "403")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""DNS over TLS (RFC 7858) as real clients see it: kdig, dig and openssl against a real server."""
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402


def run(*words: str, text: bytes | None = None) -> str:
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    return done.stdout.decode(errors="replace")


class DnsOverTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--dns-tls", "127.0.0.1:0", "--example", "--nsid", "here")
        cls.server.start()
        cls.host, cls.port = cls.server.dns_tls
        cls.certificate = str(cls.server.directory / "dns-certificate.pem")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def kdig(self, *words: str) -> str:
        return run("kdig", f"@{self.host}", "-p", str(self.port), *words)

    def s_client(self, *words: str) -> str:
        return run("openssl", "s_client", "-connect", f"{self.host}:{self.port}", "-CAfile", self.certificate, *words,
                   text=b"")

    def test_kdig_verifies_the_certificate_and_gets_the_answer(self):
        out = self.kdig(f"+tls-ca={self.certificate}", "+tls-hostname=localhost", "www.example.test", "A")
        self.assertIn("status: NOERROR", out)
        self.assertIn("TLS1.3", out)
        refused = self.kdig(f"+tls-ca={self.certificate}", "+tls-hostname=other.test", "www.example.test", "A")
        self.assertNotIn("status:", refused)

    def test_dig_gets_the_same_answer_as_over_udp(self):
        answer = self.server.dig("+short", "www.example.test", "A").split()
        self.assertTrue(answer)
        over_tls = run("dig", f"@{self.host}", "-p", str(self.port), "+tls", "+short", "+tries=1", "www.example.test", "A")
        self.assertCountEqual(over_tls.split(), answer)  # the order is drawn anew each time

    def test_a_padded_query_gets_a_reply_of_whole_blocks(self):
        out = self.kdig("+tls", "+padding=128", "+nsid", "www.example.test", "A")
        self.assertIn("PADDING", out)
        self.assertIn("Received 468 B", out)
        self.assertNotIn("Received 468 B", self.kdig("+tls", "+nopadding", "www.example.test", "A"))

    def test_a_connection_takes_many_queries(self):
        out = self.kdig("+tls", "+keepopen", *["www.example.test", "A"] * 20)
        self.assertEqual(out.count("status: NOERROR"), 20)

    def test_openssl_sees_dot_and_resumes(self):
        with tempfile.TemporaryDirectory() as directory:
            session = directory + "/session"
            first = self.s_client("-alpn", "dot", "-verify_return_error", "-sess_out", session)
            self.assertIn("ALPN protocol: dot", first)
            self.assertIn("Verify return code: 0 (ok)", first)
            # TLS 1.2 has its ticket in the handshake, where s_client always keeps it.
            self.s_client("-tls1_2", "-sess_out", session)
            self.assertIn("Reused, TLSv1.2", self.s_client("-tls1_2", "-sess_in", session))

    def test_what_is_not_dns_over_tls_is_refused(self):
        self.assertIn("no application protocol", self.s_client("-alpn", "h2"))
        self.assertIn("alert protocol version", self.s_client("-tls1_1"))

    def test_it_is_counted_as_tls(self):
        self.kdig("+tls", "www.example.test", "A")
        with urllib.request.urlopen("http://%s:%d/metrics" % self.server.admin) as reply:
            metrics = reply.read().decode()
        self.assertRegex(metrics, r'meridian_dns_queries_total\{rcode="NOERROR",transport="tls"\} [1-9]')
        self.assertRegex(metrics, r"meridian_dns_certificate_expiry_seconds [1-9]")


class WithCertificateOfTheOperator(unittest.TestCase):
    def test_files_that_do_not_fit_are_refused_at_the_start(self):
        with tempfile.TemporaryDirectory() as directory:
            key, certificate = directory + "/key.pem", directory + "/certificate.pem"
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out", certificate, "-subj", "/CN=ns.example.test", "-addext", "subjectAltName=DNS:ns.example.test")
            options = ("--dns-tls", "127.0.0.1:0", "--dns-tls-certificate", certificate, "--dns-tls-key")
            with Server(*options, key) as server:
                out = run("kdig", "@127.0.0.1", "-p", str(server.dns_tls[1]), f"+tls-ca={certificate}",
                          "+tls-hostname=ns.example.test", "example.com", "A")
                self.assertIn("status: REFUSED", out)
            other = directory + "/other.pem"
            run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", other)
            server = Server(*options, other)
            with self.assertRaisesRegex(RuntimeError, "TLS key"):
                server.start()
            server.__exit__()


if __name__ == "__main__":
    unittest.main()

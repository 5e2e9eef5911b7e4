#!/usr/bin/env python3
"""Who gets a zone by AXFR, and what: kdig against a real server."""
import base64
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402
from route53_client import Route53  # noqa: E402

SECRET = base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
OTHER = base64.b64encode(b"another secret than the server's").decode()


def write_keys(folder: str) -> str:
    path = pathlib.Path(folder) / "keys"
    path.write_text("".join(f'key "{name}" {{ algorithm hmac-{hash}; secret "{SECRET}"; }};\n'
                            for name, hash in (("k256", "sha256"), ("k512", "sha512"), ("k1", "sha1"))))
    path.chmod(0o600)
    return str(path)


class Axfr(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server("--dev", "--transfer-to", "127.0.0.0/28", "--transfer-to", "key:k256", "--transfer-to",
                            "key:k512", "--tsig-keys", write_keys(cls.folder.name))
        cls.server.start()
        route53 = Route53(cls.server.api)
        cls.zone = route53.create_zone("example.com", "axfr")
        for batch in range(10):
            change = route53.change(cls.zone, [("CREATE", f"h{batch * 300 + i}.example.com", 60, "192.0.2.1")
                                               for i in range(300)])
        while route53.change_status(change) != "INSYNC":
            pass
        route53.close()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def kdig(self, *words: str, source: str = "127.0.0.1") -> str:
        done = subprocess.run(["kdig", f"@{self.server.dns[0]}", "-p", str(self.server.dns[1]), "-b", source,
                               "+retry=0", "+timeout=3", *words], capture_output=True, text=True, timeout=20)
        return done.stdout + done.stderr

    def records(self, text: str) -> list[str]:
        return [line for line in text.splitlines() if line and not line.startswith(";") and "TSIG" not in line]

    def test_the_whole_zone_by_prefix_and_by_key(self):
        got = self.records(self.kdig("example.com", "AXFR"))
        self.assertEqual(len(got), 3000 + 1 + 4 + 1)  # the SOA twice, four NS
        self.assertEqual(got[0], got[-1])
        self.assertIn("SOA", got[0])
        for algorithm, name in (("hmac-sha256", "k256"), ("hmac-sha512", "k512")):
            signed = self.kdig("-y", f"{algorithm}:{name}:{SECRET}", "example.com", "AXFR", source="127.0.0.99")
            self.assertEqual(sorted(self.records(signed)), sorted(got), signed[-500:])

    def test_strangers_are_refused(self):
        for words in (("example.com", "AXFR"), ("absent.example", "AXFR"), ("example.com", "IXFR=1")):
            self.assertIn("REFUSED", self.kdig(*words, source="127.0.0.99"), words)
        self.assertIn("NOTAUTH", self.kdig("absent.example", "AXFR"))

    def test_wrong_keys_are_refused(self):
        for key, wanted in ((f"hmac-sha256:k256:{OTHER}", "BADSIG"), (f"hmac-sha256:other:{SECRET}", "BADKEY"),
                            (f"hmac-sha512:k256:{SECRET}", "BADKEY"), (f"hmac-sha1:k1:{SECRET}", "REFUSED")):
            self.assertIn(wanted, self.kdig("-y", key, "example.com", "AXFR", source="127.0.0.99"), key)

    def test_ordinary_questions_may_be_signed(self):
        for words in ((), ("+tcp",)):
            answer = self.kdig("-y", f"hmac-sha1:k1:{SECRET}", "h7.example.com", "A", *words, source="127.0.0.99")
            self.assertIn("192.0.2.1", answer)
            self.assertIn("TSIG", answer)
            self.assertNotIn("WARNING", answer)

    def test_ixfr_over_udp_says_come_by_tcp(self):
        answer = self.kdig("+notcp", "example.com", "IXFR=0")
        self.assertEqual(len(self.records(answer)), 1, answer)
        self.assertIn("SOA", answer)

    def test_each_transfer_is_logged_and_counted(self):
        self.kdig("example.com", "AXFR")
        self.assertIn('"a zone was transferred"', self.server.log_text())
        self.assertNotIn(SECRET, self.server.log_text())


class Off(unittest.TestCase):
    def test_nobody_gets_a_zone_by_default(self):
        with Server("--dev") as server:
            route53 = Route53(server.api)
            route53.create_zone("example.com", "off")
            route53.close()
            answer = subprocess.run(["kdig", "@127.0.0.1", "-p", str(server.dns[1]), "example.com", "AXFR"],
                                    capture_output=True, text=True, timeout=20)
            self.assertIn("REFUSED", answer.stdout + answer.stderr)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Every kind of endpoint at once, behind one server: what it is found to be, and why.

With HEALTH_FULL=1 also an endpoint that flaps, which takes a minute."""
import os
import pathlib
import re
import sys
import tempfile
import time
import unittest
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from endpoints import (Endpoint, HEAD, Names, SEARCHED, Tls, Unreachable, bare_deflate, certificate, closes,  # noqa: E402
                       compressed, free_port, head_of, mute, not_http, reply)
from meridian_server import Server  # noqa: E402
from route53_client import NAMESPACE, Route53  # noqa: E402

INTERVAL = 10
SLOWEST = 12  # seconds of a probe: TCP that hangs, or a handshake tried twice
FULL = os.environ.get("HEALTH_FULL") == "1"


class Judged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns_port = free_port()
        cls.names = Names({"found.test": ["127.0.0.1"], "none.test": None, "empty.test": [], "silent.test": "drop"})
        cls.server = Server("--dev", "--private-health-checks", "--dns", f"127.0.0.1:{cls.dns_port}",
                            "--health-resolver", f"127.0.0.1:{cls.dns_port},127.0.0.1:{cls.names.port}")
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.api = Route53(cls.server.api)
        cls.addClassCleanup(cls.api.close)
        cls.checks = {}  # by what is told of them: id, healthy, what the status says

    def endpoint(self, talk) -> int:
        made = Endpoint(talk)
        self.addCleanup(made.stop)
        return made.port

    def check(self, what: str, port: int, healthy: bool, says: str, *, kind="HTTP", search=None, name=None,
              sni=None, threshold=1) -> str:
        fields = {"IPAddress": None if name else "127.0.0.1", "Port": port, "Type": kind,
                  "ResourcePath": None if kind == "TCP" else "/health", "FullyQualifiedDomainName": name,
                  "SearchString": search, "RequestInterval": INTERVAL, "FailureThreshold": threshold, "EnableSNI": sni}
        text = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in fields.items() if value is not None)
        made = self.api.call("POST", "healthcheck", f'<CreateHealthCheckRequest xmlns="{NAMESPACE}"><CallerReference>{what}'
                             f"</CallerReference><HealthCheckConfig>{text}</HealthCheckConfig></CreateHealthCheckRequest>")
        self.checks[what] = re.search(r"<HealthCheck><Id>([-0-9a-f]+)</Id>", made).group(1), healthy, says
        return self.checks[what][0]

    def statuses(self, check: str) -> list[str]:
        return re.findall(r"<Status>([^<]*)</Status>", self.api.call("GET", f"healthcheck/{check}/status"))

    def plain(self):
        refused = free_port()
        hangs = Unreachable()
        self.addCleanup(hangs.stop)
        up = {"kind": "HTTP_STR_MATCH", "search": "is up"}
        self.check("good", self.endpoint(reply()), True, "HTTP Status Code 200, OK")
        self.check("tcp", self.endpoint(mute), True, "connection was established", kind="TCP")
        self.check("refused", refused, False, "Connection refused")
        self.check("tcp refused", refused, False, "Connection refused", kind="TCP")
        self.check("hangs", hangs.port, False, "Connection timed out. The endpoint or the internet connection is down")
        self.check("tcp hangs", hangs.port, False, "Connection timed out.", kind="TCP")
        self.check("half open", self.endpoint(mute), False, "The HTTP request timed out.")
        self.check("slow status", self.endpoint(reply(status_after=3)), False, "The HTTP request timed out.")
        self.check("status in time", self.endpoint(reply(status_after=1)), True, "200")
        self.check("slow body", self.endpoint(reply(body_after=3)), False, "search string was not found within", **up)
        self.check("body in time", self.endpoint(reply(status_after=1, body_after=1)), True, "200", **up)
        self.check("slow body, unsearched", self.endpoint(reply(body_after=3)), True, "200")
        self.check("closes", self.endpoint(closes), False, "closed by the endpoint")
        self.check("no HTTP", self.endpoint(not_http), False, "not valid HTTP")
        self.check("error", self.endpoint(reply(status="503 Service Temporarily Unavailable")), False,
                   "HTTP Status Code 503, Service Temporarily Unavailable")
        self.check("redirect", self.endpoint(reply(status="302 Found", fields="Location: https://x.test/\r\n")), True, "302")
        self.check("large head", self.endpoint(head_of(HEAD + 1)), False, "not valid HTTP")
        self.check("largest head", self.endpoint(head_of(HEAD)), True, "200")

    def searched(self):
        up = {"kind": "HTTP_STR_MATCH", "search": "is up"}
        self.check("right body", self.endpoint(reply()), True, "200", **up)
        self.check("wrong body", self.endpoint(reply(b"all is down")), False, "search string was not found", **up)
        self.check("other case", self.endpoint(reply(b"all IS UP")), False, "search string was not found", **up)
        self.check("error with the body", self.endpoint(reply(status="500 x")), False, "500", **up)
        self.check("late string", self.endpoint(reply(b"x" * (SEARCHED - 4) + b"is up")), False, "5,120", **up)
        self.check("last string", self.endpoint(reply(b"x" * (SEARCHED - 5) + b"is up" + b"x" * 9000)), True, "200", **up)
        for coding in ("gzip", "deflate"):
            short, long = compressed(coding)
            self.check(coding, self.endpoint(short), True, "200", **up)
            self.check(f"{coding}, late", self.endpoint(long), False, "5,120", **up)
        self.check("bare deflate", self.endpoint(bare_deflate), True, "200", **up)
        self.check("no gzip", self.endpoint(reply(fields="Content-Encoding: gzip\r\n")), False, "cannot be decoded", **up)

    def encrypted(self) -> tuple[Tls, Tls]:
        directory = pathlib.Path(tempfile.mkdtemp(prefix="meridian-health-"))
        good, old = certificate(directory, "found.test"), certificate(directory, "found.test", "20210101000000Z")
        other = certificate(directory, "other.test")
        named = {"kind": "HTTPS", "name": "found.test"}
        matching, differing = Tls(reply(), good), Tls(reply(), other)
        self.check("https", self.endpoint(matching), True, "HTTP Status Code 200, OK. Resolved IP: 127.0.0.1", **named)
        self.check("https searched", self.endpoint(Tls(reply(), good)), True, "200", kind="HTTPS_STR_MATCH", search="is up")
        self.check("expired", self.endpoint(Tls(reply(), old)), True, "200", **named)
        self.check("other name", self.endpoint(differing), True, "200", **named)
        self.check("plain text", self.endpoint(not_http), False, "SSL handshake failed: wrong version number", **named)
        self.check("no handshake", self.endpoint(mute), False, "The SSL handshake was not completed", **named)
        self.check("slow https", self.endpoint(Tls(reply(status_after=3), good)), False, "The HTTP request timed out.", **named)
        self.check("needs SNI", self.endpoint(Tls(reply(), good, needs=True)), True, "200", **named)
        self.check("needs SNI, has none", self.endpoint(Tls(reply(), good, needs=True)), False,
                   "SSL alert handshake_failure", sni="false", **named)
        return matching, differing

    def by_name(self) -> list[str]:
        hosts = []

        def remember(connection):
            head = connection.recv(4096)
            hosts.append(re.search(rb"Host: (\S+)", head).group(1).decode())
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        port = self.endpoint(remember)
        self.check("by name", port, True, "HTTP Status Code 204, No Content. Resolved IP: 127.0.0.1", name="found.test")
        self.check("tcp by name", port, True, "Resolved IP: 127.0.0.1", name="found.test", kind="TCP")
        self.check("no name", port, False, "DNS resolution failed: Rcode NXDomain(3)", name="none.test")
        self.check("no address", port, False, "DNS resolution failed: The name has no A record", name="empty.test")
        self.check("silent DNS", port, False, "DNS resolution failed: ", name="silent.test")
        # Of our own zone, which the other server does not know.
        zone = self.api.create_zone("own.test", "own")
        self.api.change(zone, [("CREATE", "www.own.test", 1, "127.0.0.1")])
        self.check("own zone", port, True, "Resolved IP: 127.0.0.1", name="www.own.test")
        self.hosts, self.port = hosts, port

    def test_each_is_what_it_is(self):
        self.plain()
        self.searched()
        matching, differing = self.encrypted()
        self.by_name()
        began = time.monotonic()
        waiting = dict(self.checks)
        while waiting and time.monotonic() - began < 3 * (INTERVAL + SLOWEST):
            time.sleep(0.5)
            waiting = {what: check for what, check in waiting.items() if len(self.statuses(check[0])) < 8}
        print(f"{len(self.checks)} checks, {time.monotonic() - began:.1f} s", end=" ", flush=True)
        for what, (check, healthy, says) in self.checks.items():
            with self.subTest(what):
                statuses = self.statuses(check)
                self.assertEqual(len(statuses), 8)
                for status in statuses:
                    self.assertTrue(status.startswith("Success: " if healthy else "Failure: "), status)
                    self.assertIn(says, status)
        self.assertEqual(set(matching.asked), {"found.test"})
        self.assertEqual(set(differing.asked), {"found.test", None}, "a second try without SNI")
        self.assertEqual(set(self.hosts), {f"found.test:{self.port}", f"www.own.test:{self.port}"})
        self.assertNotIn("www.own.test", self.names.asked, "the first server knew")


@unittest.skipUnless(FULL, "takes a minute: run --full")
class Flapping(Judged):
    def test_each_is_what_it_is(self):
        """Two bad probes in three never fail a check with a threshold of three."""
        seen = {}

        def flap(connection):
            checker = connection.getpeername()[0]
            seen[checker] = seen.get(checker, 0) + 1
            reply(status="200 OK" if seen[checker] % 3 == 1 else "500 x")(connection)
        check = self.check("flaps", self.endpoint(flap), True, "", threshold=3)
        began = time.monotonic()
        while len(seen) < 8 or min(seen.values()) < 7:
            self.assertLess(time.monotonic() - began, 10 * INTERVAL)
            self.assertNotIn('"healthy":false', self.server.meridian("health", "list", "--output", "json").stdout)
            time.sleep(0.2)
        failures = self.api.call("GET", f"healthcheck/{check}/lastfailurereason")
        self.assertEqual(failures.count("<Status>Failure: HTTP Status Code 500, x</Status>"), 8)


if __name__ == "__main__":
    unittest.main()

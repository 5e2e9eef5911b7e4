#!/usr/bin/env python3
"""An HTTP endpoint on loopback is probed by every Region's checker; DNS fails over and back as it goes and returns."""
import http.server
import json
import pathlib
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402
from route53_client import NAMESPACE, Route53  # noqa: E402

INTERVAL = 10
BUSY = 8  # seconds that a loaded machine may add; still less than a second failed probe would take
REGIONS = {"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
           "sa-east-1"}


class Endpoint:
    """Says "all is up" at /health, and remembers who asked."""

    def __init__(self):
        self.port, self.clients, self.server = 0, set(), None

    def start(self):
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                endpoint.clients.add(self.client_address[0])
                found = self.path == "/health"
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(b"all is up")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Failover(unittest.TestCase):
    def setUp(self):
        self.endpoint = Endpoint()
        self.endpoint.start()
        self.addCleanup(lambda: self.endpoint.stop())
        self.server = Server("--dev", "--private-health-checks")
        self.server.start()
        self.addCleanup(self.server.stop)
        self.api = Route53(self.server.api)
        self.addCleanup(self.api.close)
        made = self.api.call("POST", "healthcheck", f"""<CreateHealthCheckRequest xmlns="{NAMESPACE}">
            <CallerReference>1</CallerReference><HealthCheckConfig><IPAddress>127.0.0.1</IPAddress>
            <Port>{self.endpoint.port}</Port><Type>HTTP_STR_MATCH</Type><ResourcePath>/health</ResourcePath>
            <SearchString>is up</SearchString><RequestInterval>{INTERVAL}</RequestInterval>
            <FailureThreshold>1</FailureThreshold></HealthCheckConfig></CreateHealthCheckRequest>""")
        self.check = re.search(r"<HealthCheck><Id>([-0-9a-f]+)</Id>", made).group(1)
        zone = self.api.create_zone("health.test", "1")
        sets = "".join(
            f"<Change><Action>CREATE</Action><ResourceRecordSet><Name>www.health.test</Name><Type>A</Type>"
            f"<SetIdentifier>{role}</SetIdentifier><Failover>{role}</Failover><TTL>5</TTL><ResourceRecords>"
            f"<ResourceRecord><Value>{address}</Value></ResourceRecord></ResourceRecords>{more}</ResourceRecordSet>"
            "</Change>" for role, address, more in (
                ("PRIMARY", "192.0.2.1", f"<HealthCheckId>{self.check}</HealthCheckId>"),
                ("SECONDARY", "192.0.2.2", "")))
        self.api.call("POST", f"hostedzone/{zone}/rrset/", f"""<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}">
            <ChangeBatch><Changes>{sets}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>""")

    def seconds_until(self, what: str, holds, limit: float = 3 * INTERVAL) -> float:
        began = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - began, limit, f"{what}: {self.listed()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def answers(self, address: str) -> bool:
        return self.server.dig("www.health.test", "A", "+short").split() == [address]

    def listed(self) -> dict:
        return json.loads(self.server.meridian("health", "list", "--output", "json").stdout)["health_checks"][0]

    def test_dns_follows_the_endpoint(self):
        self.seconds_until("the first answer", lambda: self.answers("192.0.2.1"))
        self.seconds_until("every checker asks", lambda: len(self.endpoint.clients) == len(REGIONS))
        self.assertEqual(self.endpoint.clients, {f"127.0.53.{n}" for n in range(1, 9)})
        self.assertTrue(self.listed()["found_healthy"])

        self.endpoint.stop()
        away = self.seconds_until("failover", lambda: self.answers("192.0.2.2"))
        self.assertLess(away, INTERVAL + BUSY)
        self.endpoint.start()
        back = self.seconds_until("recovery", lambda: self.answers("192.0.2.1"))
        self.assertLess(back, INTERVAL + BUSY)
        print(f"failover after {away:.1f} s, recovery after {back:.1f} s, of {INTERVAL} s")

        status = self.api.call("GET", f"healthcheck/{self.check}/status")
        self.assertEqual(set(re.findall(r"<Region>([^<]+)<", status)), REGIONS)
        self.assertIn("<Status>Success: HTTP Status Code 200, OK</Status>", status)
        self.assertIn("<IPAddress>127.0.53.8</IPAddress>", status)
        failures = self.api.call("GET", f"healthcheck/{self.check}/lastfailurereason")
        self.assertIn("<Status>Failure: Connection refused</Status>", failures)
        self.assertIn("127.0.53.1/32", self.api.call("GET", "checkeripranges"))

        # An operator overrides what is found, and takes it back.
        self.server.meridian("health", "set", self.check, "unhealthy")
        self.assertTrue(self.answers("192.0.2.2"))
        listed = self.listed()
        self.assertEqual((listed["healthy"], listed["found_healthy"], listed["override_healthy"]), (False, True, False))
        self.server.meridian("health", "clear", self.check)
        self.assertTrue(self.answers("192.0.2.1"))
        self.assertIsNone(self.listed()["override_healthy"])


if __name__ == "__main__":
    unittest.main()

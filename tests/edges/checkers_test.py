#!/usr/bin/env python3
"""Edges as health checkers: three probe for Regions of their own while the control probes nothing itself. One is cut off
and comes back, one is killed, then all are gone."""
import http.server
import json
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from dns_client import DnsClient  # noqa: E402
from edges_test import BINARY, EDGE_BINARY, Role, meridian  # noqa: E402
from meridian_server import Server  # noqa: E402
from route53_client import NAMESPACE, Route53  # noqa: E402

INTERVAL = 10
LIVE_TIME = 7  # --checker-live-time
BUSY = 8       # seconds that a loaded machine may add
PRIMARY, SECONDARY = "192.0.2.1", "192.0.2.2"


class Endpoint:
    """Answers 200 to the checkers (their loopback addresses) that it is well for, and 503 to the others."""

    def __init__(self):
        endpoint, self.clients, self.well_for = self, {}, set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                client = self.client_address[0]
                endpoint.clients[client] = endpoint.clients.get(client, 0) + 1
                self.send_response(200 if client in endpoint.well_for else 503)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Cable:
    """The way from an edge to its control; cut, it takes connections and carries nothing."""

    def __init__(self, control: str):
        self.control = Server.address(control)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.cut, self.ending, self.ends = False, False, {}
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        while not self.ending:
            sockets = [self.listener] if self.cut else [self.listener, *self.ends]
            for one in select.select(sockets, [], [], 0.05)[0]:
                if one is self.listener:
                    near = one.accept()[0]
                    try:
                        far = socket.create_connection(self.control, timeout=5)
                    except OSError:
                        near.close()
                        continue
                    self.ends[near], self.ends[far] = far, near
                elif one in self.ends:
                    try:
                        data = one.recv(65536)
                        if data:
                            self.ends[one].sendall(data)
                    except OSError:
                        data = b""
                    if not data:
                        self.drop(one)

    def drop(self, one):
        other = self.ends.pop(one)
        self.ends.pop(other)
        one.close()
        other.close()

    def end(self):
        self.ending = True
        self.thread.join()
        self.listener.close()


class Checkers(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="meridian-checkers-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.endpoint = Endpoint()
        self.addCleanup(self.endpoint.stop)
        self.control = Role(self.root, "control", [
            BINARY, "control", "--dev", "--private-health-checks", "--check-from", "none", "--checker-live-time",
            str(LIVE_TIME)])
        self.addCleanup(self.control.end)
        self.control.start("--api", "127.0.0.1:0", "--feed", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        self.api = Route53(self.control.api)
        self.addCleanup(self.api.close)

    def make_checker(self, name, binary, region, feed):
        edge = Role(self.root, name, [*binary])
        token = meridian("edges", "token", "--data-dir", self.control.directory, "--name", name, "--feed-address",
                         feed).stdout.strip()
        subprocess.run([*binary, "join", token, "--data-dir", edge.directory], check=True, capture_output=True, timeout=30)
        self.addCleanup(edge.end)
        return edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--check-from", region)

    def make_check(self):
        made = self.api.call("POST", "healthcheck", f"""<CreateHealthCheckRequest xmlns="{NAMESPACE}">
            <CallerReference>1</CallerReference><HealthCheckConfig><IPAddress>127.0.0.1</IPAddress>
            <Port>{self.endpoint.port}</Port><Type>HTTP</Type><RequestInterval>{INTERVAL}</RequestInterval>
            <FailureThreshold>1</FailureThreshold></HealthCheckConfig></CreateHealthCheckRequest>""")
        return re.search(r"<HealthCheck><Id>([-0-9a-f]+)</Id>", made).group(1)

    def make_failover(self, check):
        zone = self.api.create_zone("health.test", "1")
        sets = "".join(
            f"<Change><Action>CREATE</Action><ResourceRecordSet><Name>www.health.test</Name><Type>A</Type>"
            f"<SetIdentifier>{role}</SetIdentifier><Failover>{role}</Failover><TTL>5</TTL><ResourceRecords>"
            f"<ResourceRecord><Value>{address}</Value></ResourceRecord></ResourceRecords>{more}</ResourceRecordSet>"
            "</Change>" for role, address, more in (
                ("PRIMARY", PRIMARY, f"<HealthCheckId>{check}</HealthCheckId>"), ("SECONDARY", SECONDARY, "")))
        self.api.call("POST", f"hostedzone/{zone}/rrset/", f"""<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}">
            <ChangeBatch><Changes>{sets}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>""")

    def admin(self, *words):
        return json.loads(meridian(*words, "--admin", f"http://{self.control.admin}", "--output", "json").stdout)

    def found(self):
        return self.admin("health", "list")["health_checks"][0]["found_healthy"]

    def counted(self):
        """Of each checker, whether it counts."""
        return {edge["name"]: edge["checker"]["counted"] for edge in self.admin("edges")["edges"] if edge["checker"]}

    def answer(self, edge):
        client = DnsClient(edge.dns)
        try:
            return ".".join(map(str, client.ask("www.health.test")[1][0]))
        except (OSError, IndexError):
            return None
        finally:
            client.close()

    def seconds_until(self, what, holds, limit):
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > limit:
                self.fail(f"{what}: {self.admin('health', 'list')} {self.admin('edges')}\n{self.control.log()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def test_checkers_come_and_go(self):
        cable = Cable(self.control.feed)
        self.addCleanup(cable.end)
        cut = self.make_checker("cut", [BINARY, "edge"], "us-east-1", cable.address)
        killed = self.make_checker("killed", [EDGE_BINARY], "us-west-1", self.control.feed)
        last = self.make_checker("last", [EDGE_BINARY], "us-west-2", self.control.feed)
        self.endpoint.well_for = {"127.0.53.1"}  # of "cut"; one of three is more than 18 %
        check = self.make_check()
        self.make_failover(check)
        self.seconds_until("all probe", lambda: len(self.endpoint.clients) == 3, INTERVAL + BUSY)
        self.assertEqual(set(self.endpoint.clients), {"127.0.53.1", "127.0.53.2", "127.0.53.3"})
        self.seconds_until("healthy", lambda: self.found() is True, BUSY)
        self.seconds_until("the answer", lambda: self.answer(last) == PRIMARY, BUSY)
        self.assertEqual(self.counted(), {"cut": True, "killed": True, "last": True})

        # Cut off, it is believed for a while and then not, though it probes on.
        cable.cut = True
        away = self.seconds_until("exclusion", lambda: self.answer(last) == SECONDARY, LIVE_TIME + BUSY)
        self.assertGreater(away, LIVE_TIME / 2)
        self.assertEqual(self.counted(), {"cut": False, "killed": True, "last": True})
        metrics = subprocess.run(["curl", "-s", f"http://{self.control.admin}/metrics"], capture_output=True, text=True,
                                 check=True).stdout
        self.assertIn('meridian_health_checker_counted{edge="cut",region="us-east-1"} 0', metrics)
        self.assertIn("is not heard any more and does not count", self.control.log())
        probes = self.endpoint.clients["127.0.53.1"]
        self.seconds_until("it probes on", lambda: self.endpoint.clients["127.0.53.1"] > probes, INTERVAL + BUSY)

        # Back, it tells what it found meanwhile at once.
        cable.cut = False
        back = self.seconds_until("return", lambda: self.answer(last) == PRIMARY, 6 + BUSY)
        self.assertEqual(self.counted(), {"cut": True, "killed": True, "last": True})

        # A killed one is not believed either.
        cable.cut = True
        cut.end(signal.SIGKILL)
        killed.end(signal.SIGKILL)
        self.seconds_until("exclusion", lambda: self.counted() == {"cut": False, "killed": False, "last": True},
                           LIVE_TIME + BUSY)
        self.seconds_until("the answer", lambda: self.answer(last) == SECONDARY, BUSY)
        explained = self.admin("explain", "health", check)
        self.assertEqual((explained["healthy"], explained["healthy_checkers"], explained["counted_checkers"]), (False, 0, 1))
        says = {checker["checker"]: checker for checker in explained["checkers"]}
        self.assertIn("503", says["last"]["last"]["reason"])
        self.assertIn("not heard since", says["killed"]["why_not"])

        # When all are gone the last status stays.
        last.end(signal.SIGKILL)
        self.seconds_until("silence", lambda: not any(self.counted().values()), LIVE_TIME + BUSY)
        self.assertIs(self.found(), False)
        print(f"excluded after {away:.1f} s of {LIVE_TIME}, back after {back:.1f} s")


if __name__ == "__main__":
    unittest.main()

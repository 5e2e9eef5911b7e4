#!/usr/bin/env python3
"""Enrols two edges, changes DNS through the AWS API of the control, and takes control and edges away and back."""
import http.client
import json
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import BINARY, Server  # noqa: E402

EDGE_BINARY = BINARY.with_name("meridian-edge")


class Role:
    """One process of a role in a directory of its own, with ports that stay the same over restarts."""

    def __init__(self, root: pathlib.Path, name: str, command: list):
        self.directory = root / name
        self.directory.mkdir(exist_ok=True)
        self.command = command
        self.log_path = root / f"{name}.log"
        self.process = None

    def start(self, *options: str):
        endpoints = self.directory / "endpoints.json"
        endpoints.unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*self.command, "--data-dir", self.directory, "--log-format", "json", *options],
                                            stdout=subprocess.DEVNULL, stderr=log)
        started = time.monotonic()
        while not endpoints.exists():
            if self.process.poll() is not None or time.monotonic() - started > 20:
                raise AssertionError(f"{self.directory.name} did not start:\n{self.log()}")
            time.sleep(0.005)
        found = json.loads(endpoints.read_text())
        self.dns = Server.address(found["dns"][0]) if found["dns"] else None
        self.api = Server.address(found["api"][0]) if found.get("api") else None
        self.feed, self.admin = found.get("feed"), found["admin"]
        return self

    def restart(self):
        """On the same ports."""
        options = ["--admin", self.admin]
        if self.dns:
            options += ["--dns", "%s:%d" % self.dns]
        if self.api:
            options += ["--api", "%s:%d" % self.api, "--feed", self.feed]
        return self.start(*options)

    def end(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=15)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")[-4000:]


def meridian(*words, check=True):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=30)
    if check and done.returncode != 0:
        raise AssertionError(f"meridian {words}: {done.stdout}{done.stderr}")
    return done


class EdgesCase(unittest.TestCase):
    """A control, and what tests of its edges do with it."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="meridian-edges-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.control = Role(self.root, "control", [BINARY, "control", "--no-health-probes"])
        self.addCleanup(self.control.end)
        self.control.start("--api", "127.0.0.1:0", "--feed", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                           "--edge-live-time", "2")
        credentials = dict(line.replace(" ", "").split("=", 1) for line in
                           (self.control.directory / "credentials").read_text().splitlines() if "=" in line)
        self.route53 = boto3.client(
            "route53", region_name="us-east-1", endpoint_url="http://%s:%d" % self.control.api,
            aws_access_key_id=credentials["aws_access_key_id"],
            aws_secret_access_key=credentials["aws_secret_access_key"],
            config=Config(retries={"total_max_attempts": 8}))

    def token(self, name, *options):
        return meridian("edges", "token", "--data-dir", self.control.directory, "--name", name,
                        "--feed-address", self.control.feed, *options).stdout.strip()

    def make_edge(self, name, binary):
        edge = Role(self.root, name, binary)
        done = subprocess.run([*binary, "join", self.token(name), "--data-dir", edge.directory],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.addCleanup(edge.end)
        return edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0")

    def change(self, name, address):
        change = self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": [{
            "Action": "UPSERT", "ResourceRecordSet": {
                "Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}}]})
        return change["ChangeInfo"]["Id"]

    def wait_in_sync(self, change, seconds=10.0):
        started = time.monotonic()
        while self.route53.get_change(Id=change)["ChangeInfo"]["Status"] != "INSYNC":
            if time.monotonic() - started > seconds:
                raise AssertionError("never INSYNC: " + json.dumps(self.listed()) + self.control.log())
            time.sleep(0.005)
        return time.monotonic() - started

    def listed(self):
        text = meridian("edges", "--admin", f"http://{self.control.admin}", "--output", "json").stdout
        return {edge["name"]: edge for edge in json.loads(text)["edges"]}

    def wait_for(self, what, condition, seconds=10.0):
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > seconds:
                raise AssertionError(f"{what}: " + json.dumps(self.listed()))
            time.sleep(0.02)

    def assert_answers(self, edge, name, address):
        client = DnsClient(edge.dns)
        try:
            self.assertEqual(client.ask(name), (0, [bytes(map(int, address.split(".")))]))
        finally:
            client.close()

    def assert_is_called(self, edge, name):
        """By NSID, which dig shows in quotation marks."""
        done = subprocess.run(["dig", f"@{edge.dns[0]}", "-p", str(edge.dns[1]), "+nsid", "www.edge.test"],
                              capture_output=True, text=True, timeout=10)
        self.assertIn(f'("{name}")', done.stdout)


class Edges(EdgesCase):
    def test_the_life_of_two_edges(self):
        one = self.make_edge("one", [BINARY, "edge"])
        two = self.make_edge("two", [EDGE_BINARY])
        self.wait_for("both live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        self.zone = self.route53.create_hosted_zone(Name="edge.test", CallerReference="1")["HostedZone"]["Id"]

        # A change is INSYNC when both answer with it.
        self.wait_in_sync(self.change("www.edge.test", "192.0.2.1"))
        for edge, name in ((one, "one"), (two, "two")):
            self.assert_answers(edge, "www.edge.test", "192.0.2.1")
            self.assert_is_called(edge, name)
        took = self.wait_in_sync(self.change("www.edge.test", "192.0.2.2"))
        print(f"INSYNC on two edges after {took * 1000:.0f} ms")
        for edge in (one, two):
            self.assert_answers(edge, "www.edge.test", "192.0.2.2")
        table = meridian("edges", "--admin", f"http://{self.control.admin}").stdout
        self.assertRegex(table, r"(?m)^one +\d+ +0 .* live$")

        # The control is gone: the edges answer, and one that restarts answers from its disk.
        self.control.end(signal.SIGKILL)
        self.assert_answers(one, "www.edge.test", "192.0.2.2")
        two.end(signal.SIGKILL)
        began = time.monotonic()
        two.restart()
        self.assert_answers(two, "www.edge.test", "192.0.2.2")
        print(f"an edge without a control answers {1000 * (time.monotonic() - began):.0f} ms after its start")
        self.assert_answers(one, "www.edge.test", "192.0.2.2")

        # It returns, with the same edges and without an image; changes reach both again.
        self.control.restart()
        self.wait_in_sync(self.change("www.edge.test", "192.0.2.3"))
        for edge in (one, two):
            self.assert_answers(edge, "www.edge.test", "192.0.2.3")
        gone = [line for line in one.log().splitlines() if "the control is gone" in line]
        self.assertEqual(len(gone), 1, "told once, not at each attempt")
        self.assertIn("the control is back", one.log())

        # One edge stops: a change waits for it, then no longer; it converges when it is back.
        one.end(signal.SIGKILL)
        took = self.wait_in_sync(self.change("www.edge.test", "192.0.2.4"))
        self.assertGreater(took, 0.5)
        self.assert_answers(two, "www.edge.test", "192.0.2.4")
        self.assertTrue(self.listed()["one"]["state"].startswith("lost since"))
        one.restart()
        self.wait_for("convergence", lambda: self.listed()["one"]["lag_revisions"] == 0)
        self.assert_answers(one, "www.edge.test", "192.0.2.4")

        # A removed edge is cut off, and goes on with what it had.
        meridian("edges", "remove", "one", "--data-dir", self.control.directory)
        self.wait_for("removal", lambda: "one" not in self.listed())
        self.wait_in_sync(self.change("www.edge.test", "192.0.2.5"))
        self.assert_answers(two, "www.edge.test", "192.0.2.5")
        self.assert_answers(one, "www.edge.test", "192.0.2.4")
        self.wait_for("told why", lambda: "not, or no longer" in meridian(
            "status", "--admin", f"http://{one.admin}").stdout)

    def set_health(self, check, state):
        meridian("health", "set", check, state, "--admin", f"http://{self.control.admin}")

    def make_failover(self, check):
        """`www.edge.test`: 192.0.2.1, and 192.0.2.2 while the health check is unhealthy."""
        self.zone = self.route53.create_hosted_zone(Name="edge.test", CallerReference="1")["HostedZone"]["Id"]
        changed = self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": [
            {"Action": "CREATE", "ResourceRecordSet": {
                "Name": "www.edge.test", "Type": "A", "TTL": 60, "SetIdentifier": role, "Failover": role,
                "ResourceRecords": [{"Value": address}], **more}}
            for role, address, more in (("PRIMARY", "192.0.2.1", {"HealthCheckId": check}),
                                        ("SECONDARY", "192.0.2.2", {}))]})
        self.wait_in_sync(changed["ChangeInfo"]["Id"])

    def test_health_reaches_every_edge(self):
        edges = [self.make_edge("one", [BINARY, "edge"]), self.make_edge("two", [EDGE_BINARY])]
        check = self.route53.create_health_check(CallerReference="1", HealthCheckConfig={
            "Type": "HTTP", "IPAddress": "1.2.3.4"})["HealthCheck"]["Id"]
        calculated = self.route53.create_health_check(CallerReference="2", HealthCheckConfig={
            "Type": "CALCULATED", "ChildHealthChecks": [check], "HealthThreshold": 1})["HealthCheck"]["Id"]
        self.make_failover(calculated)
        for edge in edges:
            self.assert_answers(edge, "www.edge.test", "192.0.2.1")
        revision = self.listed()["one"]["revision"]

        # A flip of the child reaches every answer by itself: nothing is published.
        clients = [DnsClient(edge.dns) for edge in edges]
        took = []
        for flip in range(20):
            healthy = flip % 2 == 1
            admin = http.client.HTTPConnection(self.control.admin)
            admin.connect()
            began = time.perf_counter()
            admin.request("PUT", f"/health-checks/{check}", json.dumps({"healthy": healthy}))
            for client in clients:
                client.wait_for("www.edge.test", bytes((192, 0, 2, 1 if healthy else 2)))
            took.append(time.perf_counter() - began)
            self.assertEqual(admin.getresponse().status, 204)
            admin.close()
        print(f"a flip is answered by two edges after {1000 * statistics.median(took):.1f} ms, "
              f"at worst {1000 * max(took):.1f} ms")
        self.assertLess(statistics.median(took), 0.1)
        self.assertEqual(self.listed()["one"]["revision"], revision)

        # What was known last outlives the control, and a restart of everything.
        self.set_health(check, "unhealthy")
        for client in clients:
            client.wait_for("www.edge.test", bytes((192, 0, 2, 2)))
            client.close()
        kept = [edge.directory / "health" for edge in edges]
        self.wait_for("kept", lambda: all(file.exists() and calculated in file.read_text() for file in kept))
        self.control.end(signal.SIGKILL)
        for edge in edges:
            edge.end(signal.SIGKILL)
            edge.restart()
            self.assert_answers(edge, "www.edge.test", "192.0.2.2")
        self.control.restart()
        self.wait_for("return", lambda: all(e["state"] == "live" for e in self.listed().values()))
        for edge in edges:
            self.assert_answers(edge, "www.edge.test", "192.0.2.2")
        listed = json.loads(meridian("health", "list", "--output", "json", "--admin",
                                     f"http://{self.control.admin}").stdout)["health_checks"]
        self.assertEqual({one["id"]: one["healthy"] for one in listed}, {check: False, calculated: False})
        self.assertIn("0 checks healthy, 2 unhealthy", meridian("status", "--admin", f"http://{self.control.admin}").stdout)

        # A check that is deleted counts as healthy, at the edges too.
        self.route53.delete_health_check(HealthCheckId=calculated)
        for edge in edges:
            client = DnsClient(edge.dns)
            client.wait_for("www.edge.test", bytes((192, 0, 2, 1)))
            client.close()

    def test_health_is_said_by_operators_only(self):
        check = self.route53.create_health_check(CallerReference="1", HealthCheckConfig={
            "Type": "HTTP", "IPAddress": "1.2.3.4"})["HealthCheck"]["Id"]

        def put(path, body, **headers):
            admin = http.client.HTTPConnection(self.control.admin, timeout=5)
            admin.request("PUT", path, body, headers)
            status = admin.getresponse().status
            admin.close()
            return status

        self.assertEqual(put(f"/health-checks/{check}", '{"healthy": false}'), 204)
        self.assertEqual(put(f"/health-checks/{check}", '{"healthy": true}', Origin="http://a.example"), 403)
        self.assertEqual(put(f"/health-checks/{check}", '{"healthy": 1}'), 400)
        self.assertEqual(put("/health-checks/none", '{"healthy": true}'), 404)
        self.assertEqual(put("/status", ""), 405)
        done = meridian("health", "set", "none", "healthy", "--admin", f"http://{self.control.admin}", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no health check 'none'", done.stderr)

    def test_tokens_work_once_and_in_time(self):
        token = self.token("fra1")
        for directory, wanted in (("a", 0), ("b", 1)):
            done = meridian("edge", "join", token, "--data-dir", self.root / directory, check=False)
            self.assertEqual(done.returncode, wanted, done.stdout + done.stderr)
        self.assertIn("used before", done.stderr)
        self.assertEqual((self.root / "a/feed/identity").stat().st_mode & 0o777, 0o600)
        short = self.token("fra2", "--valid", "1s")
        time.sleep(2.1)
        done = meridian("edge", "join", short, "--data-dir", self.root / "c", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("expired", done.stderr)
        # One character of the seal: only the control can tell.
        good = self.token("fra3")
        forged = good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1]
        done = meridian("edge", "join", forged, "--data-dir", self.root / "d", check=False)
        self.assertIn("not from this control", done.stderr)
        self.assertIn("no edge 'nobody'", meridian("edges", "remove", "nobody", "--data-dir",
                                                   self.control.directory, check=False).stderr)


if __name__ == "__main__":
    unittest.main()

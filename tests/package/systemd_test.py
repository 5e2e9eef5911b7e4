"""Both roles as a real systemd starts them: the package in a Debian that is booted in a container without a network.

A control and an edge on one host: the edge joins with a token, answers what the API was told, goes on when the control is
killed, and both come back by themselves."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from debian_root import DebianRoot
from package_test import package, run

BATCH = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {
    "Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]}}]}


class Booted(unittest.TestCase):
    """One story; the steps run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.debian = DebianRoot(cls, "systemd", "systemd-sysv", "dbus", "iproute2")
        cls.debian.inside("apt-get", "update", "-q")
        cls.debian.install(package())
        (cls.debian.path / "etc/machine-id").unlink(missing_ok=True)  # as an image that was never booted
        cls.container = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", cls.debian.path, "--register=no", "--keep-unit", "--private-network", "--boot",
             "--console=pipe"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end)
        cls.until("the system is up", lambda: cls.systemctl("is-system-running", "--wait") in ("running", "degraded"))

    @classmethod
    def end(cls):
        cls.container.terminate()
        cls.container.wait(timeout=60)

    @classmethod
    def first(cls) -> str:
        """The container's own first process, as this machine numbers it."""
        return subprocess.run(["pgrep", "-P", str(cls.container.pid)], capture_output=True, text=True).stdout.split()[0]

    @classmethod
    def booted(cls, *command) -> str:
        done = subprocess.run(["nsenter", "-t", cls.first(), "-a", "--", *command], capture_output=True, text=True)
        return (done.stdout + done.stderr).strip()

    @classmethod
    def systemctl(cls, *words) -> str:
        return cls.booted("systemctl", *words)

    @classmethod
    def until(cls, what: str, found) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if found():
                    return
            except IndexError:  # no process yet
                pass
            time.sleep(0.1)
        raise AssertionError(f"not within 30 s: {what}")

    def state(self, unit: str) -> dict[str, str]:
        said = self.systemctl("show", unit, "-p", "ActiveState,StatusText,NRestarts,Result")
        return dict(line.split("=", 1) for line in said.splitlines())

    def starts(self, unit: str) -> None:
        self.assertEqual(self.systemctl("start", unit), "", self.booted("journalctl", "-u", unit, "--no-pager"))
        self.assertEqual(self.state(unit)["ActiveState"], "active")

    def within(self, *command, **options) -> str:
        """A program of this machine in the container's network."""
        return run("nsenter", "--net", "-t", self.first(), *command, **options).strip()

    def aws(self, *words) -> dict:
        environment = {**os.environ, "AWS_PROFILE": "meridian", "AWS_DEFAULT_REGION": "us-east-1",
                       "AWS_SHARED_CREDENTIALS_FILE": str(self.debian.path / "var/lib/meridian/credentials")}
        return json.loads(self.within("aws", "--endpoint-url", "http://127.0.0.1:4566", "--output", "json", "route53", *words,
                                      env=environment))

    def answer(self, server: str = "127.0.0.1") -> str:
        return self.within("dig", "+short", "+tries=1", "+timeout=2", f"@{server}", "www.example.com")

    def test_1_the_first_boot_starts_none_of_them(self):
        for unit in ("meridian", "meridian-control", "meridian-edge"):
            self.assertEqual(self.systemctl("is-enabled", unit), "disabled", unit)
            self.assertEqual(self.state(unit)["ActiveState"], "inactive", unit)

    def test_2_control_and_edge_on_one_host(self):
        self.starts("meridian-control")
        as_user = ("runuser", "-u", "meridian", "--")
        token = self.booted(*as_user, "meridian", "edges", "token", "--data-dir", "/var/lib/meridian", "--feed-address",
                            "127.0.0.1:4567", "--name", "here").splitlines()[-1]
        self.booted("install", "-d", "-o", "meridian", "-g", "meridian", "-m", "700", "/var/lib/meridian-edge")
        self.assertIn("This is edge 'here'", self.booted(*as_user, "meridian-edge", "join", token, "--data-dir",
                                                         "/var/lib/meridian-edge"))
        self.starts("meridian-edge")
        zone = self.aws("create-hosted-zone", "--name", "example.com", "--caller-reference", "1")["HostedZone"]["Id"]
        change = self.aws("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(BATCH))
        self.until("the change is INSYNC", lambda: self.aws("get-change", "--id", change["ChangeInfo"]["Id"])["ChangeInfo"][
            "Status"] == "INSYNC")
        for server in ("127.0.0.1", "::1"):
            self.assertEqual(self.answer(server), "192.0.2.7")

    def test_3_the_edge_answers_when_the_control_is_killed_and_both_come_back(self):
        self.systemctl("kill", "-s", "KILL", "meridian-control")
        self.assertEqual(self.answer(), "192.0.2.7")
        self.systemctl("kill", "-s", "KILL", "meridian-edge")
        for unit in ("meridian-control", "meridian-edge"):
            self.until(f"{unit} is back", lambda: self.state(unit)["ActiveState"] == "active")
            self.assertEqual(self.state(unit)["NRestarts"], "1", unit)
        self.assertEqual(self.answer(), "192.0.2.7")

    def test_4_both_end_well(self):
        for unit in ("meridian-edge", "meridian-control"):
            self.systemctl("stop", unit)
            self.assertEqual((self.state(unit)["ActiveState"], self.state(unit)["Result"]), ("inactive", "success"), unit)


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("debootstrap") or not shutil.which("systemd-nspawn"):
        sys.exit("the services are tried as root, with debootstrap and systemd-nspawn")
    unittest.main(verbosity=2)

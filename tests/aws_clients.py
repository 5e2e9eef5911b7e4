"""AWS's own clients against a Meridian server: every AWS CLI on this machine, and the SDK for JavaScript v3 from npm."""
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from meridian_server import ROOT, Server


class AwsCliCase(unittest.TestCase):
    """Tests that speak through the AWS CLI `self.command` (one of aws_commands()) to `self.server`."""

    command: str
    server: Server

    def aws_text(self, *words: str, fails: str | None = None, timeout: int = 300) -> str:
        """What it printed; with `fails`, what it complained of, which says that."""
        done = subprocess.run([self.command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"],
                               "--output", "json", *words],
                              capture_output=True, text=True, env=self.server.environment, timeout=timeout)
        if fails is not None:
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn(fails, done.stderr)
            return done.stderr
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def aws(self, *words: str, fails: str | None = None):
        """The same, read as JSON: {} of nothing."""
        text = self.aws_text(*words, fails=fails)
        return text if fails is not None else json.loads(text) if text.strip() else {}


class FreshServerCase(AwsCliCase):
    """A server for each test."""

    options: tuple[str, ...] = ()

    def setUp(self):
        self.server = Server(*self.options)
        self.server.start()
        self.addCleanup(self.server.__exit__)


class OneServerCase(AwsCliCase):
    """A server for all tests of the class."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)


def node_folder(script: pathlib.Path) -> pathlib.Path:
    """A folder with the script, and with the packages that package.json beside it names."""
    place = ROOT / "build" / "clients"
    place.mkdir(parents=True, exist_ok=True)
    wanted = (script.parent / "package.json").read_text()
    installed = place / "installed.json"  # what npm was last asked for
    with open(place / "lock", "w") as lock:  # other files of tests run beside this one
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_text() != wanted:
            shutil.copy(script.parent / "package.json", place)
            subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
                           cwd=place, check=True, timeout=300)
            installed.write_text(wanted)
        shutil.copy(script, place)
    return place


def run_sdk_script(test: unittest.TestCase, server: Server, script: pathlib.Path):
    place = node_folder(script)
    credentials = {}
    for line in (server.directory / "credentials").read_text().splitlines():
        key, _, value = line.partition("=")
        credentials[key.strip().upper()] = value.strip()
    environment = {**server.environment, **{name: credentials[name] for name in (
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}, "HOME": os.devnull}
    environment.pop("AWS_PROFILE")
    done = subprocess.run(["node", script.name], cwd=place, env=environment, capture_output=True, text=True, timeout=120)
    test.assertEqual(done.returncode, 0, done.stdout + done.stderr)

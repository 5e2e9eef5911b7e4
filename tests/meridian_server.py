"""A Meridian server of a test's own: fresh data directory, ports chosen by the system, ended with the test."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("MERIDIAN_BINARY", ROOT / "build" / "release" / "meridian"))


class Server:
    """Use as a context manager. `api`, `dns` and `admin` are (host, port); `environment` is what an AWS client needs."""

    def __init__(self, *options: str, directory: str | None = None):
        self.own_directory = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="meridian-test-"))
        self.options = options
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        endpoints = self.directory / "endpoints.json"
        endpoints.unlink(missing_ok=True)
        self.log = open(self.directory.with_suffix(".log"), "ab")
        command = [BINARY, "serve", "--data-dir", self.directory, "--api", "127.0.0.1:0", "--dns", "127.0.0.1:0",
                   "--admin", "127.0.0.1:0", "--log-format", "json", *self.options]
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.log)
        while not endpoints.exists():
            if self.process.poll() is not None or time.monotonic() - started > 30:
                raise RuntimeError(f"the server did not start: {self.log_text()[-3000:]}")
            time.sleep(0.001)
        self.seconds_to_ready = time.monotonic() - started
        found = json.loads(endpoints.read_text())
        self.api = self.address(found["api"][0])
        self.dns = self.address(found["dns"][0])
        self.admin = self.address(found["admin"])
        self.api_tls = self.address(found["api_tls"][0]) if found.get("api_tls") else None
        self.website = self.address(found["website"][0]) if found.get("website") else None
        self.cdn = self.address(found["cdn"][0]) if found.get("cdn") else None
        self.cdn_tls = self.address(found["cdn_tls"][0]) if found.get("cdn_tls") else None
        self.dns_tls = self.address(found["dns_tls"][0]) if found.get("dns_tls") else None
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MERIDIAN_"))},
            "AWS_SHARED_CREDENTIALS_FILE": str(self.directory / "credentials"),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_PROFILE": "meridian",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": "http://%s:%d" % self.api,
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @staticmethod
    def address(text: str) -> tuple[str, int]:
        host, _, port = text.rpartition(":")
        return host.strip("[]"), int(port)

    def log_text(self) -> str:
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def stop(self) -> int:
        """Asks it to end and waits; the exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.process = None
        self.log.close()
        if self.own_directory:
            pathlib.Path(self.log.name).unlink(missing_ok=True)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        self.log.close()

    def set_health(self, check: str, healthy: bool):
        set_health(self.admin, check, healthy)

    def gauge(self, name: str) -> float:
        """Of the metrics: one without labels."""
        text = admin_request(self.admin, "GET", "/metrics")
        return float(re.search(rf"(?m)^{name} (\S+)$", text).group(1))

    def resident_bytes(self) -> int:
        return resident_bytes(self.process.pid)

    def dig(self, *question: str) -> str:
        done = subprocess.run(["dig", f"@{self.dns[0]}", "-p", str(self.dns[1]), "+tries=1", "+time=2", *question],
                              capture_output=True, text=True, timeout=20)
        return done.stdout

    def meridian(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=300, env={
            **self.environment, "MERIDIAN_ADMIN": "http://%s:%d" % self.admin})
        if check and done.returncode != 0:
            raise AssertionError(f"meridian {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done


def resident_bytes(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def admin_request(admin: tuple[str, int], method: str, path: str, body: str | None = None) -> str:
    connection = http.client.HTTPConnection(*admin, timeout=30)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    if response.status >= 300:
        raise AssertionError(f"{method} {path}: {response.status} {text}")
    return text


def set_health(admin: tuple[str, int], check: str, healthy: bool):
    """What an operator says in place of probes: it counts when this returns."""
    admin_request(admin, "PUT", f"/health-checks/{check}", json.dumps({"healthy": healthy}))


def aws_commands() -> list[str]:
    """Every AWS CLI on this machine: the one on the PATH, and Debian's (version 2)."""
    found = []
    for candidate in (shutil.which("aws"), "/usr/bin/aws"):
        if candidate and os.path.exists(candidate) and candidate not in found:
            found.append(candidate)
    return found

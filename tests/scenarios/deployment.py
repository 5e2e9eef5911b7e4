"""A control and its edges, each a process on a host of its own: `meridian control` and `meridian edge` as an operator runs
them, with a fresh data directory each."""
import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from namespaces import Network  # noqa: E402
from route53_client import Refused, Route53  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("MERIDIAN_BINARY", ROOT / "build" / "release" / "meridian"))
EDGES = ["edge1", "edge2", "edge3"]
CONTROL_NAME = "control.meridian.internal"  # what edges expect of their control's certificate
API_PORT, FEED_PORT, ADMIN_PORT = 4566, 4567, 9153


class Deployment:
    def __init__(self, network: Network, edge_live_time: int):
        self.network = network
        self.edge_live_time = edge_live_time
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="meridian-scenarios-"))
        self.processes: dict[str, subprocess.Popen] = {}
        atexit.register(self.close)

    def address(self, host: str) -> str:
        return self.network.addresses[host]

    def data(self, host: str) -> pathlib.Path:
        return self.directory / host

    def log_text(self, host: str) -> str:
        return (self.directory / f"{host}.log").read_text(errors="replace")

    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MERIDIAN_"))}

    def start(self, host: str, *words: str) -> None:
        with open(self.directory / f"{host}.log", "ab") as log:
            self.processes[host] = self.network.start(
                host, [str(BINARY), *words, "--data-dir", str(self.data(host)), "--admin",
                       f"{self.address(host)}:{ADMIN_PORT}", "--log-format", "json"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=self.environment())

    def start_control(self) -> None:
        (self.data("control") / "endpoints.json").unlink(missing_ok=True)
        self.start("control", "control", "--api", f"{self.address('control')}:{API_PORT}", "--dev", "--feed",
                   f"0.0.0.0:{FEED_PORT}", "--edge-live-time", str(self.edge_live_time), "--records-per-zone-max", "1000000")
        self.wait(lambda: (self.data("control") / "endpoints.json").exists(), "the control starts", 30, "control")

    def join(self, edge: str) -> None:
        token = self.meridian("edges", "token", "--name", edge, "--feed-address", f"{self.address('control')}:{FEED_PORT}",
                              "--data-dir", str(self.data("control"))).strip()
        self.meridian("edge", "join", token, "--data-dir", str(self.data(edge)), host=edge)

    def start_edge(self, edge: str) -> None:
        self.start(edge, "edge", "--dns", f"{self.address(edge)}:53")

    def meridian(self, *words: str, host: str = "control") -> str:
        process = self.network.start(host, [str(BINARY), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                     env={**self.environment(), "MERIDIAN_ADMIN":
                                          f"http://{self.address('control')}:{ADMIN_PORT}"})
        out, problem = process.communicate(timeout=30)
        if process.returncode != 0:
            raise AssertionError(f"meridian {' '.join(words)}: exit {process.returncode}\n{out}{problem}")
        return out

    def edges(self) -> dict[str, dict]:
        """What `meridian edges` says of each."""
        return {edge["name"]: edge for edge in json.loads(self.meridian("edges", "--output", "json"))["edges"]}

    def refused(self, edge: str) -> list[bytes]:
        """What the edge has kept of what it refused."""
        return [path.read_bytes() for path in sorted(self.data(edge).glob("refused/*.delta.zst"))]

    def control_files(self) -> tuple[str, str]:
        """A certificate that edges take for their control's, made with its authority, and its key."""
        certificate, key, request, terms = (str(self.directory / f"relay.{kind}") for kind in ("pem", "key", "csr", "terms"))
        authority = self.data("control") / "feed"
        pathlib.Path(terms).write_text(f"subjectAltName=DNS:{CONTROL_NAME}\nextendedKeyUsage=serverAuth\n")
        for words in (("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                       request, "-subj", "/CN=relay"),
                      ("x509", "-req", "-in", request, "-CA", str(authority / "ca.pem"), "-CAkey", str(authority / "ca-key.pem"),
                       "-CAcreateserial", "-CAserial", str(self.directory / "serial"), "-days", "1", "-extfile", terms, "-out",
                       certificate)):
            subprocess.run(["openssl", *words], check=True, capture_output=True)
        return certificate, key

    def edge_files(self, edge: str) -> tuple[str, str]:
        """The edge's own certificate and key, which it keeps behind that of the authority."""
        identity = (self.data(edge) / "feed" / "identity").read_text()
        parts = re.findall(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n", identity, re.S)
        certificate, key = self.directory / f"{edge}.pem", self.directory / f"{edge}.key"
        certificate.write_text(parts[1])
        key.write_text(parts[-1])
        return str(certificate), str(key)

    def kill(self, host: str) -> None:
        process = self.processes.pop(host)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait(self, condition, what: str, seconds: float = 20, host: str | None = None) -> None:
        started = time.monotonic()
        while not condition():
            if host and self.processes[host].poll() is not None:
                raise AssertionError(f"{what}: {host} ended\n{self.log_text(host)[-3000:]}")
            if time.monotonic() - started > seconds:
                logs = "".join(f"--- {each}\n{self.log_text(each)[-1500:]}\n" for each in self.processes)
                raise AssertionError(f"not within {seconds} s: {what}\n{logs}")
            time.sleep(0.002)

    def client(self) -> Route53:
        return Route53((self.address("control"), API_PORT))

    def answer(self, edge: str, name: str, timeout: float) -> list[bytes]:
        """The addresses that this edge gives for a name. Raises OSError when it gives no answer."""
        client = DnsClient((self.address(edge), 53), timeout)
        try:
            return client.ask(name)[1]
        finally:
            client.close()

    def close(self) -> None:
        atexit.unregister(self.close)
        self.network.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def change(client: Route53, zone: str, changes: list[tuple[str, str, int, str]]) -> str:
    """Waits while an earlier change of the zone is being made, as Route 53's clients do."""
    while True:
        try:
            return client.change(zone, changes)
        except Refused as refused:
            if "PriorRequestNotComplete" not in refused.body:
                raise
            time.sleep(0.01)

"""Name servers on loopback for comparisons: Knot, NSD and ours, with the same zones and settings that are comparable
(one worker unless asked, 1232 bytes of UDP, no rate limit, no cookies, no minimal answers, no rotation). Each lives in a folder of
its own and ends with its `with` block.
"""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests"))
from dns_client import DnsClient  # noqa: E402

SOA = 6
HOST = "127.0.0.1"
ASKED_WHEN_READY = 100  # zones


def free_port() -> int:
    """A port free for both UDP and TCP at this moment."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind((HOST, 0))
            try:
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]
            except OSError:
                continue


def find(program: str) -> str | None:
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def origin_of(zone: pathlib.Path) -> str:
    """Zone files are called after their origin; that of the root is @.zone."""
    return "" if zone.stem == "@" else zone.stem


def resident_bytes(pids: list[int]) -> int:
    """Memory of processes, pages they share counted once (Pss)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # NSD replaces its children while it starts
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def family(pid: int) -> list[int]:
    """The process and its descendants."""
    pids = [pid]
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pids += family(int(child))
    return pids


class DnsServer:
    name = ""
    ready_seconds_max = 60

    def __init__(self, zones: list[pathlib.Path], core: int | None = None, workers: int = 1):
        self.zones = [zone.resolve() for zone in zones]
        self.port = free_port()
        self.core = core
        self.workers = workers
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"meridian-{self.name}-"))
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def __enter__(self):
        try:
            pin = ["taskset", "-c", str(self.core)] if self.core is not None else []
            with open(self.folder / "log", "wb") as log:
                self.process = subprocess.Popen(pin + self.command(), stdin=subprocess.PIPE, stdout=log, stderr=log,
                                                cwd=self.folder)
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.stdin.close()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_ready(self):
        deadline = time.monotonic() + self.ready_seconds_max
        # Some of very many will do: who asks notices a zone that is not there.
        waiting = [origin_of(zone) for zone in self.zones[::len(self.zones) // ASKED_WHEN_READY + 1] + self.zones[-1:]]
        while waiting:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not serve {waiting[0]}:\n{(self.folder / 'log').read_text()[-3000:]}")
            if self.serves(waiting[0]):
                waiting.pop(0)
            else:
                time.sleep(0.02)

    def serves(self, origin: str) -> bool:
        client = DnsClient((HOST, self.port), timeout=0.5)
        try:
            code, found = client.ask(origin, SOA)
        except OSError:
            return False
        finally:
            client.close()
        return code == 0 and len(found) == 1

    def memory(self) -> int:
        return resident_bytes(family(self.process.pid))


class Knot(DnsServer):
    name = "knot"

    def command(self):
        me = pwd.getpwuid(os.getuid()).pw_name
        zones = "".join(f'  - domain: "{origin_of(zone)}."\n    file: "{zone}"\n' for zone in self.zones)
        (self.folder / "knot.conf").write_text(f"""
server:
    rundir: "{self.folder}"
    user: "{me}"
    pidfile: "{self.folder}/knot.pid"
    listen: {HOST}@{self.port}
    udp-workers: {self.workers}
    tcp-workers: 1
    background-workers: 1
    udp-max-payload: 1232
    tcp-io-timeout: 5000
    answer-rotation: off
control:
    listen: "{self.folder}/knot.sock"
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    zonefile-sync: -1
    journal-content: none
zone:
{zones}""")
        return [find("knotd"), "-c", str(self.folder / "knot.conf")]


class Nsd(DnsServer):
    name = "nsd"

    def command(self):
        zones = "".join(f'zone:\n    name: "{origin_of(zone)}."\n    zonefile: "{zone}"\n' for zone in self.zones)
        (self.folder / "nsd.conf").write_text(f"""
server:
    ip-address: {HOST}@{self.port}
    server-count: {self.workers}
    reuseport: {'yes' if self.workers > 1 else 'no'}
    username: ""
    zonesdir: "{self.folder}"
    database: ""
    pidfile: "{self.folder}/nsd.pid"
    xfrdfile: "{self.folder}/xfrd.state"
    zonelistfile: "{self.folder}/zone.list"
    xfrdir: "{self.folder}"
    ipv4-edns-size: 1232
    tcp-count: 100
    round-robin: no
    minimal-responses: no
    refuse-any: no
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
    answer-cookie: no
remote-control:
    control-enable: no
{zones}""")
        return [find("nsd"), "-d", "-c", str(self.folder / "nsd.conf")]


class Ours(DnsServer):
    """The engine by itself: zone files in, answers out (dns_serve_zone.cc)."""
    name = "ours"
    build = "release"

    @classmethod
    def program(cls) -> pathlib.Path:
        return ROOT / "build" / cls.build / "dns_serve_zone"

    def command(self):
        (self.folder / "zones").write_text("".join(f"{zone} {origin_of(zone)}.\n" for zone in self.zones))
        return [str(self.program()), "--listen", f"{HOST}:{self.port}", "--workers", str(self.workers), "--zones",
                str(self.folder / "zones")]

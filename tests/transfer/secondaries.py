"""Knot and NSD as secondaries of a Meridian server, each in a folder of its own, on loopback."""
import os
import pathlib
import pwd
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "differential"))
from dns_servers import HOST, DnsServer, find  # noqa: E402


class Secondary(DnsServer):
    """`primary` may be set later: configuration is written at the start."""

    def __init__(self, primary: tuple[str, int], zones: list[str], key: tuple[str, str] | None = None,
                 catalog: str | None = None, port: int | None = None):
        super().__init__([])
        self.primary, self.zones, self.key, self.catalog = primary, zones, key, catalog
        self.port = port or self.port
        self.user = pwd.getpwuid(os.getuid()).pw_name

    def wait_until_ready(self):
        """Its zones come when the primary says so: see wait_for_serial()."""

    def log_text(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def serial(self, zone: str) -> int | None:
        done = subprocess.run(["dig", f"@{HOST}", "-p", str(self.port), "+short", "+tries=1", "+time=1", zone, "SOA"],
                              capture_output=True, text=True, timeout=10)
        fields = done.stdout.split()
        return int(fields[2]) if len(fields) == 7 else None

    def wait_for_serial(self, zone: str, wanted: int, seconds: float = 15) -> float:
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if self.process.poll() is not None:
                break
            if self.serial(zone) == wanted:
                return time.monotonic() - started
            time.sleep(0.02)
        raise AssertionError(f"{self.name} has {self.serial(zone)} of {zone}, not {wanted}:\n{self.log_text()[-3000:]}")

    def records(self, zone: str) -> list[str]:
        return take_records((HOST, self.port), zone)


def take_records(server: tuple[str, int], zone: str, *words: str) -> list[str]:
    """Every record of the zone, sorted, as one transfer has them; the SOA once."""
    done = subprocess.run(["kdig", f"@{server[0]}", "-p", str(server[1]), "+retry=0", "+timeout=5", *words, zone, "AXFR"],
                          capture_output=True, text=True, timeout=20)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()
             if line and not line.startswith(";") and " TSIG " not in line.replace("\t", " ")]
    return sorted(set(lines))


class Knot(Secondary):
    name = "knot"

    def command(self):
        key = f'key:\n  - id: {self.key[0]}\n    algorithm: hmac-sha256\n    secret: {self.key[1]}\n' if self.key else ""
        with_key = f"    key: {self.key[0]}\n" if self.key else ""
        zones = "".join(f"  - domain: {zone}\n" for zone in self.zones)
        if self.catalog:
            zones += f"  - domain: {self.catalog}\n    catalog-role: interpret\n    catalog-template: default\n"
        (self.folder / "knot.conf").write_text(f"""
server:
    rundir: "{self.folder}"
    user: "{self.user}"
    pidfile: "{self.folder}/knot.pid"
    listen: {HOST}@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
control:
    listen: "{self.folder}/knot.sock"
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: info
{key}remote:
  - id: primary
    address: {self.primary[0]}@{self.primary[1]}
    via: {HOST}
{with_key}acl:
  - id: notify
    address: {HOST}
    action: notify
{with_key}  - id: transfer
    address: {HOST}
    action: transfer
template:
  - id: default
    storage: "{self.folder}"
    master: primary
    acl: [notify, transfer]
    zonefile-sync: -1
zone:
{zones}""")
        return [find("knotd"), "-c", str(self.folder / "knot.conf")]


class Nsd(Secondary):
    name = "nsd"

    def command(self):
        key = f'key:\n  name: {self.key[0]}\n  algorithm: hmac-sha256\n  secret: "{self.key[1]}"\n' if self.key else ""
        with_key = self.key[0] if self.key else "NOKEY"
        zones = "".join(f"""zone:
  name: {zone}
  request-xfr: {self.primary[0]}@{self.primary[1]} {with_key}
  allow-notify: {HOST} {with_key}
  provide-xfr: {HOST} NOKEY
""" for zone in self.zones)
        (self.folder / "nsd.conf").write_text(f"""
server:
  username: ""
  chroot: ""
  server-count: 1
  ip-address: {HOST}@{self.port}
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/nsd.pid"
  xfrdfile: "{self.folder}/xfrd.state"
  xfrdir: "{self.folder}"
  zonelistfile: "{self.folder}/zone.list"
  verbosity: 3
  xfrd-reload-timeout: 0
remote-control:
  control-enable: no
{key}{zones}""")
        return [find("nsd"), "-d", "-c", str(self.folder / "nsd.conf")]

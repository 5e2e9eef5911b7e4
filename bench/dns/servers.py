"""The servers that bench/dns compares, beyond those of tests/differential/dns_servers.py, with settings as near to one
another as they can be: UDP of 1232 bytes, no rate limit, no cookies, no query log, no rotation, full replies. Caches stay
as each is shipped.
"""
import argparse
import os
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "differential"))
from dns_servers import HOST, DnsServer, Knot, Nsd, Ours, ROOT, find, origin_of  # noqa: E402


class Echo(DnsServer):
    """Every query comes back at once: what the loopback and the generator allow."""
    name = "echo"

    def command(self):
        return [str(ROOT / "build" / "release" / "udp_echo"), f"{HOST}:{self.port}", str(self.workers)]

    def serves(self, origin):
        return True


def zones_of_named(server: DnsServer) -> str:
    return "".join(f'zone "{origin_of(zone)}." {{ type primary; file "{zone}"; }};\n' for zone in server.zones)


class Bind(DnsServer):
    name = "bind"

    def command(self):
        (self.folder / "named.conf").write_text(f"""
options {{
    directory "{self.folder}";
    pid-file "{self.folder}/named.pid";
    session-keyfile "{self.folder}/session.key";
    listen-on port {self.port} {{ {HOST}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    dnssec-validation no;
    minimal-responses no;
    answer-cookie no;
    edns-udp-size 1232;
    max-udp-size 1232;
    rrset-order {{ order none; }};
    querylog no;
    notify no;
    check-names primary ignore;
    empty-zones-enable no;
    masterfile-format text;
}};
controls {{ }};
{zones_of_named(self)}""")
        return [find("named"), "-g", "-4", "-n", str(self.workers), "-c", str(self.folder / "named.conf")]


class PowerDns(DnsServer):
    name = "pdns"

    def command(self):
        (self.folder / "named.conf").write_text(zones_of_named(self).replace("type primary", "type master"))
        (self.folder / "pdns.conf").write_text(f"""
launch=bind
bind-config={self.folder}/named.conf
local-address={HOST}
local-port={self.port}
socket-dir={self.folder}
daemon=no
guardian=no
disable-syslog=yes
loglevel=3
log-dns-queries=no
receiver-threads={self.workers}
distributor-threads=1
reuseport={'yes' if self.workers > 1 else 'no'}
udp-truncation-threshold=1232
any-to-tcp=no
security-poll-suffix=
""")
        return [find("pdns_server"), f"--config-dir={self.folder}"]


class Gdnsd(DnsServer):
    """It adds nothing to an answer (no NS set, no addresses of MX targets) and serves DNSSEC to nobody; what it does serve
    is comparable."""
    name = "gdnsd"

    def command(self):
        zones = self.folder / "zones"
        zones.mkdir()
        for zone in self.zones:
            # One file a zone, called after it; the root has a name of its own.
            (zones / (origin_of(zone) or "ROOT_ZONE")).symlink_to(zone)
        (self.folder / "config").write_text(f"""
options => {{
  listen => {HOST}:{self.port}
  udp_threads => {self.workers}
  tcp_threads => 1
  max_edns_response => 1232
  disable_cookies => true
  run_dir => {self.folder}/run
  state_dir => {self.folder}/state
}}
""")
        return [find("gdnsd"), "-c", str(self.folder), "start"]


ALL = {kind.name: kind for kind in (Echo, Ours, Knot, Nsd, PowerDns, Bind, Gdnsd)}


def cpu_seconds(pids: list[int]) -> tuple[float, float]:
    """User and system time."""
    user = system = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / os.sysconf("SC_CLK_TCK"), system / os.sysconf("SC_CLK_TCK")


def names(allowed):
    """For argparse: some of `allowed`, separated by commas."""
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(allowed)}")
        return chosen
    return parse

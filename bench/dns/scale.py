#!/usr/bin/env python3
"""What a zone costs as it grows: time from start to the first answer, memory a record, and one change.

usage: scale.py [--sizes 10k,100k,1m] [--zones 100,1000,10000] [--servers ours-image,ours-files,knot,nsd] [--changes N]

--sizes: records in one zone. --zones: zones of ten records each. ours-image starts from the snapshot on disk as an edge
does, ours-files from zone files. A change replaces the one value of one name: ours by a delta through the engine's publish
path, Knot's by DNS UPDATE, NSD's by writing the zone file anew and SIGHUP (the only way it has). It is timed from there
until the first reply that carries the new value. CPU is that of all the server's processes.
"""
import argparse
import os
import pathlib
import signal
import socket
import statistics
import struct
import sys
import tempfile
import time

import zone_sets
from dns_servers import HOST, DnsServer, Knot, Nsd, Ours, family, origin_of
from servers import names

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests"))
from dns_client import DnsClient, encode_name  # noqa: E402

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
ZONES = {"100": 100, "1000": 1000, "10000": 10_000}
A = 1


def cpu_total(server: DnsServer) -> float:
    """Seconds of CPU time so far, to the nanosecond but for processes that have ended."""
    total = 0.0
    for pid in family(server.process.pid):
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0]) / 1e9
        ended = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
        total += sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")
    return total


class FirstAnswer:
    """Mixed into a server: polls for its last zone and keeps what it took to get there."""
    ready_seconds_max = 300

    def wait_until_ready(self):
        started, origin = time.perf_counter(), origin_of(self.zones[-1])
        while not self.serves(origin):
            if self.process.poll() is not None or time.perf_counter() - started > self.ready_seconds_max:
                raise RuntimeError(f"{self.name} does not serve {origin}: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.001)
        self.seconds_to_first_answer = time.perf_counter() - started
        self.cpu_to_first_answer = cpu_total(self)
        super().wait_until_ready()


class OursFiles(FirstAnswer, Ours):
    name = "ours-files"

    def change(self, origin: str, owner: str, address: str):
        self.process.stdin.write(f"{origin}. {owner}. A {address}\n".encode())
        self.process.stdin.flush()


class OursImage(OursFiles):
    name = "ours-image"
    image: pathlib.Path  # set by what saves it

    def command(self):
        return [str(self.program()), "--listen", f"{HOST}:{self.port}", "--load", str(self.image)]


class KnotUpdated(FirstAnswer, Knot):
    name = "knot"

    def command(self):
        command = super().command()
        path = self.folder / "knot.conf"
        path.write_text(path.read_text().replace("template:\n", f"acl:\n  - id: here\n    address: {HOST}\n    action: update\n"
                                                 "template:\n").replace("    journal-content: none\n", "    acl: here\n"))
        return command

    def change(self, origin: str, owner: str, address: str):
        """RFC 2136: delete the set, add the record."""
        name = encode_name(owner)
        update = (struct.pack(">HHHHHH", 1, 5 << 11, 1, 0, 2, 0) + encode_name(origin) + struct.pack(">HH", 6, 1)
                  + name + struct.pack(">HHIH", A, 255, 0, 0) + name + struct.pack(">HHIH", A, 1, 60, 4) + socket.inet_aton(address))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(60)
            asker.connect((HOST, self.port))
            asker.send(update)
            reply = asker.recv(512)
        if reply[3] & 15:
            raise RuntimeError(f"knot refused an update with code {reply[3] & 15}")


class NsdReloaded(FirstAnswer, Nsd):
    name = "nsd"

    def change(self, origin: str, owner: str, address: str):
        path = next(zone for zone in self.zones if origin_of(zone) == origin)
        with open(path, "a") as file:
            file.write(f"{owner}. 60 A {address}\n")  # one more address: nothing is taken away, which is quicker
        self.process.send_signal(signal.SIGHUP)


ALL = {kind.name: kind for kind in (OursImage, OursFiles, KnotUpdated, NsdReloaded)}


def addresses(server: DnsServer, owner: str) -> set[str]:
    client = DnsClient((HOST, server.port))
    try:
        return {socket.inet_ntoa(address) for address in client.ask(owner)[1]}
    except OSError:
        return set()
    finally:
        client.close()


def change_costs(server, zone: pathlib.Path, changes: int) -> tuple[float, float]:
    """Median seconds until it is answered, mean CPU seconds."""
    origin, times = origin_of(zone), []
    owner = f"changed.{origin}"
    if isinstance(server, NsdReloaded):
        time.sleep(1.1)  # it goes by the file's time in seconds
    before = cpu_total(server)
    for number in range(1, changes + 1):
        address = f"203.0.{number >> 8}.{number & 255}"
        started = time.perf_counter()
        server.change(origin, owner, address)
        while address not in addresses(server, owner):
            if time.perf_counter() - started > 120:
                raise RuntimeError(f"{server.name} never answered with a change")
            time.sleep(0.0005)
        times.append(time.perf_counter() - started)
        if isinstance(server, NsdReloaded):
            time.sleep(1.1)
    return statistics.median(times), (cpu_total(server) - before) / changes


def save_image(zones: list[pathlib.Path], folder: pathlib.Path):
    class Saving(Ours):
        ready_seconds_max = 300

        def command(self):
            return super().command() + ["--save", str(folder)]
    with Saving(zones):
        OursImage.image = folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=names([*SIZES, "none"]), default=list(SIZES))
    parser.add_argument("--zones", type=names([*ZONES, "none"]), default=list(ZONES))
    parser.add_argument("--servers", type=names(ALL), default=list(ALL))
    parser.add_argument("--changes", type=int, default=20)
    options = parser.parse_args()
    shapes = ([(SIZES[size], lambda folder, n=SIZES[size]: zone_sets.hosts(folder, n)) for size in options.sizes if size != "none"]
              + [(10 * ZONES[each], lambda folder, n=ZONES[each]: zone_sets.many(folder, n)) for each in options.zones
                 if each != "none"])
    print("command: bench/dns/scale.py " + " ".join(sys.argv[1:]))
    print(f"{'':11}{'zones':>7}{'records':>9}{'start s':>9}{'CPU s':>8}{'MB':>8}{'B/record':>10}{'change ms':>11}{'CPU us':>10}")
    for records, make in shapes:
        with tempfile.TemporaryDirectory(prefix="meridian-bench-") as folder:
            zones = make(pathlib.Path(folder)).zones
            if "ours-image" in options.servers:
                save_image(zones, pathlib.Path(folder) / "image")
            for name in options.servers:
                with ALL[name](zones) as server:
                    memory = server.memory()
                    changes = min(options.changes, 3) if name == "nsd" else options.changes
                    seconds, cpu = change_costs(server, zones[len(zones) // 2], changes)
                    print(f"{name:11}{len(zones):>7}{records:>9}{server.seconds_to_first_answer:>9.3f}{server.cpu_to_first_answer:>8.2f}"
                          f"{memory / 1e6:>8.1f}{memory / records:>10.0f}{seconds * 1e3:>11.2f}{cpu * 1e6:>10.0f}", flush=True)


if __name__ == "__main__":
    main()

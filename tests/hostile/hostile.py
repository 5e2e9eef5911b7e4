#!/usr/bin/env python3
"""What good clients notice of an attack on the server: server on one core, attackers and good clients on another.

Asserts that the server lives, answers the good clients rightly and all of them within their retries, and that its
memory stays bounded; prints their share of answers, latency and the server's memory with and without each attack.

usage: hostile.py [--full | --seconds N] [--limits "OPTIONS OF SERVE"] [--attack-rate N]
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import BINARY, ROOT, Server  # noqa: E402

LOAD = pathlib.Path(os.environ.get("HOSTILE_LOAD", ROOT / "build" / "release" / "hostile_load"))
ZONE = "hostile.test."
NAMES = 1000
MEMORY_GROWTH_MAX_MB = 64  # replies nobody reads (16), queries in parts (2), connections; and what the allocator keeps
BROKEN = "random-bytes,malformed,loops,edns,types,responses,oversized"
TCP = "slow-connections,connection-flood"
ATTACKS = {
    "broken messages": BROKEN,
    "flood from 16 prefixes": "flood --prefixes 16",
    "flood from 65,536": "flood",
    "random names": "random-names",
    "TCP": TCP,
    "everything": f"{BROKEN},flood,random-names,{TCP}",
}
# What docs/operate/limits.md tells operators to set.
LIMITS = "--rate-limit 200 --prefix-limit 5000"  # five times what the busiest good client asks


def write_zone(path: pathlib.Path):
    lines = [f"$ORIGIN {ZONE}", "$TTL 300"]
    lines += [f"h{i} A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(NAMES)]
    lines += [f'big TXT "{i}-{"x" * 200}"' for i in range(60)]
    path.write_text("\n".join(lines) + "\n")


def memory_mb(pid: int) -> dict[str, float]:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {key: int(re.search(rf"{key}:\s+(\d+) kB", status)[1]) / 1024 for key in ("VmRSS", "VmHWM")}


class Run:
    def __init__(self, server: Server, load_core: int, attack_rate: int):
        self.server, self.load_core, self.attack_rate = server, load_core, attack_rate
        self.failures: list[str] = []
        print(f"{'':26} {'answered':>9} {'1st try':>8} {'p50 ms':>7} {'p99 ms':>7} {'TCP':>7} {'datagrams/s':>12} "
              f"{'connects/s':>10} {'RSS MB':>7}")

    def phase(self, name: str, attacks: str, seconds: int, strict: bool = True) -> dict:
        words = [LOAD, "--server", self.server.dns[0], "--port", self.server.dns[1], "--zone", ZONE, "--names", NAMES,
                 "--seconds", seconds, "--core", self.load_core]
        if attacks:
            words += ["--attack", *attacks.split(), "--attack-rate", self.attack_rate]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=seconds + 120)
        if done.returncode != 0:
            raise RuntimeError(f"hostile_load: {done.stderr}")
        if self.server.process.poll() is not None:
            raise RuntimeError(f"{name}: the server is gone: {self.server.log_text()[-5000:]}")
        result = json.loads(done.stdout)
        udp, tcp = result["udp"], result["tcp"]
        memory = memory_mb(self.server.process.pid)
        print(f"{name:26} {udp['answered'] / udp['asked']:9.2%} {udp['answered_first'] / udp['asked']:8.2%} "
              f"{udp['p50_ms']:7.2f} {udp['p99_ms']:7.2f} {tcp['answered'] / tcp['asked']:7.1%} "
              f"{result['datagrams'] / seconds:12.0f} {result['connections'] / seconds:10.0f} {memory['VmRSS']:7.1f}",
              flush=True)
        for transport in ("udp", "tcp"):
            report = result[transport]
            if report["wrong"]:
                self.failures.append(f"{name}: {report['wrong']} wrong answers over {transport}: {report['first_wrong']}")
            # Where strangers take ten thousand connections a second, three tries may all be in their way.
            lost_max = report["asked"] / 10 if transport == "tcp" else 0
            if report["lost"] > lost_max and strict:
                self.failures.append(f"{name}: {report['lost']} of {report['asked']} queries lost over {transport}")
        return result


def counters(server: Server) -> str:
    text = urllib.request.urlopen("http://%s:%d/metrics" % server.admin, timeout=10).read().decode()
    return "\n".join(line for line in text.splitlines() if re.match(
        r"meridian_dns_(limited|udp_lost|tcp_closed|dropped)_total", line))


def run(arguments) -> int:
    cores = sorted(os.sched_getaffinity(0))
    server_core, load_core = cores[0], cores[-1]
    os.sched_setaffinity(0, {server_core})  # inherited by the server
    with tempfile.TemporaryDirectory() as scratch, Server("--dev", "--dns-workers", "1", *arguments.limits.split()) as server:
        os.sched_setaffinity(0, {load_core})
        zone_file = pathlib.Path(scratch) / "zone"
        write_zone(zone_file)
        server.meridian("zone", "import", str(zone_file), "--origin", ZONE, "--create")
        while "10.0.0.7" not in server.dig(f"h7.{ZONE}", "A", "+short"):
            time.sleep(0.05)
        before = memory_mb(server.process.pid)
        print(f"server: {BINARY} {arguments.limits}\n")
        work = Run(server, load_core, arguments.attack_rate)
        if arguments.full:
            quiet = work.phase("no attack", "", 30)
            share = arguments.seconds // (len(ATTACKS) + 1)
            shares = {name: work.phase(name, kinds, share * (2 if name == "everything" else 1))
                      for name, kinds in ATTACKS.items()}
            work.phase("no attack again", "", 30)
            for name, result in shares.items():
                kept = (result["udp"]["answered_first"] / result["udp"]["asked"]) / (
                    quiet["udp"]["answered_first"] / quiet["udp"]["asked"])
                print(f"{name}: good clients keep {kept:.1%} of their throughput without a retry")
                if kept < 0.9:
                    work.failures.append(f"{name}: good clients keep {kept:.1%}, less than 90 %")
        else:
            work.phase("no attack", "", 2)
            work.phase("everything", ATTACKS["everything"], arguments.seconds - 2)
        after = memory_mb(server.process.pid)
        print(f"\nmemory: {before['VmRSS']:.1f} MB before, {after['VmRSS']:.1f} MB after, "
              f"{after['VmHWM']:.1f} MB at most\n{counters(server)}")
        if after["VmHWM"] - before["VmRSS"] > arguments.memory_max:
            work.failures.append(f"memory grew by {after['VmHWM'] - before['VmRSS']:.1f} MB")
        if server.stop() != 0:
            work.failures.append("the server did not end well")
    for failure in work.failures:
        print(f"FAIL {failure}")
    return 1 if work.failures else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="ten minutes, one attack after another")
    parser.add_argument("--seconds", type=int, help="how long; 10, or 600 with --full")
    parser.add_argument("--limits", default=LIMITS, help="options of serve")
    parser.add_argument("--attack-rate", type=int, default=0, help="datagrams a second; 0: as many as can be")
    parser.add_argument("--memory-max", type=float, default=MEMORY_GROWTH_MAX_MB, help="growth, MB")
    arguments = parser.parse_args()
    arguments.seconds = arguments.seconds or (600 if arguments.full else 10)
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())

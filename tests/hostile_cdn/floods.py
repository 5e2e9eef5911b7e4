#!/usr/bin/env python3
"""Good viewers while others flood: each attack by itself, then all of them. The server has one core, everybody else the other.
Good viewers ask for cached objects at an even rate, half of what the server can do, and go first on their core: what they do not
get is what the server took from them. Attackers do what costs it most for the least of theirs with all that is left there. What
is counted are good requests served of those that were due, how late they were, and what of its core the server spent on attackers.

usage: floods.py [--full]      a second of each, for ./test; with --full five, and nine of ten good requests have to be served
MERIDIAN_REALTIME=1: all of them go before other programs, where those cannot be stopped"""
import argparse
import asyncio
import ctypes
import itertools
import json
import multiprocessing
import os
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

from frames import CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, block, frame
from world import HostileCase, Origin, Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "bench"))
from in_turns import cpu_seconds  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

LOAD = ROOT / "build" / "release" / "http_load"
SERVER_CORE, OTHER_CORE = 0, os.cpu_count() - 1
GOOD_CONNECTIONS = 32
SERVED_LEAST = 0.9
REALTIME = bool(os.environ.get("MERIDIAN_REALTIME"))
MEMORY_MAX = 300_000_000  # more than before the floods


async def many(count: int, one):
    """`count` of them at a time, each begun anew when it ends, until cancelled."""
    async def again(n: int):
        while True:
            try:
                await one(n)
            except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
                await asyncio.sleep(0.01)
    await asyncio.gather(*(again(n) for n in range(count)))


class Attacks:
    def __init__(self, plain, tls, host, messages):
        self.plain, self.tls, self.host, self.messages = plain, tls, host, messages
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.set_alpn_protocols(["h2"])

    def sent(self, count: int = 1):
        self.messages.value += count  # of one writer

    async def open(self):
        self.sent()
        return await asyncio.open_connection(*self.plain)

    async def open_h2(self):
        self.sent()
        reader, writer = await asyncio.open_connection(*self.tls, ssl=self.context, server_hostname=self.host)
        writer.write(PREFACE + frame(SETTINGS))
        return reader, writer

    def head(self, path: str) -> bytes:
        return block((":method", "GET"), (":scheme", "https"), (":authority", self.host), (":path", path))

    async def slow_heads(self):
        async def one(_):
            reader, writer = await self.open()
            writer.write(f"GET / HTTP/1.1\r\nHost: {self.host}\r\n".encode())
            while not reader.at_eof():
                writer.write(b"X: 1\r\n")
                self.sent()
                await writer.drain()
                await asyncio.sleep(1)
        await many(2000, one)

    async def slow_bodies(self):
        async def one(_):
            reader, writer = await self.open()
            writer.write(f"POST /in HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: 100000\r\n\r\n".encode())
            while not reader.at_eof():
                writer.write(b"x")
                self.sent()
                await writer.drain()
                await asyncio.sleep(1)
        await many(200, one)

    async def slow_readers(self):
        async def one(_):
            raw = socket.socket()
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.setblocking(False)
            await asyncio.get_running_loop().sock_connect(raw, self.plain)
            reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
            writer.write(f"GET /kept/large HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
            self.sent()
            while await reader.read(512):
                await asyncio.sleep(0.5)
        await many(500, one)

    async def long_heads(self):
        async def one(n):
            reader, writer = await self.open()
            lines = "".join(f"X-{i}: {'a' * 40}\r\n" for i in range(400)) if n % 2 else "Cookie: " + "a=b; " * 4000 + "\r\n"
            writer.write(f"GET /kept/1 HTTP/1.1\r\nHost: {self.host}\r\n{lines}\r\n".encode())
            await reader.read(100)
            writer.close()
            await asyncio.sleep(0.05)
        await many(10, one)

    async def connections(self):
        async def one(_):
            _, writer = await self.open()
            writer.transport.abort()
            await asyncio.sleep(0.02)
        await many(10, one)

    async def handshakes(self):
        async def one(n):
            reader, writer = await asyncio.open_connection(*self.tls)
            self.sent()
            writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200) if n % 2 else os.urandom(300))
            await reader.read(100)
            writer.close()
            await asyncio.sleep(0.05)
        await many(10, one)

    async def whole_handshakes(self):
        async def one(_):
            _, writer = await self.open_h2()
            writer.transport.abort()
        await many(10, one)

    async def misses(self):
        async def one(n):
            reader, writer = await self.open()
            for at in itertools.count():
                writer.write(f"GET /kept/{n}-{at}-{os.urandom(8).hex()} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
                self.sent()
                if not await reader.read(65536):
                    return
        await many(50, one)

    async def resets(self):
        async def one(_):
            reader, writer = await self.open_h2()
            stream = 1
            while not reader.at_eof() and not writer.is_closing():
                writer.write(b"".join(frame(HEADERS, END_HEADERS | END_STREAM, at, self.head(f"/kept/{at % 100}")) +
                                      frame(RST_STREAM, 0, at, struct.pack(">I", CANCEL)) for at in range(stream, stream + 100, 2)))
                stream += 100
                self.sent(100)
                await writer.drain()
                await asyncio.sleep(0.02)
        await many(4, one)

    async def flood_of(self, what: bytes, first: bytes = b""):
        async def one(_):
            reader, writer = await self.open_h2()
            writer.write(first)
            while not reader.at_eof() and not writer.is_closing():
                writer.write(what * 100)
                self.sent(100)
                await writer.drain()
                await asyncio.sleep(0.02)
        await many(4, one)

    async def continuations(self):
        await self.flood_of(frame(CONTINUATION, 0, 1, block(("x", "a" * 100))), frame(HEADERS, END_STREAM, 1, self.head("/in")))

    async def pings(self):
        await self.flood_of(frame(PING, 0, 0, b"12345678"))

    async def settings(self):
        await self.flood_of(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535)))

    async def empty_data(self):
        await self.flood_of(frame(DATA, 0, 1, b""), frame(HEADERS, END_HEADERS, 1, block(
            (":method", "POST"), (":scheme", "https"), (":authority", self.host), (":path", "/in"))))


ATTACKS = [name for name in vars(Attacks) if not name.startswith("_") and name not in ("sent", "open", "open_h2", "head", "flood_of")]


def attack(names: list[str], *where):
    """A process of its own, until it is ended."""
    os.sched_setaffinity(0, {OTHER_CORE})
    os.nice(15)
    if REALTIME:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

    async def run():
        attacks = Attacks(*where)
        await asyncio.gather(*(getattr(attacks, name)() for name in names))
    asyncio.run(run())


def good_viewers(where: tuple[str, int], host: str, seconds: float, rate: float = 0) -> dict:
    """As fast as they are answered, or at a rate."""
    with tempfile.NamedTemporaryFile("w") as requests:
        requests.writelines(f"GET /kept/{n}\n" for n in range(1, 101))
        requests.flush()
        done = subprocess.run([*(["chrt", "--rr", "2"] if REALTIME else []), "taskset", "-c", str(OTHER_CORE), LOAD, "--server", "%s:%d" % where, "--host", host, "--requests",
                               requests.name, "--seconds", str(seconds), "--connections", str(GOOD_CONNECTIONS), "--rate", str(rate)],
                              capture_output=True, text=True, check=True, timeout=seconds + 60)
    return json.loads(done.stdout)


class World(HostileCase):
    """What the tests have, without being one."""

    def __init__(self, server: Server, origin: Origin):
        super().__init__("create_distribution")
        self.server, self.origin = server, origin


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--full", action="store_true")
    full = arguments.parse_args().full
    seconds = 5.0 if full else 1.0
    failures = []
    with Server("--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0", "--cdn-workers", "1",
                "--cdn-cache", str(1 << 30)) as server:  # the large object has to fit into it
        os.sched_setaffinity(0, {OTHER_CORE})
        for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {SERVER_CORE})
            if REALTIME:
                os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(1))
        origin = Origin()
        origin.start()
        large = b"x" * 16_000_000
        origin.replies["/kept/large"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(large), large)
        World.command = aws_commands()[0]
        host = World(server, origin).create_distribution("floods")
        messages = multiprocessing.Value(ctypes.c_uint64, 0, lock=False)
        where = (server.cdn, server.cdn_tls, host, messages)
        good_viewers(server.cdn, host, 0.5)  # everything is cached
        before, pid = server.resident_bytes(), server.process.pid
        used = cpu_seconds(pid)
        rate = good_viewers(server.cdn, host, seconds)["replies"] / (cpu_seconds(pid) - used) / 2
        print(f"{rate:.0f} good requests a second are due")
        print(f"{'':16}{'served':>7}{'alone':>7}{'median':>8}{'99th ms':>9}{'failed':>8}{'messages/s':>12}{'of a core':>11}{'MB':>6}")
        for name in [*ATTACKS, "everything"]:
            messages.value, used = 0, cpu_seconds(pid)
            alone = good_viewers(server.cdn, host, seconds, rate)
            a_reply = (cpu_seconds(pid) - used) / alone["replies"]
            attacker = multiprocessing.Process(target=attack, args=(ATTACKS if name == "everything" else [name], *where), daemon=True)
            attacker.start()
            time.sleep(1)
            for _ in range(10):  # the attack may have just begun: hundreds of viewers of one large object take their time
                used, sent = cpu_seconds(pid), messages.value
                beside = good_viewers(server.cdn, host, seconds, rate)
                used, sent = cpu_seconds(pid) - used, messages.value - sent
                if beside["replies"]:
                    break
            attacker.kill()
            attacker.join()
            served = beside["replies"] / rate / seconds
            memory = server.resident_bytes()
            spent = max(0.0, used - beside["replies"] * a_reply) / seconds  # on the attack
            print(f"{name:16}{served:7.3f}{alone['replies'] / rate / seconds:7.3f}{beside['p50_us'] / 1000:8.1f}"
                  f"{beside['p99_us'] / 1000:9.1f}{beside['failed']:8}{sent / seconds:12.0f}{spent:11.2f}{memory / 1e6:6.0f}", flush=True)
            if full and served < SERVED_LEAST:
                failures.append(f"{name}: {served:.3f} of the good requests were served")
            if beside["failed"] or not beside["replies"]:
                failures.append(f"{name}: {beside['failed']} good requests failed of {beside['replies']}")
            if memory - before > MEMORY_MAX:
                failures.append(f"{name}: memory grew by {(memory - before) / 1e6:.0f} MB")
            if server.process.poll() is not None:
                failures.append(f"{name}: the server ended")
                break
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Asks every edge at a steady pace and checks each answer, until standard input ends; then prints a JSON object per edge:
sent, answered, the times (CLOCK_MONOTONIC) of questions that got no answer, and wrong answers.

usage: query_stream.py ZONE RECORDS RATE ADDRESS… where nN.ZONE is to be 10.0.0.0 + N for N below RECORDS
"""
import json
import pathlib
import random
import select
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import encode_name, skip_name  # noqa: E402

TIMEOUT = 2.0  # seconds; without retry, so that one lost datagram is one failure


def record_value(number: int) -> bytes:
    return (0x0A000000 + number).to_bytes(4, "big")


class Edge:
    def __init__(self, address: str):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setblocking(False)
        self.socket.connect((address, 53))
        self.id = 0
        self.waiting: dict[int, tuple[float, int]] = {}  # id: when it was sent, which record
        self.sent = self.answered = 0
        self.failed: list[float] = []
        self.wrong: list[str] = []

    def ask(self, zone: str, number: int) -> None:
        self.id = (self.id + 1) & 0xFFFF
        self.waiting[self.id] = (time.monotonic(), number)
        self.sent += 1
        query = struct.pack(">HHHHHH", self.id, 0, 1, 0, 0, 0) + encode_name(f"n{number}.{zone}") + b"\0\1\0\1"
        try:
            self.socket.send(query)
        except OSError:
            pass  # nobody listens there: this question, or the one before, will have no answer

    def receive(self) -> None:
        while True:
            try:
                message = self.socket.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                continue
            id, flags, _, answers = struct.unpack_from(">HHHH", message)
            asked = self.waiting.pop(id, None)
            if asked is None:
                continue  # later than we waited: it is counted as failed
            self.answered += 1
            at = skip_name(message, 12) + 4
            if flags & 15 or not answers:
                self.wrong.append(f"n{asked[1]}: rcode {flags & 15}, {answers} answers")
                continue
            at = skip_name(message, at) + 10
            if message[at:at + 4] != record_value(asked[1]):
                self.wrong.append(f"n{asked[1]}: {socket.inet_ntoa(message[at:at + 4])}")

    def give_up(self, before: float) -> None:
        for id, (sent, _) in list(self.waiting.items()):
            if sent >= before:
                break
            self.failed.append(sent)
            del self.waiting[id]


def main(zone: str, records: int, rate: float, addresses: list[str]) -> None:
    edges = {address: Edge(address) for address in addresses}
    of_socket = {edge.socket: edge for edge in edges.values()}
    generator = random.Random(1)
    due, asking = time.monotonic(), True
    print("asking", flush=True)
    while asking or any(edge.waiting for edge in edges.values()):
        now = time.monotonic()
        while asking and due <= now:
            due += 1 / rate
            for edge in edges.values():
                edge.ask(zone, generator.randrange(records))
        watched = [*of_socket, sys.stdin] if asking else [*of_socket]
        for ready in select.select(watched, [], [], max(0.0, min(due - time.monotonic(), 0.05)))[0]:
            if ready is sys.stdin:
                asking = bool(sys.stdin.readline())
            else:
                of_socket[ready].receive()
        for edge in edges.values():
            edge.give_up(time.monotonic() - TIMEOUT)
    print(json.dumps({address: {"sent": edge.sent, "answered": edge.answered, "failed": edge.failed, "wrong": edge.wrong}
                      for address, edge in edges.items()}))


main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])

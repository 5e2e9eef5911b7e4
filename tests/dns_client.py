"""A DNS question over UDP in microseconds, for tests that ask thousands of times (dig costs a process each)."""
import socket
import struct
import time


def encode_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def skip_name(message: bytes, at: int) -> int:
    while True:
        size = message[at]
        if size >= 0xC0:
            return at + 2
        at += 1 + size
        if size == 0:
            return at


class DnsClient:
    def __init__(self, address: tuple[str, int], timeout: float = 1.0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(address)
        self.socket.settimeout(timeout)
        self.id = 0

    def close(self):
        self.socket.close()

    def ask(self, name: str, kind: int = 1) -> tuple[int, list[bytes]]:
        """The response code and the RDATA of the answers of that type. Raises OSError when nothing comes."""
        self.id = (self.id + 1) & 0xFFFF
        self.socket.send(struct.pack(">HHHHHH", self.id, 0, 1, 0, 0, 0) + encode_name(name) + struct.pack(">HH", kind, 1))
        while True:
            message = self.socket.recv(65535)
            if struct.unpack_from(">H", message)[0] == self.id:
                break
        flags, questions, answers = struct.unpack_from(">HHH", message, 2)
        at = 12
        for _ in range(questions):
            at = skip_name(message, at) + 4
        found = []
        for _ in range(answers):
            at = skip_name(message, at)
            got, _klass, _ttl, size = struct.unpack_from(">HHIH", message, at)
            at += 10
            if got == kind:
                found.append(message[at:at + size])
            at += size
        return flags & 15, found

    def wait_for(self, name: str, wanted: bytes, seconds: float = 10) -> float:
        """Seconds until an A record of `name` is `wanted`."""
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            try:
                if wanted in self.ask(name)[1]:
                    return time.perf_counter() - started
            except OSError:
                time.sleep(0.001)
        raise AssertionError(f"{name} never answered {socket.inet_ntoa(wanted)}")

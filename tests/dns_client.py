"""A DNS question over UDP in microseconds, for tests that ask thousands of times (dig costs a process each)."""
import collections
import dataclasses
import ipaddress
import socket
import struct
import time

OPT, CLIENT_SUBNET = 41, 8


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


@dataclasses.dataclass
class Answer:
    rcode: int
    rdata: list[bytes]  # of the answers of the type asked for
    ttl: int | None = None  # of the first of them
    scope: int | None = None  # of EDNS Client Subnet; None: there was no such option

    @property
    def addresses(self) -> list[str]:
        return [socket.inet_ntoa(each) for each in self.rdata]


def encode_query(number: int, name: str, kind: int = 1, subnet: str | None = None, recurse: bool = False) -> bytes:
    """`subnet` is a block that EDNS Client Subnet (RFC 7871) tells of the client; `recurse` asks a resolver to."""
    additional = b""
    if subnet is not None:
        network = ipaddress.ip_network(subnet)
        option = struct.pack(">HBB", 1 if network.version == 4 else 2, network.prefixlen, 0)
        option += network.network_address.packed[:(network.prefixlen + 7) // 8]
        additional = b"\0" + struct.pack(">HHIHHH", OPT, 1232, 0, 4 + len(option), CLIENT_SUBNET, len(option)) + option
    return (struct.pack(">HHHHHH", number, 0x0100 if recurse else 0, 1, 0, 0, 1 if additional else 0) + encode_name(name)
            + struct.pack(">HH", kind, 1) + additional)


def decode_answer(message: bytes, kind: int = 1) -> Answer:
    flags, questions, *sections = struct.unpack_from(">HHHHH", message, 2)
    answer, at = Answer(flags & 15, []), 12
    for _ in range(questions):
        at = skip_name(message, at) + 4
    for number in range(sum(sections)):
        at = skip_name(message, at)
        got, _klass, ttl, size = struct.unpack_from(">HHIH", message, at)
        at += 10
        if got == kind and number < sections[0]:
            answer.rdata.append(message[at:at + size])
            answer.ttl = ttl if answer.ttl is None else answer.ttl
        if got == OPT:
            option = at
            while option < at + size:
                code, length = struct.unpack_from(">HH", message, option)
                if code == CLIENT_SUBNET:
                    answer.scope = message[option + 7]
                option += 4 + length
        at += size
    return answer


class DnsClient:
    def __init__(self, address: tuple[str, int], timeout: float = 1.0, recurse: bool = False, source: str | None = None):
        """`source` is the address to ask from, such as another one of 127.0.0.0/8."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if source is not None:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self.socket.settimeout(timeout)
        self.recurse = recurse
        self.id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def query(self, name: str, kind: int = 1, subnet: str | None = None) -> Answer:
        """Raises OSError when nothing comes."""
        self.id = (self.id + 1) & 0xFFFF
        self.socket.send(encode_query(self.id, name, kind, subnet, self.recurse))
        while True:
            message = self.socket.recv(65535)
            if struct.unpack_from(">H", message)[0] == self.id:
                return decode_answer(message, kind)

    def ask(self, name: str, kind: int = 1) -> tuple[int, list[bytes]]:
        """The response code and the RDATA of the answers of that type. Raises OSError when nothing comes."""
        answer = self.query(name, kind)
        return answer.rcode, answer.rdata

    def tally(self, name: str, queries: int, outstanding: int = 64) -> collections.Counter:
        """How often which addresses, each set of them in order, were the answer to one question asked again and again."""
        found: collections.Counter[tuple[str, ...]] = collections.Counter()
        question = encode_query(0, name)
        for sent in range(queries + outstanding):
            if sent >= outstanding:
                found[tuple(sorted(decode_answer(self.socket.recv(65535)).addresses))] += 1
            if sent < queries:
                self.socket.send(question)
        return found

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

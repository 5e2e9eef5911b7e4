"""HTTP/2 frame by frame (RFC 9113), for what no library would send: heads are literals without any compression."""
import collections
import socket
import ssl
import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, ACK = 0x1, 0x4, 0x8, 0x1
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, _, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, \
    COMPRESSION_ERROR, _, ENHANCE_YOUR_CALM = range(12)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def string(text: str | bytes) -> bytes:
    """RFC 7541 §5.2, without Huffman."""
    text = text if isinstance(text, bytes) else text.encode("latin-1")
    length, out = len(text), bytearray()
    if length < 127:
        return bytes((length,)) + text
    out.append(127)
    length -= 127
    while length >= 128:
        out.append(length % 128 + 128)
        length //= 128
    out.append(length)
    return bytes(out) + text


def block(*lines: tuple) -> bytes:
    return b"".join(b"\0" + string(name) + string(value) for name, value in lines)


class Reply:
    def __init__(self):
        self.status: int | None = None
        self.trailers = b""  # as they came
        self.body = b""
        self.reset: int | None = None  # the code, when the stream was reset
        self.ended = False


class Connection:
    """`replies` by stream. `goaway`: its code, when the server said so; `closed`: it ended the connection."""

    def __init__(self, address: tuple[str, int], host: str, trust: str, settings: bytes = b"", timeout: float = 10):
        context = ssl.create_default_context(cafile=trust)
        context.set_alpn_protocols(["h2"])
        raw = socket.create_connection(address, timeout=timeout)
        self.socket = context.wrap_socket(raw, server_hostname=host)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.host = host
        self.replies: dict[int, Reply] = collections.defaultdict(Reply)
        self.waiting = b""
        self.goaway: int | None = None
        self.closed = False
        self.pongs = 0
        self.opened: dict[int, int] = {}  # by how much windows have, by stream
        self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, data: bytes):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.closed = True

    def head(self, path: str, method: str = "GET", *more: tuple) -> bytes:
        return block((":method", method), (":scheme", "https"), (":authority", self.host), (":path", path), *more)

    def request(self, stream: int, path: str, *more: tuple, method: str = "GET", end: bool = True):
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.head(path, method, *more)))

    def read_frame(self) -> bool:
        while len(self.waiting) < 9 or len(self.waiting) < 9 + int.from_bytes(self.waiting[:3], "big"):
            try:
                data = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                data = b""
            if not data:
                self.closed = True
                return False
            self.waiting += data
        size, kind, flags = int.from_bytes(self.waiting[:3], "big"), self.waiting[3], self.waiting[4]
        stream = int.from_bytes(self.waiting[5:9], "big") & 0x7FFFFFFF
        payload, self.waiting = self.waiting[9:9 + size], self.waiting[9 + size:]
        reply = self.replies[stream]
        if kind == HEADERS and reply.status is not None:
            reply.trailers = payload
        elif kind == HEADERS:
            reply.status = self.status(payload)
        if kind == DATA:
            reply.body += payload
        if kind == RST_STREAM:
            reply.reset = int.from_bytes(payload, "big")
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            reply.ended = True
        if kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        if kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK))
        if kind == PING and flags & ACK:
            self.pongs += 1
        if kind == WINDOW_UPDATE:
            self.opened[stream] = self.opened.get(stream, 0) + int.from_bytes(payload, "big")
        return True

    def read_until_pong(self):
        """All that the server had said before."""
        before = self.pongs
        self.send(frame(PING, 0, 0, b"12345678"))
        while self.pongs == before and not self.closed:
            self.read_frame()

    @staticmethod
    def status(payload: bytes) -> int:
        """Of a head that begins with it, as servers' heads do; behind what only sets the table's size. 0: that of an earlier head,
        by its number."""
        at = 0
        while payload[at] & 0xE0 == 0x20:
            at += 1
        first = payload[at]
        indexed = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
        if first & 0x80:
            return indexed.get(first & 0x7F, 0)
        size = payload[at + 1]
        text = payload[at + 2:at + 2 + (size & 0x7F)]
        return int(text) if not size & 0x80 else unpack_digits(text)

    def reply(self, stream: int) -> Reply:
        """When it is whole, or never will be."""
        reply = self.replies[stream]
        while not reply.ended and reply.reset is None and not self.closed:
            self.read_frame()
        return reply

    def until_closed(self) -> int | None:
        """The code of GOAWAY."""
        while not self.closed:
            self.read_frame()
        return self.goaway

    def close(self):
        self.socket.close()


def unpack_digits(packed: bytes) -> int:
    """Huffman's code of RFC 7541 for digits: 0, 1, 2 in five bits, the others in six."""
    bits, text = "".join(f"{byte:08b}" for byte in packed), ""
    while len(text) < 3:
        value = int(bits[:5], 2)
        size = 5 if value < 3 else 6
        text += str(value) if value < 3 else str(int(bits[:6], 2) - 0x19 + 3)
        bits = bits[size:]
    return int(text)

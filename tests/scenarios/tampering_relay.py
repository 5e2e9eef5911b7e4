"""Stands between an edge and its control with the certificates of both, passes frames on, and damages one delta on its way
to the edge when told to. This is what mutual TLS keeps everybody else from doing; the edge must bear it nevertheless."""
import ctypes
import os
import select
import socket
import ssl
import struct
import threading
import time

PACKAGE_HEAD, REFUSAL, IMAGE_WANTED = 3, 6, 7  # the wire's kinds, snapshots/feed/frame.h
PART_AT = 36  # behind four numbers and its length


def flip_a_bit(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


def replace_by_noise(body: bytes) -> bytes:
    """The same revisions and a faultless zstd frame, in which there is no delta."""
    zstd = ctypes.CDLL("libzstd.so.1")
    noise = os.urandom(1000)
    room = ctypes.create_string_buffer(2000)
    zstd.ZSTD_compress.restype = ctypes.c_size_t
    size = zstd.ZSTD_compress(room, ctypes.c_size_t(len(room)), noise, ctypes.c_size_t(len(noise)), 1)
    return body[:16] + struct.pack(">QQI", len(noise), size, size) + room.raw[:size]


class Frames:
    """One side of the relay: bytes of a TLS stream in, whole frames out."""

    def __init__(self, name: str, stream: ssl.SSLSocket):
        self.name, self.stream, self.buffer = name, stream, b""

    def read(self) -> list[tuple[int, bytes]]:
        """After the socket became readable. Raises OSError at the end."""
        while True:
            part = self.stream.recv(65536)
            if not part:
                raise OSError("ended")
            self.buffer += part
            if not self.stream.pending():
                break
        frames = []
        while len(self.buffer) >= 4 and len(self.buffer) >= 4 + (size := struct.unpack_from(">I", self.buffer)[0]):
            frames.append((self.buffer[4], self.buffer[5:4 + size]))
            self.buffer = self.buffer[4 + size:]
        return frames

    def write(self, kind: int, body: bytes) -> None:
        self.stream.sendall(struct.pack(">IB", 1 + len(body), kind) + body)


class Relay:
    """`listening` and `to_control` are sockets of the right namespaces; the files are PEM paths (certificate, key)."""

    def __init__(self, listening: socket.socket, connect, control_files, edge_files):
        self.listening = listening
        self.connect = connect
        self.as_control = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.as_control.load_cert_chain(*control_files)
        self.as_edge = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.as_edge.check_hostname = False
        self.as_edge.verify_mode = ssl.CERT_NONE
        self.as_edge.load_cert_chain(*edge_files)
        # The edge's certificate is asked for as the control asks for it, and not looked at.
        self.as_control.verify_mode = ssl.CERT_NONE
        self.damage = None  # what to do to the next delta; what the control sends after it waits for release()
        self.damaged = b""  # the package as the edge got it
        self.held: list[tuple[int, bytes]] | None = None
        self.to_edge: Frames | None = None
        self.seen: list[tuple[str, int]] = []  # (from whom, kind) since damage was last asked for
        self.connections: list[ssl.SSLSocket] = []
        self.problem = ""
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                accepted, _ = self.listening.accept()
            except OSError:
                return
            try:
                edge = self.as_control.wrap_socket(accepted, server_side=True)
                control = self.as_edge.wrap_socket(self.connect())
            except OSError as error:
                self.problem = str(error)
                accepted.close()
                continue
            self.connections += [edge, control]
            threading.Thread(target=self.pump, args=(Frames("edge", edge), Frames("control", control)), daemon=True).start()

    def pump(self, edge: Frames, control: Frames) -> None:
        try:
            while True:
                ready = select.select([edge.stream, control.stream], [], [])[0]
                for source, sink in ((edge, control), (control, edge)):
                    if source.stream in ready:
                        self.pass_on(source, sink)
        except (OSError, ValueError):
            pass
        for side in (edge, control):
            try:
                side.stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pass_on(self, source: Frames, sink: Frames) -> None:
        for kind, body in source.read():
            with self.lock:
                self.seen.append((source.name, kind))
                if source.name == "control" and self.held is not None:
                    self.held.append((kind, body))
                elif source.name == "control" and kind == PACKAGE_HEAD and self.damage is not None:
                    self.held, self.to_edge = [], sink
                    body, self.damage = self.damage(body), None
                    self.damaged = body[PART_AT:]
                    sink.write(kind, body)
                else:
                    sink.write(kind, body)

    def damage_next(self, damage) -> None:
        with self.lock:
            self.damage = damage
            self.seen.clear()  # an earlier refusal is no answer to this damage

    def release(self) -> None:
        with self.lock:
            for kind, body in self.held:
                self.to_edge.write(kind, body)
            self.held = None

    def wait_for(self, name: str, kind: int, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while (name, kind) not in self.seen:
            if time.monotonic() > deadline:
                raise AssertionError(f"no frame {kind} from the {name}; seen: {self.seen}, {self.problem}")
            time.sleep(0.005)

    def close(self) -> None:
        self.listening.close()
        for stream in self.connections:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

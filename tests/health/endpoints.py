"""Endpoints that behave as health checks must judge them, each on a port of its own, and a DNS server for their names."""
import gzip
import pathlib
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time
import zlib

SEARCHED = 5120  # bytes of a body
HEAD = 16384  # bytes of a reply's head


class Endpoint(socketserver.ThreadingTCPServer):
    """Calls `talk` with each connection."""
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, talk, address=("127.0.0.1", 0)):
        self.talk = talk
        super().__init__(address, None)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def finish_request(self, request, client_address):
        try:
            self.talk(request)
        except OSError:
            pass  # a health check that has heard enough goes

    def handle_error(self, request, client_address):
        pass


def hear(connection) -> bytes:
    """One request head."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            break
        head += piece
    return head


def reply(body: bytes = b"all is up", status: str = "200 OK", fields: str = "", status_after: float = 0,
          body_after: float = 0):
    """An endpoint that says this to whoever asks."""
    def talk(connection):
        hear(connection)
        time.sleep(status_after)
        connection.sendall(f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode())
        time.sleep(body_after)
        connection.sendall(body)
    return talk


def compressed(coding: str, body: bytes = b"x" * 20000 + b"all is up"):
    """The string stands behind 20,000 bytes, of which few are on the wire: it must not be found there."""
    short = b"x" * 4000 + b"all is up"
    make = {"gzip": gzip.compress, "deflate": zlib.compress}[coding]
    return reply(make(short), fields=f"Content-Encoding: {coding}\r\n"), reply(make(body), fields=f"Content-Encoding: {coding}\r\n")


def bare_deflate(connection):
    maker = zlib.compressobj(wbits=-15)
    reply(maker.compress(b"all is up") + maker.flush(), fields="Content-Encoding: deflate\r\n")(connection)


def head_of(size: int):
    """A reply whose head has so many bytes."""
    start, end = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", b"\r\n\r\n"

    def talk(connection):
        hear(connection)
        connection.sendall(start + b"x" * (size - len(start) - len(end)) + end)
    return talk


def mute(connection):
    time.sleep(12)


def closes(connection):
    hear(connection)


def not_http(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")


class Unreachable:
    """Connections to it hang: the queue of its listener is full."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def stop(self):
        for each in (*self.fillers, self.listener):
            each.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


AUTHORITY = """[ca]
default_ca=own
[own]
database={0}/index
new_certs_dir={0}
rand_serial=yes
default_md=sha256
policy=any
[any]
commonName=supplied
"""


def certificate(directory: pathlib.Path, name: str, end: str = "20991231235959Z") -> tuple[str, str]:
    """Files of a self-signed certificate that is valid from 2020 to `end`, and its key."""
    files = {part: str(directory / f"{name}-{end}.{part}") for part in ("key", "csr", "pem")}
    (directory / "index").touch()
    (directory / "index.attr").write_text("unique_subject = no\n")
    (directory / "authority").write_text(AUTHORITY.format(directory))
    for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files["key"],
                   "-out", files["csr"], "-subj", f"/CN={name}"],
                  ["ca", "-batch", "-config", str(directory / "authority"), "-selfsign", "-keyfile", files["key"], "-in",
                   files["csr"], "-out", files["pem"], "-startdate", "20200101000000Z", "-enddate", end, "-notext"]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    return files["pem"], files["key"]


class Tls:
    """Wraps an endpoint. `asked` are the names that clients sent. With `needs` a client that sends none is refused."""

    def __init__(self, talk, files: tuple[str, str], needs: bool = False, others: dict | None = None):
        self.talk, self.asked, self.needs, self.others = talk, [], needs, others or {}
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*files)
        self.context.sni_callback = self.named

    def named(self, _, name, __):
        self.asked.append(name)
        if name is None and self.needs:
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        return None

    def __call__(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as secured:
            self.talk(secured)


class Names(socketserver.ThreadingUDPServer):
    """A DNS server: name → IPv4 addresses, "drop" for silence, or None for a name that does not exist. TTL 1."""
    daemon_threads = True

    def __init__(self, names: dict):
        self.names, self.asked = names, []
        super().__init__(("127.0.0.1", 0), None)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def finish_request(self, request, client_address):
        query, out = request
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, question = ".".join(labels), query[12:at + 5]
        self.asked.append(name)
        addresses = self.names.get(name)
        if addresses == "drop":
            return
        found = addresses or []
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(each) for each in found)
        out.sendto(query[:2] + struct.pack(">HHHHH", 0x8180 if addresses is not None else 0x8183, 1, len(found), 0, 0)
                   + question + answers, client_address)

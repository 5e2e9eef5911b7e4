"""A CDN under attack: one server, an origin that keeps every byte it is sent, and what attackers and good viewers speak."""
import json
import pathlib
import re
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402
from played_origin import PlayedOrigin  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


class Origin(PlayedOrigin):
    """Reads requests strictly; `heads` are those it was sent, `connections` all bytes of each connection, and
    `replies[path]` what it says to a path, else 200 and the path. A reply may be a function of the connection."""

    def __init__(self):
        super().__init__()
        self.connections: list[bytearray] = []
        self.heads: list[bytes] = []
        self.replies: dict = {}

    def answer(self, connection: socket.socket):
        all_bytes = bytearray()
        self.connections.append(all_bytes)
        waiting = bytearray()

        def more() -> bool:
            data = connection.recv(65536)
            all_bytes.extend(data)
            waiting.extend(data)
            return bool(data)

        while True:
            while b"\r\n\r\n" not in waiting:
                if not more():
                    return
            head, _, rest = bytes(waiting).partition(b"\r\n\r\n")
            waiting[:] = rest
            self.heads.append(head)
            lengths = re.findall(rb"(?im)^content-length: *(\d+)\r?$", head)
            if lengths:
                while len(waiting) < int(lengths[0]):
                    if not more():
                        return
                del waiting[:int(lengths[0])]
            elif re.search(rb"(?im)^transfer-encoding:", head):
                while b"0\r\n\r\n" not in waiting:
                    if not more():
                        return
                del waiting[:waiting.index(b"0\r\n\r\n") + 5]
            path = head.split(b" ")[1].decode("latin-1").partition("?")[0]
            reply = self.replies.get(path)
            if callable(reply):
                return reply(connection)
            if reply is None:
                body = path.encode("latin-1")
                reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                if head.startswith(b"HEAD"):
                    reply = reply[:-len(body)]
            connection.sendall(reply)


class Reply:
    def __init__(self, status: int, fields: dict[str, str], body: bytes):
        self.status, self.fields, self.body = status, fields, body


class Viewer:
    """Speaks HTTP/1.1 byte by byte."""

    def __init__(self, address: tuple[str, int], timeout: float = 10):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.waiting = b""

    def send(self, data: bytes):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()

    def more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.waiting += data
        return bool(data)

    def reply(self, head_only: bool = False) -> Reply | None:
        """The next one; None: the server ended the connection without."""
        while b"\r\n\r\n" not in self.waiting:
            if not self.more():
                return None
        head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = b""
        if not head_only:
            if "chunked" in fields.get("transfer-encoding", ""):
                body = self.chunks()
            else:
                length = int(fields.get("content-length", "0"))
                while len(self.waiting) < length and self.more():
                    pass
                body, self.waiting = self.waiting[:length], self.waiting[length:]
        return Reply(int(first.split(" ")[1]), fields, body)

    def chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self.waiting:
                if not self.more():
                    return body
            size, _, self.waiting = self.waiting.partition(b"\r\n")
            size = int(size, 16)
            while len(self.waiting) < size + 2:
                if not self.more():
                    return body + self.waiting
            body += self.waiting[:size]
            self.waiting = self.waiting[size + 2:]
            if size == 0:
                return body

    def ended(self) -> bool:
        """Whether the server ends the connection now, saying nothing more."""
        return not self.waiting and not self.more() and not self.waiting


class HostileCase(AwsCliCase):
    """One server and one distribution for all tests of a class: `/kept/*` is cached, `/own/*` for as long as the origin says,
    all else goes through as it came."""

    options: tuple[str, ...] = ()

    @classmethod
    def setUpClass(cls):
        cls.command = aws_commands()[0]
        cls.server = cls.enterClassContext(Server("--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0",
                                                  *cls.options))
        cls.origin = Origin()
        cls.origin.start()
        cls.addClassCleanup(cls.origin.listener.close)
        cls.host = cls("create_distribution").create_distribution("1")

    def create_distribution(self, reference: str) -> str:
        methods = {"Quantity": len(ALL_METHODS), "Items": ALL_METHODS,
                   "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}
        behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "Compress": True}
        own = self.aws("cloudfront", "create-cache-policy", "--cache-policy-config", json.dumps({
            "Name": "own-" + reference, "MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 600,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": True, "EnableAcceptEncodingBrotli": True,
                "HeadersConfig": {"HeaderBehavior": "none"}, "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"}}}))["CachePolicy"]["Id"]
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": reference, "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
                "OriginReadTimeout": 5}}]},
            "CacheBehaviors": {"Quantity": 2, "Items": [
                {**behavior, "PathPattern": "/kept/*", "CachePolicyId": CACHING_OPTIMIZED},
                {**behavior, "PathPattern": "/own/*", "CachePolicyId": own}]},
            "DefaultCacheBehavior": {**behavior, "CachePolicyId": CACHING_DISABLED, "OriginRequestPolicyId": ALL_VIEWER,
                                     "AllowedMethods": methods}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]

    def setUp(self):
        del self.origin.heads[:], self.origin.connections[:]
        self.origin.replies.clear()

    def viewer(self) -> Viewer:
        viewer = Viewer(self.server.cdn)
        self.addCleanup(viewer.close)
        return viewer

    def ask(self, data: bytes | str, **how) -> Reply | None:
        viewer = self.viewer()
        viewer.send(data.replace("HOST", self.host).encode("latin-1") if isinstance(data, str) else data)
        return viewer.reply(**how)

    def get(self, path: str, *fields: str) -> Reply:
        return self.ask("".join(f"{line}\r\n" for line in (f"GET {path} HTTP/1.1", f"Host: {self.host}", *fields, "")))

    def is_alive(self):
        """A good viewer is served, and the server has not died meanwhile."""
        self.assertEqual(self.get("/alive").status, 200)
        self.assertIsNone(self.server.process.poll())

    def origin_saw(self, words: bytes) -> bool:
        return any(words in each for each in self.origin.connections)

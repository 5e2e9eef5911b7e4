#!/usr/bin/env python3
"""Origins of gRPC that break the rules of HTTP/2 (RFC 9113), or use them against us: the viewer gets 502, or what came and a reset;
others are served meanwhile, and nobody makes the server hold much."""
import json
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from frames import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, GOAWAY, HEADERS,
                    INTERNAL_ERROR, NO_ERROR, PADDED, PING, PREFACE, PRIORITY, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM,
                    SETTINGS, WINDOW_UPDATE, Connection, block, frame, string)
from world import ALL_METHODS, CACHING_DISABLED, HostileCase, PlayedOrigin

ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
OK = (":status", "200")
FLOOD = 500  # frames at a time


def head(stream: int, *fields: tuple, end: bool = False) -> bytes:
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(*fields))


def reset(stream: int, code: int) -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def go_away(last: int, code: int = NO_ERROR) -> bytes:
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code))


def window(stream: int, size: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


class Visit:
    """A connection to the origin. `bodies` of requests, by stream; `heard`: the codes of GOAWAY and of resets."""

    def __init__(self, connection: ssl.SSLSocket):
        self.connection = connection
        self.turn = threading.Lock()  # no session of TLS is for two threads at a time
        self.bodies: dict[int, bytearray] = {}
        self.heard: list[int] = []

    def say(self, data: bytes):
        with self.turn:
            self.connection.sendall(data)

    def hear(self) -> bytes:
        if not self.connection.pending():
            select.select([self.connection], [], [])
        with self.turn:
            return self.connection.recv(65536)


class Origin(PlayedOrigin):
    """`plays(visit, stream)` when a request's head has come, `ends(visit, stream)` when its body is whole. `asked`: all of those
    since begin(); connections stay."""

    def __init__(self, folder: pathlib.Path):
        super().__init__()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "origin.pem", folder / "origin-key.pem")
        self.context.set_alpn_protocols(["h2"])
        self.begin()

    def begin(self):
        self.asked: list[tuple[Visit, int]] = []
        self.plays = lambda visit, stream: None
        self.ends = lambda visit, stream: None

    def answer(self, connection: socket.socket):
        with self.context.wrap_socket(connection, server_side=True) as over_tls:
            self.listen(Visit(over_tls))

    def listen(self, visit: Visit):
        waiting = b""
        visit.say(frame(SETTINGS))
        begun = False
        while data := visit.hear():
            waiting += data
            if not begun and len(waiting) >= len(PREFACE):
                begun, waiting = True, waiting[len(PREFACE):]
            while begun and len(waiting) >= 9 and len(waiting) >= (size := 9 + int.from_bytes(waiting[:3], "big")):
                self.hear(visit, waiting[3], waiting[4], int.from_bytes(waiting[5:9], "big"), waiting[9:size])
                waiting = waiting[size:]

    def hear(self, visit: Visit, kind: int, flags: int, stream: int, payload: bytes):
        if kind == SETTINGS and not flags & ACK:
            visit.say(frame(SETTINGS, ACK))
        if kind in (GOAWAY, RST_STREAM):
            visit.heard.append(int.from_bytes(payload[-4:], "big"))
        if kind == HEADERS:
            visit.bodies[stream] = bytearray()
            self.asked.append((visit, stream))
            self.plays(visit, stream)
        if kind == DATA:
            visit.bodies[stream] += payload
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.ends(visit, stream)


# In place of a head: what the origin says to a request on a stream, by its number.
HEADS = [
    ("a reset", lambda s: reset(s, INTERNAL_ERROR)),
    ("refused, whenever it is asked", lambda s: reset(s, REFUSED_STREAM)),
    ("a promise", lambda s: frame(PUSH_PROMISE, END_HEADERS, s, struct.pack(">I", 2) + block((":method", "GET")))),
    ("a stream of its own", lambda s: head(2, OK)),
    ("a stream that nobody opened", lambda s: head(s + 100, OK)),
    ("no HPACK", lambda s: frame(HEADERS, END_HEADERS, s, b"\xff\xff\xff\xff\xff\xff")),
    ("a window beyond its size", lambda s: window(0, 0x7FFFFFFF) * 2),
    ("a stream's window beyond its size", lambda s: window(s, 0x7FFFFFFF) * 2),
    ("a window of nothing", lambda s: window(s, 0)),
    ("settings of an unlawful window", lambda s: frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0x80000000))),
    ("settings that allow it to push", lambda s: frame(SETTINGS, 0, 0, struct.pack(">HI", 2, 1))),
    ("a frame above the size", lambda s: frame(DATA, 0, s, b"x" * 16_385)),
    ("a body without a head", lambda s: frame(DATA, END_STREAM, s, b"x")),
    ("a continuation of nothing", lambda s: frame(CONTINUATION, END_HEADERS, s, b"")),
    ("another frame within a head", lambda s: frame(HEADERS, 0, s, block(OK)) + frame(PING, 0, 0, b"12345678")),
    ("no status", lambda s: head(s, ("x", "y"))),
    ("two statuses", lambda s: head(s, OK, OK)),
    ("a status of 700", lambda s: head(s, (":status", "700"))),
    ("a status that is no number", lambda s: head(s, (":status", "2x0"))),
    ("a switch of protocols", lambda s: head(s, (":status", "101"))),
    ("a pseudo field of requests", lambda s: head(s, OK, (":path", "/"))),
    ("a line end in a value", lambda s: head(s, OK, ("x", "a\r\nset-cookie: evil=1"))),
    ("a capital letter in a name", lambda s: head(s, OK, ("X-Upper", "1"))),
    ("a coding", lambda s: head(s, OK, ("transfer-encoding", "chunked"))),
    ("two lengths", lambda s: head(s, OK, ("content-length", "2"), ("content-length", "60"))),
    ("a length that is no number", lambda s: head(s, OK, ("content-length", "-2"))),
    ("a length and no body", lambda s: head(s, OK, ("content-length", "5"), end=True)),
    ("an interim head that is the end", lambda s: head(s, (":status", "103"), end=True)),
    ("interim heads without end", lambda s: head(s, (":status", "103"), ("link", "</x>")) * 1000),
    ("a head beyond its bound", lambda s: frame(HEADERS, 0, s, block(OK)) + frame(CONTINUATION, 0, s, block(("x", "a" * 12_000))) * 3 +
     frame(CONTINUATION, END_HEADERS, s, b"")),
    ("more fields than anybody reads", lambda s: head(s, OK, *[("x", "y")] * 1000)),
    ("a head that unpacks to megabytes", lambda s: frame(
        HEADERS, END_HEADERS, s, block(OK) + b"\x40" + string("x") + string("a" * 3900) + b"\xbe" * 10_000)),
    ("HTTP/1.1", lambda s: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"),
]

# Behind a head that says five bytes, and two of them.
BODIES = [
    ("a reset", lambda s: reset(s, INTERNAL_ERROR)),
    ("a reset that says that all is well", lambda s: reset(s, NO_ERROR)),
    ("refused in the middle", lambda s: reset(s, REFUSED_STREAM)),
    ("it goes away and disowns it", lambda s: go_away(0)),
    ("more than it said", lambda s: frame(DATA, END_STREAM, s, b"cdefgh")),
    ("less than it said", lambda s: frame(DATA, END_STREAM, s, b"c")),
    ("another head", lambda s: head(s, OK)),
    ("trailers with a status", lambda s: head(s, OK, end=True)),
    ("trailers with a line end", lambda s: frame(DATA, 0, s, b"cde") + head(s, ("x", "a\r\nb: c"), end=True)),
    ("trailers without end", lambda s: frame(DATA, 0, s, b"cde") + head(s, *[("x", "y")] * 1000, end=True)),
    ("a promise", lambda s: frame(PUSH_PROMISE, END_HEADERS, s, struct.pack(">I", 2) + block((":method", "GET")))),
    ("no HPACK", lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, b"\xff\xff\xff\xff\xff\xff")),
    ("padding longer than its frame", lambda s: frame(DATA, PADDED, s, b"\xff12")),
]

# Again and again, until the connection ends.
FLOODS = [
    ("pings", lambda s: frame(PING, 0, 0, b"12345678") * FLOOD),
    ("pings", lambda s: frame(PING, ACK, 0, b"12345678") * FLOOD),
    ("settings", lambda s: frame(SETTINGS) * FLOOD),
    ("settings", lambda s: frame(SETTINGS, ACK) * FLOOD),
    ("settings", lambda s: frame(SETTINGS, 0, 0, struct.pack(">HIHI", 4, 1, 4, 1 << 20)) * FLOOD),
    ("priorities", lambda s: frame(PRIORITY, 0, s, struct.pack(">IB", 0, 16)) * FLOOD),
    ("priorities", lambda s: frame(0xBB, 0, 0, b"nobody knows") * FLOOD),
    ("priorities", lambda s: go_away(0x7FFFFFFF) * FLOOD),
    ("empty-frames", lambda s: frame(DATA, 0, s, b"") * FLOOD),
    ("empty-frames", lambda s: frame(DATA, PADDED, s, b"\x09" + b"\0" * 9) * FLOOD),
    ("head-block", lambda s: frame(HEADERS, 0, s, b"") + frame(CONTINUATION, 0, s, b"") * FLOOD),
    ("field-list", lambda s: frame(HEADERS, END_HEADERS, s, b"\x40" + string("x") + string("a" * 3900) + b"\xbe" * 10_000)),
]


class Http2Origins(HostileCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "origin-key.pem", "-out",
                        "origin.pem"], cwd=folder, check=True, capture_output=True)
        cls.options = ("--cdn-origin-ca", str(folder / "origin.pem"))
        super().setUpClass()
        cls.grpc = Origin(folder)
        cls.grpc.start()
        cls.addClassCleanup(cls.grpc.listener.close)
        cls.grpc_host = cls("create_grpc_distribution").create_grpc_distribution()

    def create_grpc_distribution(self) -> str:
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "grpc", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": 80, "HTTPSPort": self.grpc.port, "OriginProtocolPolicy": "https-only", "OriginReadTimeout": 5}}]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHING_DISABLED,
                "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST, "GrpcConfig": {"Enabled": True},
                "AllowedMethods": {"Quantity": len(ALL_METHODS), "Items": ALL_METHODS}}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]

    def setUp(self):
        super().setUp()
        self.grpc.begin()

    def connect(self) -> Connection:
        connection = Connection(self.server.cdn_tls, self.grpc_host, str(self.server.directory / "authority" / "root.pem"))
        self.addCleanup(connection.close)
        return connection

    def call(self, connection: Connection, stream: int = 1, body: bytes = b"", end: bool = True):
        connection.request(stream, "/echo.Echo/One", ("content-type", "application/grpc"), ("te", "trailers"), method="POST", end=False)
        if body or end:
            connection.send(frame(DATA, END_STREAM if end else 0, stream, body))

    def is_good(self):
        """gRPC is served again, by the same origin; and what else there is."""
        self.grpc.begin()
        self.grpc.ends = lambda visit, stream: visit.say(
            head(stream, OK) + frame(DATA, 0, stream, b"echo " + bytes(visit.bodies[stream])) + head(
                stream, ("grpc-status", "0"), end=True))
        connection = self.connect()
        self.call(connection, body=b"hello")
        reply = connection.reply(1)
        self.assertEqual((reply.status, reply.body, reply.ended, reply.reset), (200, b"echo hello", True, None))
        self.is_alive()

    def floods(self, kind: str) -> float:
        return self.server.gauge('meridian_upstream_http2_floods_total{kind="%s"}' % kind)

    def test_in_place_of_a_head_it_is_502(self):
        for what, says in HEADS:
            with self.subTest(what):
                self.grpc.begin()
                self.grpc.plays = lambda visit, stream: visit.say(says(stream))
                connection = self.connect()
                self.call(connection)
                reply = connection.reply(1)
                self.assertEqual((reply.status, reply.ended), (502, True))
                self.is_good()

    def test_behind_the_beginning_of_a_body_the_viewer_has_what_came_and_a_reset(self):
        for what, says in BODIES:
            with self.subTest(what):
                self.grpc.begin()
                self.grpc.plays = lambda visit, stream: visit.say(
                    head(stream, OK, ("content-length", "5")) + frame(DATA, 0, stream, b"ab"))
                connection = self.connect()
                self.call(connection, body=b"x", end=False)
                reply = connection.replies[1]
                while len(reply.body) < 2:
                    self.assertTrue(connection.read_frame())
                visit, asked = self.grpc.asked[0]
                visit.say(says(asked))
                connection.reply(1)
                self.assertEqual((reply.status, reply.ended), (200, False), "what is cut must not look whole")
                self.assertEqual(reply.reset, INTERNAL_ERROR)
                self.assertIn(reply.body, (b"ab", b"abcde"))
                self.is_good()

    def test_floods_end_the_connection_and_no_other(self):
        for kind, says in FLOODS:
            with self.subTest(kind):
                counted = self.floods(kind)
                before = self.server.resident_bytes()

                def plays(visit, stream):
                    if kind == "empty-frames":
                        visit.say(head(stream, OK))
                    while True:
                        visit.say(says(stream))

                self.grpc.begin()
                self.grpc.plays = plays
                connection = self.connect()
                self.call(connection)
                reply = connection.reply(1)
                if kind == "empty-frames":
                    self.assertEqual((reply.status, reply.ended, reply.reset), (200, False, INTERNAL_ERROR))
                else:
                    self.assertEqual((reply.status, reply.ended), (502, True))
                self.assertEqual(self.floods(kind), counted + 1)
                self.assertLess(self.server.resident_bytes() - before, 30_000_000)
                # Who still sends when the connection ends may never read why.
                self.assertLessEqual(set(self.grpc.asked[0][0].heard) - {CANCEL}, {ENHANCE_YOUR_CALM})
                self.is_good()

    def test_a_reset_ends_one_call_of_a_connection_and_no_other(self):
        self.grpc.ends = lambda visit, stream: visit.say(
            reset(stream, INTERNAL_ERROR) if visit.bodies[stream] == b"bad" else
            head(stream, OK) + frame(DATA, END_STREAM, stream, b"good"))
        connection = self.connect()
        for stream in range(1, 61, 2):
            self.call(connection, stream, end=False)
        for stream in range(1, 61, 2):
            connection.send(frame(DATA, END_STREAM, stream, b"bad" if stream % 3 == 0 else b"fine"))
        for stream in range(1, 61, 2):
            reply = connection.reply(stream)
            if stream % 3 == 0:
                self.assertNotEqual(reply.body, b"good")
            else:
                self.assertEqual((reply.body, reply.ended), (b"good", True))
        self.is_good()

    def test_what_is_refused_is_asked_again_and_nothing_else_is(self):
        self.grpc.ends = lambda visit, stream: visit.say(
            reset(stream, REFUSED_STREAM) if len(self.grpc.asked) == 1 else
            head(stream, OK) + frame(DATA, END_STREAM, stream, bytes(visit.bodies[stream])))
        connection = self.connect()
        self.call(connection, body=b"once and again")
        reply = connection.reply(1)
        self.assertEqual((reply.status, reply.body), (200, b"once and again"))
        self.assertEqual(len(self.grpc.asked), 2)

        self.grpc.begin()
        self.grpc.ends = lambda visit, stream: visit.say(reset(stream, CANCEL))
        connection = self.connect()
        self.call(connection, body=b"who knows")
        self.assertEqual(connection.reply(1).status, 502)
        self.assertEqual(len(self.grpc.asked), 1)
        self.is_good()

    def test_who_goes_away_answers_what_he_names_and_the_rest_is_asked_elsewhere(self):
        def ends(visit, stream):
            (first, named), *others = self.grpc.asked
            if visit is not first:
                visit.say(head(stream, OK) + frame(DATA, END_STREAM, stream, b"elsewhere"))
            elif others:
                visit.say(go_away(named) + head(named, OK) + frame(DATA, END_STREAM, named, b"named"))

        self.grpc.ends = ends
        connection = self.connect()
        self.call(connection, 1, b"a")
        while not self.grpc.asked:
            self.is_alive()
        self.call(connection, 3, b"b")
        self.assertEqual(connection.reply(1).body, b"named")
        self.assertEqual(connection.reply(3).body, b"elsewhere")
        self.is_good()

    def test_an_endless_body_holds_no_more_of_us_than_one_viewer_takes_and_no_other_call(self):
        def plays(visit, stream):
            visit.say(head(stream, OK))
            # As much as the window that it was announced, and what lies in the kernels' buffers.
            visit.say(frame(DATA, 0, stream, b"x" * 16_000) * 16)

        self.grpc.plays = plays
        before = self.server.resident_bytes()
        slow = self.connect()
        for stream in range(1, 100, 2):
            self.call(slow, stream, end=False)
            while not self.grpc.asked:
                self.is_alive()  # the others share its connection
        for _ in range(20):
            self.is_alive()
        self.assertLess(self.server.resident_bytes() - before, 60_000_000)
        quick = self.connect()
        self.call(quick, end=False)
        reply = quick.replies[1]
        while len(reply.body) < 60_000:
            self.assertTrue(quick.read_frame())
        self.is_alive()

    def test_trailers_follow_a_body_whose_length_was_said(self):
        for length in (0, 5):
            self.grpc.begin()
            self.grpc.ends = lambda visit, stream: visit.say(
                head(stream, OK, ("content-length", str(length))) + frame(DATA, 0, stream, b"x" * length) +
                head(stream, ("grpc-status", "7"), end=True))
            connection = self.connect()
            self.call(connection)
            reply = connection.reply(1)
            self.assertEqual((reply.status, reply.body, reply.reset), (200, b"x" * length, None))
            self.assertTrue(reply.trailers)

    def test_more_than_the_window_is_a_fault(self):
        self.grpc.plays = lambda visit, stream: visit.say(head(stream, OK) + frame(DATA, 0, stream, b"x" * 16_000) * 200)
        connection = self.connect()
        self.call(connection, end=False)
        while not self.grpc.asked or FLOW_CONTROL_ERROR not in self.grpc.asked[0][0].heard:
            self.is_alive()
        self.is_good()

    def test_a_slow_origin_slows_the_viewer_who_uploads(self):
        connection = self.connect()
        self.call(connection, end=False)
        sent = 0

        def send_what_is_allowed():
            nonlocal sent
            while 65_535 + connection.opened.get(1, 0) - sent >= 16_000:
                connection.send(frame(DATA, 0, 1, b"u" * 16_000))
                sent += 16_000

        before = -1
        while sent > before:
            before = sent
            send_what_is_allowed()
            for _ in range(10):  # turns in which the server may take more
                self.is_alive()
            connection.read_until_pong()
            self.assertLess(sent, 1_000_000)
        visit, asked = self.grpc.asked[0]
        self.assertLessEqual(len(visit.bodies[asked]), 65_535)
        self.grpc.ends = lambda visit, stream: visit.say(
            head(stream, OK) + frame(DATA, END_STREAM, stream, b"%d" % len(visit.bodies[stream])))
        visit.say(window(0, 10_000_000) + window(asked, 10_000_000))
        while sent < 2_000_000:
            send_what_is_allowed()
            connection.read_frame()
        connection.send(frame(DATA, END_STREAM, 1, b""))
        self.assertEqual(connection.reply(1).body, b"%d" % sent)
        self.is_good()


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""HTTP/2 against its rules: what would become another request in HTTP/1.1 never reaches the origin, and a viewer that makes
work without asking anything is sent away (RFC 9113 §8.1.1, §10.5; CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2024-27316)."""
import struct
import unittest

from frames import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS,
                    PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, Connection, block, frame, string)
from world import HostileCase

SMUGGLED = "a\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

# What may not stand in a request's head, beside a lawful rest.
FIELDS = [
    ("a line end in a value", [("x", SMUGGLED)]),
    ("a bare LF in a value", [("x", "a\nGET /hidden HTTP/1.1")]),
    ("a bare CR in a value", [("x", "a\rGET /hidden HTTP/1.1")]),
    ("NUL in a value", [("x", "a\0b")]),
    ("a line end in a name", [("x: 1\r\ny", "1")]),
    ("a colon in a name", [("x:y", "1")]),
    ("a blank in a name", [("x y", "1")]),
    ("a capital letter in a name", [("Transfer-Encoding", "chunked")]),
    ("an empty name", [("", "1")]),
    ("a coding", [("transfer-encoding", "chunked")]),
    ("Connection", [("connection", "x")]),
    ("Keep-Alive", [("keep-alive", "1")]),
    ("Proxy-Connection", [("proxy-connection", "keep-alive")]),
    ("Upgrade", [("upgrade", "websocket")]),
    ("TE of something else", [("te", "gzip")]),
    ("a pseudo field behind others", [("x", "1"), (":path", "/hidden")]),
    ("a second path", [(":path", "/hidden")]),
    ("a pseudo field of replies", [(":status", "200")]),
    ("an unknown pseudo field", [(":hidden", "1")]),
    ("a length that is no number", [("content-length", "x")]),
    ("a length without a body", [("content-length", "5")]),
    ("two lengths", [("content-length", "0"), ("content-length", "5")]),
    ("a blank before a value", [("x", " 1")]),
]


class Http2(HostileCase):
    def connect(self, **how) -> Connection:
        connection = Connection(self.server.cdn_tls, self.host, str(self.server.directory / "authority" / "root.pem"), **how)
        self.addCleanup(connection.close)
        return connection

    def is_refused(self, connection: Connection, stream: int):
        """The stream, with 400 or by a reset; the connection at worst."""
        reply = connection.reply(stream)
        self.assertTrue(reply.reset is not None or connection.closed or reply.status == 400, (reply.status, reply.reset))

    def test_a_head_that_would_be_another_in_http_1_is_refused(self):
        self.assertTrue(self.serves(self.connect()))
        del self.origin.heads[:]
        for what, fields in FIELDS:
            with self.subTest(what):
                connection = self.connect()
                connection.request(1, "/in", *fields)
                self.is_refused(connection, 1)
        self.assertEqual(self.origin.heads, [])
        self.is_alive()

    def test_a_first_line_that_would_be_another_in_http_1_is_refused(self):
        for what, lines in (
                ("a blank in the path", [(":method", "GET"), (":path", "/in HTTP/1.1\r\nX: 1")]),
                ("a path without its slash", [(":method", "GET"), (":path", "in")]),
                ("an empty path", [(":method", "GET"), (":path", "")]),
                ("a star for another method", [(":method", "GET"), (":path", "*")]),
                ("a control character in the path", [(":method", "GET"), (":path", "/in\x01")]),
                ("a fragment", [(":method", "GET"), (":path", "/in#x")]),
                ("a blank in the method", [(":method", "GET /hidden HTTP/1.1\r\nX:"), (":path", "/in")]),
                ("no method", [(":path", "/in")]), ("no path", [(":method", "GET")]),
                ("CONNECT", [(":method", "CONNECT"), (":path", "/in")])):
            with self.subTest(what):
                connection = self.connect()
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(
                    *lines, (":scheme", "https"), (":authority", self.host))))
                self.is_refused(connection, 1)
        for what, name in (("a Host with a path", self.host + "/x"), ("a Host of two lines", self.host + "\r\nX: 1"),
                           ("a Host with an at sign", "x@" + self.host)):
            with self.subTest(what):
                connection = self.connect()
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(
                    (":method", "GET"), (":scheme", "https"), (":path", "/in"), (":authority", name))))
                self.is_refused(connection, 1)
        self.assertEqual(self.origin.heads, [])
        self.is_alive()

    def test_host_and_authority_that_differ_are_refused(self):
        connection = self.connect()
        connection.request(1, "/in", ("host", "evil.example"))
        self.is_refused(connection, 1)
        self.assertFalse(self.origin_saw(b"evil.example"))

    def test_a_body_of_another_length_than_said_never_becomes_another_request(self):
        hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
        for length, body in ((0, hidden), (3, b"abc" + hidden), (100, b"abc")):
            with self.subTest(length):
                connection = self.connect()
                # In one piece: to a request that says it has no body the reply may else be there first.
                connection.send(frame(HEADERS, END_HEADERS, 1, connection.head("/in", "POST", ("content-length", str(length)))) +
                                frame(DATA, END_STREAM, 1, body))
                self.is_refused(connection, 1)
        self.is_alive()
        self.assertFalse(any(b" /hidden " in head for head in self.origin.heads))

    def test_frames_against_the_protocol_end_the_connection(self):
        for what, sent in (
                ("data on a stream that never was", frame(DATA, 0, 1, b"x")),
                ("a stream of an even number", frame(HEADERS, END_HEADERS | END_STREAM, 2, b"")),
                ("a head on no stream", frame(HEADERS, END_HEADERS | END_STREAM, 0, b"")),
                ("a promise of a client", frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2")),
                ("a frame above the size", frame(DATA, 0, 1, b"x" * 16_385)),
                ("settings on a stream", frame(SETTINGS, 0, 1)),
                ("settings of five bytes", frame(SETTINGS, 0, 0, b"12345")),
                ("settings of an unlawful window", frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0x80000000))),
                ("an acknowledgement with words", frame(SETTINGS, ACK, 0, b"123456")),
                ("a ping of seven bytes", frame(PING, 0, 0, b"1234567")),
                ("a window of nothing", frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0))),
                ("a window beyond its size", frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7FFFFFFF)) * 2),
                ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, b"")),
                ("a reset of what never was", frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL))),
                ("a head that is no HPACK", frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff\xff")),
                ("an index of no entry", frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xfe")),
                ("a table above its limit", frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xff\xff\xff\x0f"))):
            with self.subTest(what):
                connection = self.connect()
                connection.send(sent)
                self.assertIsNotNone(connection.until_closed(), "no GOAWAY")
                self.assertNotEqual(connection.goaway, 0)
        self.is_alive()

    def test_another_frame_within_a_head_ends_the_connection(self):
        connection = self.connect()
        connection.send(frame(HEADERS, END_STREAM, 1, connection.head("/in")) + frame(PING, 0, 0, b"12345678"))
        self.assertNotIn(connection.until_closed(), (None, 0))
        self.assertEqual(self.origin.heads, [])

    def test_resets_in_a_row_end_the_connection(self):
        # CVE-2023-44487: each pair would make the origin work, and counts for nothing against the limit of streams.
        connection = self.connect()
        for batch in range(200):
            connection.send(b"".join(
                frame(HEADERS, END_HEADERS | END_STREAM, stream, connection.head(f"/kept/reset-{stream}")) +
                frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)) for stream in range(1 + batch * 100, 101 + batch * 100, 2)))
            if connection.closed:
                break
        # Who still sends when the connection ends may never read why.
        self.assertNotEqual(connection.until_closed(), 0)
        self.assertLess(len(self.origin.heads), 2000)
        self.is_alive()

    def test_resets_made_by_the_server_count_too(self):
        # "MadeYouReset" (CVE-2025-8671): each stream is opened lawfully and then broken, so that the server resets it.
        connection = self.connect()
        for batch in range(200):
            connection.send(b"".join(
                frame(HEADERS, END_HEADERS | END_STREAM, stream, connection.head(f"/kept/made-{stream}")) +
                frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 0)) for stream in range(1 + batch * 100, 101 + batch * 100, 2)))
            if connection.closed:
                break
        # Who still sends when the connection ends may never read why.
        self.assertNotEqual(connection.until_closed(), 0)
        self.assertLess(len(self.origin.heads), 2000)
        self.is_alive()

    def test_a_head_without_end_ends_the_connection(self):
        # CVE-2024-27316: CONTINUATION frames, of nothing or of fields, that never say END_HEADERS.
        for what, piece in (("empty", b""), ("of fields", block(("x", "a" * 200)))):
            with self.subTest(what):
                before = self.server.resident_bytes()
                connection = self.connect()
                connection.send(frame(HEADERS, END_STREAM, 1, connection.head("/in")))
                for _ in range(200):
                    connection.send(frame(CONTINUATION, 0, 1, piece) * 200)
                    if connection.closed:
                        break
                self.assertNotEqual(connection.until_closed(), 0)
                self.assertLess(self.server.resident_bytes() - before, 30_000_000)
        self.assertEqual(self.origin.heads, [])

    def test_a_head_that_unpacks_to_much_more_is_refused(self):
        # One field of 4,000 bytes enters the table, and is then named thousands of times with a byte each.
        connection = self.connect()
        bomb = connection.head("/in") + b"\x40" + string("x") + string("a" * 3900) + b"\xbe" * 16_000
        pieces = [bomb[at:at + 16_000] for at in range(0, len(bomb), 16_000)]
        before = self.server.resident_bytes()
        connection.send(frame(HEADERS, END_STREAM, 1, pieces[0]) + b"".join(
            frame(CONTINUATION, END_HEADERS if piece is pieces[-1] else 0, 1, piece) for piece in pieces[1:]))
        reply = connection.reply(1)
        self.assertTrue(connection.closed or reply.reset is not None or reply.status in (413, 431), reply.status)
        self.assertLess(self.server.resident_bytes() - before, 30_000_000)
        self.assertEqual(self.origin.heads, [])
        self.is_alive()

    def test_floods_of_pings_settings_and_priorities_end_the_connection_when_nobody_reads(self):
        for what, one in (("pings", frame(PING, 0, 0, b"12345678")), ("settings", frame(SETTINGS)),
                          ("empty data", None)):
            with self.subTest(what):
                connection = self.connect()
                if one is None:
                    connection.request(1, "/in", method="POST", end=False)
                    one = frame(DATA, 0, 1, b"")
                before = self.server.resident_bytes()
                for _ in range(500):
                    connection.send(one * 500)
                    if connection.closed:
                        break
                connection.until_closed()
                self.assertLess(self.server.resident_bytes() - before, 30_000_000)
                self.assertTrue(connection.closed)
        self.is_alive()

    def test_a_dependency_of_itself_and_priorities_without_end_cost_nothing(self):
        before = self.server.resident_bytes()
        connection = self.connect()
        for n in range(200):
            connection.send(b"".join(frame(PRIORITY, 0, stream, struct.pack(">IB", 0, 16))
                                     for stream in range(1 + n * 400, 401 + n * 400, 2)))
        self.assertLess(self.server.resident_bytes() - before, 30_000_000)
        self.is_alive()

    def test_a_window_of_nothing_makes_us_hold_little(self):
        # CVE-2019-9511, 9517: the viewer asks for much and takes a byte at a time.
        body = b"x" * 4_000_000
        self.origin.replies["/kept/large"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        self.assertEqual(len(self.get("/kept/large").body), len(body))
        before = self.server.resident_bytes()
        for _ in range(4):
            connection = self.connect(settings=struct.pack(">HI", 4, 1))
            for stream in range(1, 201, 2):
                connection.request(stream, "/kept/large")
        self.is_alive()
        self.assertLess(self.server.resident_bytes() - before, 60_000_000)

    def test_no_more_streams_at_a_time_than_the_settings_say(self):
        self.origin.replies["/slow"] = lambda connection: connection.recv(1)
        connection = self.connect()
        for stream in range(1, 601, 2):
            connection.request(stream, "/slow")
        connection.read_until_pong()
        refused = sum(1 for reply in connection.replies.values() if reply.reset is not None)
        self.assertTrue(connection.closed or refused >= 100, refused)

    def serves(self, connection: Connection) -> bool:
        connection.request(1, "/in")
        return connection.reply(1).status == 200


if __name__ == "__main__":
    unittest.main()

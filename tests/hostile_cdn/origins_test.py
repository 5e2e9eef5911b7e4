#!/usr/bin/env python3
"""Origins that mean harm, or that speak so badly that it comes to the same: no viewer gets what was not for him, and none of
it is kept."""
import gzip
import unittest

from world import HostileCase

# Heads that two readers might end differently (RFC 9112 §6.3): 502, and the connection is not used again.
BROKEN_HEADS = [
    ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 60\r\n\r\n"),
    ("length and chunks", b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("chunked twice", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("a coding that looks like chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n"),
    ("a folded field", b"HTTP/1.1 200 OK\r\nX: 1\r\n Content-Length: 60\r\n\r\n"),
    ("a bare LF", b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n"),
    ("a bare CR", b"HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: x=1\r\nContent-Length: 2\r\n\r\n"),
    ("NUL", b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n"),
    ("a blank before the colon", b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n"),
    ("a status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n"),
    ("a status of 700", b"HTTP/1.1 700 OK\r\nContent-Length: 2\r\n\r\n"),
    ("HTTP/2 in words", b"HTTP/2 200\r\nContent-Length: 2\r\n\r\n"),
    ("a head of a megabyte", b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n"),
    ("a hundred thousand fields", b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 100_000 + b"\r\n"),
    ("heads of 100 without end", b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000),
]
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"


class Origins(HostileCase):
    def test_a_head_that_two_readers_could_end_differently_is_502_and_not_kept(self):
        for n, (what, head) in enumerate(BROKEN_HEADS):
            with self.subTest(what):
                path = f"/kept/head-{n}"
                self.origin.replies[path] = head + b"ab" + EVIL
                self.assertEqual(self.get(path).status, 502)
                del self.origin.replies[path]
                self.assertNotEqual(self.get(f"/next-{n}").body, b"EVIL")
        self.is_alive()

    def test_what_an_origin_says_unasked_is_nobodys_reply(self):
        # Response queue poisoning: bytes behind a whole reply must not answer the next request of that connection.
        for n, tail in enumerate((EVIL, b"\r\n" + EVIL, b"x", b"\0" * 5)):
            path = f"/queue-{n}"
            self.origin.replies[path] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab" + tail
            self.assertEqual(self.get(path).body, b"ab")
            for k in range(3):
                self.assertEqual(self.get(f"/after-{n}-{k}").body, b"/after-%d-%d" % (n, k))
        for n, head in enumerate((b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n")):
            self.origin.replies[f"/bodiless-{n}"] = head + EVIL
            self.get(f"/bodiless-{n}")
            self.assertEqual(self.get(f"/after-bodiless-{n}").body, b"/after-bodiless-%d" % n)

    def test_a_body_to_head_is_nobodys_reply(self):
        self.origin.replies["/head"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(EVIL) + EVIL
        self.assertEqual(self.ask("HEAD /head HTTP/1.1\r\nHost: HOST\r\n\r\n", head_only=True).status, 200)
        self.assertEqual(self.get("/after-head").body, b"/after-head")

    def test_chunks_that_lie_cut_the_reply_and_are_not_kept(self):
        for n, chunks in enumerate((b"zz\r\nab\r\n0\r\n\r\n", b"-2\r\nab\r\n0\r\n\r\n", b"2\nab\r\n0\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n",
                                    b"ffffffffffffffffff\r\nab\r\n0\r\n\r\n", b"2;" + b"x" * 100_000 + b"\r\nab\r\n0\r\n\r\n")):
            with self.subTest(n):
                path = f"/kept/chunks-{n}"
                self.origin.replies[path] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
                viewer = self.viewer()
                viewer.send(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
                reply = viewer.reply()
                self.assertTrue(reply is None or reply.status == 502 or viewer.ended(), reply and reply.status)
                self.origin.replies[path] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
                again = self.get(path)
                self.assertIn((again.status, again.fields["x-cache"]), (
                    (200, "Miss from cloudfront"), (502, "Error from cloudfront")))

    def test_fields_of_an_origin_cannot_become_fields_of_ours(self):
        self.origin.replies["/fields"] = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Cache: Hit from evil\r\nConnection: X-Secret, close\r\nX-Secret: 1\r\n"
            b"Keep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nTrailer: X\r\nUpgrade: h2c\r\nServer: evil\r\n\r\nab")
        reply = self.get("/fields")
        self.assertEqual(reply.fields["x-cache"], "Miss from cloudfront")
        for name in ("x-secret", "keep-alive", "upgrade", "trailer"):
            self.assertNotIn(name, reply.fields)

    def test_a_bomb_is_passed_on_packed(self):
        bomb = gzip.compress(b"\0" * 50_000_000)
        self.origin.replies["/kept/bomb.txt"] = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(bomb), bomb))
        for encoding in ("gzip", "br", "identity"):
            reply = self.get("/kept/bomb.txt", "Accept-Encoding: " + encoding)
            self.assertEqual((reply.status, len(reply.body)), (200, len(bomb)))

    def test_an_endless_body_holds_no_more_of_us_than_one_viewer_takes(self):
        sent = 0

        def endless(connection):
            nonlocal sent
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while True:
                sent += connection.send(b"x" * 65536)

        self.origin.replies["/endless"] = endless
        before = self.server.resident_bytes()
        viewer = self.viewer()
        viewer.send(f"GET /endless HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        while len(viewer.waiting) < 100_000:
            self.assertTrue(viewer.more())
        for _ in range(20):  # nobody reads: what is sent settles, as the kernels' buffers do
            self.is_alive()
        self.assertLess(self.server.resident_bytes() - before, 40_000_000)


if __name__ == "__main__":
    unittest.main()

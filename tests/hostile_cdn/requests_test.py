#!/usr/bin/env python3
"""Requests that two readers might understand differently, or that mean harm by what they ask: each has its one answer, and
what was hidden in it never reaches the origin (RFC 9112 §11, CWE-444, and the published classes of cache poisoning)."""
import unittest

from world import HostileCase

HIDDEN = "GET /hidden HTTP/1.1\r\nHost: HOST\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"


def post(*fields: str, body: str = "") -> str:
    return "\r\n".join(("POST /in HTTP/1.1", "Host: HOST", *fields, "", body))


# What it is, what is sent, the status. All of them end the connection: what follows cannot be told from a request.
MALFORMED = [
    ("Content-Length and Transfer-Encoding", post("Content-Length: 4", CHUNKED, body="0\r\n\r\n" + HIDDEN), 400),
    ("Transfer-Encoding and Content-Length", post(CHUNKED, "Content-Length: 4", body="0\r\n\r\n" + HIDDEN), 400),
    ("two lengths", post("Content-Length: 0", "Content-Length: 44", body=HIDDEN), 400),
    ("a list of lengths", post("Content-Length: 0, 44", body=HIDDEN), 400),
    ("a length with a sign", post("Content-Length: +0", body=HIDDEN), 400),
    ("a negative length", post("Content-Length: -1", body=HIDDEN), 400),
    ("a length in hexadecimal", post("Content-Length: 0x0", body=HIDDEN), 400),
    ("a length beyond 64 bits", post("Content-Length: 18446744073709551616", body=HIDDEN), 400),
    ("a length with a blank in it", post("Content-Length: 0 0", body=HIDDEN), 400),
    ("an empty length", post("Content-Length:", body=HIDDEN), 400),
    ("two transfer codings", post(CHUNKED, "Transfer-Encoding: identity", body="0\r\n\r\n" + HIDDEN), 400),
    ("chunked twice", post(CHUNKED, CHUNKED, body="0\r\n\r\n" + HIDDEN), 400),
    ("chunked not last", post("Transfer-Encoding: chunked, identity", body="0\r\n\r\n" + HIDDEN), 400),
    ("a coding that looks like chunked", post("Transfer-Encoding: chunkedx", body="0\r\n\r\n" + HIDDEN), 400),
    ("a coding in quotes", post('Transfer-Encoding: "chunked"', body="0\r\n\r\n" + HIDDEN), 501),
    ("an unknown coding", post("Transfer-Encoding: xchunked", body="0\r\n\r\n" + HIDDEN), 501),
    ("a coding behind a vertical tab", post("Transfer-Encoding: \x0bchunked", body="0\r\n\r\n" + HIDDEN), 400),
    ("a blank before the colon", post("Transfer-Encoding : chunked", body="0\r\n\r\n" + HIDDEN), 400),
    ("a tab before the colon", post("Content-Length\t: 44", body=HIDDEN), 400),
    ("a folded field", post("X: 1", " " + CHUNKED, body="0\r\n\r\n" + HIDDEN), 400),
    ("a folded coding", post("Transfer-Encoding:", "\tchunked", body="0\r\n\r\n" + HIDDEN), 400),
    ("a field before the first", "POST /in HTTP/1.1\r\n X: 1\r\nHost: HOST\r\n\r\n" + HIDDEN, 400),
    ("a bare LF after a field", "GET /in HTTP/1.1\r\nHost: HOST\nX: 1\r\n\r\n", 400),
    ("a bare LF as the end", "GET /in HTTP/1.1\r\nHost: HOST\r\n\n" + HIDDEN, 400),
    ("a bare CR in a field", "GET /in HTTP/1.1\r\nHost: HOST\r\nX: a\rGET /hidden HTTP/1.1\r\n\r\n", 400),
    ("a bare CR as the end", "GET /in HTTP/1.1\r\nHost: HOST\r\n\r" + HIDDEN, 400),
    ("NUL in a field", "GET /in HTTP/1.1\r\nHost: HOST\r\nX: a\0b\r\n\r\n", 400),
    ("a field without a colon", "GET /in HTTP/1.1\r\nHost: HOST\r\nX\r\n\r\n", 400),
    ("a field without a name", "GET /in HTTP/1.1\r\nHost: HOST\r\n: x\r\n\r\n", 400),
    ("a name that is no token", "GET /in HTTP/1.1\r\nHost: HOST\r\nX(y): x\r\n\r\n", 400),
    ("a name of 8-bit letters", "GET /in HTTP/1.1\r\nHost: HOST\r\nX\xe9: x\r\n\r\n", 400),
    ("a chunked body in HTTP/1.0", "POST /in HTTP/1.0\r\nHost: HOST\r\n" + CHUNKED + "\r\n\r\n0\r\n\r\n" + HIDDEN, 400),
    ("two Hosts", "GET /in HTTP/1.1\r\nHost: HOST\r\nHost: other.example\r\n\r\n", 400),
    ("no Host", "GET /in HTTP/1.1\r\n\r\n", 400),
    ("a Host with a path", "GET /in HTTP/1.1\r\nHost: HOST/x\r\n\r\n", 400),
    ("a Host with an at sign", "GET /in HTTP/1.1\r\nHost: HOST@other.example\r\n\r\n", 400),
    ("two blanks in the first line", "GET  /in HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a request in the target", "GET /in HTTP/1.1 GET /hidden HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a tab in the first line", "GET\t/in HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a control character in the target", "GET /in\x01 HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a fragment in the target", "GET /in#x HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a target without its slash", "GET in HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a target of another scheme", "GET file:///etc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("a method that is no token", "GE\x7fT /in HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
    ("HTTP/0.9", "GET /in\r\n\r\n", 400),
    ("HTTP/2 without its preface", "GET /in HTTP/2.0\r\nHost: HOST\r\n\r\n", 505),
    ("a version of letters", "GET /in HTTP/x.1\r\nHost: HOST\r\n\r\n", 400),
    ("CONNECT", "CONNECT other.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n", 501),
    ("an expectation that nobody knows", post("Expect: 200-ok", "Content-Length: 0"), 417),
]

# Of chunks: what comes after the head.
CHUNKS = [
    ("a size with 0x", "0x4\r\nabcd\r\n0\r\n\r\n"),
    ("a size with a sign", "+4\r\nabcd\r\n0\r\n\r\n"),
    ("a size behind a blank", " 4\r\nabcd\r\n0\r\n\r\n"),
    ("a size of 17 digits", "10000000000000004\r\nabcd\r\n0\r\n\r\n"),
    ("a size that is empty", "\r\nabcd\r\n0\r\n\r\n"),
    ("a size that is negative", "-4\r\nabcd\r\n0\r\n\r\n"),
    ("a bare LF after the size", "4\nabcd\r\n0\r\n\r\n"),
    ("a bare LF after an extension", "4;x\nabcd\r\n0\r\n\r\n"),
    ("a bare CR in an extension", "4;x\ry\r\nabcd\r\n0\r\n\r\n"),
    ("a bare LF after the data", "4\r\nabcd\n0\r\n\r\n"),
    ("data longer than its size", "4\r\nabcdef\r\n0\r\n\r\n"),
    ("a bare LF in a trailer", "0\r\nX: 1\n\r\n"),
    ("extensions without end", "4;" + "x" * 40_000 + "\r\nabcd\r\n0\r\n\r\n"),
    ("trailers without end", "0\r\n" + "X: 1\r\n" * 10_000 + "\r\n"),
]


class Requests(HostileCase):
    def test_what_two_readers_could_understand_differently_is_refused_and_ends_the_connection(self):
        for what, sent, status in MALFORMED:
            with self.subTest(what):
                viewer = self.viewer()
                viewer.send(sent.replace("HOST", self.host).encode("latin-1"))
                reply = viewer.reply()
                self.assertIsNotNone(reply, "no reply")
                self.assertEqual(reply.status, status)
                self.assertEqual(reply.fields["connection"], "close")
                self.assertTrue(viewer.ended(), viewer.waiting[:200])
        self.assertEqual(self.origin.heads, [])
        self.is_alive()

    def test_a_body_of_broken_chunks_is_400_and_nothing_after_it_is_read(self):
        for what, body in CHUNKS:
            with self.subTest(what):
                viewer = self.viewer()
                viewer.send((post(CHUNKED) + body + HIDDEN).replace("HOST", self.host).encode())
                reply = viewer.reply()
                self.assertIsNotNone(reply, "no reply")
                self.assertEqual(reply.status, 400)
                self.assertTrue(viewer.ended(), viewer.waiting[:200])
        self.assertFalse(self.origin_saw(b"/hidden"))
        self.is_alive()

    def test_what_is_lawful_though_odd_is_served_and_reaches_the_origin_plainly(self):
        for what, sent, path in (
                ("the same length twice", post("Content-Length: 4", "Content-Length: 4", body="abcd"), b"/in"),
                ("chunks with extensions and a trailer", post(CHUNKED, body="4;a=b\r\nabcd\r\n0\r\nX-T: 1\r\n\r\n"), b"/in"),
                ("capital letters", post("TRANSFER-ENCODING: CHUNKED", body="4\r\nabcd\r\n0\r\n\r\n"), b"/in"),
                ("an empty line before the request", "\r\nGET /odd HTTP/1.1\r\nHost: HOST\r\n\r\n", b"/odd"),
                ("an absolute target", "GET http://HOST/odd HTTP/1.1\r\nHost: HOST\r\n\r\n", b"/odd")):
            with self.subTest(what):
                del self.origin.heads[:]
                self.assertEqual(self.ask(sent).status, 200)
                self.assertEqual(self.origin.heads[0].split(b" ")[1], path)
                lengths = self.origin.heads[0].lower().count(b"content-length:")
                codings = self.origin.heads[0].lower().count(b"transfer-encoding:")
                self.assertLessEqual(lengths + codings, 1, self.origin.heads[0])

    def test_pipelined_requests_have_their_replies_in_order_and_no_other(self):
        viewer = self.viewer()
        body = HIDDEN.replace("HOST", self.host)
        viewer.send((f"POST /first HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
                     f"GET /second HTTP/1.1\r\nHost: {self.host}\r\n\r\n").encode())
        self.assertEqual([viewer.reply().body for _ in range(2)], [b"/first", b"/second"])
        self.assertFalse(any(b" /hidden " in head.split(b"\r\n")[0] for head in self.origin.heads))

    def test_the_host_of_an_absolute_target_is_the_one_that_counts_everywhere(self):
        # RFC 9112 §3.2.2: else one reader keys by the one name and another serves by the other.
        reply = self.ask("GET http://HOST/absolute HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        self.assertEqual(reply.status, 200)
        self.assertNotIn(b"evil.example", self.origin.heads[0])
        self.assertEqual(self.ask("GET http://evil.example/x HTTP/1.1\r\nHost: HOST\r\n\r\n").status, 403)
        for host in (self.host.upper(), self.host + ".", self.host + ":80"):
            self.assertEqual(self.ask(f"GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n").status, 200, host)
        for host in ("evil.example", "x." + self.host, self.host + ".evil.example", "127.0.0.1", "[::1]", "localhost"):
            self.assertEqual(self.ask(f"GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n").status, 403, host)

    def test_floods_of_header_fields_and_long_urls_are_refused_before_the_origin_hears(self):
        for what, fields, status in (
                ("one field of 64 KB", ["X: " + "a" * 65536], 413),
                ("fields of 64 KB together", [f"X-{i}: " + "a" * 60 for i in range(1000)], 413),
                ("a thousand cookies", ["Cookie: " + "a=b; " * 8000], 413),
                ("two thousand short fields", [f"a{i}:" for i in range(2000)], 413)):
            with self.subTest(what):
                self.assertEqual(self.get("/in", *fields).status, status)
        self.assertEqual(self.get("/" + "a" * 8193).status, 413)
        self.assertEqual(self.get("/?" + "a" * 100_000).status, 413)
        self.assertEqual(self.origin.heads, [])
        self.is_alive()

    def test_a_body_with_a_get_and_methods_that_are_not_allowed_never_reach_a_cached_path(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PURGE", "PROPFIND", "get"):
            self.assertEqual(self.ask(f"{method} /kept/x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n").status, 403)
        self.assertEqual(self.ask("GET /kept/x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\nabcd").status, 403)
        self.assertEqual(self.origin.heads, [])

    def test_what_is_not_in_the_key_cannot_change_what_others_get(self):
        # Cache poisoning by unkeyed input: such fields do not reach the origin of a cached path.
        evil = ["X-Forwarded-Host: evil.example", "X-Original-URL: /hidden", "X-Rewrite-URL: /hidden", "Forwarded: host=evil.example",
                "X-HTTP-Method-Override: POST", "X-Forwarded-Scheme: http", "Origin: https://evil.example",
                "Cookie: a=<script>", "Referer: https://evil.example", "User-Agent: evil.example", "X-Amz-Cf-Id: evil.example",
                "Via: 1.1 evil.example", "Accept-Language: evil.example", "Transfer-Encoding-X: evil.example"]
        self.assertEqual(self.get("/kept/poison?evil.example", *evil).status, 200)
        (head,) = self.origin.heads
        lines = [line for line in head.split(b"\r\n") if b"evil" in line or b"hidden" in line or b"script" in line]
        self.assertEqual([line for line in lines if not line.lower().startswith(b"via: 1.1 evil.example, ")], [])
        self.assertIn(b"GET /kept/poison HTTP/1.1", head, "the query is not in the key: it is not forwarded")
        self.assertEqual(self.get("/kept/poison").fields["x-cache"], "Hit from cloudfront")

    def test_a_refused_request_leaves_nothing_behind_that_others_get(self):
        # Denial of service by a cached error (CPDoS): too long a head, a meta character, an overridden method.
        for n, fields in enumerate((["X: " + "a" * 65536], ["X-Meta: a\x07b"], ["X-HTTP-Method-Override: DELETE"])):
            path = f"/kept/cpdos-{n}"
            self.get(path, *fields)
            self.assertEqual(self.get(path).status, 200, fields[0][:20])

    def test_the_key_is_the_path_as_it_came_so_that_no_two_meanings_share_a_copy(self):
        for path in ("/kept/a", "/kept/%61", "/kept//a", "/kept/./a", "/kept/x/../a", "/kept/a%00", "/kept/a%2f", "/kept/a;x",
                     "/kept/a\\", "/kept/A", "/kept/a%0d%0aX:1", "/kept/a.css", "/kept/a%3f.css"):
            with self.subTest(path):
                reply = self.get(path)
                self.assertEqual((reply.status, reply.body.decode()), (200, path))
                self.assertEqual(self.get(path).fields["x-cache"], "Hit from cloudfront")
        self.assertEqual([head.split(b" ")[1].decode() for head in self.origin.heads][:2], ["/kept/a", "/kept/%61"])

    def test_a_private_page_does_not_become_public_by_a_name_that_looks_static(self):
        # Cache deception: what comes of it is the origin's word, not the name's.
        private = b"HTTP/1.1 200 OK\r\nCache-Control: private, no-store\r\nContent-Length: 6\r\n\r\nsecret"
        for path in ("/own/account/x.css", "/own/account;x.js", "/own/account%2fx.png"):
            self.origin.replies[path] = private
            self.get(path, "Cookie: session=1")
            again = self.get(path)
            self.assertEqual(again.fields["x-cache"], "Miss from cloudfront", path)

    def test_ranges_cannot_multiply_what_is_sent(self):
        body = bytes(range(256)) * 256
        self.origin.replies["/kept/long"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        self.assertEqual(len(self.get("/kept/long").body), len(body))
        for what, ranges in (("a thousand that overlap", ",".join(["0-"] * 1000)), ("a thousand bytes", ",".join(
                f"{i}-{i}" for i in range(0, 6000, 6))), ("not in order", "500-600,0-10"), ("nested", "0-999,10-20"),
                ("beyond 64 bits", "0-99999999999999999999999"), ("a size of nothing", "-"), ("letters", "a-b"),
                ("backwards", "20-10"), ("blanks alone", " , ,"), ("64 KB of commas", "0-1" + "," * 20_000)):
            with self.subTest(what):
                reply = self.get("/kept/long", f"Range: bytes={ranges}")
                self.assertIn(reply.status, (200, 206, 413))
                self.assertLessEqual(len(reply.body), len(body) + 20_000)
        self.assertEqual(self.get("/kept/long", "Range: bytes=99999999-").status, 416)
        self.assertEqual(self.get("/kept/long", "Range: bytes=0-0").body, body[:1])
        self.assertEqual(len(self.origin.heads), 1)


if __name__ == "__main__":
    unittest.main()

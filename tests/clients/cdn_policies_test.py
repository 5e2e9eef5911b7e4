#!/usr/bin/env python3
"""Every managed policy of CloudFront, every set of methods, viewer protocol policy and error page, over the wire: what the origin
gets, what the key has, how long a copy lives, what the viewer sees, beside what AWS documents (the tables below:
CF:using-managed-cache-policies, -origin-request-policies, -response-headers-policies, CF:Expiration, CF:HTTPStatusCodes,
CF:using-https-viewers-to-cloudfront)."""
import base64
import http.client
import http.server
import itertools
import json
import pathlib
import ssl
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
YEAR = 31_536_000
OVERRIDES = ("Host", "Origin", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override")
# id: name, headers in the key, cookies, query strings (True: all), encodings, minimum, default and maximum TTL
CACHE_POLICIES = {
    "2e54312d-136d-493c-8eb9-b001f22f67d2": (
        "Amplify", ("Authorization", "CloudFront-Viewer-Country", "Host"), True, True, "br,gzip", (2, 2, 600)),
    "4d1d2f1d-3a71-49ad-9e08-7ea5d843a556": (
        "Amplify-Default", ("Accept", "Authorization", "CloudFront-Viewer-Country", "Host"), True, True, "br,gzip", (0, 0, YEAR)),
    "a6bad946-36c3-4c33-aa98-362c74a7fb13": (
        "Amplify-DefaultNoCookies", ("Accept", "Authorization", "CloudFront-Viewer-Country", "Host"), False, True, "br,gzip",
        (0, 0, YEAR)),
    "1c6db51a-a33f-469a-8245-dae26771f530": (
        "Amplify-ImageOptimization", ("Accept", "Authorization", "Host"), False, True, "br,gzip", (0, 0, YEAR)),
    "7e5fad67-ee98-4ad0-b05a-394999eefc1a": (
        "Amplify-StaticContent", ("Authorization", "Host"), False, (), "br,gzip", (0, 0, YEAR)),
    CACHING_DISABLED: ("CachingDisabled", (), False, (), "", (0, 0, 0)),
    CACHING_OPTIMIZED: ("CachingOptimized", (), False, (), "br,gzip", (1, 86_400, YEAR)),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": ("CachingOptimizedForUncompressedObjects", (), False, (), "", (1, 86_400, YEAR)),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": (
        "Elemental-MediaPackage", ("Origin",), False, ("aws.manifestfilter", "start", "end", "m"), "gzip", (0, 86_400, YEAR)),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": ("UseOriginCacheControlHeaders", OVERRIDES, True, (), "br,gzip", (0, 0, YEAR)),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": (
        "UseOriginCacheControlHeaders-QueryStrings", OVERRIDES, True, True, "br,gzip", (0, 0, YEAR)),
}
ALL = object()
# id: name, headers, cookies, query strings
ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": ("AllViewer", ALL, True, True),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": ("AllViewerAndCloudFrontHeaders-2022-06", ALL, True, True),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": ("AllViewerExceptHostHeader", ALL, True, True),
    "59781a5b-3903-41f3-afcb-af62929ccde1": ("CORS-CustomOrigin", ("Origin",), False, False),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": (
        "CORS-S3Origin", ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method"), False, False),
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": (
        "Elemental-MediaTailor-PersonalizedManifests",
        ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method", "User-Agent", "X-Forwarded-For"), False, True),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": ("HostHeaderOnly", ("Host",), False, False),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": ("UserAgentRefererHeaders", ("User-Agent", "Referer"), False, False),
}
CLOUDFRONT_HEADERS = {  # of a viewer at 127.0.0.1, which the topology below puts into Germany
    "CloudFront-Viewer-Country": "DE", "CloudFront-Viewer-Country-Name": "Germany", "CloudFront-Forwarded-Proto": "http",
    "CloudFront-Viewer-Http-Version": "1.1", "CloudFront-Is-Desktop-Viewer": "true", "CloudFront-Is-Mobile-Viewer": "false",
    "CloudFront-Is-Tablet-Viewer": "false", "CloudFront-Is-SmartTV-Viewer": "false", "CloudFront-Is-IOS-Viewer": "false",
    "CloudFront-Is-Android-Viewer": "false"}
SECURITY = {"X-XSS-Protection": "1; mode=block", "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin", "Strict-Transport-Security": "max-age=31536000"}
# id: name, whether it adds CORS, whether that is of preflights too, whether it adds SECURITY
RESPONSE_HEADERS_POLICIES = {
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": ("CORS-With-Preflight", True, True, False),
    "60669652-455b-4ae9-85a4-c4c02393f86c": ("SimpleCORS", True, False, False),
    "67f7725c-6f97-4210-82d7-5512b31e9d03": ("SecurityHeadersPolicy", False, False, True),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": ("CORS-and-SecurityHeadersPolicy", True, False, True),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": ("CORS-with-preflight-and-SecurityHeadersPolicy", True, True, True),
}
READ, ASK = ["HEAD", "GET"], ["HEAD", "GET", "OPTIONS"]
EVERY = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"]
# With which error codes there may be a page, and which of them are remembered without the origin's asking for it.
REMEMBERED = {400: False, 403: False, 404: True, 405: False, 414: True, 416: None, 500: True, 501: True, 502: True, 503: True,
              504: True}
COUNTER = itertools.count()


class Echo(http.server.BaseHTTPRequestHandler):
    """Tells in JSON what it was asked. The second part of the path says how: {"status": 200, "fields": [["Name", "value"]]}."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # "GET /path?query"

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        Echo.asked.append(f"{self.command} {self.path}")
        parts = self.path.partition("?")[0].split("/")
        how = json.loads(base64.urlsafe_b64decode(parts[2])) if len(parts) > 3 else {"status": 200, "fields": []}
        body = json.dumps({"method": self.command, "target": self.path, "headers": self.headers.items()}).encode()
        self.send_response(how["status"])
        for name, value in how["fields"]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Reply:
    def __init__(self, response: http.client.HTTPResponse, body: bytes):
        self.status, self.headers, self.body = response.status, response.headers, body
        self.result = response.headers["X-Cache"].removesuffix(" from cloudfront")
        status = dict(item.strip().partition("=")[::2] for item in (response.headers["Cache-Status"] or "").split(";"))
        self.stored, self.ttl = "stored" in status, int(status["ttl"]) if "ttl" in status else None

    @property
    def origin(self) -> dict[str, str]:
        """The headers that the origin got, by names in lower case."""
        return {name.lower(): value for name, value in json.loads(self.body)["headers"]}

    @property
    def query(self) -> str:
        return json.loads(self.body)["target"].partition("?")[2]


def path(behavior: str, status: int = 200, **fields: str) -> str:
    """A new one under the behavior's pattern; names of fields with _ for -."""
    how = json.dumps({"status": status, "fields": [[name.replace("_", "-"), value] for name, value in fields.items()]})
    return f"/{behavior}/{base64.urlsafe_b64encode(how.encode()).decode()}/{next(COUNTER)}"


class Policies(AwsCliCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="meridian-policies-"))
        topology = pathlib.Path(folder) / "topology.toml"
        topology.write_text('[[client]]\ncidr = "127.0.0.0/8"\ncountry = "DE"\n')
        cls.server = cls.enterClassContext(Server("--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0",
                                                  "--cdn-cache-status", "--topology", str(topology)))
        cls.command = aws_commands()[0]
        cls.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        cls.origin.daemon_threads = True
        threading.Thread(target=cls.origin.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.origin.server_close)
        cls.addClassCleanup(cls.origin.shutdown)

    def distribution(self, behaviors: dict[str, dict], **more) -> str:
        """Its domain name, once it is deployed. `behaviors`: by the first part of their paths."""
        usual = {"TargetOriginId": "echo", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_DISABLED}
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": self.id() + str(next(COUNTER)), "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "echo", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": usual,
            "CacheBehaviors": {"Quantity": len(behaviors), "Items": [
                {**usual, "PathPattern": f"/{name}/*", **settings} for name, settings in behaviors.items()]}, **more}))
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Distribution"]["Id"])
        return made["Distribution"]["DomainName"]

    def ask(self, host: str, target: str, headers: dict[str, str] | None = None, method: str = "GET", tls: bool = False) -> Reply:
        if tls:
            connection = http.client.HTTPSConnection(*self.server.cdn_tls, timeout=20, context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection(*self.server.cdn, timeout=20)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": host, **(headers or {})}.items():
                connection.putheader(name, value)
            if method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", "4")
            connection.endheaders(b"body" if method in ("POST", "PUT", "PATCH") else None)
            response = connection.getresponse()
            return Reply(response, response.read())
        finally:
            connection.close()

    def managed(self, kind: str, member: str) -> set[str]:
        listed = self.aws("cloudfront", f"list-{kind}-policies", "--type", "managed")
        return {item[member]["Id"] for item in listed[f"{member}List"]["Items"]}


class CachePolicies(Policies):
    VIEWER = {"Accept": "text/x", "Accept-Encoding": "gzip, deflate, br", "Authorization": "Basic eDp5", "Cookie": "session=1; other=2",
              "Origin": "https://a.example", "User-Agent": "Viewer/1", "X-HTTP-Method": "PUT", "X-HTTP-Method-Override": "PUT",
              "X-Method-Override": "PUT", "X-Other": "1"}
    QUERY = "start=1&other=1"

    def test_what_the_origin_gets_what_the_key_has_and_how_long_a_copy_lives(self):
        self.assertEqual(self.managed("cache", "CachePolicy"), set(CACHE_POLICIES))
        names = {f"p{number}": each for number, each in enumerate(CACHE_POLICIES)}
        host = self.distribution({name: {"CachePolicyId": each} for name, each in names.items()})
        for name, each in names.items():
            title, headers, cookies, queries, encodings, times = CACHE_POLICIES[each]
            with self.subTest(title):
                self.check_origin(host, name, headers, cookies, queries, encodings)
                self.check_key(host, name, headers, cookies, queries, encodings, times[2] > 0)
                self.check_times(host, name, *times)

    def check_origin(self, host: str, name: str, headers, cookies, queries, encodings):
        got = self.ask(host, f"{path(name)}?{self.QUERY}", self.VIEWER)
        self.assertEqual(got.result, "Miss")
        seen = got.origin
        for header, value in {**self.VIEWER, "CloudFront-Viewer-Country": "DE"}.items():
            if header not in ("Accept-Encoding", "Cookie", "User-Agent"):
                self.assertEqual(seen.get(header.lower()), value if header in headers else None, header)
        self.assertEqual(seen["host"], host if "Host" in headers else "localhost")
        self.assertEqual(seen.get("cookie"), self.VIEWER["Cookie"] if cookies else None)
        self.assertEqual(got.query, self.QUERY if queries is True else "start=1" if "start" in queries else "")
        self.assertEqual(seen.get("accept-encoding"), encodings or None)
        self.assertEqual(seen["user-agent"], "Amazon CloudFront")
        self.assertEqual(seen["x-forwarded-for"], "127.0.0.1")
        self.assertRegex(seen["via"], r"^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$")
        self.assertIn("x-amz-cf-id", seen)

    def check_key(self, host: str, name: str, headers, cookies, queries, encodings, is_cached):
        target = path(name, Cache_Control="max-age=300")
        first = self.ask(host, f"{target}?{self.QUERY}", self.VIEWER)
        self.assertEqual(first.result, "Miss")
        again = self.ask(host, f"{target}?{self.QUERY}", self.VIEWER)
        self.assertEqual(again.result, "Hit" if is_cached else "Miss")
        self.assertEqual("Age" in again.headers, is_cached)
        changes = [(header, header in headers, self.QUERY, {header: "another"}) for header in self.VIEWER
                   if header not in ("Accept-Encoding", "Cookie")]
        changes += [("a cookie", cookies, self.QUERY, {"Cookie": "session=2; other=2"}),
                    ("another query", queries is True, "start=1&other=2", {}),
                    ("start", queries is True or "start" in queries, "start=2&other=1", {}),
                    ("gzip alone", encodings == "br,gzip", self.QUERY, {"Accept-Encoding": "gzip"}),
                    ("br and others", False, self.QUERY, {"Accept-Encoding": "br;q=0.5, x, gzip"}),
                    ("no encoding", encodings != "", self.QUERY, {"Accept-Encoding": "identity"})]
        for what, in_key, query, fields in changes:
            got = self.ask(host, f"{target}?{query}", {**self.VIEWER, **fields})
            self.assertEqual(got.result, "Miss" if in_key or not is_cached else "Hit", what)
        if encodings:
            got = self.ask(host, f"{path(name)}?{self.QUERY}", {**self.VIEWER, "Accept-Encoding": "identity"})
            self.assertEqual(got.origin["accept-encoding"], "identity")

    def check_times(self, host: str, name: str, minimum: int, usual: int, maximum: int):
        fields = {"Cache-Control": {}, "none": {}}
        for fields, said in (({}, None), ({"Cache_Control": "max-age=50"}, 50), ({"Cache_Control": "max-age=50, s-maxage=70"}, 70),
                             ({"Cache_Control": "max-age=99999999"}, 99_999_999), ({"Cache_Control": "max-age=0"}, 0),
                             ({"Cache_Control": "no-store"}, False), ({"Cache_Control": "no-cache"}, False),
                             ({"Cache_Control": "private"}, False)):
            got = self.ask(host, path(name, **fields))
            if maximum == 0:
                self.assertEqual((got.stored, got.ttl), (False, None), fields)
            elif said is False and minimum == 0:
                self.assertFalse(got.stored, fields)
            else:
                wanted = max(minimum, usual) if said is None else minimum if said is False else min(max(said, minimum), maximum)
                self.assertTrue(got.stored, fields)
                # A second may begin between the origin's Date and the arrival here.
                self.assertIn(got.ttl, (wanted, max(wanted - 1, minimum)), fields)


class OriginRequestPolicies(Policies):
    VIEWER = {"Accept": "text/x", "Accept-Encoding": "gzip, x", "Accept-Language": "de", "Access-Control-Request-Headers": "x-a",
              "Access-Control-Request-Method": "PUT", "Authorization": "Basic eDp5", "Cookie": "session=1; other=2",
              "Origin": "https://a.example", "Referer": "https://b.example/x", "User-Agent": "Viewer/1", "X-Mine": "1"}
    NEVER = {"X-Edge-Foo": "1", "X-Real-IP": "192.0.2.1", "X-Forwarded-Proto": "https", "Proxy-Authorization": "x", "TE": "trailers",
             "X-Amz-Cf-Id": "mine", "Keep-Alive": "1"}

    def test_what_the_origin_gets(self):
        self.assertEqual(self.managed("origin-request", "OriginRequestPolicy"), set(ORIGIN_REQUEST_POLICIES))
        names = {f"p{number}": each for number, each in enumerate(ORIGIN_REQUEST_POLICIES)}
        host = self.distribution({name: {"OriginRequestPolicyId": each} for name, each in names.items()})
        for name, each in names.items():
            title, headers, cookies, queries = ORIGIN_REQUEST_POLICIES[each]
            with self.subTest(title):
                sent = {**self.VIEWER, **self.NEVER, "X-Forwarded-For": "192.0.2.9"}
                got = self.ask(host, f"{path(name)}?b=2&a=1", sent)
                seen = got.origin
                for header, value in self.VIEWER.items():
                    if header not in ("Cookie", "User-Agent"):
                        self.assertEqual(seen.get(header.lower()), value if headers is ALL or header in headers else None, header)
                named = headers is ALL or "User-Agent" in headers
                self.assertEqual(seen["user-agent"], "Viewer/1" if named else "Amazon CloudFront")
                of_viewer = headers is ALL and title != "AllViewerExceptHostHeader" or headers == ("Host",)
                self.assertEqual(seen["host"], host if of_viewer else "localhost")
                self.assertEqual(seen.get("cookie"), self.VIEWER["Cookie"] if cookies else None)
                self.assertEqual(got.query, "b=2&a=1" if queries else "")
                self.assertEqual(seen["x-forwarded-for"], "192.0.2.9, 127.0.0.1")
                for header, value in self.NEVER.items():
                    self.assertNotEqual(seen.get(header.lower()), value, header)
                told = title == "AllViewerAndCloudFrontHeaders-2022-06"
                for header, value in CLOUDFRONT_HEADERS.items():
                    self.assertEqual(seen.get(header.lower()), value if told else None, header)
                if told:
                    self.assertRegex(seen["cloudfront-viewer-address"], r"^127\.0\.0\.1:\d+$")


class ResponseHeadersPolicies(Policies):
    ORIGIN = {"Origin": "https://a.example"}
    PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a"}

    def cors(self, reply: Reply) -> dict[str, str]:
        return {name: value for name, value in reply.headers.items() if name.lower().startswith("access-control-")}

    def test_what_the_viewer_sees(self):
        self.assertEqual(self.managed("response-headers", "ResponseHeadersPolicy"), set(RESPONSE_HEADERS_POLICIES))
        names = {f"p{number}": each for number, each in enumerate(RESPONSE_HEADERS_POLICIES)}
        host = self.distribution({name: {"ResponseHeadersPolicyId": each, "AllowedMethods": {
            "Quantity": 7, "Items": EVERY, "CachedMethods": {"Quantity": 2, "Items": READ}}} for name, each in names.items()})
        for name, each in names.items():
            title, cors, preflight, security = RESPONSE_HEADERS_POLICIES[each]
            with self.subTest(title):
                self.check_security(host, name, security)
                self.assertEqual(self.cors(self.ask(host, path(name))), {}, "no Origin, no CORS")
                simple = {"Access-Control-Allow-Origin": "*", **({"Access-Control-Expose-Headers": "*"} if preflight else {})}
                self.assertEqual(self.cors(self.ask(host, path(name), self.ORIGIN)), simple if cors else {})
                # They do not override: one CORS header of the origin's keeps all of theirs away.
                own = {"Access-Control-Allow-Origin": "https://b.example"}
                got = self.ask(host, path(name, Access_Control_Allow_Origin=own["Access-Control-Allow-Origin"]), self.ORIGIN)
                self.assertEqual(self.cors(got), own)
                asked = self.cors(self.ask(host, path(name), self.PREFLIGHT, "OPTIONS"))
                self.assertEqual(asked.get("Access-Control-Allow-Origin"), "*" if cors else None)
                methods = (EVERY if preflight else READ) if cors else []
                listed = asked.get("Access-Control-Allow-Methods", "")
                self.assertEqual(sorted(filter(None, listed.split(", "))), sorted(methods))

    def check_security(self, host: str, name: str, security: bool):
        got = self.ask(host, path(name))
        for header, value in SECURITY.items():
            self.assertEqual(got.headers.get(header), value if security else None)
        # All but X-Content-Type-Options give way to the origin's.
        own = {header: "the origin's" for header in SECURITY}
        got = self.ask(host, path(name, **{header.replace("-", "_"): value for header, value in own.items()}))
        for header, value in own.items():
            overridden = security and header == "X-Content-Type-Options"
            self.assertEqual(got.headers.get_all(header), ["nosniff" if overridden else value], header)


class MethodsAndProtocols(Policies):
    def test_sets_of_methods(self):
        sets = [(READ, READ), (ASK, READ), (ASK, ASK), (EVERY, READ), (EVERY, ASK)]
        host = self.distribution({f"s{number}": {"CachePolicyId": CACHING_OPTIMIZED, "AllowedMethods": {
            "Quantity": len(allowed), "Items": allowed, "CachedMethods": {"Quantity": len(cached), "Items": cached}}}
            for number, (allowed, cached) in enumerate(sets)})
        for number, (allowed, cached) in enumerate(sets):
            for method in EVERY + ["TRACE", "MADEUP"]:
                with self.subTest(allowed=allowed, cached=cached, method=method):
                    target = path(f"s{number}")
                    del Echo.asked[:]
                    first, second = (self.ask(host, target, method=method) for _ in range(2))
                    if method not in allowed:
                        self.assertEqual((first.status, first.result, Echo.asked), (403, "Error", []))
                        continue
                    self.assertEqual((first.status, first.result, Echo.asked[0]), (200, "Miss", f"{method} {target}"))
                    self.assertEqual(second.result, "Hit" if method in cached else "Miss")
        target = path("s2")
        self.assertEqual(self.ask(host, target, method="OPTIONS").result, "Miss")
        self.assertEqual(self.ask(host, target).result, "Miss", "OPTIONS has an entry of its own")
        self.assertEqual(self.ask(host, target, method="HEAD").result, "Hit", "HEAD has GET's")
        refused = self.ask(host, path("s4"), {"Content-Length": "0", "Transfer-Encoding": "chunked"})
        self.assertIn(refused.status, (400, 403))

    def test_viewer_protocol_policies(self):
        kinds = {"all": "allow-all", "only": "https-only", "redirect": "redirect-to-https"}
        host = self.distribution({name: {"ViewerProtocolPolicy": kind, "AllowedMethods": {
            "Quantity": 7, "Items": EVERY, "CachedMethods": {"Quantity": 2, "Items": READ}}} for name, kind in kinds.items()})
        for name, method in itertools.product(kinds, EVERY):
            with self.subTest(policy=name, method=method):
                target = path(name) + "?a=1&b=%20"
                safe = self.ask(host, target, method=method, tls=True)
                self.assertEqual(safe.status, 200)
                plain = self.ask(host, target, method=method)
                if name == "all":
                    self.assertEqual(plain.status, 200)
                elif name == "only":
                    self.assertEqual((plain.status, plain.result), (403, "Error"))
                else:
                    self.assertEqual((plain.status, plain.result), (301 if method in READ else 307, "Redirect"))
                    self.assertEqual(plain.headers["Location"], f"https://{host}:{self.server.cdn_tls[1]}{target}")


class ErrorPages(Policies):
    def test_every_code(self):
        shown = dict(zip(REMEMBERED, itertools.cycle(["200", "404", "503", ""])))
        # Without a page of its own: the origin's body, and how long it is remembered.
        plain = {each: self.entry(each, 60) for each in REMEMBERED}
        paged = {each: self.entry(each, 60, f"/pages/{each}.html", shown[each] or str(each)) for each in REMEMBERED}
        behaviors = {"x": {"CachePolicyId": CACHING_OPTIMIZED}, "pages": {"CachePolicyId": CACHING_OPTIMIZED}}
        hosts = [self.distribution(behaviors, CustomErrorResponses={"Quantity": len(entries), "Items": list(entries.values())})
                 for entries in (plain, paged)]
        for code, remembered in REMEMBERED.items():
            for host, is_paged in zip(hosts, (False, True)):
                with self.subTest(code=code, page=is_paged):
                    self.check(host, code, remembered, is_paged, shown[code])

    @staticmethod
    def entry(code: int, seconds: int, page: str = "", status: str = "") -> dict:
        return {"ErrorCode": code, "ResponsePagePath": page, "ResponseCode": status, "ErrorCachingMinTTL": seconds}

    def check(self, host: str, code: int, remembered: bool | None, is_paged: bool, shown: str):
        for fields, kept in (({}, bool(remembered)), ({"Cache_Control": "max-age=30"}, remembered is not None)):
            target = path("x", code, **fields)
            del Echo.asked[:]
            first, second = self.ask(host, target), self.ask(host, target)
            for got in (first, second):
                self.assertEqual((got.status, got.result), (int(shown or code) if is_paged else code, "Error"))
                self.assertEqual(json.loads(got.body)["target"], f"/pages/{code}.html" if is_paged else target)
            self.assertEqual(Echo.asked.count(f"GET {target}"), 1 if kept else 2, fields)
            head = self.ask(host, target, method="HEAD")
            self.assertEqual((head.status, head.body), (first.status, b""))

    def test_a_code_without_an_entry_and_a_page_of_another_origin(self):
        host = self.distribution({"x": {"CachePolicyId": CACHING_OPTIMIZED}}, CustomErrorResponses={
            "Quantity": 1, "Items": [self.entry(403, 0, "/index.html", "200")]})
        for _ in range(2):
            got = self.ask(host, path("x", 404))
            self.assertEqual((got.status, got.result), (404, "Error"))
        refused = self.ask(host, "/x/y", method="MADEUP")
        self.assertEqual((refused.status, json.loads(refused.body)["target"]), (200, "/index.html"), "our own 403 too")


if __name__ == "__main__":
    unittest.main()

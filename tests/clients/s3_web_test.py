#!/usr/bin/env python3
"""S3 as browsers meet it: websites, other origins and upload forms, set up by every AWS CLI on this machine, asked by curl."""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402

PUBLIC = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",' \
         '"Resource":"arn:aws:s3:::%s/*"}]}'


class S3Web(AwsCliCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--website", "127.0.0.1:0", "--website-domain", "web.example.org", "--api-tls", "127.0.0.1:0")
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="meridian-web-")))
        cls.made = 0

    def bucket(self, name: str | None = None) -> str:
        type(self).made += 1
        name = name or f"site-{self.made}"
        self.aws_text("s3", "mb", f"s3://{name}")
        return name

    def publish(self, bucket: str):
        self.aws("s3api", "delete-public-access-block", "--bucket", bucket)
        self.aws("s3api", "put-bucket-policy", "--bucket", bucket, "--policy", PUBLIC % bucket)

    def put(self, bucket: str, key: str, text: str, *more: str):
        path = self.folder / "file"
        path.write_text(text)
        self.aws_text("s3", "cp", str(path), f"s3://{bucket}/{key}", *more)

    def curl(self, address: tuple[str, int], host: str, path: str, *more: str) -> tuple[int, dict[str, str], str]:
        done = subprocess.run(["curl", "-sS", "-i", "-H", f"Host: {host}", *more, "http://%s:%d%s" % (*address, path)],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, _, body = done.stdout.partition("\n\n")
        while re.match(r"HTTP/1.1 1\d\d", head):
            head, _, body = body.partition("\n\n")
        lines = head.splitlines()
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        return int(lines[0].split()[1]), fields, body

    def test_a_website(self):
        bucket = self.bucket()
        self.aws_text("s3", "website", f"s3://{bucket}", "--index-document", "index.html", "--error-document", "error.html")
        got = self.aws("s3api", "get-bucket-website", "--bucket", bucket)
        self.assertEqual(got, {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}})
        self.put(bucket, "index.html", "home")
        self.put(bucket, "docs/index.html", "docs")
        host = f"{bucket}.s3-website-us-east-1.amazonaws.com"
        status, fields, page = self.curl(self.server.api, host, "/")
        self.assertEqual((status, fields["x-amz-error-code"]), (403, "AccessDenied"))
        self.assertIn("<li>Code: AccessDenied</li>", page)
        self.publish(bucket)
        for address, name in ((self.server.api, host), (self.server.api, f"{bucket}.s3-website.localhost"),
                              (self.server.api, f"{bucket}.web.example.org"), (self.server.website, host)):
            status, fields, page = self.curl(address, name, "/?q")
            self.assertEqual((status, page, fields["content-type"]), (200, "home", "binary/octet-stream"), name)
        self.assertEqual(self.curl(self.server.api, host, "/docs/")[2], "docs")
        status, fields, _ = self.curl(self.server.api, host, "/docs")
        self.assertEqual((status, fields["location"]), (302, "/docs/"))
        status, fields, page = self.curl(self.server.api, host, "/absent")
        self.assertEqual((status, fields["x-amz-error-code"]), (403, "AccessDenied"), "who may not list is not told more")
        self.put(bucket, "error.html", "sorry")
        self.assertEqual(self.curl(self.server.api, host, "/absent")[::2], (403, "sorry"))
        self.assertEqual(self.curl(self.server.api, host, "/", "-X", "DELETE")[0], 405)
        self.assertEqual(self.curl(self.server.api, host, "/", "-r", "1-2")[::2], (206, "om"))
        etag = self.curl(self.server.api, host, "/")[1]["etag"]
        self.assertEqual(self.curl(self.server.api, host, "/", "-H", f"If-None-Match: {etag}")[0], 304)
        self.aws("s3api", "delete-bucket-website", "--bucket", bucket)
        self.aws("s3api", "get-bucket-website", "--bucket", bucket, fails="NoSuchWebsiteConfiguration")

    def test_redirects(self):
        bucket = self.bucket()
        rules = {"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": [
            {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
            {"Condition": {"HttpErrorCodeReturnedEquals": "403"},
             "Redirect": {"HostName": "example.net", "HttpRedirectCode": "302", "Protocol": "https"}}]}
        self.aws("s3api", "put-bucket-website", "--bucket", bucket, "--website-configuration", json.dumps(rules))
        self.assertEqual(self.aws("s3api", "get-bucket-website", "--bucket", bucket), rules)
        self.publish(bucket)
        self.put(bucket, "moved", "", "--website-redirect", "https://example.com/there")
        host = f"{bucket}.s3-website.localhost"
        answers = {path: self.curl(self.server.api, host, path) for path in ("/old/a%20b?c=d", "/absent", "/moved")}
        self.assertEqual({path: (status, fields["location"]) for path, (status, fields, _) in answers.items()}, {
            "/old/a%20b?c=d": (301, f"http://{host}/new/a%20b?c=d"),
            "/absent": (302, "https://example.net/absent"), "/moved": (301, "https://example.com/there")})
        head = self.aws("s3api", "head-object", "--bucket", bucket, "--key", "moved")
        self.assertEqual(head["WebsiteRedirectLocation"], "https://example.com/there")
        everything = self.bucket("www.example.org")
        self.aws("s3api", "put-bucket-website", "--bucket", everything, "--website-configuration",
                 '{"RedirectAllRequestsTo":{"HostName":"example.org","Protocol":"https"}}')
        status, fields, _ = self.curl(self.server.website, "www.example.org", "/x?y")
        self.assertEqual((status, fields["location"]), (301, "https://example.org/x?y"))
        self.aws("s3api", "put-bucket-website", "--bucket", bucket, "--website-configuration", "{}", fails="InvalidArgument")

    def test_other_origins(self):
        bucket = self.bucket()
        self.aws("s3api", "get-bucket-cors", "--bucket", bucket, fails="NoSuchCORSConfiguration")
        rule = {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"],
                "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 600}
        self.aws("s3api", "put-bucket-cors", "--bucket", bucket, "--cors-configuration", json.dumps({"CORSRules": [rule]}))
        self.assertEqual(self.aws("s3api", "get-bucket-cors", "--bucket", bucket), {"CORSRules": [rule]})
        ask = ("-X", "OPTIONS", "-H", "Access-Control-Request-Method: PUT", "-H", "Access-Control-Request-Headers: X-Amz-Date")
        host = "%s:%d" % self.server.api
        status, fields, _ = self.curl(self.server.api, host, f"/{bucket}/k", *ask, "-H", "Origin: https://a.example.com")
        self.assertEqual((status, fields["access-control-allow-origin"], fields["access-control-allow-headers"]),
                         (200, "https://a.example.com", "x-amz-date"))
        status, _, body = self.curl(self.server.api, f"{bucket}.s3.localhost", "/k", *ask, "-H", "Origin: https://b.test")
        self.assertEqual(status, 403)
        self.assertIn("<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.", body)
        status, fields, _ = self.curl(self.server.api, host, f"/{bucket}/k", "-H", "Origin: https://a.example.com")
        self.assertEqual((status, fields["access-control-allow-origin"], fields["access-control-expose-headers"]),
                         (403, "https://a.example.com", "ETag"), "also of a refusal")
        self.aws("s3api", "delete-bucket-cors", "--bucket", bucket)

    def form(self, bucket: str, conditions: list) -> dict[str, str]:
        """The fields of a form that the server's own key has signed."""
        text = (self.server.directory / "credentials").read_text()
        key_id, secret = (re.search(rf"{name}\s*=\s*(\S+)", text).group(1)
                          for name in ("aws_access_key_id", "aws_secret_access_key"))
        now = datetime.datetime.now(datetime.timezone.utc)
        day = now.strftime("%Y%m%d")
        signed = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{key_id}/{day}/us-east-1/s3/aws4_request",
                  "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ")}
        policy = {"expiration": (now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                  "conditions": [{"bucket": bucket}, *({name: value} for name, value in signed.items()), *conditions]}
        encoded = base64.b64encode(json.dumps(policy).encode()).decode()
        derived = b"AWS4" + secret.encode()
        for part in (day, "us-east-1", "s3", "aws4_request", encoded):
            derived = hmac.digest(derived, part.encode(), "sha256")
        return {**signed, "Policy": encoded, "X-Amz-Signature": derived.hex()}

    def post(self, bucket: str, fields: dict[str, str], path: pathlib.Path) -> tuple[int, dict[str, str], str]:
        words = [word for name, value in fields.items() for word in ("--form-string", f"{name}={value}")]
        return self.curl(self.server.api, "%s:%d" % self.server.api, f"/{bucket}", *words, "-F", f"file=@{path};type=text/plain")

    def test_a_form(self):
        bucket = self.bucket()
        path = self.folder / "form file.bin"
        path.write_bytes(bytes(range(256)) * 40_000)  # longer than what is taken whole
        signed = self.form(bucket, [["starts-with", "$key", "up/"], {"success_action_status": "201"},
                                    ["content-length-range", 1, 20_000_000]])
        fields = {"key": "up/${filename}", "success_action_status": "201", **signed}
        status, headers, body = self.post(bucket, fields, path)
        self.assertEqual(status, 201, body)
        self.assertIn("<Key>up/form file.bin</Key>", body)
        self.assertEqual(headers["etag"], '"%s"' % hashlib.md5(path.read_bytes()).hexdigest())
        back = self.folder / "back"
        self.aws_text("s3", "cp", f"s3://{bucket}/up/form file.bin", str(back))
        self.assertEqual(back.read_bytes(), path.read_bytes())
        status, _, body = self.post(bucket, {**fields, "key": "elsewhere"}, path)
        self.assertEqual(status, 403)
        self.assertIn("Policy Condition failed", body)
        status, _, body = self.post(bucket, {**fields, "X-Amz-Signature": "0" * 64}, path)
        self.assertEqual(status, 403)
        self.assertIn("<Code>SignatureDoesNotMatch</Code>", body)

    def test_keys_of_customers_over_tls(self):
        bucket = self.bucket()
        self.put(bucket, "plain", "text")
        path, back = self.folder / "secret", self.folder / "secret-back"
        path.write_bytes(bytes(range(256)) * 30_000)
        large = self.folder / "large"
        large.write_bytes(path.read_bytes() * 2)  # goes in parts
        tls = ("--endpoint-url", "https://localhost:%d" % self.server.api_tls[1])
        key = ("--sse-customer-algorithm", "AES256", "--sse-customer-key", "k" * 32)
        other = (*key[:3], "x" * 32)

        def api(*words: str, fails: str | None = None) -> dict:
            done = subprocess.run([self.command, *tls, "--output", "json", "s3api", *words], capture_output=True, text=True,
                                  timeout=120, env={**self.server.environment, "AWS_CA_BUNDLE": str(
                                      self.server.directory / "api-certificate.pem")})
            self.assertEqual(done.returncode == 0, fails is None, done.stderr)
            self.assertIn(fails or "", done.stderr)
            return json.loads(done.stdout) if done.stdout.strip() else {}

        where = ("--bucket", bucket, "--key", "k")
        made = api("put-object", *where, "--body", str(path), *key)
        self.assertEqual(made["SSECustomerAlgorithm"], "AES256")
        self.assertNotIn("ServerSideEncryption", made)
        api("get-object", *where, *key, str(back))
        self.assertEqual(back.read_bytes(), path.read_bytes())
        api("get-object", *where, *key, "--range", "bytes=65530-65545", str(back))
        self.assertEqual(back.read_bytes(), path.read_bytes()[65530:65546])
        api("get-object", *where, *other, str(back), fails="AccessDenied")
        api("get-object", *where, str(back), fails="InvalidRequest")
        api("head-object", *where, fails="400")
        copied = api("copy-object", "--bucket", bucket, "--key", "copy", "--copy-source", f"{bucket}/k",
                     *(word.replace("--sse-", "--copy-source-sse-") for word in key), *other)
        self.assertEqual(copied["SSECustomerAlgorithm"], "AES256")
        api("get-object", "--bucket", bucket, "--key", "copy", *other, str(back))
        self.assertEqual(back.read_bytes(), path.read_bytes())
        done = subprocess.run([self.command, *tls, "s3", "cp", str(large), f"s3://{bucket}/large", "--sse-c", "AES256",
                               "--sse-c-key", "k" * 32], capture_output=True, text=True, timeout=120,
                              env={**self.server.environment, "AWS_CA_BUNDLE": str(
                                  self.server.directory / "api-certificate.pem")})
        self.assertEqual(done.returncode, 0, done.stderr)
        api("get-object", "--bucket", bucket, "--key", "large", *key, str(back))
        self.assertEqual(back.read_bytes(), large.read_bytes())
        self.aws("s3api", "get-object", *where, *key, str(back), fails="")

    def test_encryption_is_what_it_is(self):
        bucket = self.bucket()
        got = self.aws("s3api", "get-bucket-encryption", "--bucket", bucket)["ServerSideEncryptionConfiguration"]
        self.assertEqual(got["Rules"][0]["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        for algorithm, fails in (("AES256", None), ("aws:kms", "NotImplemented")):
            self.aws("s3api", "put-bucket-encryption", "--bucket", bucket, "--server-side-encryption-configuration",
                     '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"%s"}}]}' % algorithm, fails=fails)
        self.aws("s3api", "delete-bucket-encryption", "--bucket", bucket)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for number, command in enumerate(aws_commands()):
        name = type(f"S3Web{number}", (S3Web,), {"command": command})
        suite.addTests(loader.loadTestsFromTestCase(name))
    return suite


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Origins whose TLS is not to be trusted, or is none, behind every remedy (CF:http-502-bad-gateway): 502 without one, the other
origin's answer in a group, the expired copy where there is one, an error page where one is configured."""
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402
from played_origin import PlayedOrigin, read_head  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
FAULTS = ("self-signed", "of another name", "expired", "of an authority that nobody knows", "HTTP where TLS is expected",
          "closed in the handshake", "TLS 1.0 and 1.1 alone")


def openssl(folder: pathlib.Path, *words: str):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_certificates(folder: pathlib.Path):
    for name in ("root", "stranger"):
        openssl(folder, "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30", "-subj",
                f"/CN={name}", "-keyout", f"{name}-key.pem", "-out", f"{name}.pem")
    openssl(folder, "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "self-key.pem", "-out", "self.pem")
    for name, domain, root, days in (("good", "localhost", "root", "30"), ("other", "other.test", "root", "30"),
                                     ("expired", "localhost", "root", "-1"), ("strange", "localhost", "stranger", "30")):
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{domain}\n")
        openssl(folder, "req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={domain}", "-keyout",
                f"{name}-key.pem", "-out", f"{name}.csr")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{root}.pem", "-CAkey", f"{root}-key.pem", "-CAcreateserial",
                "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem")


class Origin(PlayedOrigin):
    """One request a connection; `fault` is how the next ones are treated, None for well."""

    def __init__(self, folder: pathlib.Path | None, text: str):
        super().__init__()
        self.folder, self.text, self.fault = folder, text, None
        self.served = 0

    def context(self) -> ssl.SSLContext:
        name = {"self-signed": "self", "of another name": "other", "expired": "expired",
                "of an authority that nobody knows": "strange"}.get(self.fault, "good")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}-key.pem")
        if self.fault == "TLS 1.0 and 1.1 alone":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
        return context

    def answer(self, connection: socket.socket):
        if self.folder is None:
            read_head(connection)
            self.reply(connection)
        elif self.fault == "HTTP where TLS is expected":
            connection.recv(65536)
            self.reply(connection)
        elif self.fault == "closed in the handshake":
            connection.recv(100)
        else:
            with self.context().wrap_socket(connection, server_side=True) as over_tls:
                read_head(over_tls)
                self.reply(over_tls)

    def reply(self, connection: socket.socket):
        self.served += 1
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.text)}\r\nCache-Control: max-age=1\r\n"
                           f"Connection: close\r\n\r\n{self.text}".encode())


class OriginTls(AwsCliCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="meridian-origin-tls-")))
        make_certificates(folder)
        cls.server = cls.enterClassContext(Server("--cdn-listen", "127.0.0.1:0", "--cdn-origin-ca", str(folder / "root.pem")))
        cls.command = aws_commands()[0]
        cls.bad, cls.second = Origin(folder, "from the first"), Origin(None, "from the second")
        for origin in (cls.bad, cls.second):
            origin.start()
            cls.addClassCleanup(origin.listener.close)

    def distribution(self, reference: str, pages: list[dict]) -> str:
        behavior = {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED}
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": reference, "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 2, "Items": [
                {"Id": "tls", "DomainName": "localhost", "ConnectionAttempts": 1, "CustomOriginConfig": {
                    "HTTPPort": 80, "HTTPSPort": self.bad.port, "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}}},
                {"Id": "second", "DomainName": "localhost", "CustomOriginConfig": {
                    "HTTPPort": self.second.port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "OriginGroups": {"Quantity": 1, "Items": [{
                "Id": "group", "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [502]}},
                "Members": {"Quantity": 2, "Items": [{"OriginId": "tls"}, {"OriginId": "second"}]}}]},
            "CacheBehaviors": {"Quantity": 2, "Items": [{**behavior, "PathPattern": "/group/*", "TargetOriginId": "group"},
                                                        {**behavior, "PathPattern": "/page", "TargetOriginId": "second"}]},
            "DefaultCacheBehavior": {**behavior, "TargetOriginId": "tls"},
            "CustomErrorResponses": {"Quantity": len(pages), "Items": pages}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]

    def ask(self, host: str, target: str) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(*self.server.cdn, timeout=40)
        try:
            connection.request("GET", target, headers={"Host": host})
            response = connection.getresponse()
            return response.status, response.headers["X-Cache"].removesuffix(" from cloudfront"), response.read().decode()
        finally:
            connection.close()

    def test_every_fault_behind_every_remedy(self):
        plain = self.distribution("plain", [])
        paged = self.distribution("paged", [{"ErrorCode": 502, "ResponsePagePath": "/page", "ResponseCode": "200",
                                             "ErrorCachingMinTTL": 0}])
        for number in range(len(FAULTS)):
            self.assertEqual(self.ask(plain, f"/stale/{number}"), (200, "Miss", "from the first"))
        time.sleep(1.1)  # they have expired
        for number, fault in enumerate(FAULTS):
            with self.subTest(fault):
                self.bad.fault, served = fault, self.bad.served
                status, result, body = self.ask(plain, f"/plain/{number}")
                self.assertEqual((status, result), (502, "Error"))
                self.assertIn("The request could not be satisfied", body)
                self.assertEqual(self.ask(plain, f"/group/{number}"), (200, "Miss", "from the second"))
                self.assertEqual(self.ask(plain, f"/stale/{number}")[::2], (200, "from the first"))
                self.assertEqual(self.ask(paged, f"/{number}"), (200, "Error", "from the second"))
                if fault != "HTTP where TLS is expected":
                    self.assertEqual(self.bad.served, served, "no request is sent to an origin that is not trusted")


if __name__ == "__main__":
    unittest.main()

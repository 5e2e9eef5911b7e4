#!/usr/bin/env python3
"""gRPC through a distribution, by grpc-js from npm on both ends (grpc.mjs)."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase, node_folder  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]


class Grpc(FreshServerCase):
    @property
    def options(self):
        return ("--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0", "--cdn-origin-ca", str(self.folder / "origin.pem"))

    def setUp(self):
        self.folder = node_folder(HERE / "grpc.mjs")
        certificate, key = self.folder / "origin.pem", self.folder / "origin-key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        super().setUp()
        self.command = aws_commands()[0]
        self.origin = subprocess.Popen(["node", "grpc.mjs", "serve", certificate, key], cwd=self.folder, text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.origin.wait)
        self.addCleanup(self.origin.stdin.close)
        self.addCleanup(self.origin.stdout.close)
        self.origin_port = int(self.origin.stdout.readline())

    def test_four_kinds_of_calls_with_status_and_metadata(self):
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "grpc", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "grpc", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": 80, "HTTPSPort": self.origin_port, "OriginProtocolPolicy": "https-only"}}]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "grpc", "ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHING_DISABLED,
                "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST, "GrpcConfig": {"Enabled": True},
                "AllowedMethods": {"Quantity": len(METHODS), "Items": METHODS}}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        done = subprocess.run(["node", "grpc.mjs", "ask", "%s:%d" % self.server.cdn_tls, made["DomainName"]], cwd=self.folder,
                              env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()

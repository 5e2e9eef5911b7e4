#!/usr/bin/env python3
"""What many distributions cost, the server that keeps them and an edge that only serves them: memory of each, how soon a change
to one of them is live, and how long a start takes.

Each has an alias of its own under a certificate of ACM (one certificate for a hundred of them), two behaviors and an origin.
A change is live when a viewer's connection, which asks again and again, is answered by it."""
import argparse
import concurrent.futures
import contextlib
import http.client
import http.server
import json
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(BENCH), str(BENCH.parent / "tests"), str(BENCH.parent / "tests" / "edges")]
import boto3  # noqa: E402
import botocore.config  # noqa: E402
from cdn_edges_test import CdnRole  # noqa: E402
from edges_test import EDGE_BINARY, meridian  # noqa: E402
from in_turns import cpu_seconds  # noqa: E402
from meridian_server import Server, resident_bytes  # noqa: E402

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
WRITERS = 8
A_CERTIFICATE = 100  # distributions


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass


class OriginServer(http.server.ThreadingHTTPServer):
    daemon_threads = True


def client(server: Server, name: str):
    keys = dict(line.split(" = ") for line in (server.directory / "credentials").read_text().splitlines() if " = " in line)
    return boto3.client(name, region_name="us-east-1", endpoint_url="http://%s:%d" % server.api,
                        aws_access_key_id=keys["aws_access_key_id"], aws_secret_access_key=keys["aws_secret_access_key"],
                        config=botocore.config.Config(max_pool_connections=WRITERS, retries={"max_attempts": 1}))


def import_certificate(acm, first: int, last: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = pathlib.Path(folder, "key"), pathlib.Path(folder, "certificate")
        names = ",".join(f"DNS:d{n}.example.com" for n in range(first, last))
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30",
                        "-subj", f"/CN=d{first}.example.com", "-addext", f"subjectAltName={names}", "-keyout", key, "-out",
                        certificate], check=True, capture_output=True)
        return acm.import_certificate(Certificate=certificate.read_bytes(), PrivateKey=key.read_bytes())["CertificateArn"]


def config(n: int, port: int, certificate: str, root: str) -> dict:
    behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "Compress": True}
    return {"CallerReference": f"bench-{n}", "Comment": "", "Enabled": True, "DefaultRootObject": root,
            "Aliases": {"Quantity": 1, "Items": [f"d{n}.example.com"]},
            "ViewerCertificate": {"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only",
                                  "MinimumProtocolVersion": "TLSv1.2_2021"},
            "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "CacheBehaviors": {"Quantity": 1, "Items": [
                {**behavior, "PathPattern": "/static/*", "CachePolicyId": CACHING_OPTIMIZED}]},
            "DefaultCacheBehavior": {**behavior, "CachePolicyId": CACHING_DISABLED}}


class Viewer:
    """One connection that asks one distribution for its root."""

    def __init__(self, server: Server | CdnRole, n: int):
        self.http = http.client.HTTPConnection(*server.cdn)
        self.http.connect()
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = f"d{n}.example.com"

    def root(self) -> bytes:
        self.http.request("GET", "/", headers={"Host": self.host})
        return self.http.getresponse().read()


def join_edge(server: Server, root: pathlib.Path) -> CdnRole:
    edge = CdnRole(root, "edge", [EDGE_BINARY])
    token = meridian("edges", "token", "--data-dir", server.directory, "--name", "edge", "--feed-address",
                     json.loads((server.directory / "endpoints.json").read_text())["feed"]).stdout.strip()
    subprocess.run([EDGE_BINARY, "join", token, "--data-dir", edge.directory], check=True, capture_output=True)
    edge.more = ()
    return edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0")


def wait_for(server: Server | CdnRole, n: int, root: bytes):
    viewer = Viewer(server, n)
    while viewer.root() != root:
        time.sleep(0.001)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--changes", type=int, default=100)
    chosen = arguments.parse_args()
    origin = OriginServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    port = origin.server_port

    with tempfile.TemporaryDirectory() as root, Server(
            "--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0", "--feed", "127.0.0.1:0",
            "--distributions-max", str(chosen.count + 1)) as server, contextlib.ExitStack() as stack:
        edge = join_edge(server, pathlib.Path(root))
        stack.callback(edge.end)
        empty_edge = resident_bytes(edge.process.pid)
        acm, cloudfront = client(server, "acm"), client(server, "cloudfront")
        certificates = [import_certificate(acm, first, first + A_CERTIFICATE) for first in range(0, chosen.count, A_CERTIFICATE)]
        empty, started, cpu = server.resident_bytes(), time.monotonic(), cpu_seconds(server.process.pid)

        def create(n: int):
            return cloudfront.create_distribution(
                DistributionConfig=config(n, port, certificates[n // A_CERTIFICATE], "a"))["Distribution"]["Id"]

        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            ids = []
            for id in pool.map(create, range(chosen.count)):
                ids.append(id)
                if len(ids) % 1000 == 0:
                    print(f"{len(ids)} made after {time.monotonic() - started:.1f} s", file=sys.stderr)
        seconds, cpu = time.monotonic() - started, cpu_seconds(server.process.pid) - cpu
        wait_for(server, chosen.count - 1, b"/a")
        wait_for(edge, chosen.count - 1, b"/a")
        full, full_edge = server.resident_bytes(), resident_bytes(edge.process.pid)
        print(f"made: {chosen.count} in {seconds:.1f} s, {cpu / chosen.count * 1e3:.2f} ms of processor time each")
        print(f"memory: {empty / 1e6:.0f} MB empty, {full / 1e6:.0f} MB full: {(full - empty) / chosen.count / 1024:.1f} KiB each; at the edge "
              f"{empty_edge / 1e6:.0f} MB and {full_edge / 1e6:.0f} MB: {(full_edge - empty_edge) / chosen.count / 1024:.1f} KiB each")

        live, whole, cpu = [], [], cpu_seconds(server.process.pid)
        for k in range(chosen.changes):
            n = k * 7919 % chosen.count
            viewer, root = Viewer(server, n), f"b{k}"
            assert viewer.root() != b"/" + root.encode()
            got = cloudfront.get_distribution_config(Id=ids[n])
            called = time.monotonic()
            cloudfront.update_distribution(Id=ids[n], IfMatch=got["ETag"],
                                           DistributionConfig=config(n, port, certificates[n // A_CERTIFICATE], root))
            replied = time.monotonic()
            while viewer.root() != b"/" + root.encode():
                pass
            live.append(time.monotonic() - replied)
            whole.append(time.monotonic() - called)
        cpu = (cpu_seconds(server.process.pid) - cpu) / chosen.changes
        live.sort()
        whole.sort()
        print(f"change: live {statistics.median(live) * 1e3:.1f} ms after the reply, at worst {live[-1] * 1e3:.1f}; after the call "
              f"{statistics.median(whole) * 1e3:.1f} ms, at worst {whole[-1] * 1e3:.1f}; {cpu * 1e3:.1f} ms of processor time")
        for what, end in (("asked to end", server.stop), ("kill -9", server.kill)):
            end()
            began = time.monotonic()
            server.start()
            wait_for(server, 1, b"/a")  # which was never changed
            print(f"start after {what}: ready {server.seconds_to_ready * 1e3:.0f} ms, first answer "
                  f"{(time.monotonic() - began) * 1e3:.0f} ms, {server.resident_bytes() / 1e6:.0f} MB")
        edge.end(signal.SIGKILL)
        began = time.monotonic()
        edge.restart()
        wait_for(edge, 1, b"/a")
        print(f"start of the edge after kill -9: first answer {(time.monotonic() - began) * 1e3:.0f} ms, "
              f"{resident_bytes(edge.process.pid) / 1e6:.0f} MB")
    origin.shutdown()


if __name__ == "__main__":
    main()

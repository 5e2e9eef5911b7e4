"""The caching proxies that bench/cdn compares: each with one worker on one core, HTTP and HTTPS on loopback, in front of the
same origin, keeping what they fetch in memory. None writes a log of requests."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(BENCH), str(BENCH.parent / "tests")]
from in_turns import HOST, CannotRun, free_port  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
FILES_MAX = min(200_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
NAME = "bench.example"  # of each server and its certificate


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        raise CannotRun(f"there is no {name}; tools/install_dependencies --bench installs it")
    return found


def make_certificate(folder: pathlib.Path) -> pathlib.Path:
    """P-256, with its key in the same file."""
    made = folder / "bench.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                   check=True, capture_output=True)
    made.write_text((folder / "certificate.pem").read_text() + (folder / "key.pem").read_text())
    return made


class Origin:
    """nginx with every object of 1 KiB that anybody asks for, and files of other sizes; all may be kept for a day."""

    locations = ""  # more of them

    def __init__(self, folder: pathlib.Path, core: int):
        self.port, self.folder = free_port(), folder / "origin"
        files = self.folder / "files"
        files.mkdir(parents=True)
        for name, size in (("100k", 100 * 1024), ("16m", 16 * 1024 * 1024)):
            (files / name).write_bytes(os.urandom(size))
        with open(files / "1g", "wb") as file:
            file.truncate(1 << 30)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(f"""
daemon off; user root; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000;
  server {{
    listen {HOST}:{self.port};
    add_header Cache-Control max-age=86400;
    location / {{ default_type application/octet-stream; return 200 "{'x' * 1024}"; }}
    location /files/ {{ root {self.folder}; }}
    {self.locations}
  }}
}}
""")
        self.process = subprocess.Popen(["taskset", "-c", str(core), program("nginx"), "-p", str(self.folder), "-c", str(configuration)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Proxy:
    """`names` has what the TLS certificate of all of them is for."""
    name = ""
    tls = True
    cache_bytes = 1 << 30

    def __init__(self, folder: pathlib.Path, core: int, origin: Origin, certificate: pathlib.Path):
        self.folder, self.core, self.origin, self.certificate = folder / self.name, core, origin, certificate
        self.folder.mkdir()
        self.port, self.tls_port = free_port(), free_port()
        self.host = NAME

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def __enter__(self):
        with open(self.folder / "output.log", "wb") as log:
            self.process = subprocess.Popen(["taskset", "-c", str(self.core), *self.command()], stdout=log, stderr=log,
                                            env=self.environment())
        for _ in range(300):
            with contextlib.suppress(OSError):
                socket.create_connection((HOST, self.port), timeout=1).close()
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise CannotRun((self.folder / "output.log").read_text()[-1000:])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self) -> int:
        return self.process.pid


class Ours(Proxy):
    """A distribution of `meridian serve`, made through its API."""
    name = "ours"
    slices_bytes = 2 << 30  # beside cache_bytes, of large objects

    def __enter__(self):
        self.server = Server("--cdn-listen", f"{HOST}:0", "--cdn-listen-tls", f"{HOST}:0", "--cdn-cache", str(self.cache_bytes),
                             "--cdn-slices", str(self.slices_bytes),
                             directory=str(self.folder / "data"))
        self.server.start()
        self.port, self.tls_port = self.server.cdn[1], self.server.cdn_tls[1]
        arn = self.aws("import-certificate", "--certificate", f"fileb://{self.certificate.parent}/certificate.pem",
                       "--private-key", f"fileb://{self.certificate.parent}/key.pem", service="acm")["CertificateArn"]
        made = self.aws("create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "bench", "Comment": "", "Enabled": True, "Aliases": {"Quantity": 1, "Items": [NAME]},
            "ViewerCertificate": {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"},
            "Origins": {"Quantity": 1, "Items": [{"Id": "origin", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED,
                                     "TargetOriginId": "origin"}}))["Distribution"]
        self.aws("wait", "distribution-deployed", "--id", made["Id"])
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {self.core})
        return self

    def aws(self, *words: str, service: str = "cloudfront"):
        done = subprocess.run([aws_commands()[0], "--output", "json", service, *words], env=self.server.environment,
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout else None

    def __exit__(self, *_):
        self.server.stop()

    @property
    def pid(self) -> int:
        return self.server.process.pid


class Nginx(Proxy):
    """Its cache is of files, which the page cache holds, and which it keeps open as far as the system lets it; small bodies go out with their heads. This version would speak TLS 1.2
    unless told: all here speak 1.3, whose handshake costs more."""
    name = "nginx"
    keys_bytes = 100 << 20  # of the zone that says what is kept
    limit = ""  # of the bytes of files
    open_files = f"open_file_cache max={FILES_MAX // 2} inactive=600s; open_file_cache_valid 600s;"

    def command(self) -> list[str]:
        configuration = self.folder / "nginx.conf"
        configuration.write_text(f"""
daemon off; user root; worker_processes 1; worker_rlimit_nofile {FILES_MAX}; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000000; {self.open_files} ssl_session_cache shared:tls:10m;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/temp;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  proxy_cache_path {self.folder}/cache keys_zone=cache:{self.keys_bytes} levels=1:2 use_temp_path=off inactive=1d
    {self.limit};
  upstream origin {{ server {HOST}:{self.origin.port}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen {HOST}:{self.port}; listen {HOST}:{self.tls_port} ssl http2;
    http2_max_concurrent_streams 256;
    ssl_certificate {self.certificate}; ssl_certificate_key {self.certificate}; ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache cache; proxy_cache_key $request_uri; proxy_cache_lock on;
    }}
  }}
}}
""")
        return [program("nginx"), "-p", str(self.folder), "-c", str(configuration)]


class Varnish(Proxy):
    name = "varnish"
    tls = False

    def command(self) -> list[str]:
        return [program("varnishd"), "-F", "-j", "none", "-n", str(self.folder / "work"), "-a", f"{HOST}:{self.port}",
                "-b", f"{HOST}:{self.origin.port}", "-s", f"malloc,{self.cache_bytes}b", "-T", "none", "-p", "thread_pools=1"]


class TrafficServer(Proxy):
    name = "ats"

    def command(self) -> list[str]:
        root = self.folder / "root"
        etc = root / "etc"
        shutil.copytree("/etc/trafficserver", etc)
        for name in ("run", "log", "cache"):
            (root / name).mkdir()
        folders = {"prefix": root, "exec_prefix": "/usr", "bindir": "/usr/bin", "sbindir": "/usr/sbin", "sysconfdir": etc,
                   "datadir": root / "cache", "includedir": "/usr/include", "libdir": "/usr/lib/trafficserver",
                   "libexecdir": "/usr/lib/trafficserver/modules", "localstatedir": root / "run",
                   "runtimedir": root / "run", "logdir": root / "log", "cachedir": root / "cache"}
        (root / "runroot.yaml").write_text("".join(f"{name}: {path}\n" for name, path in folders.items()))
        (etc / "records.config").write_text(f"""
CONFIG proxy.config.http.server_ports STRING {self.port}:ip-in={HOST} {self.tls_port}:ssl:ip-in={HOST}
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.reverse_proxy.enabled INT 1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.http.cache.http INT 1
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.cache.ram_cache.size INT {self.cache_bytes}
CONFIG proxy.config.ssl.server.cert.path STRING {self.certificate.parent}
CONFIG proxy.config.ssl.server.private_key.path STRING {self.certificate.parent}
""")
        (etc / "ssl_multicert.config").write_text(f"dest_ip=* ssl_cert_name={self.certificate.name} ssl_key_name={self.certificate.name}\n")
        (etc / "remap.config").write_text(f"map / http://{HOST}:{self.origin.port}/\n")
        (etc / "storage.config").write_text(f"{root}/cache {self.cache_bytes}\n")
        return [program("traffic_server"), f"--run-root={root}/runroot.yaml"]


class Haproxy(Proxy):
    """It keeps no object of more than max-object-size, and none whose answer has no length."""
    name = "haproxy"

    def command(self) -> list[str]:
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
cache objects
  total-max-size {self.cache_bytes >> 20}
  max-object-size 1000000
  max-age 86400
frontend front
  bind {HOST}:{self.port}
  bind {HOST}:{self.tls_port} ssl crt {self.certificate} alpn h2,http/1.1
  http-request cache-use objects
  http-response cache-store objects
  default_backend back
backend back
  server origin {HOST}:{self.origin.port}
""")
        return [program("haproxy"), "-db", "-f", str(configuration)]


class H2o(Proxy):
    """It has no cache of what it fetches: it serves the same objects from files."""
    name = "h2o"

    def command(self) -> list[str]:
        files = self.folder / "files"
        shutil.copytree(self.origin.folder / "files", files, copy_function=os.link)
        for name in ("one", *(f"zipf/{n}" for n in range(10_000))):
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x" * 1024)
        configuration = self.folder / "h2o.conf"
        configuration.write_text(f"""
user: root
num-threads: 1
http2-idle-timeout: 60
listen: {{host: {HOST}, port: {self.port}}}
listen: {{host: {HOST}, port: {self.tls_port}, ssl: {{certificate-file: {self.certificate}, key-file: {self.certificate}}}}}
hosts:
  default:
    paths:
      /: {{file.dir: {self.folder}}}
""")
        return [program("h2o"), "-m", "worker", "-c", str(configuration)]


ALL = {kind.name: kind for kind in (Ours, Nginx, Varnish, TrafficServer, Haproxy, H2o)}

"""The servers that bench/s3 compares: each on one core, plain HTTP over loopback, with a folder of its own on the same disk.

`target(method, key)` gives what http_load asks for: of ours and of radosgw a presigned URL whose signature is checked at
every request; of nginx the file's path, with nothing to check.
"""
import datetime
import hashlib
import hmac
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(BENCH), str(BENCH.parent / "tests")]
from in_turns import HOST, CannotRun, free_port  # noqa: E402
from meridian_server import Server  # noqa: E402

BUCKET = "bench"
DAY = 86400


def presign(method: str, host: str, path: str, key: str, secret: str, region: str = "us-east-1") -> str:
    """The target of a request by Signature Version 4, for a day."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    query = urllib.parse.urlencode({"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{key}/{scope}",
                                    "X-Amz-Date": now, "X-Amz-Expires": DAY, "X-Amz-SignedHeaders": "host"},
                                   quote_via=urllib.parse.quote, safe="")
    canonical = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    return f"{path}?{query}&X-Amz-Signature={hmac.new(signing, to_sign.encode(), hashlib.sha256).hexdigest()}"


class S3Server:
    """`pids`: whose time counts, and that of what they started."""
    name = ""

    def __init__(self, folder: pathlib.Path, core: int):
        self.folder, self.core = folder / self.name, core
        self.folder.mkdir()
        self.pids: list[int] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def pinned(self, *command: str) -> list[str]:
        return ["taskset", "-c", str(self.core), *command]

    def request(self, method: str, key: str, body: bytes | None = None):
        request = urllib.request.Request(f"http://{self.address}{self.target(method, key)}", body, method=method,
                                         headers={"Host": self.host})
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.read()

    @property
    def host(self) -> str:
        return self.address

    def target(self, method: str, key: str) -> str:
        raise NotImplementedError


class Ours(S3Server):
    name = "ours"

    def __enter__(self):
        # Like the others without a line for each request.
        self.server = Server("--log-level", "warn", directory=str(self.folder))
        self.server.start()
        self.address = "%s:%d" % self.server.api
        self.pids = [self.server.process.pid]
        for task in pathlib.Path(f"/proc/{self.pids[0]}/task").iterdir():
            os.sched_setaffinity(int(task.name), {self.core})
        text = (self.folder / "credentials").read_text()
        words = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
        self.key, self.secret = words["aws_access_key_id"], words["aws_secret_access_key"]
        self.request("PUT", "")
        return self

    def __exit__(self, *_):
        self.server.stop()

    @property
    def host(self) -> str:
        return "s3.localhost"

    def target(self, method: str, key: str) -> str:
        return presign(method, self.host, f"/{BUCKET}" + (f"/{key}" if key else ""), self.key, self.secret)


class Nginx(S3Server):
    """Files as they are, by sendfile; PUT by its dav module, which does not wait for the disk."""
    name = "nginx"

    def __enter__(self):
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            raise CannotRun("nginx is not installed: tools/install_dependencies --bench")
        port = free_port()
        self.address = f"{HOST}:{port}"
        (self.folder / BUCKET).mkdir()
        (self.folder / "nginx.conf").write_text(f"""
user root; worker_processes 1; daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; client_max_body_size 0;
  client_body_temp_path {self.folder}/body; client_body_buffer_size 128k; proxy_temp_path {self.folder}/t1;
  fastcgi_temp_path {self.folder}/t2; uwsgi_temp_path {self.folder}/t3; scgi_temp_path {self.folder}/t4;
  server {{ listen {self.address}; root {self.folder}; location / {{ dav_methods PUT DELETE; }} }}
}}
""")
        self.process = subprocess.Popen(self.pinned(program, "-p", str(self.folder), "-c", f"{self.folder}/nginx.conf"),
                                        stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while True:
            try:
                self.request("PUT", "ready", b"1")
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        self.pids = [self.process.pid]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def target(self, method: str, key: str) -> str:
        return f"/{BUCKET}/{key}"

"""Proxies that cases are played against: each starts one in front of the origin and knows which cases it can play."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import zlib

from cases import Case, read_all


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Running:
    """Any proxy that somebody else has started; also the base of those that are started here."""
    name = "running"
    plays_policies = False  # TTL bounds, keys and error caching as CloudFront has them

    def __init__(self, address: tuple[str, int], host: str = "conformance.example"):
        self.address, self.host = address, host

    def plays(self, case: Case) -> bool:
        return self.plays_policies or case.policy is None

    def host_of(self, case: Case) -> str:
        return self.host

    def stop(self) -> None:
        pass


class Started(Running):
    def __init__(self, scratch: pathlib.Path, origin_port: int):
        super().__init__(("127.0.0.1", free_port()))
        self.folder = scratch / self.name
        self.folder.mkdir(parents=True)
        self.log = open(self.folder / "output.log", "wb")
        self.process = subprocess.Popen(self.command(origin_port), stdout=self.log, stderr=self.log,
                                        env=self.environment(), start_new_session=True)
        self.await_port()

    def command(self, origin_port: int) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def await_port(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(self.address, timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not start: {(self.folder / 'output.log').read_text()[-2000:]}")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


class Nginx(Started):
    """With what makes its cache follow the RFCs; stale-while-revalidate and stale-if-error it obeys by itself."""
    name = "nginx"

    def command(self, origin_port: int) -> list[str]:
        configuration = self.folder / "nginx.conf"
        configuration.write_text(f"""
daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/temp;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  proxy_cache_path {self.folder}/cache keys_zone=cache:10m;
  server {{
    listen 127.0.0.1:{self.address[1]};
    location / {{
      proxy_pass http://127.0.0.1:{origin_port};
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache cache; proxy_cache_key $request_uri;
      proxy_cache_revalidate on; proxy_cache_background_update on; proxy_cache_lock on;
    }}
  }}
}}
""")
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(self.folder), "-c", str(configuration)]


class Varnish(Started):
    """With its built-in policy; nothing stale is served unasked, and what has expired is kept to be asked for."""
    name = "varnish"

    def command(self, origin_port: int) -> list[str]:
        return [shutil.which("varnishd") or "/usr/sbin/varnishd", "-F", "-j", "none", "-n", str(self.folder / "work"),
                "-a", f"127.0.0.1:{self.address[1]}", "-b", f"127.0.0.1:{origin_port}", "-s", "malloc,64m",
                "-T", "none", "-p", "default_grace=0", "-p", "default_keep=3600"]


class TrafficServer(Started):
    """Apache Traffic Server as a reverse proxy, its defaults kept."""
    name = "ats"

    def command(self, origin_port: int) -> list[str]:
        # Debian's layout has absolute folders; this one has its own.
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
CONFIG proxy.config.http.server_ports STRING {self.address[1]}:ip-in=127.0.0.1
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.reverse_proxy.enabled INT 1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.http.cache.http INT 1
""")
        (etc / "remap.config").write_text(f"map / http://127.0.0.1:{origin_port}/\n")
        (etc / "storage.config").write_text(f"{root}/cache 64M\n")
        return [shutil.which("traffic_server") or "/usr/bin/traffic_server", f"--run-root={root}/runroot.yaml"]


class Meridian(Started):
    """The engine alone, a distribution for each policy; $MERIDIAN_CDN names the program cdn_for_cases."""
    name = "meridian"
    plays_policies = True

    def host_of(self, case: Case) -> str:
        return "rfc.example" if case.policy is None else f"p{zlib.crc32(case.policy.encode())}.example"

    def command(self, origin_port: int) -> list[str]:
        here = pathlib.Path(__file__).resolve().parent
        plain = "queries=all forward=all"
        lines = {f"{self.host_of(case)} {plain if case.policy is None else case.policy}\n" for case in read_all(here)}
        (self.folder / "distributions").write_text("".join(sorted(lines)))
        program = os.environ.get("MERIDIAN_CDN", here.parents[2] / "build/release/cdn_for_cases")
        return [str(program), str(self.address[1]), str(origin_port), str(self.folder / "distributions")]


STARTED = {proxy.name: proxy for proxy in (Meridian, Nginx, Varnish, TrafficServer)}

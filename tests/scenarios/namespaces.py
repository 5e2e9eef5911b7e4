"""Hosts as network namespaces on one bridge. This process enters the namespace of the host `client`, so that its sockets
are the client's. Nothing outlives the object: namespaces go at the end, on failure, and at the next start after a kill."""
import atexit
import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess

PREFIX = "meridian-"  # then the process id, then the host
SUBNET = "10.77.0"
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
NETNS = pathlib.Path("/run/netns")
libc = ctypes.CDLL(None, use_errno=True)


class NotPermitted(Exception):
    pass


def ip(*words: str, batch: list[str] | None = None) -> None:
    if batch is not None:
        words = ("-batch", "-", *words)
    done = subprocess.run(["ip", *words], input="\n".join(batch or []), capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def remove_leftovers() -> None:
    if not NETNS.exists():
        return
    for name in os.listdir(NETNS):
        owner = re.match(PREFIX + r"(\d+)-", name)
        if owner and not pathlib.Path(f"/proc/{owner.group(1)}").exists():
            ip("netns", "delete", name)


class Network:
    """Host names stand for addresses 10.77.0.1, .2, … in the order given."""

    def __init__(self, hosts: list[str]):
        self.hosts = ["switch", *hosts]
        self.addresses = {host: f"{SUBNET}.{number}" for number, host in enumerate(hosts, 1)}
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.files: dict[str, int] = {}
        self.processes: list[subprocess.Popen] = []
        atexit.register(self.close)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)  # unittest lets it through, to what atexit knows
        try:
            remove_leftovers()
            ip(batch=[f"netns add {self.namespace(host)}" for host in self.hosts])
            ip("-n", self.namespace("switch"), batch=["link add bridge type bridge", "link set bridge up"])
            for host, address in self.addresses.items():
                self.connect(host, address)
            self.files = {host: os.open(NETNS / self.namespace(host), os.O_RDONLY) for host in hosts}
            self.enter("client")
        except OSError as error:
            self.close()
            raise NotPermitted(str(error)) from error

    def namespace(self, host: str) -> str:
        return f"{PREFIX}{os.getpid()}-{host}"

    def connect(self, host: str, address: str) -> None:
        ip("-n", self.namespace("switch"), batch=[
            f"link add {host} type veth peer name eth0 netns {self.namespace(host)}",
            f"link set {host} master bridge up",
        ])
        ip("-n", self.namespace(host), batch=["link set lo up", f"address add {address}/24 dev eth0", "link set eth0 up"])

    def set_link(self, host: str, state: str) -> None:
        """Pulls the host's cable out of the switch (`down`) or puts it back (`up`)."""
        ip("-n", self.namespace("switch"), "link", "set", host, state)

    def add_address(self, host: str, address: str, device: str = "lo") -> None:
        ip("-n", self.namespace(host), "address", "add", f"{address}/32", "dev", device)

    def remove_address(self, host: str, address: str, device: str = "lo") -> None:
        ip("-n", self.namespace(host), "address", "delete", f"{address}/32", "dev", device)

    def enter(self, host: str | None) -> None:
        """This thread's new sockets belong to that host."""
        if libc.setns(self.files[host] if host else self.home, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def socket(self, host: str, kind: int) -> socket.socket:
        self.enter(host)
        try:
            return socket.socket(socket.AF_INET, kind)
        finally:
            self.enter("client")

    def start(self, host: str, command: list[str], **options) -> subprocess.Popen:
        """A process on that host; it dies with this one."""
        def become():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            self.enter(host)
        process = subprocess.Popen(command, preexec_fn=become, **options)
        self.processes.append(process)
        return process

    def close(self) -> None:
        atexit.unregister(self.close)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.processes.clear()
        if self.home < 0:
            return
        libc.setns(self.home, CLONE_NEWNET)
        for file in (self.home, *self.files.values()):
            os.close(file)
        self.home, self.files = -1, {}
        for host in self.hosts:
            if (NETNS / self.namespace(host)).exists():
                subprocess.run(["ip", "netns", "delete", self.namespace(host)], stderr=subprocess.DEVNULL)

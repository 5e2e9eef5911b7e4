"""What is in the package, and that it runs as its unit says."""
import ctypes
import glob
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from service_manager import ServiceManager

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPOSURE_MAX = 2.0  # of systemd-analyze security; 10 is no protection
ROLES = {"meridian.service": "serve", "meridian-control.service": "control", "meridian-edge.service": "edge"}
WATCHDOG_S = 1.0


def run(*command, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def package() -> pathlib.Path:
    (found,) = glob.glob(str(ROOT / "build/release/package/meridian_*.deb"))
    return pathlib.Path(found)


def directives(unit: pathlib.Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


class Extracted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = pathlib.Path(tempfile.mkdtemp(prefix="meridian-package-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.tree, ignore_errors=True)
        cls.tree.chmod(0o755)
        run("dpkg-deb", "-x", package(), cls.tree)
        cls.binary = cls.tree / "usr/bin/meridian"
        cls.units = sorted((cls.tree / "lib/systemd/system").iterdir())


class Contents(Extracted):
    def test_control(self):
        def field(name):
            return run("dpkg-deb", "-f", package(), name).strip()
        self.assertEqual(field("Package"), "meridian")
        self.assertIn(run(self.binary, "--version").split()[1], field("Version"))
        depends = {part.split()[0] for part in field("Depends").split(", ")}
        self.assertLessEqual({"adduser", "libc6", "librocksdb7.8", "libssl3", "libstdc++6"}, depends)
        self.assertNotIn("libnghttp2-14", depends)  # of tests
        with tempfile.TemporaryDirectory() as control:
            run("dpkg-deb", "-e", package(), control)
            conffiles = pathlib.Path(control, "conffiles").read_text().split()
            for script in ("postinst", "prerm", "postrm"):
                run("sh", "-n", f"{control}/{script}")
        in_etc = sorted(str(pathlib.Path("/", f.relative_to(self.tree)))
                        for f in (self.tree / "etc").rglob("*") if f.is_file())
        self.assertEqual(sorted(conffiles), in_etc)

    def test_files_are_where_debian_looks_for_them(self):
        listed = run("dpkg-deb", "-c", package())
        for line in listed.splitlines():
            self.assertRegex(line, r"^[-d]rw[-x]r-[-x]r-[-x] root/root ")
        for path in ("usr/share/bash-completion/completions/meridian", "usr/share/zsh/vendor-completions/_meridian",
                     "usr/share/fish/vendor_completions.d/meridian.fish", "usr/share/doc/meridian/copyright",
                     "usr/share/doc/meridian/README.Debian", "usr/share/doc/meridian/changelog.Debian.gz"):
            self.assertTrue((self.tree / path).is_file(), path)
        zsh = (self.tree / "usr/share/zsh/vendor-completions/_meridian").read_text()
        self.assertTrue(zsh.startswith("#compdef meridian\n"), "zsh does not look at files that begin otherwise")
        self.assertIn("meridian.service", [unit.name for unit in self.units])
        self.assertEqual({ROLES[unit.name] for unit in self.units},
                         {settings.stem for settings in (self.tree / "etc/meridian").iterdir()})

    def test_manual_and_runbook_are_whole(self):
        page = gzip.open(self.tree / "usr/share/man/man1/meridian.1.gz", "rt").read()
        for words in (".TH MERIDIAN 1", "meridian serve", r"\-\-user"):
            self.assertIn(words, page)
        runbook = gzip.open(self.tree / "usr/share/doc/meridian/runbook.md.gz", "rt").read()
        self.assertEqual(runbook, (ROOT / "docs/operate/runbook.md").read_text())

    def test_every_line_of_the_configuration_is_right(self):
        """Also those that are commented out: an operator takes the # away and expects it to work."""
        for unit in self.units:
            role = ROLES[unit.name]
            text = (self.tree / f"etc/meridian/{role}.toml").read_text()
            whole = self.tree / f"whole-{role}.toml"
            whole.write_text(re.sub(r"(?m)^#([a-z-]+ = )", r"\1", text))
            self.assertGreater(whole.read_text().count("\n#"), 3, "prose was taken for settings")
            done = subprocess.run([self.binary, role, "--config", whole, "--user", "nobody-of-that-name"],
                                  capture_output=True, text=True)
            self.assertIn("there is no user 'nobody-of-that-name'", done.stderr)  # comes after the configuration

    def test_lintian(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        said = run("lintian", "--allow-root", "--fail-on", "none", package())
        self.assertEqual([line for line in said.splitlines() if line.startswith("E:")], [])


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(Extracted):
    def local(self, unit: pathlib.Path) -> str:
        """The unit with the programs of the extracted tree: systemd looks whether they are there."""
        copy = pathlib.Path(tempfile.mkdtemp(dir=self.tree)) / unit.name
        copy.write_text(unit.read_text().replace("ExecStart=/usr", f"ExecStart={self.tree}/usr"))
        return str(copy)

    def test_systemd_understands_them(self):
        for unit in self.units:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", self.local(unit)], capture_output=True,
                                  text=True)
            mine = [line for line in done.stderr.splitlines() if unit.name in line]
            self.assertEqual((done.returncode, mine), (0, []), unit.name)

    def test_they_are_closed_in(self):
        for unit in self.units:
            said = run("systemd-analyze", "security", "--offline=true", "--no-pager", self.local(unit))
            level = float(re.search(r"exposure level for .*: ([0-9.]+)", said).group(1))
            self.assertLessEqual(level, EXPOSURE_MAX, said)

    def test_the_system_calls_it_makes_are_allowed(self):
        """Without a running systemd the filter itself cannot be tried; what it would forbid can be seen."""
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        allowed: set[str] = set()
        for words in directives(self.tree / "lib/systemd/system/meridian.service")["SystemCallFilter"]:
            calls = self.expanded(words.lstrip("~").split())
            allowed = allowed - calls if words.startswith("~") else allowed | calls
        log = self.tree / "strace"
        with Running(self, ["strace", "-D", "-f", "-q", "-e", "signal=none", "-o", log]) as server:
            server.ask()
        end = time.monotonic() + 10  # with -D the tracer is a process of its own, and ends after the traced one
        while "+++ exited with" not in log.read_text()[-200:] and time.monotonic() < end:
            time.sleep(0.01)
        used = {m.group(1) for line in log.read_text().splitlines() if (m := re.match(r"\d+ +([a-z0-9_]+)\(", line))}
        used -= {"execve"} | DROP_OF_PRIVILEGES
        self.assertGreater(len(used), 20)
        self.assertEqual(used - allowed, set())

    def expanded(self, names: list[str]) -> set[str]:
        calls: set[str] = set()
        for name in names:
            if not name.startswith("@"):
                calls.add(name)
                continue
            lines = run("systemd-analyze", "syscall-filter", name).split("\n")[1:]
            calls |= self.expanded([line.strip() for line in lines if line.strip() and not line.strip().startswith("#")])
        return calls


# What --user does and a unit does not: there the process starts as its user.
DROP_OF_PRIVILEGES = {"chown", "setgroups", "setresgid", "setresuid", "capset"}


class Running:
    """The server of the extracted package with its own configuration file, on ports of its own."""

    def __init__(self, test: Extracted, wrapper=(), user="nobody"):
        self.test, self.wrapper, self.user = test, list(wrapper), user
        self.data = pathlib.Path(tempfile.mkdtemp(dir=test.tree)) / "data"

    def __enter__(self):
        self.data.parent.chmod(0o755)
        self.manager = ServiceManager(f"@meridian-package-{os.getpid()}-{id(self)}")
        command = [*self.wrapper, self.test.binary, "serve", "--config", self.test.tree / "etc/meridian/serve.toml",
                   "--data-dir", self.data, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        if os.geteuid() == 0:
            command += ["--user", self.user]
        environment = {**os.environ, "NOTIFY_SOCKET": self.manager.address,
                       "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        self.start = self.manager.listen(30, until="READY=1")
        if "READY=1" not in self.start:
            self.process.kill()
            raise AssertionError(f"not ready: {self.start} {self.process.stderr.read()}")
        self.endpoints = json.loads((self.data / "endpoints.json").read_text())
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.end = self.manager.listen(0.1)
        self.process.stderr.close()
        self.manager.__exit__()

    def ask(self) -> str:
        host, port = self.endpoints["dns"][0].split(":")
        return run("dig", f"@{host}", "-p", port, "+norec", "nothing.example", "SOA")


class Runs(Extracted):
    def test_tells_its_service_manager_what_it_does(self):
        with Running(self) as server:
            self.assertIn("STATUS=answering from disk at revision 0; opening the store", server.start)
            self.assertIn("status: REFUSED", server.ask())
            alive = server.manager.listen(3 * WATCHDOG_S)
            self.assertGreaterEqual(alive.count("WATCHDOG=1"), 4)
        self.assertEqual(server.end[-1:], ["STOPPING=1"])
        self.assertEqual(server.process.returncode, 0)

    def test_is_silent_while_one_worker_is_stuck(self):
        with Running(self) as server:
            with Stopped(thread(server.process.pid, "dns-1" if os.cpu_count() > 1 else "dns-0")):
                server.manager.listen(WATCHDOG_S)  # it may have turned just before
                self.assertEqual(server.manager.listen(2 * WATCHDOG_S), [])
            self.assertIn("WATCHDOG=1", server.manager.listen(2 * WATCHDOG_S))

    @unittest.skipUnless(os.geteuid() == 0, "only root has something to give up")
    def test_root_gives_everything_up(self):
        with Running(self) as server:
            for status in pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/status"):
                text = status.read_text()
                self.assertRegex(text, r"Uid:(\t65534){4}\n")
                for capability_set in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertIn(f"{capability_set}:\t0000000000000000\n", text)
                self.assertIn("NoNewPrivs:\t1\n", text)

    def test_needs_no_memory_to_be_written_and_run(self):
        def deny():
            PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
            ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)
        with tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen([self.binary, "serve", "--data-dir", f"{directory}/data", "--dns", "127.0.0.1:0",
                                        "--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"], preexec_fn=deny,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            endpoints = pathlib.Path(directory, "data/endpoints.json")
            end = time.monotonic() + 20
            while not endpoints.exists() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            api = json.loads(endpoints.read_text())["api"][0]
            environment = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": f"{directory}/data/credentials",
                           "AWS_PROFILE": "meridian", "AWS_DEFAULT_REGION": "us-east-1"}
            # A call whose input is held to patterns: their library would like to compile them to machine code.
            run("aws", "--endpoint-url", f"http://{api}", "route53", "create-hosted-zone", "--name", "example.com",
                "--caller-reference", "x", env=environment)
            process.terminate()
            self.assertEqual(process.wait(timeout=20), 0)


def thread(pid: int, name: str) -> int:
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


class Stopped:
    """Holds one thread, as a deadlock would; the others run on."""
    PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17

    def __init__(self, tid: int):
        self.tid = tid
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def ptrace(self, request: int):
        if self.libc.ptrace(request, self.tid, None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request}")

    def __enter__(self):
        self.ptrace(self.PTRACE_SEIZE)
        self.ptrace(self.PTRACE_INTERRUPT)
        os.waitpid(self.tid, 0x40000000)  # __WALL: threads too

    def __exit__(self, *_):
        self.ptrace(self.PTRACE_DETACH)


if __name__ == "__main__":
    unittest.main(verbosity=2)

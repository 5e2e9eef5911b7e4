"""The package in a Debian of its own: installed, run as its unit's user, upgraded, removed, purged.

There is no systemd in there: the unit's ExecStart is run by hand with the user and the capability that the unit gives,
and in a network namespace where port 53 is nobody's."""
import glob
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from debian_root import DebianRoot
from package_test import directives, package, run
from service_manager import ServiceManager

AS_IN_THE_UNIT = ["setpriv", "--reuid", "meridian", "--regid", "meridian", "--init-groups",
                  "--bounding-set", "-all,+net_bind_service", "--inh-caps", "-all,+net_bind_service",
                  "--ambient-caps", "-all,+net_bind_service", "--no-new-privs"]


def capability_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"(Cap\w+|Uid|NoNewPrivs):\t(\S+)", text))


class Installed(unittest.TestCase):
    """One story; the steps run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.debian = DebianRoot(cls)
        cls.root, cls.inside, cls.install = cls.debian.path, cls.debian.inside, cls.debian.install
        run("mount", "-t", "proc", "proc", cls.root / "proc")
        cls.addClassCleanup(run, "umount", cls.root / "proc")
        cls.inside("apt-get", "update", "-q")

    def serve(self, unit: str, ask) -> None:
        """Starts what the unit starts, has `ask` look at it, ends it."""
        words = directives(self.root / "lib/systemd/system" / unit)
        state = self.root / "var/lib" / words["StateDirectory"][0]
        state.mkdir(mode=0o700, exist_ok=True)  # as systemd does
        user = re.search(r"^meridian:x:(\d+):(\d+)", (self.root / "etc/passwd").read_text(), re.M)
        os.chown(state, int(user[1]), int(user[2]))
        (self.root / "run/notify").unlink(missing_ok=True)
        with ServiceManager(str(self.root / "run/notify")) as manager:
            (self.root / "run/notify").chmod(0o777)
            process = subprocess.Popen(
                ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", "chroot", self.root,
                 *AS_IN_THE_UNIT, *shlex.split(words["ExecStart"][0])],
                env={"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1000000", "PATH": os.environ["PATH"]},
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                said = manager.listen(30, until="READY=1")
                if "READY=1" not in said:
                    process.kill()
                    self.fail(f"{unit} is not ready: {said} {process.stderr.read()}")
                self.assertIn("WATCHDOG=1", manager.listen(3, until="WATCHDOG=1"))
                ask(process.pid)
            finally:
                process.terminate()
                self.assertEqual(process.wait(timeout=30), 0)
                process.stderr.close()

    def within(self, pid: int, *command) -> str:
        """Runs a program of this machine in the network of the process."""
        return run("nsenter", "--net", "--target", str(pid), *command)

    def dig(self, pid: int, *question) -> str:
        return self.within(pid, "dig", "+norec", "+tries=1", *question)

    def test_1_installs_and_starts_nothing(self):
        said = self.install(package())
        self.assertNotIn("warning", said.lower())
        self.assertRegex((self.root / "etc/passwd").read_text(),
                         r"(?m)^meridian:x:\d+:\d+:.*:/var/lib/meridian:/usr/sbin/nologin$")
        self.assertFalse(list((self.root / "etc/systemd/system").glob("*.wants/meridian*")))
        self.assertFalse((self.root / "var/lib/meridian").exists())
        self.assertIn("meridian", self.inside("meridian", "--version"))

    def test_2_serves_as_its_unit_says(self):
        def ask(pid):
            held = capability_of(pathlib.Path(f"/proc/{pid}/status").read_text())
            self.assertNotEqual(held["Uid"], "0")
            bind_only = "0000000000000400"
            self.assertEqual({held[f"Cap{kind}"] for kind in ("Prm", "Eff", "Bnd")}, {bind_only})
            self.assertEqual(held["NoNewPrivs"], "1")
            environment = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": str(self.root / "var/lib/meridian/credentials"),
                           "AWS_PROFILE": "meridian", "AWS_DEFAULT_REGION": "us-east-1"}
            run("nsenter", "--net", "--target", str(pid), "aws", "--endpoint-url", "http://127.0.0.1:4566", "route53",
                "create-hosted-zone", "--name", "example.com", "--caller-reference", "1", env=environment)
            for server in ("@127.0.0.1", "@::1"):
                for transport in ("+notcp", "+tcp"):
                    self.assertIn("hostmaster", self.dig(pid, server, transport, "example.com", "SOA", "+short"))
        self.serve("meridian.service", ask)

    def test_3_an_upgrade_keeps_the_data_and_what_the_operator_wrote(self):
        config = self.root / "etc/meridian/serve.toml"
        config.write_text(config.read_text() + "nsid = \"kept\"\n")
        self.install(self.next_version())
        self.assertIn("nsid = \"kept\"", config.read_text())
        self.assertIn("# of the next version", (self.root / "etc/meridian/serve.toml.dpkg-dist").read_text())
        self.serve("meridian.service", lambda pid: (
            self.assertIn("SOA", self.dig(pid, "@127.0.0.1", "example.com", "SOA", "+noall", "+answer")),
            self.assertIn("NSID", self.dig(pid, "@127.0.0.1", "example.com", "SOA", "+nsid"))))

    def next_version(self) -> pathlib.Path:
        tree = pathlib.Path(tempfile.mkdtemp(dir=self.root / "tmp"))
        run("dpkg-deb", "-R", package(), tree / "deb")
        control = tree / "deb/DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: (.*)$", r"Version: \1.1", control.read_text()))
        config = tree / "deb/etc/meridian/serve.toml"
        config.write_text(config.read_text() + "# of the next version\n")
        run("dpkg-deb", "-b", "--root-owner-group", tree / "deb", tree / "meridian_next_amd64.deb")
        return tree / "meridian_next_amd64.deb"

    def test_4_removal_keeps_configuration_and_data(self):
        self.inside("apt-get", "remove", "-qy", "meridian")
        self.assertFalse((self.root / "usr/bin/meridian").exists())
        self.assertFalse(list((self.root / "lib/systemd/system").glob("meridian*")))
        self.assertTrue((self.root / "etc/meridian/serve.toml").exists())
        self.assertTrue((self.root / "var/lib/meridian/store").exists())

    def test_5_purging_keeps_only_the_data_and_says_so(self):
        done = subprocess.run(["chroot", self.root, "dpkg", "--purge", "meridian"], capture_output=True, text=True,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("/var/lib/meridian is kept", done.stderr)
        self.assertFalse((self.root / "etc/meridian").exists())
        self.assertTrue((self.root / "var/lib/meridian/store").exists())


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        sys.exit("the installation is tried as root, with debootstrap")
    unittest.main(verbosity=2)

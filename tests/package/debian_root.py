"""A Debian in a directory of its own, made by debootstrap, that packages can be installed in."""
import os
import pathlib
import shutil
import tempfile
import unittest

from package_test import run

RELEASE = "bookworm"


def mirror() -> str:
    """Where this machine gets its packages from."""
    found = run("apt-get", "indextargets", "--format", "$(SITE)").splitlines()
    return found[0] if found else "http://deb.debian.org/debian"


class DebianRoot:
    """Gone with the test class that owns it."""

    def __init__(self, owner: type[unittest.TestCase], *packages: str):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="meridian-debian-", dir="/var/tmp"))
        owner.addClassCleanup(shutil.rmtree, self.path, ignore_errors=True)
        self.path.chmod(0o755)
        include = [f"--include={','.join(packages)}"] if packages else []
        run("debootstrap", "--variant=minbase", *include, RELEASE, self.path, mirror())
        for path in ("etc/apt", "etc/ssl/certs", "usr/local/share/ca-certificates", "usr/share/ca-certificates"):
            if pathlib.Path("/", path).is_dir():
                shutil.copytree(pathlib.Path("/", path), self.path / path, dirs_exist_ok=True, symlinks=True)
        for path in ("etc/resolv.conf", "etc/hosts"):
            shutil.copy(pathlib.Path("/", path), self.path / path)
        policy = self.path / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def inside(self, *command, **options) -> str:
        return run("chroot", self.path, *command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C",
                                                       "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, **options)

    def install(self, deb: pathlib.Path) -> str:
        shutil.copy(deb, self.path / "tmp" / deb.name)
        return self.inside("apt-get", "install", "-qy", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confdef",
                           "-o", "Dpkg::Options::=--force-confold", f"/tmp/{deb.name}")

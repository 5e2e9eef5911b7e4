#!/usr/bin/env python3
"""docs/use/spa.md, block by block as it is printed, but for where the server is."""
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import BINARY, ROOT, Server  # noqa: E402

PAGE = ROOT / "docs" / "use" / "spa.md"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def blocks() -> list[tuple[str, str]]:
    """Heading and commands of each block."""
    heading, out = "", []
    for part in re.finditer(r"^## ([^\n]*)$|^```sh\n(.*?)^```$", PAGE.read_text(), re.M | re.S):
        if part.group(1):
            heading = part.group(1)
        else:
            out.append((heading, part.group(2)))
    return out


class Tutorial(unittest.TestCase):
    def setUp(self):
        self.server = Server("--cdn-listen", "127.0.0.1:0", "--cdn-listen-tls", "127.0.0.1:0")
        self.server.start()
        self.addCleanup(self.server.__exit__)
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="meridian-tutorial-"))
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        places = {"$PWD/.run/data": self.server.directory, ".run/data": self.server.directory,
                  "127.0.0.1:4566": "%s:%d" % self.server.api, "@127.0.0.1 -p 5300": "@%s -p %d" % self.server.dns,
                  "127.0.0.1:8443": "%s:%d" % self.server.cdn_tls, "127.0.0.1:8080": "%s:%d" % self.server.cdn,
                  " 9000": f" {free_port()}", "build/release/meridian": BINARY, "/tmp/shop": self.scratch / "shop"}
        self.places = {text: str(place) for text, place in places.items()}

    def play(self, chosen: list[str]) -> str:
        """All blocks in one shell, which ends at the first command that fails; what they print, with their commands."""
        script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + "\n".join(chosen)
        for text, place in self.places.items():
            script = script.replace(text, place)
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=600,
                              env={**self.server.environment, "MERIDIAN_ADMIN": "http://%s:%d" % self.server.admin})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_every_command_works_as_printed(self):
        with_browser = shutil.which("chromium") is not None
        chosen = [f"echo '## {heading}'\n{commands}" for heading, commands in blocks()
                  if with_browser or "browser" not in heading]
        printed = self.play(chosen)
        said = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", printed, re.M))
        self.assertEqual(said["5. The name"].splitlines()[0], "127.0.0.1")
        asked = said["6. Ask it"]
        for wanted in ("200", "Miss from cloudfront", "strict-transport-security", "<title>Shop</title>", "Hit from cloudfront",
                       '"asked": 1', '"asked": 2', "301 https://shop.test"):
            self.assertIn(wanted.lower(), asked.lower())
        self.assertIn("403 has the page /index.html, shown as 200", said["7. Ask why, and look for traps"])
        self.assertNotIn("ERROR", said["7. Ask why, and look for traps"])
        self.assertIn("<title>New shop</title>", said["8. Deploy"])
        if not with_browser:
            self.skipTest("no chromium here: all but the browser was played")
        self.assertIn("<h1>Order 7</h1>", said["9. In a browser"])
        picture = (self.scratch / "shop.png").read_bytes()
        self.assertEqual(struct.unpack(">II", picture[16:24]), (800, 500))


if __name__ == "__main__":
    unittest.main()

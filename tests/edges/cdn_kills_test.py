#!/usr/bin/env python3
"""Edges killed under load: viewers at the other locations notice nothing, and nobody is ever given a wrong byte. Who is
restarted serves what it had on its disk, when it has a disk.

MERIDIAN_KILLS=20 MERIDIAN_KILLS_SECONDS=60 cdn_kills_test.py: more of it."""
import http.server
import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import time
import unittest

import cdn_edges_test
from edges_test import BINARY, EDGE_BINARY

READER = pathlib.Path(BINARY).parent / "cdn_reader"
KILLS = int(os.environ.get("MERIDIAN_KILLS", "3"))
SECONDS = float(os.environ.get("MERIDIAN_KILLS_SECONDS", "6"))
SIZES = [1_000, 20_000, 300_000, 3_000_000]
FILES = 60


class Files(http.server.SimpleHTTPRequestHandler):
    folder = ""
    asked = 0

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=Files.folder)

    def end_headers(self):
        self.send_header("Cache-Control", "max-age=86400")
        super().end_headers()

    def do_GET(self):
        Files.asked += 1
        super().do_GET()

    def log_message(self, *_):
        pass


class CdnKills(cdn_edges_test.CdnEdgesCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.root) / "files"
        self.folder.mkdir()
        self.random = random.Random(7)
        for n in range(FILES):
            (self.folder / f"{n}.bin").write_bytes(self.random.randbytes(SIZES[n % len(SIZES)]))
        Files.folder, Files.asked = str(self.folder), 0
        files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
        threading.Thread(target=files.serve_forever, daemon=True).start()
        self.addCleanup(files.server_close)
        self.addCleanup(files.shutdown)
        self.files_port = files.server_port

    def read(self, edge, host, seconds):
        return subprocess.Popen([READER, "--server", "%s:%d" % edge.cdn, "--host", host, "--files", self.folder,
                                 "--seconds", str(seconds), "--connections", "4"], stdout=subprocess.PIPE, text=True)

    def test_others_notice_nothing_and_no_byte_is_wrong(self):
        names = ["one", "two", "three"]
        edges = [self.make_cdn_edge(name, [BINARY, "edge"] if n else [EDGE_BINARY], "--cdn-location", location)
                 for n, (name, location) in enumerate(zip(names, ("FRA50-C1", "IAD55-C2", "SIN5-C3")))]
        self.wait_for("all live", lambda: all(e["state"] == "live" for e in self.listed().values()))
        config = self.config()
        config["Origins"]["Items"][0]["CustomOriginConfig"]["HTTPPort"] = self.files_port
        made = self.aws("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]
        self.wait_deployed(made["Id"])
        host = made["DomainName"]

        steady = [self.read(edge, host, SECONDS) for edge in edges[1:]]
        shaken = self.read(edges[0], host, SECONDS)
        until = time.monotonic() + SECONDS - 1
        for kill in range(KILLS):
            time.sleep(max(0.0, (until - time.monotonic()) / (KILLS - kill) - 0.5))
            edges[0].process.send_signal(signal.SIGKILL)
            edges[0].process.wait()
            edges[0].restart()
        compared = 0
        for reader in steady:
            said = json.loads(reader.communicate(timeout=SECONDS + 30)[0])
            self.assertEqual((said["wrong"], said["failed"]), (0, 0), said)
            self.assertGreater(said["replies"], 0)
            compared += said["bytes"]
        said = json.loads(shaken.communicate(timeout=SECONDS + 30)[0])
        self.assertEqual(said["wrong"], 0, said)
        self.assertGreater(said["failed"], 0, "nobody was cut off: it was never killed")
        self.assertGreater(said["replies"], 0)
        print(f"{KILLS} kills: {said['bytes'] / 1e9:.1f} GB compared at the edge that was killed, {said['failed']} connections cut "
              f"or refused, {compared / 1e9:.1f} GB at the others, none cut, no byte wrong; origin asked {Files.asked} times for {FILES} files")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""rclone and s3cmd, as Debian ships them, against a real server: trees there and back, large files in parts, presigned links."""
import filecmp
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402

MIB = 1024 * 1024


class Tools(unittest.TestCase):
    tool: str

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.tool) is None:
            raise unittest.SkipTest(f"{cls.tool} is not installed: tools/install_dependencies --tests")
        cls.server = Server()
        cls.server.start()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-s3-tools-"))
        text = (cls.server.directory / "credentials").read_text()
        words = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
        cls.key, cls.secret = words["aws_access_key_id"], words["aws_secret_access_key"]
        cls.host = "%s:%d" % cls.server.api
        cls.tree = cls.folder / "tree"
        for i in range(int(os.environ.get("MERIDIAN_SYNC_FILES", "60"))):
            path = cls.tree / f"d{i % 5}" / f"ä file+{i}&.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(random.Random(i).randbytes(i * 37 % 5000))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        shutil.rmtree(cls.folder)

    def run_tool(self, command: list[str], environment: dict[str, str], fails: str | None) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment})
        if fails is not None:
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertIn(fails, done.stderr)
        else:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def file(self, name: str, size: int) -> pathlib.Path:
        path = self.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path

    def same_trees(self, a: pathlib.Path, b: pathlib.Path):
        compared = subprocess.run(["diff", "-r", a, b], capture_output=True, text=True)
        self.assertEqual(compared.stdout + compared.stderr, "")

    def curl(self, url: str) -> bytes:
        return subprocess.run(["curl", "-sS", "--fail", url], capture_output=True, timeout=60, check=True).stdout


class Rclone(Tools):
    tool = "rclone"

    def rclone(self, *words: str, fails: str | None = None) -> str:
        return self.run_tool(["rclone", "--retries", "1", "--low-level-retries", "1", *words], {
            "RCLONE_CONFIG": os.devnull, "RCLONE_CONFIG_M_TYPE": "s3", "RCLONE_CONFIG_M_PROVIDER": "Minio",
            "RCLONE_CONFIG_M_ACCESS_KEY_ID": self.key, "RCLONE_CONFIG_M_SECRET_ACCESS_KEY": self.secret,
            "RCLONE_CONFIG_M_REGION": "us-east-1", "RCLONE_CONFIG_M_ENDPOINT": f"http://{self.host}",
            "RCLONE_CONFIG_M_FORCE_PATH_STYLE": "true"}, fails)

    def test_a_tree_there_and_back(self):
        back = self.folder / "rclone-back"
        self.rclone("mkdir", "m:rclone-tree")
        self.rclone("sync", str(self.tree), "m:rclone-tree/t")
        self.rclone("check", str(self.tree), "m:rclone-tree/t")
        self.rclone("check", "--download", str(self.tree), "m:rclone-tree/t")
        self.rclone("sync", "m:rclone-tree/t", str(back))
        self.same_trees(self.tree, back)
        # Times are kept too: nothing is to be done a second time, either way.
        for source, target in ((str(self.tree), "m:rclone-tree/t"), ("m:rclone-tree/t", str(back))):
            self.assertEqual(self.rclone("sync", "--dry-run", "--stats", "0", source, target), "")
            done = self.rclone("lsf", "-R", "--format", "ps", target)
            self.assertGreaterEqual(done.count("\n"), 60)
        changed = back / "d0" / "ä file+0&.bin"
        changed.write_bytes(b"changed")
        (back / "d1" / "ä file+1&.bin").unlink()
        os.utime(back / "d2" / "ä file+2&.bin", (1_000_000_000, 1_000_000_000))  # kept by a copy onto itself
        self.rclone("sync", str(back), "m:rclone-tree/t")
        self.assertEqual(self.rclone("cat", "m:rclone-tree/t/d0/ä file+0&.bin"), "changed")
        self.assertNotIn("file+1&", self.rclone("lsf", "m:rclone-tree/t/d1"))
        self.assertIn("2001-09-09", self.rclone("lsl", "m:rclone-tree/t/d2/ä file+2&.bin"))
        self.rclone("check", str(back), "m:rclone-tree/t")
        self.rclone("copy", "m:rclone-tree/t", "m:rclone-copy/u")  # between buckets, inside the server
        self.rclone("check", "m:rclone-tree/t", "m:rclone-copy/u")
        self.rclone("move", "m:rclone-copy/u", "m:rclone-copy/v")
        self.assertEqual(self.rclone("lsf", "m:rclone-copy"), "v/\n")
        self.rclone("purge", "m:rclone-tree")
        self.rclone("purge", "m:rclone-copy")
        self.assertNotIn("rclone-", self.rclone("lsd", "m:"))

    def test_a_large_file_in_parts(self):
        path = self.file("rclone-large", 23 * MIB + 17)
        parts = ("--s3-chunk-size", "5M", "--s3-upload-cutoff", "5M")
        self.rclone("copyto", *parts, str(path), "m:rclone-large/rclone-large")
        self.rclone("check", "--download", str(path), "m:rclone-large")
        self.rclone("copyto", *parts, "--s3-copy-cutoff", "6M", "m:rclone-large/rclone-large", "m:rclone-large/copy")
        self.rclone("copyto", "m:rclone-large/copy", str(self.folder / "rclone-large-back"))
        self.assertTrue(filecmp.cmp(path, self.folder / "rclone-large-back", shallow=False))
        link = self.rclone("link", "--expire", "5m", "m:rclone-large/rclone-large").strip()
        self.assertEqual(hashlib.sha256(self.curl(link)).digest(), hashlib.sha256(path.read_bytes()).digest())
        self.rclone("cleanup", "m:rclone-large")
        self.rclone("purge", "m:rclone-large")


class S3cmd(Tools):
    tool = "s3cmd"

    def s3cmd(self, *words: str, fails: str | None = None) -> str:
        return self.run_tool(["s3cmd", "--config", os.devnull, "--no-ssl", "--host", self.host, "--host-bucket", self.host,
                              "--access_key", self.key, "--secret_key", self.secret, "--region", "us-east-1",
                              "--no-progress", *words], {"LC_ALL": "C.UTF-8"}, fails)

    def test_a_tree_there_and_back(self):
        back = self.folder / "s3cmd-back"
        back.mkdir()
        self.s3cmd("mb", "s3://s3cmd-tree")
        self.assertIn("s3://s3cmd-tree", self.s3cmd("ls"))
        self.s3cmd("sync", f"{self.tree}/", "s3://s3cmd-tree/t/")
        self.s3cmd("sync", "s3://s3cmd-tree/t/", f"{back}/")
        self.same_trees(self.tree, back)
        self.assertNotIn("upload:", self.s3cmd("sync", f"{self.tree}/", "s3://s3cmd-tree/t/"))
        (back / "d0" / "ä file+0&.bin").write_bytes(b"changed")
        (back / "d1" / "ä file+1&.bin").unlink()
        done = self.s3cmd("sync", "--delete-removed", f"{back}/", "s3://s3cmd-tree/t/")
        self.assertIn("upload:", done)
        self.assertIn("delete:", done)
        listed = self.s3cmd("ls", "--recursive", "s3://s3cmd-tree")
        self.assertIn("s3://s3cmd-tree/t/d2/ä file+2&.bin", listed)
        self.assertNotIn("file+1&", listed)
        self.assertIn("DIR", self.s3cmd("ls", "s3://s3cmd-tree/t/"))
        self.assertRegex(self.s3cmd("du", "s3://s3cmd-tree"), r"\d+ +\d+ objects")
        self.s3cmd("del", "--recursive", "--force", "s3://s3cmd-tree")
        self.s3cmd("rb", "s3://s3cmd-tree")
        self.s3cmd("ls", "s3://s3cmd-tree", fails="NoSuchBucket")

    def test_a_large_file_in_parts_and_what_else_it_asks(self):
        path = self.file("s3cmd-large", 12 * MIB + 5)
        self.s3cmd("mb", "s3://s3cmd-large")
        self.s3cmd("put", "--multipart-chunk-size-mb=5", "--mime-type=text/x-test", "--add-header=x-amz-meta-colour:red",
                   str(path), "s3://s3cmd-large/large")
        self.s3cmd("get", "--force", "s3://s3cmd-large/large", str(self.folder / "s3cmd-back-file"))
        self.assertTrue(filecmp.cmp(path, self.folder / "s3cmd-back-file", shallow=False))
        info = self.s3cmd("info", "s3://s3cmd-large/large")
        for part in (f"File size: {path.stat().st_size}", "MIME type: text/x-test", "x-amz-meta-colour: red", "SSE:       AES256"):
            self.assertIn(part, info)
        self.assertIn("FULL_CONTROL", info)
        info = self.s3cmd("info", "s3://s3cmd-large")
        self.assertIn("Location:  us-east-1", info)
        self.s3cmd("cp", "s3://s3cmd-large/large", "s3://s3cmd-large/copy")
        self.s3cmd("mv", "s3://s3cmd-large/copy", "s3://s3cmd-large/a b/moved")
        self.s3cmd("modify", "--add-header=Cache-Control:max-age=5", "s3://s3cmd-large/a b/moved")
        # What s3cmd signs itself it signs by version 2, which AWS has given up.
        link = self.s3cmd("signurl", "s3://s3cmd-large/a b/moved", "+300").strip()
        refused = subprocess.run(["curl", "-sS", link], capture_output=True, text=True, timeout=60).stdout
        self.assertIn("Please use AWS4-HMAC-SHA256", refused)
        policy = self.folder / "policy.json"
        policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::s3cmd-large/*"}]}))
        self.s3cmd("setpolicy", str(policy), "s3://s3cmd-large")
        self.assertIn("cloudfront.amazonaws.com", self.s3cmd("info", "s3://s3cmd-large"))
        self.s3cmd("delpolicy", "s3://s3cmd-large")
        self.assertRegex(self.s3cmd("info", "s3://s3cmd-large"), r"Policy: +none")
        upload = self.s3cmd("multipart", "s3://s3cmd-large")
        self.assertNotIn("large\t", upload)
        self.s3cmd("put", str(path), "s3://not_a_bucket/x", fails="ERROR")
        self.s3cmd("rb", "--recursive", "--force", "s3://s3cmd-large")


del Tools

if __name__ == "__main__":
    unittest.main()

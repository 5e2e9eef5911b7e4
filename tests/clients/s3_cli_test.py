#!/usr/bin/env python3
"""`aws s3` and `aws s3api`, every version of the CLI on this machine, against a real server."""
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
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from aws_clients import OneServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

MIB = 1024 * 1024


class S3Cli(OneServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-s3-"))
        cls.made = 0

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def s3(self, *words: str, **more) -> str:
        return self.aws_text("s3", *words, **more)

    def api(self, *words: str, **more):
        return self.aws("s3api", *words, **more)

    def bucket(self) -> str:
        type(self).made += 1
        name = f"bucket-{self.made}"
        self.s3("mb", f"s3://{name}")
        return name

    def file(self, name: str, size: int) -> pathlib.Path:
        path = self.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return path

    def test_files_there_and_back(self):
        bucket = self.bucket()
        for size in (0, 10, 65_536, 3 * MIB, 40 * MIB):  # the last one in parts
            path = self.file(f"file-{size}", size)
            self.s3("cp", str(path), f"s3://{bucket}/dir/{path.name}")
            back = self.folder / "back"
            self.s3("cp", f"s3://{bucket}/dir/{path.name}", str(back))
            self.assertTrue(filecmp.cmp(path, back, shallow=False), size)
        listed = self.s3("ls", f"s3://{bucket}/dir/")
        self.assertIn("file-65536", listed)
        self.assertIn(" 41943040 file-41943040", listed)
        self.assertIn("PRE dir/", self.s3("ls", f"s3://{bucket}"))
        self.assertIn(bucket, self.s3("ls"))
        head = self.api("head-object", "--bucket", bucket, "--key", "dir/file-10")
        self.assertEqual(head["ETag"], '"%s"' % hashlib.md5((self.folder / "file-10").read_bytes()).hexdigest())
        self.assertRegex(self.api("head-object", "--bucket", bucket, "--key", "dir/file-41943040")["ETag"], '-5"$')
        self.s3("rm", f"s3://{bucket}/dir/file-10")
        self.aws("s3api", "head-object", "--bucket", bucket, "--key", "dir/file-10", fails="404")
        self.s3("cp", f"s3://{bucket}/dir/file-41943040", f"s3://{bucket}/copy")
        self.s3("mv", f"s3://{bucket}/copy", f"s3://{bucket}/moved")
        self.aws("s3", "rb", f"s3://{bucket}", fails="BucketNotEmpty")
        self.s3("rb", "--force", f"s3://{bucket}")
        self.aws("s3", "ls", f"s3://{bucket}", fails="NoSuchBucket")

    def test_a_stream_of_unknown_length(self):
        bucket = self.bucket()
        data = random.Random(1).randbytes(20 * MIB)
        subprocess.run([self.command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"], "s3", "cp", "-",
                        f"s3://{bucket}/stream"], input=data, check=True, env=self.server.environment, timeout=120)
        back = subprocess.run([self.command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"], "s3", "cp",
                               f"s3://{bucket}/stream", "-"], capture_output=True, check=True,
                              env=self.server.environment, timeout=120)
        self.assertEqual(hashlib.sha256(back.stdout).digest(), hashlib.sha256(data).digest())

    def test_sync_both_ways_and_only_what_changed(self):
        bucket = self.bucket()
        count = int(os.environ.get("MERIDIAN_SYNC_FILES", "60"))
        there, back = self.folder / "tree", self.folder / "tree-back"
        for i in range(count):
            path = there / f"d{i % 7}" / f"ä file {i}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(random.Random(i).randbytes(i % 2000))
        times = []
        for source, target in ((there, f"s3://{bucket}/tree"), (f"s3://{bucket}/tree", back)):
            started = time.monotonic()
            self.s3("sync", str(source), str(target), "--no-progress", timeout=1800)
            times.append(time.monotonic() - started)
        print("%d files, there %.0f s, back %.0f s" % (count, *times), file=sys.stderr)
        compared = subprocess.run(["diff", "-r", there, back], capture_output=True, text=True)
        self.assertEqual(compared.stdout, "")
        self.assertEqual(self.s3("sync", str(there), f"s3://{bucket}/tree").strip(), "")
        (there / "d0" / "ä file 0.bin").unlink()
        self.assertIn("delete:", self.s3("sync", str(there), f"s3://{bucket}/tree", "--delete"))
        pages = self.api("list-objects-v2", "--bucket", bucket, "--page-size", "17", "--query", "length(Contents)")
        self.assertEqual(int(str(pages).strip()), count - 1)
        shutil.rmtree(there)
        shutil.rmtree(back)

    def test_s3api(self):
        bucket = self.bucket()
        path = self.file("api", 1000)
        put = self.api("put-object", "--bucket", bucket, "--key", "k", "--body", str(path), "--content-type", "text/x",
                       "--metadata", "colour=red", "--checksum-algorithm", "SHA256")
        self.assertEqual(put["ServerSideEncryption"], "AES256")
        got = self.api("get-object", "--bucket", bucket, "--key", "k", "--range", "bytes=10-19",
                       str(self.folder / "part"))
        self.assertEqual(got["ContentRange"], "bytes 10-19/1000")
        self.assertEqual((self.folder / "part").read_bytes(), path.read_bytes()[10:20])
        self.assertEqual(got["Metadata"], {"colour": "red"})
        self.aws("s3api", "get-object", "--bucket", bucket, "--key", "k", "--if-none-match", put["ETag"],
                 str(self.folder / "none"), fails="304")
        self.aws("s3api", "get-object", "--bucket", bucket, "--key", "absent", str(self.folder / "none"),
                 fails="NoSuchKey")
        location = self.api("get-bucket-location", "--bucket", bucket)
        self.assertIsNone(location["LocationConstraint"])
        deleted = self.api("delete-objects", "--bucket", bucket, "--delete", "Objects=[{Key=k},{Key=absent}]")
        self.assertEqual(len(deleted["Deleted"]), 2)
        self.aws("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", str(path),
                 "--object-lock-legal-hold-status", "ON", fails="NotImplemented")
        self.aws("s3api", "create-bucket", "--bucket", "Not_A_Bucket", fails="")
        self.aws("s3api", "put-bucket-policy", "--bucket", bucket, "--policy", "{}", fails="MalformedPolicy")

    def test_uploads_in_parts(self):
        bucket = self.bucket()
        paths = [self.file("part-1", 5 * MIB), self.file("part-2", 100)]
        upload = self.api("create-multipart-upload", "--bucket", bucket, "--key", "k")["UploadId"]
        parts = []
        for number, path in enumerate(paths, 1):
            made = self.api("upload-part", "--bucket", bucket, "--key", "k", "--upload-id", upload, "--part-number",
                            str(number), "--body", str(path))
            parts.append({"PartNumber": number, "ETag": made["ETag"]})
        listed = self.api("list-parts", "--bucket", bucket, "--key", "k", "--upload-id", upload)
        self.assertEqual([part["Size"] for part in listed["Parts"]], [5 * MIB, 100])
        self.assertEqual(len(self.api("list-multipart-uploads", "--bucket", bucket)["Uploads"]), 1)
        self.api("complete-multipart-upload", "--bucket", bucket, "--key", "k", "--upload-id", upload,
                 "--multipart-upload", json.dumps({"Parts": parts}))
        self.api("get-object", "--bucket", bucket, "--key", "k", str(self.folder / "whole"))
        self.assertEqual((self.folder / "whole").read_bytes(), b"".join(path.read_bytes() for path in paths))
        upload = self.api("create-multipart-upload", "--bucket", bucket, "--key", "k")["UploadId"]
        self.api("abort-multipart-upload", "--bucket", bucket, "--key", "k", "--upload-id", upload)

    def test_presigned_urls(self):
        bucket = self.bucket()
        path = self.file("presigned", 2000)
        self.s3("cp", str(path), f"s3://{bucket}/a key")
        url = self.s3("presign", f"s3://{bucket}/a key", "--expires-in", "60").strip()
        if "X-Amz-Signature" not in url:
            self.skipTest("this CLI presigns by signature version 2, which AWS has given up")
        got = subprocess.run(["curl", "-sS", "--fail", url], capture_output=True, timeout=30)
        self.assertEqual(got.stdout, path.read_bytes(), got.stderr)
        changed = subprocess.run(["curl", "-sS", url.replace("a%20key", "b%20key")], capture_output=True, timeout=30)
        self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", changed.stdout)
        anonymous = subprocess.run(["curl", "-sS", url.split("?")[0]], capture_output=True, timeout=30)
        self.assertIn(b"<Code>AccessDenied</Code>", anonymous.stdout)

    def test_a_restart_keeps_everything_and_frees_what_is_gone(self):
        bucket = self.bucket()
        small, large = self.file("keep-small", 500), self.file("keep-large", 9 * MIB)
        for path in (small, large):
            self.s3("cp", str(path), f"s3://{bucket}/{path.name}")
        self.s3("cp", str(large), f"s3://{bucket}/gone")
        self.s3("rm", f"s3://{bucket}/gone")
        self.server.kill()
        self.server.start()
        for path in (small, large):
            self.s3("cp", f"s3://{bucket}/{path.name}", str(self.folder / "back"))
            self.assertTrue(filecmp.cmp(path, self.folder / "back", shallow=False))
        self.s3("rb", "--force", f"s3://{bucket}")

    def test_zz_nothing_is_left_when_everything_is_deleted(self):
        for bucket in self.api("list-buckets")["Buckets"]:
            self.s3("rb", "--force", f"s3://{bucket['Name']}")
        objects = self.server.directory / "objects"
        until = time.monotonic() + 20
        while (left := [p for p in (objects / "files").glob("??/*")]) and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(left, [])
        self.assertEqual((objects / "master-key").stat().st_mode & 0o777, 0o600)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for number, command in enumerate(aws_commands()):
        name = type(f"S3Cli{number}", (S3Cli,), {"command": command})
        suite.addTests(loader.loadTestsFromTestCase(name))
    return suite


if __name__ == "__main__":
    unittest.main()

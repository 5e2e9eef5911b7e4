#!/usr/bin/env python3
"""Versions, delete markers, tags and lifecycles of S3 by `aws s3api`, every version of the CLI on this machine."""
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from aws_clients import OneServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402


class S3VersionsCli(OneServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-s3-versions-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.made = 0

    def api(self, *words: str, **more):
        return self.aws("s3api", *words, **more)

    def bucket(self, versioning: str | None = None) -> str:
        type(self).made += 1
        name = f"versions-{self.made}"
        self.api("create-bucket", "--bucket", name)
        if versioning:
            self.set_versioning(name, versioning)
        return name

    def set_versioning(self, bucket: str, status: str):
        self.api("put-bucket-versioning", "--bucket", bucket, "--versioning-configuration", f"Status={status}")

    def put(self, bucket: str, key: str, text: str, *more: str) -> dict:
        path = self.folder / "body"
        path.write_text(text)
        return self.api("put-object", "--bucket", bucket, "--key", key, "--body", str(path), *more)

    def get(self, bucket: str, key: str, *more: str) -> str:
        path = self.folder / "got"
        self.api("get-object", "--bucket", bucket, "--key", key, *more, str(path))
        return path.read_text()

    def test_versions_and_delete_markers(self):
        bucket = self.bucket()
        self.assertEqual(self.api("get-bucket-versioning", "--bucket", bucket), {})
        self.put(bucket, "k", "before")
        self.set_versioning(bucket, "Enabled")
        self.assertEqual(self.api("get-bucket-versioning", "--bucket", bucket)["Status"], "Enabled")
        one, two = (self.put(bucket, "k", text)["VersionId"] for text in ("one", "two"))
        self.assertEqual(self.get(bucket, "k"), "two")
        self.assertEqual(self.get(bucket, "k", "--version-id", one), "one")
        self.assertEqual(self.get(bucket, "k", "--version-id", "null"), "before")

        deleted = self.api("delete-object", "--bucket", bucket, "--key", "k")
        self.assertTrue(deleted["DeleteMarker"])
        marker = deleted["VersionId"]
        self.api("get-object", "--bucket", bucket, "--key", "k", str(self.folder / "none"), fails="NoSuchKey")
        self.api("head-object", "--bucket", bucket, "--key", "k", fails="404")
        self.api("get-object", "--bucket", bucket, "--key", "k", "--version-id", marker, str(self.folder / "none"),
                 fails="MethodNotAllowed")
        listed = self.api("list-object-versions", "--bucket", bucket)
        self.assertEqual([(v["VersionId"], v["IsLatest"]) for v in listed["Versions"]],
                         [(two, False), (one, False), ("null", False)])
        self.assertEqual([(m["VersionId"], m["IsLatest"]) for m in listed["DeleteMarkers"]], [(marker, True)])
        self.assertNotIn("Contents", self.api("list-objects-v2", "--bucket", bucket))
        paged = self.api("list-object-versions", "--bucket", bucket, "--page-size", "1")
        self.assertEqual(paged["Versions"], listed["Versions"])

        self.api("delete-object", "--bucket", bucket, "--key", "k", "--version-id", marker)
        self.assertEqual(self.get(bucket, "k"), "two")
        self.api("copy-object", "--bucket", bucket, "--key", "k", "--copy-source", f"{bucket}/k?versionId={one}")
        self.assertEqual(self.get(bucket, "k"), "one")
        self.api("get-object", "--bucket", bucket, "--key", "k", "--version-id", "x" * 32, str(self.folder / "none"),
                 fails="InvalidArgument")
        self.aws("s3", "rb", f"s3://{bucket}", fails="BucketNotEmpty")

        while True:
            listed = self.api("list-object-versions", "--bucket", bucket, "--max-items", "2")
            entries = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
            if not entries:
                break
            which = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
            gone = self.api("delete-objects", "--bucket", bucket, "--delete", json.dumps({"Objects": which}))
            self.assertEqual(len(gone["Deleted"]), len(which))
        self.api("delete-bucket", "--bucket", bucket)

    def test_suspended_versions(self):
        bucket = self.bucket("Enabled")
        one = self.put(bucket, "k", "one")["VersionId"]
        self.set_versioning(bucket, "Suspended")
        self.put(bucket, "k", "two")
        self.put(bucket, "k", "three")
        listed = self.api("list-object-versions", "--bucket", bucket)["Versions"]
        self.assertEqual([v["VersionId"] for v in listed], ["null", one])
        self.assertEqual(self.api("delete-object", "--bucket", bucket, "--key", "k")["VersionId"], "null")
        self.assertEqual(self.get(bucket, "k", "--version-id", one), "one")
        self.api("put-bucket-versioning", "--bucket", bucket, "--versioning-configuration",
                 "Status=Enabled,MFADelete=Enabled", "--mfa", "arn 123456", fails="NotImplemented")

    def test_files_keep_their_versions(self):
        bucket = self.bucket("Enabled")
        path = self.folder / "file"
        for text in ("first", "second" * 2_000_000):  # the second one in parts
            path.write_text(text)
            self.aws_text("s3", "cp", str(path), f"s3://{bucket}/file")
        self.aws_text("s3", "rm", f"s3://{bucket}/file")
        versions = self.api("list-object-versions", "--bucket", bucket)["Versions"]
        self.assertEqual([v["Size"] for v in versions], [12_000_000, 5])
        self.assertEqual(self.get(bucket, "file", "--version-id", versions[0]["VersionId"]), "second" * 2_000_000)
        self.assertEqual(self.get(bucket, "file", "--version-id", versions[1]["VersionId"]), "first")

    def test_tags(self):
        bucket = self.bucket()
        self.put(bucket, "k", "x", "--tagging", "colour=red&size=9")
        tags = self.api("get-object-tagging", "--bucket", bucket, "--key", "k")["TagSet"]
        self.assertEqual(tags, [{"Key": "colour", "Value": "red"}, {"Key": "size", "Value": "9"}])
        self.api("put-object-tagging", "--bucket", bucket, "--key", "k", "--tagging",
                 "TagSet=[{Key=a,Value=1},{Key=b,Value=2}]")
        self.assertEqual(self.api("get-object", "--bucket", bucket, "--key", "k", str(self.folder / "x"))["TagCount"], 2)
        self.api("copy-object", "--bucket", bucket, "--key", "copy", "--copy-source", f"{bucket}/k",
                 "--tagging-directive", "REPLACE", "--tagging", "c=3")
        self.assertEqual(self.api("get-object-tagging", "--bucket", bucket, "--key", "copy")["TagSet"],
                         [{"Key": "c", "Value": "3"}])
        self.api("put-object-tagging", "--bucket", bucket, "--key", "k", "--tagging",
                 "TagSet=[{Key=a,Value=1},{Key=a,Value=2}]", fails="InvalidTag")
        self.api("delete-object-tagging", "--bucket", bucket, "--key", "k")
        self.assertEqual(self.api("get-object-tagging", "--bucket", bucket, "--key", "k")["TagSet"], [])
        self.api("get-bucket-tagging", "--bucket", bucket, fails="NoSuchTagSet")
        self.api("put-bucket-tagging", "--bucket", bucket, "--tagging", "TagSet=[{Key=team,Value=web}]")
        self.assertEqual(self.api("get-bucket-tagging", "--bucket", bucket)["TagSet"], [{"Key": "team", "Value": "web"}])
        self.api("delete-bucket-tagging", "--bucket", bucket)
        self.api("get-bucket-tagging", "--bucket", bucket, fails="NoSuchTagSet")

    def test_lifecycles(self):
        bucket = self.bucket("Enabled")
        self.api("get-bucket-lifecycle-configuration", "--bucket", bucket, fails="NoSuchLifecycleConfiguration")
        rules = [
            {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}},
            {"ID": "old", "Status": "Enabled", "Filter": {"And": {"Prefix": "", "Tags": [{"Key": "k", "Value": "v"}]}},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 3}},
            {"ID": "rest", "Status": "Disabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}},
        ]
        self.api("put-bucket-lifecycle-configuration", "--bucket", bucket, "--lifecycle-configuration",
                 json.dumps({"Rules": rules}))
        got = self.api("get-bucket-lifecycle-configuration", "--bucket", bucket)["Rules"]
        self.assertEqual(sorted(got, key=lambda rule: rule["ID"]), sorted(rules, key=lambda rule: rule["ID"]))
        self.assertIn('rule-id="logs"', self.put(bucket, "logs/x", "x")["Expiration"])
        moving = {"ID": "t", "Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}
        self.api("put-bucket-lifecycle-configuration", "--bucket", bucket, "--lifecycle-configuration",
                 json.dumps({"Rules": [moving]}), fails="NotImplemented")
        self.api("put-bucket-lifecycle-configuration", "--bucket", bucket, "--lifecycle-configuration",
                 json.dumps({"Rules": [{**rules[0], "Expiration": {"Days": 0}}]}), fails="InvalidArgument")
        self.api("delete-bucket-lifecycle", "--bucket", bucket)
        self.api("get-bucket-lifecycle-configuration", "--bucket", bucket, fails="NoSuchLifecycleConfiguration")


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for number, command in enumerate(aws_commands()):
        case = type(f"S3VersionsCli{number}", (S3VersionsCli,), {"command": command})
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()

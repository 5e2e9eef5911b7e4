#!/usr/bin/env python3
"""Who may do what in S3, as the AWS CLI sees it: bucket policies, Block Public Access, users with policies, anonymous and
presigned requests; and that `meridian explain s3` says the same."""
import json
import pathlib
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from aws_clients import OneServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

# What guides to CloudFront print for a bucket behind a distribution.
BEHIND_CLOUDFRONT = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AllowCloudFrontServicePrincipal",
      "Effect": "Allow",
      "Principal": {
        "Service": "cloudfront.amazonaws.com"
      },
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::my-bucket/*",
      "Condition": {
        "StringEquals": {
          "AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE"
        }
      }
    }
  ]
}"""


def statement(**parts) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **parts}]})


class S3Access(OneServerCase):
    made = 0

    def bucket(self) -> str:
        type(self).made += 1
        name = f"access-{self.made}"
        self.aws("s3api", "create-bucket", "--bucket", name)
        self.put(name, "cat.txt", "meow")
        return name

    def put(self, bucket: str, key: str, text: str):
        subprocess.run([self.command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"], "s3", "cp", "-",
                        f"s3://{bucket}/{key}"], input=text.encode(), env=self.server.environment, check=True,
                       capture_output=True, timeout=120)

    def user(self, name: str) -> dict:
        """Its environment; it has no policy yet."""
        self.aws("iam", "create-user", "--user-name", name)
        key = self.aws("iam", "create-access-key", "--user-name", name)["AccessKey"]
        environment = {**self.server.environment, "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                       "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        environment.pop("AWS_PROFILE")
        return environment

    def run_as(self, environment: dict, *words: str) -> str:
        done = subprocess.run([self.command, "--endpoint-url", environment["AWS_ENDPOINT_URL"], "--output", "json", *words],
                              capture_output=True, text=True, env=environment, timeout=120)
        return done.stdout if done.returncode == 0 else done.stderr

    def get(self, url: str) -> tuple[int, str]:
        """Without any signature but what the URL has."""
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def url(self, bucket: str, key: str) -> str:
        return f"{self.server.environment['AWS_ENDPOINT_URL']}/{bucket}/{key}"

    def explain(self, *words: str) -> dict:
        return json.loads(self.server.meridian("explain", "s3", *words, "--output", "json").stdout)

    def test_the_printed_policy_of_a_bucket_behind_cloudfront(self):
        name = "my-bucket"
        self.aws("s3api", "create-bucket", "--bucket", name)
        self.aws("s3api", "put-bucket-policy", "--bucket", name, "--policy", BEHIND_CLOUDFRONT)
        kept = self.aws("s3api", "get-bucket-policy", "--bucket", name)["Policy"]
        self.assertEqual(json.loads(kept), json.loads(BEHIND_CLOUDFRONT))
        self.assertEqual(self.aws("s3api", "get-bucket-policy-status", "--bucket", name),
                         {"PolicyStatus": {"IsPublic": False}})
        as_cloudfront = ["GET", f"s3://{name}/index.html", "--service", "cloudfront.amazonaws.com", "--source-arn"]
        told = self.explain(*as_cloudfront, "arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE")
        self.assertTrue(told["allowed"])
        self.assertIn("AllowCloudFrontServicePrincipal", told["actions"][0]["why"])
        told = self.explain(*as_cloudfront, "arn:aws:cloudfront::123456789012:distribution/EOTHER")
        self.assertFalse(told["allowed"])
        self.assertEqual(told["actions"][0]["statements"][0]["mismatch"], "Condition on aws:sourcearn")
        self.aws("s3api", "delete-bucket-policy", "--bucket", name)
        self.aws("s3api", "get-bucket-policy", "--bucket", name, fails="NoSuchBucketPolicy")

    def test_a_public_bucket(self):
        name = self.bucket()
        public = statement(Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{name}/*")
        self.aws("s3api", "put-bucket-policy", "--bucket", name, "--policy", public, fails="BlockPublicPolicy")
        self.assertEqual(self.get(self.url(name, "cat.txt"))[0], 403)
        self.assertFalse(self.explain("GET", f"s3://{name}/cat.txt", "--anonymous")["allowed"])
        block = self.aws("s3api", "get-public-access-block", "--bucket", name)["PublicAccessBlockConfiguration"]
        self.assertEqual(set(block.values()), {True})
        self.aws("s3api", "put-public-access-block", "--bucket", name, "--public-access-block-configuration",
                 "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false")
        self.aws("s3api", "put-bucket-policy", "--bucket", name, "--policy", public)
        self.assertEqual(self.get(self.url(name, "cat.txt")), (200, "meow"))
        self.assertTrue(self.explain("GET", f"s3://{name}/cat.txt", "--anonymous")["allowed"])
        status, body = self.get(self.url(name, "no-such"))
        self.assertEqual(status, 403, "who may not list is not told what is there")
        self.assertIn("<Code>AccessDenied</Code>", body)
        self.assertEqual(self.get(self.url(name, ""))[0], 403)

    def test_policies_that_are_none(self):
        name = self.bucket()
        for policy, message in [
                ("nonsense", "Policies must be valid JSON and the first byte must be '{'"),
                (statement(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
                (statement(Principal="*", Action="s3:Fetch", Resource=f"arn:aws:s3:::{name}/*"), "Policy has invalid action"),
                (statement(Principal={"AWS": "arn:aws:iam::123456789012:user/nobody"}, Action="s3:GetObject",
                           Resource=f"arn:aws:s3:::{name}/*"), "Invalid principal in policy"),
                (statement(Action="s3:GetObject", Resource=f"arn:aws:s3:::{name}/*"), "Missing required field Principal")]:
            self.assertIn(message, self.aws("s3api", "put-bucket-policy", "--bucket", name, "--policy", policy,
                                            fails="MalformedPolicy"))

    def test_a_user_does_what_its_policies_say(self):
        name = self.bucket()
        user = f"reader-{name}"
        environment = self.user(user)
        refused = self.run_as(environment, "s3", "cp", f"s3://{name}/cat.txt", "-")
        self.assertRegex(refused, r"403|Forbidden|AccessDenied")
        self.assertIn("is not authorized to perform: route53:ListHostedZones",
                      self.run_as(environment, "route53", "list-hosted-zones"))
        self.aws("iam", "put-user-policy", "--user-name", user, "--policy-name", "reads", "--policy-document",
                 statement(Action=["s3:GetObject", "s3:ListBucket"], Resource=[f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]))
        self.assertEqual(self.run_as(environment, "s3", "cp", f"s3://{name}/cat.txt", "-"), "meow")
        self.assertIn("cat.txt", self.run_as(environment, "s3", "ls", f"s3://{name}/"))
        self.assertIn("AccessDenied", self.run_as(environment, "s3api", "delete-object", "--bucket", name, "--key", "cat.txt"))
        told = self.explain("GET", f"s3://{name}/cat.txt", "--as", user)
        self.assertTrue(told["allowed"])
        self.assertIn("policy reads", told["actions"][0]["why"])
        self.assertEqual(self.aws("iam", "get-user-policy", "--user-name", user, "--policy-name", "reads")["PolicyDocument"]
                         ["Statement"][0]["Action"], ["s3:GetObject", "s3:ListBucket"])

        # A presigned URL is worth what its signer may do when it is used.
        url = self.run_as(environment, "s3", "presign", f"s3://{name}/cat.txt").strip()
        version4 = "X-Amz-Signature" in url  # older clients presign by signature version 2, which AWS has given up
        if version4:
            self.assertEqual(self.get(url), (200, "meow"))
        self.aws("iam", "delete-user-policy", "--user-name", user, "--policy-name", "reads")
        self.assertEqual(self.get(url)[0], 403 if version4 else 400)

        arn = self.aws("iam", "create-policy", "--policy-name", f"zones-{name}", "--policy-document",
                       statement(Action="route53:List*", Resource="*"))["Policy"]["Arn"]
        self.aws("iam", "attach-user-policy", "--user-name", user, "--policy-arn", arn)
        self.assertIn("HostedZones", self.run_as(environment, "route53", "list-hosted-zones"))
        self.assertEqual(self.aws("iam", "list-attached-user-policies", "--user-name", user)["AttachedPolicies"],
                         [{"PolicyName": f"zones-{name}", "PolicyArn": arn}])
        self.aws("iam", "detach-user-policy", "--user-name", user, "--policy-arn", arn)
        self.aws("iam", "attach-user-policy", "--user-name", user, "--policy-arn",
                 "arn:aws:iam::aws:policy/AdministratorAccess")
        self.assertEqual(self.run_as(environment, "s3", "cp", f"s3://{name}/cat.txt", "-"), "meow")

    def test_acls_are_disabled(self):
        name = self.bucket()
        acl = self.aws("s3api", "get-bucket-acl", "--bucket", name)
        self.assertEqual(acl["Grants"], [{"Grantee": {"ID": acl["Owner"]["ID"], "Type": "CanonicalUser"},
                                          "Permission": "FULL_CONTROL"}])
        self.assertEqual(self.aws("s3api", "list-buckets")["Owner"]["ID"], acl["Owner"]["ID"])
        self.aws("s3api", "put-bucket-acl", "--bucket", name, "--acl", "public-read", fails="AccessControlListNotSupported")
        self.aws("s3api", "put-object-acl", "--bucket", name, "--key", "cat.txt", "--acl", "bucket-owner-full-control")
        self.assertEqual(self.aws("s3api", "get-bucket-ownership-controls", "--bucket", name),
                         {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}})


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for number, command in enumerate(aws_commands()):
        name = type(f"S3Access{number}", (S3Access,), {"command": command, "made": 0})
        suite.addTests(loader.loadTestsFromTestCase(name))
    return suite


if __name__ == "__main__":
    unittest.main()

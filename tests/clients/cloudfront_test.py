#!/usr/bin/env python3
"""CloudFront's control plane through every AWS CLI on this machine, and through boto3 as Terraform calls it."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase  # noqa: E402
from cloudfront_configs import CommandLine, Configs, listed, round_trip  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def config(reference: str, **more) -> dict:
    return {"CallerReference": reference, "Comment": "a site", "Enabled": True,
            "Origins": listed([{"Id": "s3", "DomainName": "site.s3.amazonaws.com",
                                "S3OriginConfig": {"OriginAccessIdentity": ""}}]),
            "DefaultCacheBehavior": {"TargetOriginId": "s3", "ViewerProtocolPolicy": "redirect-to-https",
                                     "CachePolicyId": OPTIMIZED, "Compress": True}, **more}


class AwsCli(FreshServerCase):
    def cloudfront(self, *words: str, **more):
        return self.aws("cloudfront", *words, **more)

    def create(self, wanted: dict, **more):
        return self.cloudfront("create-distribution", "--distribution-config", json.dumps(wanted), **more)

    def test_a_distribution_has_its_life(self):
        for number, self.command in enumerate(aws_commands()):
            made = self.create(config(f"life-{number}"))
            shown, etag = made["Distribution"], made["ETag"]
            self.assertEqual(made["Location"], f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{shown['Id']}")
            self.assertRegex(shown["DomainName"], r"^d[0-9a-z]{13}\.cloudfront\.net$")
            self.assertEqual(shown["DistributionConfig"]["CacheBehaviors"], {"Quantity": 0})
            self.create(config(f"life-{number}"), fails="(DistributionAlreadyExists)")
            self.assertIn(shown["Id"], [each["Id"] for each in self.cloudfront("list-distributions")["DistributionList"]["Items"]])
            self.cloudfront("tag-resource", "--resource", shown["ARN"], "--tags", "Items=[{Key=env,Value=prod}]")
            tags = self.cloudfront("list-tags-for-resource", "--resource", shown["ARN"])["Tags"]["Items"]
            self.assertEqual(tags, [{"Key": "env", "Value": "prod"}])
            delete = ("delete-distribution", "--id", shown["Id"], "--if-match")
            self.cloudfront(*delete[:3], fails="(InvalidIfMatchVersion)")
            self.cloudfront(*delete, etag, fails="(DistributionNotDisabled)")
            off = {**shown["DistributionConfig"], "Enabled": False}
            update = ("update-distribution", "--id", shown["Id"], "--distribution-config", json.dumps(off), "--if-match")
            newer = self.cloudfront(*update, etag)["ETag"]
            self.cloudfront(*update, etag, fails="(PreconditionFailed)")
            self.until_deleted(*delete, newer)
            self.cloudfront("get-distribution", "--id", shown["Id"], fails="(NoSuchDistribution)")

    def until_deleted(self, *words: str):
        """Edges stop serving it a moment after it was disabled."""
        for _ in range(100):
            done = subprocess.run([self.command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"],
                                   "cloudfront", *words], capture_output=True, text=True, env=self.server.environment)
            if done.returncode == 0:
                return
            self.assertIn("(DistributionNotDisabled)", done.stderr)
            time.sleep(0.1)
        self.fail("it is never let go of")

    def test_the_short_form(self):
        for self.command in aws_commands():
            made = self.cloudfront("create-distribution", "--origin-domain-name", "site.s3.amazonaws.com",
                                   "--default-root-object", "index.html")["Distribution"]["DistributionConfig"]
            self.assertEqual(made["DefaultRootObject"], "index.html")
            self.assertEqual(made["DefaultCacheBehavior"]["MaxTTL"], 31536000)

    def test_refusals_name_themselves(self):
        self.command = aws_commands()[0]
        changed = config("refused")
        changed["Origins"]["Quantity"] = 2
        self.create(changed, fails="(InconsistentQuantities)")
        changed = config("refused", Aliases=listed(["www.example.com"]))
        self.create(changed, fails="(InvalidViewerCertificate)")
        changed = config("refused", PriceClass="PriceClass_Cheap")
        self.create(changed, fails="(MalformedXML) when calling the CreateDistribution operation: 1 validation error "
                    "detected: Value 'PriceClass_Cheap' at 'distributionConfig.priceClass' failed to satisfy constraint")
        changed = config("refused", HttpVersion="http3")
        self.create(changed, fails="(NotImplemented)")
        self.cloudfront("list-functions", fails="(NotImplemented)")

    def test_policies(self):
        self.command = aws_commands()[0]
        names = {each["CachePolicy"]["CachePolicyConfig"]["Name"] for each in self.cloudfront(
            "list-cache-policies", "--type", "managed")["CachePolicyList"]["Items"]}
        self.assertIn("Managed-CachingOptimized", names)
        self.cloudfront("delete-cache-policy", "--id", OPTIMIZED, "--if-match", "E23ZP02F085DFQ", fails="(IllegalDelete)")
        made = self.cloudfront("create-response-headers-policy", "--response-headers-policy-config", json.dumps({
            "Name": "security", "SecurityHeadersConfig": {
                "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                "StrictTransportSecurity": {"Override": True, "IncludeSubdomains": True, "Preload": True,
                                            "AccessControlMaxAgeSec": 63072000}},
            "ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 12.5}}))
        identifier = made["ResponseHeadersPolicy"]["Id"]
        again = self.cloudfront("get-response-headers-policy", "--id", identifier)["ResponseHeadersPolicy"]
        self.assertEqual(again, made["ResponseHeadersPolicy"])
        site = config("headers")
        site["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = identifier
        distribution = self.create(site)["Distribution"]["Id"]
        self.assertEqual(self.cloudfront("list-distributions-by-response-headers-policy-id", "--response-headers-policy-id",
                                         identifier)["DistributionIdList"]["Items"], [distribution])

    def test_random_configurations_come_back_unchanged(self):
        if importlib.util.find_spec("awscli") is None:
            self.skipTest("the AWS CLI is no module of this Python")
        self.command = aws_commands()[0]
        arn = self.import_certificate("*.example.com")
        control = self.cloudfront("create-origin-access-control", "--origin-access-control-config",
                                  "Name=s3,SigningProtocol=sigv4,SigningBehavior=always,OriginAccessControlOriginType=s3")
        identity = self.cloudfront("create-cloud-front-origin-access-identity", "--cloud-front-origin-access-identity-config",
                                   "CallerReference=a,Comment=b")
        configs = Configs(1, arn, [control["OriginAccessControl"]["Id"]], [identity["CloudFrontOriginAccessIdentity"]["Id"]])
        with unittest.mock.patch.dict(os.environ):
            self.assertEqual(round_trip(CommandLine(self.server.environment), configs, 25), 25)

    def import_certificate(self, name: str) -> str:
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "30", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(folder / "key.pem"), "-out",
                        str(folder / "certificate.pem")], check=True, capture_output=True)
        return self.aws("acm", "import-certificate", "--certificate", f"fileb://{folder}/certificate.pem",
                        "--private-key", f"fileb://{folder}/key.pem")["CertificateArn"]


class Terraform(FreshServerCase):
    """The calls of aws_cloudfront_distribution, in its order."""

    def test_create_read_update_delete(self):
        if importlib.util.find_spec("boto3") is None:
            self.skipTest("there is no boto3")
        import boto3
        import botocore.exceptions
        with unittest.mock.patch.dict(os.environ, self.server.environment):
            client = boto3.Session().client("cloudfront")
        made = client.create_distribution_with_tags(DistributionConfigWithTags={
            "DistributionConfig": config("terraform-1"), "Tags": {"Items": [{"Key": "Name", "Value": "site"}]}})
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        identifier, arn = made["Distribution"]["Id"], made["Distribution"]["ARN"]
        read = client.get_distribution(Id=identifier)
        self.assertEqual(read["Distribution"]["DistributionConfig"], made["Distribution"]["DistributionConfig"])
        self.assertIn(read["Distribution"]["Status"], ("InProgress", "Deployed"))
        self.assertEqual(client.list_tags_for_resource(Resource=arn)["Tags"]["Items"], [{"Key": "Name", "Value": "site"}])
        off = {**read["Distribution"]["DistributionConfig"], "Enabled": False}
        changed = client.update_distribution(Id=identifier, IfMatch=read["ETag"], DistributionConfig=off)
        self.assertFalse(changed["Distribution"]["DistributionConfig"]["Enabled"])
        for _ in range(300):
            try:
                gone = client.delete_distribution(Id=identifier, IfMatch=client.get_distribution(Id=identifier)["ETag"])
                break
            except client.exceptions.DistributionNotDisabled:
                time.sleep(0.1)
        self.assertEqual(gone["ResponseMetadata"]["HTTPStatusCode"], 204)
        with self.assertRaises(botocore.exceptions.ClientError) as refused:
            client.get_distribution(Id=identifier)
        self.assertEqual(refused.exception.response["Error"]["Code"], "NoSuchDistribution")


if __name__ == "__main__":
    unittest.main()

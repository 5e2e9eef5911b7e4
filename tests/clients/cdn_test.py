#!/usr/bin/env python3
"""A distribution made by the AWS CLI, its name answered by our DNS, its objects fetched through our edge from a private
bucket and from an origin of the test's."""
import http.client
import http.server
import json
import pathlib
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase  # noqa: E402
from meridian_server import aws_commands  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"


class Origin(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self):
        Origin.asked.append(self.path)
        body = json.dumps({"path": self.path, "count": len(Origin.asked)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Cdn(FreshServerCase):
    options = ("--cdn-listen", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.command = aws_commands()[0]
        Origin.asked = []
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)

    def get(self, host: str, path: str, headers=None):
        connection = http.client.HTTPConnection(*self.server.cdn, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"Host": host, **(headers or {})})
        response = connection.getresponse()
        return response, response.read()

    def make_site(self):
        """A private bucket that only the distribution may read, and /api/* from the origin, uncached."""
        self.aws_text("s3", "mb", "s3://site")
        page = pathlib.Path(self.server.directory) / "index.html"
        page.write_text("<h1>hello</h1>")
        self.aws_text("s3", "cp", str(page), "s3://site/index.html")
        control = self.aws("cloudfront", "create-origin-access-control", "--origin-access-control-config",
                           "Name=site,SigningProtocol=sigv4,SigningBehavior=always,OriginAccessControlOriginType=s3")
        behavior = {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED, "TargetOriginId": "site",
                    "ResponseHeadersPolicyId": SECURITY_HEADERS, "Compress": True}
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "site", "Comment": "", "Enabled": True, "DefaultRootObject": "index.html",
            "Origins": {"Quantity": 2, "Items": [
                {"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""},
                 "OriginAccessControlId": control["OriginAccessControl"]["Id"]},
                {"Id": "api", "DomainName": "localhost", "CustomOriginConfig": {
                    "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "CacheBehaviors": {"Quantity": 1, "Items": [
                {**behavior, "PathPattern": "/api/*", "TargetOriginId": "api", "CachePolicyId": CACHING_DISABLED}]},
            "DefaultCacheBehavior": behavior,
            "CustomErrorResponses": {"Quantity": 1, "Items": [
                {"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}]}}))
        made = made["Distribution"]
        self.aws("s3api", "put-bucket-policy", "--bucket", "site", "--policy", json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::site/*", "Condition": {"StringEquals": {"AWS:SourceArn": made["ARN"]}}}]}))
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made

    def test_a_site_in_a_private_bucket_with_an_api_beside(self):
        site = self.make_site()
        host = site["DomainName"]
        first, body = self.get(host, "/")
        self.assertEqual((first.status, body), (200, b"<h1>hello</h1>"))
        self.assertEqual(first.headers["X-Cache"], "Miss from cloudfront")
        self.assertEqual(first.headers["X-Content-Type-Options"], "nosniff")
        second, body = self.get(host, "/index.html")
        self.assertEqual((second.headers["X-Cache"], body), ("Hit from cloudfront", b"<h1>hello</h1>"))
        deep, body = self.get(host, "/a/page/of/the/app")
        self.assertEqual((deep.status, body), (200, b"<h1>hello</h1>"), "403 of the bucket becomes the page")
        for count in (1, 2):
            _, body = self.get(host, "/api/time?x=1")
            self.assertEqual(json.loads(body), {"path": "/api/time", "count": count})
        stranger, _ = self.get("d0000000000000.cloudfront.net", "/")
        self.assertEqual(stranger.status, 403)

    def test_an_invalidation_is_completed_when_the_edge_has_forgotten(self):
        site = self.make_site()
        host = site["DomainName"]
        self.get(host, "/")
        page = pathlib.Path(self.server.directory) / "index.html"
        page.write_text("<h1>new</h1>")
        self.aws_text("s3", "cp", str(page), "s3://site/index.html")
        self.assertEqual(self.get(host, "/")[1], b"<h1>hello</h1>")
        made = self.aws("cloudfront", "create-invalidation", "--distribution-id", site["Id"], "--paths", "/index.html")
        self.aws_text("cloudfront", "wait", "invalidation-completed", "--distribution-id", site["Id"],
                      "--id", made["Invalidation"]["Id"])
        response, body = self.get(host, "/")
        self.assertEqual((response.headers["X-Cache"], body), ("Miss from cloudfront", b"<h1>new</h1>"))

    def deployed(self, made):
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Distribution"]["Id"])
        return made

    def updated(self, made, **changes):
        config = {**made["Distribution"]["DistributionConfig"], **changes}
        return self.deployed(self.aws("cloudfront", "update-distribution", "--id", made["Distribution"]["Id"], "--if-match",
                                      made["ETag"], "--distribution-config", json.dumps(config)))

    def test_a_staging_distribution_is_tried_by_some_and_then_promoted(self):
        primary = self.deployed(self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "primary", "Comment": "", "Enabled": True, "DefaultRootObject": "old.html",
            "Origins": {"Quantity": 1, "Items": [{"Id": "api", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED,
                                     "TargetOriginId": "api"}})))
        host = primary["Distribution"]["DomainName"]
        copied = self.aws("cloudfront", "copy-distribution", "--primary-distribution-id", primary["Distribution"]["Id"],
                          "--if-match", primary["ETag"], "--staging", "--caller-reference", "staging", "--enabled")
        staging = self.updated(copied, DefaultRootObject="new.html")
        policy = self.aws("cloudfront", "create-continuous-deployment-policy", "--continuous-deployment-policy-config",
                          json.dumps({"StagingDistributionDnsNames": {"Quantity": 1, "Items": [staging["Distribution"]["DomainName"]]},
                                      "Enabled": True, "TrafficConfig": {"Type": "SingleHeader", "SingleHeaderConfig": {
                                          "Header": "aws-cf-cd-try", "Value": "yes"}}}))
        primary = self.updated(primary, ContinuousDeploymentPolicyId=policy["ContinuousDeploymentPolicy"]["Id"])
        served = lambda headers=None: json.loads(self.get(host, "/", headers)[1])["path"]  # noqa: E731
        self.assertEqual(served({"aws-cf-cd-try": "yes"}), "/new.html")
        self.assertEqual(served(), "/old.html")
        self.assertEqual(self.get(staging["Distribution"]["DomainName"], "/")[0].status, 403)
        self.deployed(self.aws("cloudfront", "update-distribution-with-staging-config", "--id", primary["Distribution"]["Id"],
                               "--staging-distribution-id", staging["Distribution"]["Id"],
                               "--if-match", f'{primary["ETag"]}, {staging["ETag"]}'))
        self.assertEqual(served(), "/new.html")

    def explain(self, url: str, *words: str) -> dict:
        return json.loads(self.server.meridian("explain", "http", url, "--output", "json", *words).stdout)

    def test_explain_tells_what_the_edge_then_does(self):
        host = self.make_site()["DomainName"]
        before = self.explain(f"http://{host}/")
        self.assertIsNone(before["answer"], "the origin is not asked")
        steps = {step["step"]: step for step in before["steps"]}
        self.assertEqual(steps["path"]["text"], "/ stands for /index.html, the default root object")
        self.assertTrue(steps["answer"]["would_ask_origin"])
        self.assertIn("Authorization (SigV4)", [step["text"] for step in before["steps"] if step["step"] == "sent"])
        self.assertEqual(self.get(host, "/")[0].headers["X-Cache"], "Miss from cloudfront", "nor is anything kept")
        kept = self.explain(f"http://{host}/")["answer"]
        headers = {header["name"]: header["value"] for header in kept["headers"]}
        self.assertEqual((kept["status"], headers["X-Cache"]), (200, "Hit from cloudfront"))
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        fetched = self.explain(f"http://{host}/api/x", "--fetch")["answer"]
        self.assertEqual((fetched["status"], fetched["whole"], Origin.asked), (200, True, ["/api/x"]))
        deep = self.explain(f"http://{host}/a/page", "--fetch")
        self.assertEqual([step["page_path"] for step in deep["steps"] if "page_path" in step], ["/index.html"])
        refused = self.explain("http://nobody.example/")
        self.assertEqual(refused["answer"]["status"], 403)

    def test_dns_knows_its_name_and_aliases_that_lead_to_it(self):
        host = self.make_site()["DomainName"]
        self.assertEqual(self.server.dig(host, "A", "+short"), "127.0.0.1\n")
        zone = self.aws("route53", "create-hosted-zone", "--name", "example.com", "--caller-reference", "1")["HostedZone"]
        alias = {"Action": "CREATE", "ResourceRecordSet": {"Name": "example.com", "Type": "A", "AliasTarget": {
            "HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": host, "EvaluateTargetHealth": False}}}
        change = ("route53", "change-resource-record-sets", "--hosted-zone-id", zone["Id"], "--change-batch")
        changed = self.aws(*change, json.dumps({"Changes": [alias]}))
        self.aws_text("route53", "wait", "resource-record-sets-changed", "--id", changed["ChangeInfo"]["Id"])
        self.assertEqual(self.server.dig("example.com", "A", "+short"), "127.0.0.1\n")
        alias["ResourceRecordSet"]["AliasTarget"]["DNSName"] = "d0000000000000.cloudfront.net"
        alias["ResourceRecordSet"]["Name"] = "other.example.com"
        self.aws_text(*change, json.dumps({"Changes": [alias]}), fails="that target was not found")


if __name__ == "__main__":
    unittest.main()

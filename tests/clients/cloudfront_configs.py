"""Random CloudFront distribution configurations, each as CloudFront shows one: every list and every default is there.

    tests/clients/cloudfront_configs.py --count 1000     each goes through the AWS CLI and comes back unchanged
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

CACHE_POLICIES = ["658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                  "83da9c7e-98b4-4e11-a168-04f0df8e2c65"]
ORIGIN_REQUEST_POLICIES = ["216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac"]
RESPONSE_HEADERS_POLICIES = ["67f7725c-6f97-4210-82d7-5512b31e9d03", "60669652-455b-4ae9-85a4-c4c02393f86c"]
METHODS = [["HEAD", "GET"], ["HEAD", "GET", "OPTIONS"], ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"]]
COMMENTS = ["", "plain", "a & b < c > d", "\"quoted\" and 'so'", " spaces around ", "Grüße, 世界", "tab\tand\nline"]


def listed(items: list) -> dict:
    return {"Quantity": len(items), **({"Items": items} if items else {})}


class Configs:
    """`certificates`: an ARN that covers *.example.com; `access_controls`, `identities`: ids that are there."""

    def __init__(self, seed: int, certificate: str | None = None, access_controls=(), identities=()):
        self.random = random.Random(seed)
        self.certificate, self.access_controls, self.identities = certificate, list(access_controls), list(identities)
        self.made = 0

    def maybe(self, chance: float = 0.5) -> bool:
        return self.random.random() < chance

    def some(self, items: list, most: int) -> list:
        return self.random.sample(items, self.random.randint(0, min(most, len(items))))

    def origin(self, number: int) -> dict:
        it = {"Id": f"origin {number}", "OriginPath": self.random.choice(["", "/path", "/a/b%20c"]),
              "CustomHeaders": listed([{"HeaderName": f"X-{name}", "HeaderValue": self.random.choice(COMMENTS[1:4])}
                                       for name in self.some(["One", "Two", "Three"], 3)]),
              "ConnectionAttempts": self.random.randint(1, 3), "ConnectionTimeout": self.random.randint(1, 10),
              "OriginShield": self.random.choice([{"Enabled": False},
                                                  {"Enabled": True, "OriginShieldRegion": "eu-central-1"}]),
              "OriginAccessControlId": ""}
        if self.maybe():
            it["DomainName"] = self.random.choice(["photos.s3.amazonaws.com", "my.photos.s3.eu-west-1.amazonaws.com"])
            it["S3OriginConfig"] = {"OriginAccessIdentity": "", "OriginReadTimeout": self.random.randint(1, 120)}
            if self.access_controls and self.maybe():
                it["OriginAccessControlId"] = self.random.choice(self.access_controls)
            elif self.identities and self.maybe():
                it["S3OriginConfig"]["OriginAccessIdentity"] = (
                    "origin-access-identity/cloudfront/" + self.random.choice(self.identities))
        else:
            protocols = self.random.choice([["TLSv1.2"], ["TLSv1", "TLSv1.1", "TLSv1.2"], ["SSLv3", "TLSv1.2"]])
            it["DomainName"] = self.random.choice(["www.example.com", "api_1.example.org", "localhost"])
            it["CustomOriginConfig"] = {
                "HTTPPort": self.random.choice([80, 8080, 65535]), "HTTPSPort": self.random.choice([443, 8443]),
                "OriginProtocolPolicy": self.random.choice(["http-only", "match-viewer", "https-only"]),
                "OriginSslProtocols": listed(protocols), "OriginReadTimeout": self.random.randint(1, 120),
                "OriginKeepaliveTimeout": self.random.randint(1, 120)}
        return it

    def forwarded_values(self, s3: bool) -> dict:
        cookies = self.random.choice([{"Forward": "none"}, {"Forward": "all"}, {
            "Forward": "whitelist", "WhitelistedNames": listed(["session", "a*"])}])
        strings = self.maybe()
        return {"QueryString": strings, "Cookies": cookies,
                "Headers": listed(self.some(["Origin", "Accept-Language", "X-Mine"] + ([] if s3 else ["Host"]), 3)),
                "QueryStringCacheKeys": listed(self.some(["q", "page"], 2) if strings else [])}

    def behavior(self, targets: list[tuple[str, bool]], groups: list[str]) -> dict:
        target, s3 = self.random.choice(targets + [(group, False) for group in groups])
        methods = self.random.choice(METHODS[:2] if target in groups else METHODS)
        it = {"TargetOriginId": target, "TrustedSigners": {"Enabled": False, "Quantity": 0},
              "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
              "ViewerProtocolPolicy": self.random.choice(["allow-all", "https-only", "redirect-to-https"]),
              "AllowedMethods": {**listed(methods), "CachedMethods": listed(self.random.choice(
                  METHODS[:1] if len(methods) == 2 else METHODS[:2]))},
              "SmoothStreaming": False, "Compress": self.maybe(), "LambdaFunctionAssociations": {"Quantity": 0},
              "FunctionAssociations": {"Quantity": 0}, "FieldLevelEncryptionId": "", "GrpcConfig": {"Enabled": False}}
        if self.maybe():
            it["CachePolicyId"] = self.random.choice(CACHE_POLICIES)
            if self.maybe():
                it["OriginRequestPolicyId"] = self.random.choice(ORIGIN_REQUEST_POLICIES)
        else:
            times = sorted(self.random.choice([0, 1, 60, 86400, 31536000, 3153600000]) for _ in range(3))
            it.update(ForwardedValues=self.forwarded_values(s3), MinTTL=times[0], DefaultTTL=times[1], MaxTTL=times[2])
        if self.maybe():
            it["ResponseHeadersPolicyId"] = self.random.choice(RESPONSE_HEADERS_POLICIES)
        return it

    def viewer(self) -> tuple[dict, dict]:
        if not self.certificate or self.maybe():
            return listed([]), {"CloudFrontDefaultCertificate": True, "SSLSupportMethod": "vip",
                                "MinimumProtocolVersion": "TLSv1", "CertificateSource": "cloudfront"}
        names = [f"{name}-{self.made}.example.com" for name in self.some(["www", "Shop", "img"], 3)]
        return listed(names), {
            "CloudFrontDefaultCertificate": False, "ACMCertificateArn": self.certificate, "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": self.random.choice(["TLSv1", "TLSv1.2_2021"]), "Certificate": self.certificate,
            "CertificateSource": "acm"}

    def error_response(self, code: int) -> dict:
        page = self.maybe()
        return {"ErrorCode": code, "ResponsePagePath": "/error%20page.html" if page else "",
                "ResponseCode": self.random.choice(["200", "404", "503"]) if page else "",
                "ErrorCachingMinTTL": self.random.choice([0, 10, 300])}

    def one(self) -> dict:
        self.made += 1
        origins = [self.origin(number) for number in range(self.random.randint(1, 4))]
        targets = [(origin["Id"], "S3OriginConfig" in origin) for origin in origins]
        groups = [] if len(origins) < 2 or self.maybe() else [{
            "Id": "a group", "FailoverCriteria": {"StatusCodes": listed([500, 404])},
            "Members": listed([{"OriginId": origins[0]["Id"]}, {"OriginId": origins[1]["Id"]}])}]
        group_ids = [group["Id"] for group in groups]
        patterns = self.some(["/api/*", "*.jpg", "/a?c", "images/~*", "/x&y"], 5)
        aliases, certificate = self.viewer()
        countries = self.some(["DE", "FR", "US", "CN"], 4)
        restriction = self.random.choice(["blacklist", "whitelist"]) if countries else "none"
        log = self.maybe()
        return {
            "CallerReference": f"random-{self.made}", "Aliases": aliases,
            "DefaultRootObject": self.random.choice(["", "index.html", "dir/index.html"]),
            "Origins": listed(origins), "OriginGroups": listed(groups),
            "DefaultCacheBehavior": self.behavior(targets, group_ids),
            "CacheBehaviors": listed([{"PathPattern": pattern, **self.behavior(targets, group_ids)} for pattern in patterns]),
            "CustomErrorResponses": listed([self.error_response(code) for code in self.some([400, 403, 404, 500, 504], 3)]),
            "Comment": self.random.choice(COMMENTS),
            "Logging": {"Enabled": log, "IncludeCookies": log and self.maybe(),
                        "Bucket": "logs.s3.amazonaws.com" if log else "", "Prefix": "cdn/" if log else ""},
            "PriceClass": self.random.choice(["PriceClass_100", "PriceClass_200", "PriceClass_All"]),
            "Enabled": self.maybe(), "ViewerCertificate": certificate,
            "Restrictions": {"GeoRestriction": {"RestrictionType": restriction, **listed(countries)}},
            "WebACLId": "", "HttpVersion": self.random.choice(["http1.1", "http2"]), "IsIPV6Enabled": self.maybe(),
            "ContinuousDeploymentPolicyId": "", "Staging": False,
            **({"CacheTagConfig": {"HeaderName": "Cache-Tag"}} if self.maybe(0.3) else {})}


class CommandLine:
    """The AWS CLI inside this process: one start of Python for a thousand commands."""

    def __init__(self, environment: dict[str, str]):
        os.environ.update(environment)
        from awscli.clidriver import create_clidriver
        self.driver = create_clidriver()

    def __call__(self, *words: str) -> dict:
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            status = self.driver.main(["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--output", "json", *words])
        if status != 0:
            raise AssertionError(f"{words}: {errors.getvalue()}")
        return json.loads(out.getvalue()) if out.getvalue().strip() else {}


def remove(cli: CommandLine, made: dict):
    """Disabled, and deleted when the edges have let go of it."""
    identifier, config = made["Distribution"]["Id"], {**made["Distribution"]["DistributionConfig"], "Enabled": False}
    etag = cli("cloudfront", "update-distribution", "--id", identifier, "--if-match", made["ETag"],
               "--distribution-config", json.dumps(config))["ETag"]
    started = time.monotonic()
    while True:
        try:
            cli("cloudfront", "delete-distribution", "--id", identifier, "--if-match", etag)
            return
        except AssertionError as refusal:
            if "DistributionNotDisabled" not in str(refusal) or time.monotonic() - started > 30:
                raise
            time.sleep(0.05)


def round_trip(cli: CommandLine, configs: Configs, count: int) -> int:
    """How many came back as they went in, after CreateDistribution and from GetDistributionConfig."""
    for number in range(count):
        config = configs.one()
        made = cli("cloudfront", "create-distribution", "--distribution-config", json.dumps(config))
        shown = cli("cloudfront", "get-distribution-config", "--id", made["Distribution"]["Id"])["DistributionConfig"]
        for found in (made["Distribution"]["DistributionConfig"], shown):
            if found != config:
                raise AssertionError(f"configuration {number}:\n{json.dumps(config)}\ncame back as\n{json.dumps(found)}")
        remove(cli, made)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    from meridian_server import Server
    with Server() as server:
        started = time.monotonic()
        count = round_trip(CommandLine(server.environment), Configs(options.seed), options.count)
        print(f"{count} configurations came back unchanged, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What is told of a distribution's requests: AWS/CloudFront metrics, standard logs in a bucket, real-time logs in a stream of
Kinesis, each read with AWS's own clients and held against what was asked for."""
import configparser
import datetime
import gzip
import http.client
import http.server
import json
import pathlib
import sys
import threading
import time
import unittest

import boto3

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase  # noqa: E402
from meridian_server import admin_request, aws_commands  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
FIELDS = ["timestamp", "c-ip", "sc-status", "cs-method", "cs-host", "cs-uri-stem", "cs-user-agent", "x-edge-result-type"]
STANDARD_FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query "
    "cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol "
    "ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte "
    "x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end").split()


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path != "/missing"
        body = b"0123456789" if found else b"none"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Traffic(FreshServerCase):
    options = ("--cdn-listen", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.command = aws_commands()[0]
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)

    def client(self, service: str):
        credentials = configparser.ConfigParser()
        credentials.read(self.server.directory / "credentials")
        key = credentials["meridian"]
        return boto3.client(service, region_name="us-east-1", endpoint_url="http://%s:%d" % self.server.api,
                            aws_access_key_id=key["aws_access_key_id"], aws_secret_access_key=key["aws_secret_access_key"])

    def get(self, host: str, path: str, headers: dict | None = None):
        connection = http.client.HTTPConnection(*self.server.cdn, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"Host": host, "User-Agent": "a test/1.0", **(headers or {})})
        response = connection.getresponse()
        return response, response.read()

    def make_distribution(self, **more):
        behavior = {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED, "TargetOriginId": "own",
                    **more.pop("behavior", {})}
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "traffic", "Comment": "", "Enabled": True, "DefaultCacheBehavior": behavior,
            "Origins": {"Quantity": 1, "Items": [{"Id": "own", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]}, **more}))
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Distribution"]["Id"])
        return made["Distribution"]

    def await_that(self, look, what: str, seconds: float = 40):
        """What `look` returns as soon as that is something."""
        end = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                self.fail(f"no {what} after {seconds} s\n{self.server.log_text()[-2000:]}")
            time.sleep(0.2)

    def log_lines(self, bucket: str) -> list[dict]:
        """Of all standard logs in a bucket, by the names of their fields."""
        lines = []
        for entry in self.aws("s3api", "list-objects-v2", "--bucket", bucket).get("Contents", []):
            path = pathlib.Path(self.server.directory) / "a.log.gz"
            self.aws_text("s3", "cp", f"s3://{bucket}/{entry['Key']}", str(path))
            text = gzip.decompress(path.read_bytes()).decode()
            head, fields, *rest = text.splitlines()
            self.assertEqual(head, "#Version: 1.0")
            self.assertEqual(fields, "#Fields: " + " ".join(STANDARD_FIELDS))
            for line in rest:
                values = line.split("\t")
                self.assertEqual(len(values), 33, line)
                lines.append({**dict(zip(STANDARD_FIELDS, values)), "key": entry["Key"]})
        return lines


class Logs(Traffic):
    def test_standard_logs_are_put_into_their_bucket(self):
        self.aws_text("s3", "mb", "s3://logs")
        made = self.make_distribution(Logging={
            "Enabled": True, "IncludeCookies": True, "Bucket": "logs.s3.amazonaws.com", "Prefix": "cdn"})
        host = made["DomainName"]
        first, body = self.get(host, "/a%20b?q=1", {"Cookie": "id=7", "Referer": "https://example.com/<x>"})
        self.assertEqual((first.status, body), (200, b"0123456789"))
        self.get(host, "/a%20b")
        self.get(host, "/missing")
        self.server.stop()  # what waits is delivered, not after five minutes
        self.server.start()
        lines = self.log_lines("logs")
        self.assertEqual(len(lines), 3, lines)
        lines.sort(key=lambda line: (line["cs-uri-stem"], line["cs-uri-query"] == "-", line["time"]))
        hour = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d-")
        for line in lines:
            self.assertRegex(line["key"], rf"^cdn/{made['Id']}\.{hour}\d\d\.[A-Z0-9]+\.gz$")
        line, again, missing = lines
        self.assertRegex(line["date"] + " " + line["time"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        expected = {"c-ip": "127.0.0.1", "cs-method": "GET", "cs(Host)": host, "cs-uri-stem": "/a%2520b", "sc-status": "200",
                    "cs(Referer)": "https://example.com/%3Cx%3E", "cs(User-Agent)": "a%20test/1.0", "cs-uri-query": "q=1",
                    "cs(Cookie)": "id=7", "x-edge-result-type": "Miss", "x-host-header": host, "cs-protocol": "http",
                    "x-forwarded-for": "-", "ssl-protocol": "-", "x-edge-response-result-type": "Miss",
                    "cs-protocol-version": "HTTP/1.1", "fle-status": "-", "x-edge-detailed-result-type": "Miss",
                    "sc-content-type": "text/plain;%20charset=utf-8", "sc-content-len": "10", "sc-range-start": "-",
                    "x-edge-request-id": first.headers["X-Amz-Cf-Id"], "x-edge-location": first.headers["X-Amz-Cf-Pop"]}
        self.assertEqual({name: line[name] for name in expected}, expected)
        self.assertGreater(int(line["sc-bytes"]), 10)
        self.assertGreaterEqual(float(line["time-taken"]), float(line["time-to-first-byte"]))
        self.assertEqual((again["cs-uri-query"], again["cs(Cookie)"]), ("-", "-"))
        self.assertEqual((missing["sc-status"], missing["x-edge-result-type"]), ("404", "Error"))

    def test_a_kill_does_not_lose_lines_and_the_end_delivers_them(self):
        self.aws_text("s3", "mb", "s3://logs")
        host = self.make_distribution(Logging={
            "Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""})["DomainName"]
        self.get(host, "/before-the-kill")
        spool = pathlib.Path(self.server.directory) / "cdn-logs"
        self.await_that(lambda: any(path.stat().st_size for path in spool.iterdir()), "spool", 10)
        self.server.kill()
        self.server.start()
        self.await_that(lambda: [line["cs-uri-stem"] for line in self.log_lines("logs")] == ["/before-the-kill"], "line")
        self.get(host, "/before-the-end")
        self.server.stop()
        self.server.start()
        self.assertEqual(sorted(line["cs-uri-stem"] for line in self.log_lines("logs")), ["/before-the-end", "/before-the-kill"])

    def test_real_time_logs_reach_their_stream(self):
        kinesis = self.client("kinesis")
        kinesis.create_stream(StreamName="requests", ShardCount=1)
        arn = kinesis.describe_stream(StreamName="requests")["StreamDescription"]["StreamARN"]
        config = self.aws("cloudfront", "create-realtime-log-config", "--name", "all", "--sampling-rate", "100",
                          "--fields", *reversed(FIELDS), "--end-points", json.dumps([{
                              "StreamType": "Kinesis", "KinesisStreamConfig": {
                                  "RoleARN": "arn:aws:iam::%s:role/logs" % arn.split(":")[4], "StreamARN": arn}}]))
        host = self.make_distribution(behavior={
            "RealtimeLogConfigArn": config["RealtimeLogConfig"]["ARN"]})["DomainName"]
        before = time.time()
        self.get(host, "/a?x=y")
        self.get(host, "/a?x=y")
        iterator = kinesis.get_shard_iterator(StreamName="requests", ShardId="shardId-000000000000",
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = self.await_that(lambda: len(found := kinesis.get_records(ShardIterator=iterator)["Records"]) == 2 and found,
                                  "two records", 10)
        self.assertTrue(all(record["Data"].endswith(b"\n") for record in records))
        lines = [dict(zip(FIELDS, record["Data"].decode()[:-1].split("\t"))) for record in records]
        self.assertEqual([line["x-edge-result-type"] for line in lines], ["Miss", "Hit"])
        for line in lines:
            self.assertAlmostEqual(float(line.pop("timestamp")), before, delta=10)
            self.assertEqual(line, {"c-ip": "127.0.0.1", "sc-status": "200", "cs-method": "GET", "cs-host": host,
                                    "cs-uri-stem": "/a?x=y", "cs-user-agent": "a%20test/1.0",
                                    "x-edge-result-type": line["x-edge-result-type"]})


class Metrics(Traffic):
    def sum_of(self, distribution: str, metric: str, statistic: str = "Sum"):
        now = datetime.datetime.now(datetime.timezone.utc)
        points = self.aws("cloudwatch", "get-metric-statistics", "--namespace", "AWS/CloudFront", "--metric-name", metric,
                          "--dimensions", f"Name=DistributionId,Value={distribution}", "Name=Region,Value=Global",
                          "--start-time", (now - datetime.timedelta(hours=1)).isoformat(), "--end-time",
                          (now + datetime.timedelta(hours=1)).isoformat(), "--period", "7200", "--statistics",
                          statistic)["Datapoints"]
        return sum(point[statistic] for point in points)

    def test_cloudwatch_shows_what_was_served(self):
        made = self.make_distribution()
        distribution, host = made["Id"], made["DomainName"]
        for path in ("/a", "/a", "/a", "/missing"):
            self.get(host, path)
        self.await_that(lambda: self.sum_of(distribution, "Requests") == 4, "metrics", 30)
        self.assertGreater(self.sum_of(distribution, "BytesDownloaded"), 34)
        self.assertEqual(self.sum_of(distribution, "BytesUploaded"), 0)
        self.assertAlmostEqual(self.sum_of(distribution, "4xxErrorRate", "Average"), 25)
        self.assertAlmostEqual(self.sum_of(distribution, "TotalErrorRate", "Average"), 25)
        listed = self.aws("cloudwatch", "list-metrics", "--namespace", "AWS/CloudFront", "--dimensions",
                          f"Name=DistributionId,Value={distribution}")["Metrics"]
        self.assertEqual({metric["MetricName"] for metric in listed}, {
            "Requests", "BytesDownloaded", "BytesUploaded", "TotalErrorRate", "4xxErrorRate", "5xxErrorRate"})

        self.aws("cloudfront", "create-monitoring-subscription", "--distribution-id", distribution, "--monitoring-subscription",
                 "RealtimeMetricsSubscriptionConfig={RealtimeMetricsSubscriptionStatus=Enabled}")
        for path in ("/b", "/b", "/b", "/missing"):
            self.get(host, path)
        self.await_that(lambda: self.sum_of(distribution, "Requests") == 8, "metrics", 30)
        self.assertAlmostEqual(self.sum_of(distribution, "CacheHitRate", "Average"), 200 / 3)
        self.assertGreater(self.sum_of(distribution, "OriginLatency", "Average"), 0)
        self.assertAlmostEqual(self.sum_of(distribution, "404ErrorRate", "Average"), 25)
        text = admin_request(self.server.admin, "GET", "/metrics")
        self.assertIn('meridian_cdn_requests_total{result="Hit"} 4', text)
        self.assertIn('meridian_cdn_responses_total{status="4xx"} 2', text)


class Kinesis(Traffic):
    def test_a_stream_keeps_its_records(self):
        kinesis = self.client("kinesis")
        kinesis.create_stream(StreamName="events", ShardCount=2, Tags={"a": "1"})
        kinesis.get_waiter("stream_exists").wait(StreamName="events")
        put = kinesis.put_records(StreamName="events", Records=[
            {"Data": bytes([i]) * 10, "PartitionKey": str(i)} for i in range(100)])
        self.assertEqual(put["FailedRecordCount"], 0)
        one = kinesis.put_record(StreamName="events", Data=b"\x00last\xff", PartitionKey="k")
        self.assertEqual(self.read_all("events"), sorted([bytes([i]) * 10 for i in range(100)] + [b"\x00last\xff"]))
        self.server.kill()
        self.server.start()
        kinesis = self.client("kinesis")
        self.assertEqual(len(self.read_all("events")), 101)
        iterator = kinesis.get_shard_iterator(StreamName="events", ShardId=one["ShardId"],
                                              ShardIteratorType="AT_SEQUENCE_NUMBER",
                                              StartingSequenceNumber=one["SequenceNumber"])["ShardIterator"]
        got = kinesis.get_records(ShardIterator=iterator)
        self.assertEqual([record["Data"] for record in got["Records"]], [b"\x00last\xff"])
        self.assertEqual(got["MillisBehindLatest"], 0)
        self.assertEqual(kinesis.list_tags_for_stream(StreamName="events")["Tags"], [{"Key": "a", "Value": "1"}])
        kinesis.increase_stream_retention_period(StreamName="events", RetentionPeriodHours=48)
        self.assertEqual(kinesis.describe_stream_summary(StreamName="events")["StreamDescriptionSummary"][
            "RetentionPeriodHours"], 48)
        kinesis.delete_stream(StreamName="events")
        self.assertEqual(kinesis.list_streams()["StreamNames"], [])
        with self.assertRaises(kinesis.exceptions.ResourceNotFoundException):
            kinesis.describe_stream(StreamName="events")

    def read_all(self, stream: str) -> list[bytes]:
        kinesis = self.client("kinesis")
        found = []
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
            iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"],
                                                  ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            found += [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
        return sorted(found)

    def test_the_command_line_client(self):
        self.aws("kinesis", "create-stream", "--stream-name", "cli", "--shard-count", "1")
        self.aws_text("kinesis", "wait", "stream-exists", "--stream-name", "cli")
        data = pathlib.Path(self.server.directory) / "record"
        data.write_bytes(b"hello")
        put = self.aws("kinesis", "put-record", "--stream-name", "cli", "--partition-key", "k", "--data", f"fileb://{data}")
        iterator = self.aws("kinesis", "get-shard-iterator", "--stream-name", "cli", "--shard-id", put["ShardId"],
                            "--shard-iterator-type", "TRIM_HORIZON")["ShardIterator"]
        records = self.aws("kinesis", "get-records", "--shard-iterator", iterator)["Records"]
        self.assertEqual([(record["Data"], record["SequenceNumber"]) for record in records],
                         [("aGVsbG8=", put["SequenceNumber"])])
        self.aws_text("kinesis", "split-shard", "--stream-name", "cli", "--shard-to-split", put["ShardId"],
                      "--new-starting-hash-key", "1", fails="NotImplemented")


if __name__ == "__main__":
    unittest.main()

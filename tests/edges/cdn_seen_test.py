#!/usr/bin/env python3
"""What is seen of requests that edges served: metrics, standard logs in a bucket and real-time logs in a stream, all at the
control, over a kill of it and the end of an edge; and `meridian explain http` at an edge."""
import datetime
import gzip
import json
import pathlib
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import cdn_edges_test  # noqa: E402
from cdn_edges_test import BINARY, CACHING_OPTIMIZED, EDGE_BINARY  # noqa: E402
from edges_test import meridian  # noqa: E402


class CdnSeen(cdn_edges_test.CdnEdgesCase):
    def setUp(self):
        super().setUp()
        self.edges = [self.make_cdn_edge("one", [BINARY, "edge"], "--cdn-location", "FRA50-C1"),
                      self.make_cdn_edge("two", [EDGE_BINARY], "--cdn-location", "IAD12-C1")]
        self.wait_for("both live", lambda: all(e["state"] == "live" for e in self.listed().values()))

    def requests(self, distribution):
        now = datetime.datetime.now(datetime.timezone.utc)
        points = self.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/CloudFront", MetricName="Requests", Statistics=["Sum"], Period=7200,
            Dimensions=[{"Name": "DistributionId", "Value": distribution}, {"Name": "Region", "Value": "Global"}],
            StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1))["Datapoints"]
        return sum(point["Sum"] for point in points)

    def make_stream(self):
        kinesis = self.aws("kinesis")
        kinesis.create_stream(StreamName="requests", ShardCount=1)
        arn = kinesis.describe_stream(StreamName="requests")["StreamDescription"]["StreamARN"]
        return self.aws("cloudfront").create_realtime_log_config(
            Name="all", SamplingRate=100, Fields=["cs-uri-stem", "x-edge-location", "x-edge-result-type"],
            EndPoints=[{"StreamType": "Kinesis", "KinesisStreamConfig": {
                "RoleARN": "arn:aws:iam::%s:role/logs" % arn.split(":")[4], "StreamARN": arn}}])["RealtimeLogConfig"]["ARN"]

    def streamed(self):
        kinesis = self.aws("kinesis")
        iterator = kinesis.get_shard_iterator(StreamName="requests", ShardId="shardId-000000000000",
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        return [tuple(record["Data"].decode()[:-1].split("\t"))
                for record in kinesis.get_records(ShardIterator=iterator)["Records"]]

    def logged(self):
        """Of the standard logs: location, path and result."""
        s3, found = self.aws("s3"), []
        for entry in s3.list_objects_v2(Bucket="logs").get("Contents", []):
            text = gzip.decompress(s3.get_object(Bucket="logs", Key=entry["Key"])["Body"].read()).decode()
            for line in text.splitlines()[2:]:
                values = line.split("\t")
                self.assertEqual(len(values), 33, line)
                found.append((values[7], values[2], values[13]))
        return sorted(found)

    def test_the_control_tells_of_what_its_edges_served(self):
        self.aws("s3").create_bucket(Bucket="logs")
        made = self.create(
            Logging={"Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""},
            DefaultCacheBehavior={"ViewerProtocolPolicy": "allow-all", "TargetOriginId": "o",
                                  "CachePolicyId": CACHING_OPTIMIZED, "RealtimeLogConfigArn": self.make_stream()})
        host, distribution = made["DomainName"], made["Id"]
        for edge in self.edges:
            for path in ("/a", "/a"):
                self.get(edge, host, path)
        expected = [(path, pop, result) for path in ["/a"] for pop in ("FRA50-C1", "IAD12-C1") for result in ("Hit", "Miss")]
        self.wait_for("the stream", lambda: sorted(self.streamed()) == expected)
        self.wait_for("metrics", lambda: self.requests(distribution) == 4, 30)

        # What is served while the control is gone is kept.
        self.control.end(signal.SIGKILL)
        self.get(self.edges[0], host, "/meanwhile")
        time.sleep(1)
        self.control.restart()
        self.clients = {}
        expected += [("/meanwhile", "FRA50-C1", "Miss")]
        self.wait_for("the stream", lambda: sorted(self.streamed()) == expected, 30)
        self.wait_for("metrics", lambda: self.requests(distribution) == 5, 30)

        # An edge that ends tells the last of it, and the control delivers at its own end.
        self.get(self.edges[1], host, "/last")
        self.edges[1].end()
        expected += [("/last", "IAD12-C1", "Miss")]
        self.wait_for("the stream", lambda: sorted(self.streamed()) == sorted(expected))
        self.wait_for("metrics", lambda: self.requests(distribution) == 6, 30)
        self.control.end()
        self.control.restart()
        self.clients = {}
        self.wait_for("logs", lambda: self.logged() == sorted(expected), 20)

    def test_explain_http_at_an_edge(self):
        host = self.create()["DomainName"]
        for edge, pop in zip(self.edges, ("FRA50-C1", "IAD12-C1")):
            words = ("explain", "http", f"http://{host}/a", "--admin", f"http://{edge.admin}", "--output", "json")
            self.assertEqual([step["step"] for step in json.loads(meridian(*words).stdout)["steps"]][0], "distribution")
            explained = json.loads(meridian(*words, "--fetch").stdout)
            self.assertEqual((explained["location"], explained["answer"]["status"]), (pop, 200))


if __name__ == "__main__":
    unittest.main()

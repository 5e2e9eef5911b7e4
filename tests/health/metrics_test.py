#!/usr/bin/env python3
"""Health checks of CloudWatch metrics, and with HEALTH_FULL=1 the metrics of health checks, which takes a minute."""
import datetime
import json
import os
import pathlib
import socket
import sys
import time
import unittest

import boto3
from botocore.config import Config

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from endpoints import Endpoint, reply  # noqa: E402
from meridian_server import Server  # noqa: E402

FULL = os.environ.get("HEALTH_FULL") == "1"


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("--dev", "--private-health-checks"))
        keys = {"region_name": "us-east-1", "endpoint_url": "http://%s:%d" % cls.server.api, "aws_access_key_id": "test",
                "aws_secret_access_key": "test", "config": Config(retries={"total_max_attempts": 2})}
        cls.route53, cls.cloudwatch = boto3.client("route53", **keys), boto3.client("cloudwatch", **keys)

    def healthy(self, check: str) -> bool:
        listed = json.loads(self.server.meridian("health", "list", "--output", "json").stdout)["health_checks"]
        return next(each["healthy"] for each in listed if each["id"] == check)

    def becomes(self, check: str, healthy: bool, limit: float = 5):
        began = time.monotonic()
        while self.healthy(check) != healthy:
            self.assertLess(time.monotonic() - began, limit)
            time.sleep(0.05)

    def alarm(self, metric: str, value: float | None, **more):
        if value is not None:
            minute_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
            self.cloudwatch.put_metric_data(Namespace="App", MetricData=[
                {"MetricName": metric, "Value": value, "Timestamp": minute_ago}])
        self.cloudwatch.put_metric_alarm(**{
            "AlarmName": metric, "Namespace": "App", "MetricName": metric, "Statistic": "Average", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 80, "ComparisonOperator": "GreaterThanThreshold", **more})

    def check(self, alarm: str, **more) -> str:
        made = self.route53.create_health_check(CallerReference=alarm, HealthCheckConfig={
            "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": alarm}, **more})["HealthCheck"]
        self.assertEqual(made["CloudWatchAlarmConfiguration"]["MetricName"], alarm)
        return made["Id"]

    def test_a_check_follows_the_metric_of_its_alarm(self):
        if time.time() % 60 > 50:
            time.sleep(11)  # so that the minute does not change meanwhile
        self.alarm("Busy", 99)
        self.alarm("Idle", 1)
        self.alarm("Unknown", None)
        busy, idle = self.check("Busy"), self.check("Idle")
        unknown = self.check("Unknown", InsufficientDataHealthStatus="Unhealthy")
        self.becomes(busy, False)
        self.becomes(unknown, False)
        self.assertTrue(self.healthy(idle))
        # Neither the alarm's state nor its later settings count, until the check is updated.
        self.cloudwatch.set_alarm_state(AlarmName="Busy", StateValue="OK", StateReason="a drill")
        self.alarm("Busy", None, Threshold=100)
        time.sleep(1)
        self.assertFalse(self.healthy(busy))
        self.route53.update_health_check(HealthCheckId=busy, InsufficientDataHealthStatus="Healthy")
        self.becomes(busy, True)

    def test_an_alarm_that_cannot_be_followed_is_refused(self):
        self.alarm("Some", None, EvaluationPeriods=3, DatapointsToAlarm=2)
        for alarm, why in (("Some", "M out of N"), ("None", "does not exist")):
            with self.assertRaisesRegex(self.route53.exceptions.InvalidInput, why):
                self.check(alarm)

    @unittest.skipUnless(FULL, "takes a minute: run --full")
    def test_checks_have_metrics(self):
        endpoint = Endpoint(reply())
        self.addCleanup(endpoint.stop)
        id_ = self.route53.create_health_check(CallerReference="measured", HealthCheckConfig={
            "Type": "HTTP", "IPAddress": "127.0.0.1", "Port": endpoint.port, "RequestInterval": 10, "MeasureLatency": True,
        })["HealthCheck"]["Id"]

        def points(metric: str, **dimensions: str) -> list[dict]:
            now = datetime.datetime.now(datetime.timezone.utc)
            return self.cloudwatch.get_metric_statistics(
                Namespace="AWS/Route53", MetricName=metric, Period=60, Statistics=["Average", "SampleCount"],
                StartTime=now - datetime.timedelta(minutes=10), EndTime=now + datetime.timedelta(minutes=1),
                Dimensions=[{"Name": name, "Value": value} for name, value in
                            {"HealthCheckId": id_, **dimensions}.items()])["Datapoints"]
        began = time.monotonic()
        while not points("ConnectionTime", Region="sa-east-1"):
            self.assertLess(time.monotonic() - began, 140)
            time.sleep(1)
        self.assertEqual({each["Average"] for each in points("HealthCheckStatus")}, {1})
        self.assertEqual(points("HealthCheckPercentageHealthy")[-1]["Average"], 100)
        for metric in ("ConnectionTime", "TimeToFirstByte"):
            self.assertGreaterEqual(points(metric)[0]["SampleCount"], 8)
            self.assertEqual(points(metric)[0]["Unit"], "Milliseconds")
        self.assertEqual(points("SSLHandshakeTime"), [])
        self.assertGreaterEqual(self.server_metric('meridian_health_probes_total{region="sa-east-1",result="healthy"}'), 1)

    def server_metric(self, series: str) -> float:
        with socket.create_connection(self.server.admin) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        return next(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(series + " "))


if __name__ == "__main__":
    unittest.main()

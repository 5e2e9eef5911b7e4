#!/usr/bin/env python3
"""CloudWatch Logs by the AWS CLI (every version on this machine) and the AWS SDK for JavaScript v3."""
import http.client
import json
import pathlib
import signal
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase, run_sdk_script  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402

GROUP = "/aws/route53/example.com"
LINE = "1.0 2026-11-21T14:00:00Z Z1 {}.example.com A {} UDP FRA50 192.0.2.1 -"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class AwsCli(FreshServerCase):
    options = ("--dev",)

    def logs(self, *words: str, **more):
        return self.aws("logs", *words, **more)

    def put(self, *messages: str, stream: str = "s"):
        events = json.dumps([{"timestamp": now_ms(), "message": message} for message in messages])
        return self.logs("put-log-events", "--log-group-name", GROUP, "--log-stream-name", stream, "--log-events", events)

    def each_command(self):
        for self.command in aws_commands():
            self.logs("create-log-group", "--log-group-name", GROUP, "--region", "us-east-1")
            self.logs("create-log-stream", "--log-group-name", GROUP, "--log-stream-name", "s")
            yield self.command
            self.logs("delete-log-group", "--log-group-name", GROUP)

    def test_as_the_documents_print_it(self):
        for _ in self.each_command():
            self.put(LINE.format("www", "NOERROR"), "ERROR of something else", "fine")
            found = self.logs("filter-log-events", "--log-group-name", GROUP,
                              "--start-time", str(now_ms() - 3_600_000), "--filter-pattern", "ERROR")
            self.assertEqual(len(found["events"]), 2, found)
            self.logs("create-log-group", "--log-group-name", GROUP, fails="ResourceAlreadyExistsException")
            self.logs("filter-log-events", "--log-group-name", "missing", fails="ResourceNotFoundException")
            self.logs("filter-log-events", "--log-group-name", GROUP, "--filter-pattern", "a-b",
                      fails="InvalidParameterException")

    def test_pages(self):
        for _ in self.each_command():
            for start in range(0, 30, 10):
                self.put(*(f"event {number}" for number in range(start, start + 10)))
            found = self.logs("filter-log-events", "--log-group-name", GROUP, "--page-size", "7")
            self.assertEqual([event["message"] for event in found["events"]], [f"event {n}" for n in range(30)])
            seen, token = [], []
            while True:
                page = self.logs("get-log-events", "--log-group-name", GROUP, "--log-stream-name", "s", "--limit", "8",
                                 "--start-from-head", *token)
                if token[1:] == [page["nextForwardToken"]]:
                    break
                seen += [event["message"] for event in page["events"]]
                token = ["--next-token", page["nextForwardToken"]]
            self.assertEqual(seen, [f"event {n}" for n in range(30)])

    def test_metric_filter_reaches_cloudwatch(self):
        for _ in self.each_command():
            name = f"Errors{now_ms()}"
            self.logs("put-metric-filter", "--log-group-name", GROUP, "--filter-name", "errors", "--filter-pattern",
                      "[version, time, zone, name, type, rcode = NXDOMAIN, ...]", "--metric-transformations",
                      f"metricName={name},metricNamespace=Dns,metricValue=1")
            self.put(LINE.format("a", "NXDOMAIN"), LINE.format("b", "NOERROR"), LINE.format("c", "NXDOMAIN"))
            window = ["--start-time", time.strftime("%FT%TZ", time.gmtime(time.time() - 300)),
                      "--end-time", time.strftime("%FT%TZ", time.gmtime(time.time() + 300))]
            found = self.aws("cloudwatch", "get-metric-statistics", "--namespace", "Dns", "--metric-name", name, *window,
                             "--period", "60", "--statistics", "Sum")
            self.assertEqual(sum(point["Sum"] for point in found["Datapoints"]), 2, found)

    def test_tail_follows(self):
        for command in self.each_command():
            version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
            if version.startswith("aws-cli/1."):  # which has no tail
                continue
            self.put("ERROR before", "fine")
            self.assertIn("ERROR before", self.aws_text("logs", "tail", GROUP, "--since", "1h"))
            tail = subprocess.Popen([command, "--endpoint-url", self.server.environment["AWS_ENDPOINT_URL"], "logs",
                                     "tail", GROUP, "--since", "1h", "--follow", "--filter-pattern", "ERROR"],
                                    stdout=subprocess.PIPE, text=True, env={**self.server.environment,
                                                                           "PYTHONUNBUFFERED": "1"})
            try:
                self.assertIn("ERROR before", tail.stdout.readline())
                self.put("ERROR meanwhile", "fine", stream="s")
                self.assertIn("ERROR meanwhile", tail.stdout.readline())
            finally:
                tail.send_signal(signal.SIGKILL)
                tail.wait()
                tail.stdout.close()

    def test_a_dry_run_keeps_nothing(self):
        self.command = aws_commands()[0]
        self.logs("create-log-group", "--log-group-name", "dry")
        self.logs("create-log-stream", "--log-group-name", "dry", "--log-stream-name", "s")
        connection = http.client.HTTPConnection(*self.server.api, timeout=30)
        body = json.dumps({"logGroupName": "dry", "logStreamName": "s",
                           "logEvents": [{"timestamp": now_ms(), "message": "kept?"}]})
        connection.request("POST", "/", body, {"X-Amz-Target": "Logs_20140328.PutLogEvents",
                                               "Content-Type": "application/x-amz-json-1.1",
                                               "x-meridian-dry-run": "true"})
        reply = connection.getresponse()
        self.assertEqual(reply.status, 200, reply.read())
        connection.close()
        found = self.logs("get-log-events", "--log-group-name", "dry", "--log-stream-name", "s")
        self.assertEqual(found["events"], [])


class JavaScriptSdk(unittest.TestCase):
    def test_groups_streams_events_filters_and_errors(self):
        with Server() as server:
            run_sdk_script(self, server, HERE / "logs.mjs")


if __name__ == "__main__":
    unittest.main()

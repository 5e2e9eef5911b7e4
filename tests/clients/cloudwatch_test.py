#!/usr/bin/env python3
"""CloudWatch through every AWS CLI on this machine (query, JSON) and the AWS SDK for JavaScript (rpc-v2-cbor)."""
import datetime
import http.server
import json
import pathlib
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import FreshServerCase, run_sdk_script  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402


def stamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class AwsCli(FreshServerCase):
    def setUp(self):
        super().setUp()
        self.minute = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)

    def cloudwatch(self, *words: str, **more):
        return self.aws("cloudwatch", *words, **more)

    def sums(self) -> list[float]:
        got = self.cloudwatch("get-metric-statistics", "--namespace", "Site", "--metric-name", "Requests",
                              "--dimensions", "Name=Host,Value=a", "--period", "60", "--statistics", "Sum",
                              "--start-time", stamp(self.minute - datetime.timedelta(hours=1)),
                              "--end-time", stamp(self.minute + datetime.timedelta(hours=1)))
        return [point["Sum"] for point in got["Datapoints"]]

    def put(self, *more: str, **kinds):
        return self.cloudwatch("put-metric-data", "--namespace", "Site", "--metric-name", "Requests", *more, **kinds)

    def test_metrics(self):
        for number, self.command in enumerate(aws_commands(), 1):
            self.put("--dimensions", "Host=a", "--value", "2.5", "--unit", "Count", "--timestamp", stamp(self.minute))
            self.assertEqual(self.sums(), [2.5 * number])
            listed = self.cloudwatch("list-metrics", "--namespace", "Site", "--recently-active", "PT3H")["Metrics"]
            self.assertEqual(listed, [{"Namespace": "Site", "MetricName": "Requests",
                                       "Dimensions": [{"Name": "Host", "Value": "a"}]}])
            data = self.cloudwatch(
                "get-metric-data", "--start-time", stamp(self.minute), "--end-time",
                stamp(self.minute + datetime.timedelta(minutes=5)), "--metric-data-queries", json.dumps([{
                    "Id": "m1", "MetricStat": {"Period": 300, "Stat": "SampleCount", "Metric": {
                        "Namespace": "Site", "MetricName": "Requests", "Dimensions": listed[0]["Dimensions"]}}}]))
            self.assertEqual(data["MetricDataResults"][0]["Values"], [number])
            self.put("--value", "1", "--timestamp", "2020-01-01T00:00:00Z",
                     fails="(InvalidParameterValue) when calling the PutMetricData operation: The parameter "
                           "MetricData.member.1.Timestamp must specify a time within the past two weeks.")
            self.cloudwatch("put-metric-data", "--namespace", "AWS/Site", "--metric-name", "M", "--value", "1",
                            fails="The value AWS/ for parameter Namespace is invalid.")

    def state_of(self, alarm: str, wanted: str, kind: str = "MetricAlarm") -> dict:
        deadline = time.monotonic() + 30
        while True:
            alarms = self.cloudwatch("describe-alarms", "--alarm-names", alarm, "--alarm-types", kind)[kind + "s"]
            if alarms[0]["StateValue"] == wanted:
                return alarms[0]
            self.assertLess(time.monotonic(), deadline, alarms)
            time.sleep(0.2)

    def test_alarms(self):
        topic = "arn:aws:sns:us-east-1:123456789012:pager"
        for self.command in aws_commands():
            before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
            self.put("--value", "7", "--timestamp", stamp(before))
            for alarm, metric in (("errors", "Requests"), ("manual", "Nothing")):
                self.cloudwatch("put-metric-alarm", "--alarm-name", alarm, "--metric-name", metric, "--namespace", "Site",
                                "--statistic", "Maximum", "--period", "60", "--evaluation-periods", "1", "--threshold", "5",
                                "--comparison-operator", "GreaterThanThreshold", "--treat-missing-data", "ignore",
                                "--alarm-actions", topic, "--tags", "Key=team,Value=edge")
            alarm = self.state_of("errors", "ALARM")
            self.assertIn("1 out of the last 1 datapoints [7.0 (", alarm["StateReason"])
            self.cloudwatch("put-composite-alarm", "--alarm-name", "any", "--alarm-rule", 'ALARM("errors") AND NOT OK("manual")')
            self.state_of("any", "ALARM", "CompositeAlarm")
            self.cloudwatch("set-alarm-state", "--alarm-name", "manual", "--state-value", "OK", "--state-reason", "a test")
            self.state_of("any", "OK", "CompositeAlarm")
            self.assertEqual(self.cloudwatch("list-tags-for-resource", "--resource-arn", alarm["AlarmArn"])["Tags"],
                             [{"Key": "team", "Value": "edge"}])
            lines = [item["HistorySummary"] for item in self.cloudwatch(
                "describe-alarm-history", "--alarm-name", "errors", "--no-paginate")["AlarmHistoryItems"]]
            self.assertEqual(lines[:2], ["Failed to execute action " + topic,
                                         "Alarm updated from INSUFFICIENT_DATA to ALARM"])
            self.cloudwatch("delete-alarms", "--alarm-names", "errors", fails="there are composite alarm(s) depending on it")
            self.cloudwatch("delete-alarms", "--alarm-names", "errors", "manual", "any")
            self.cloudwatch("put-metric-alarm", "--alarm-name", "bad", "--metric-name", "M", "--namespace", "Site",
                            "--statistic", "Sum", "--period", "60", "--evaluation-periods", "1441", "--threshold", "1",
                            "--comparison-operator", "LessThanThreshold",
                            fails="(ValidationError) when calling the PutMetricAlarm operation: Metrics cannot be checked "
                                  "across more than a day (EvaluationPeriods * Period must be <= 86400).")

    def test_metric_math(self):
        for self.command in aws_commands():
            self.put("--value", "3", "--timestamp", stamp(self.minute))
        data = self.cloudwatch(
            "get-metric-data", "--start-time", stamp(self.minute), "--end-time",
            stamp(self.minute + datetime.timedelta(minutes=2)), "--scan-by", "TimestampAscending",
            "--metric-data-queries", json.dumps([
                {"Id": "e1", "Expression": "FILL(m1, 0) * 100 / PERIOD(m1)", "Label": "share"},
                {"Id": "m1", "ReturnData": False, "MetricStat": {"Period": 60, "Stat": "Average", "Metric": {
                    "Namespace": "Site", "MetricName": "Requests"}}}]))
        result = data["MetricDataResults"][0]
        self.assertEqual((result["Label"], result["Values"]), ("share", [5, 0]))

    def test_actions_reach_the_webhook(self):
        received = []

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.append((self.headers["x-amz-sns-topic-arn"],
                                 json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        self.command = aws_commands()[0]
        topic = "arn:aws:sns:us-east-1:123456789012:pager"
        self.server.__exit__()
        self.server = Server("--alarm-webhook", "http://127.0.0.1:%d/alarms" % hook.server_port)
        self.server.start()
        self.cloudwatch("put-metric-alarm", "--alarm-name", "errors", "--metric-name", "Requests", "--namespace", "Site",
                        "--statistic", "Sum", "--period", "60", "--evaluation-periods", "1", "--threshold", "5",
                        "--comparison-operator", "GreaterThanThreshold", "--alarm-actions", topic)
        self.cloudwatch("set-alarm-state", "--alarm-name", "errors", "--state-value", "ALARM", "--state-reason", "a test")
        deadline = time.monotonic() + 20
        while not received and time.monotonic() < deadline:
            time.sleep(0.05)
        (sent_to, envelope), = received
        self.assertEqual((sent_to, envelope["TopicArn"], envelope["Type"]), (topic, topic, "Notification"))
        message = json.loads(envelope["Message"])
        self.assertEqual((message["AlarmName"], message["NewStateValue"], message["Trigger"]["Statistic"]),
                         ("errors", "ALARM", "SUM"))
        while time.monotonic() < deadline:
            lines = [item["HistorySummary"] for item in self.cloudwatch(
                "describe-alarm-history", "--history-item-type", "Action")["AlarmHistoryItems"]]
            if lines:
                break
        self.assertEqual(lines, ["Successfully executed action " + topic])
        hook.shutdown()
        hook.server_close()

    def test_dashboards(self):
        body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "# Site"}}]})
        for self.command in aws_commands():
            self.cloudwatch("put-dashboard", "--dashboard-name", "site", "--dashboard-body", body)
            self.assertEqual(self.cloudwatch("get-dashboard", "--dashboard-name", "site")["DashboardBody"], body)
            entries = self.cloudwatch("list-dashboards")["DashboardEntries"]
            self.assertEqual([(entry["DashboardName"], entry["Size"]) for entry in entries], [("site", len(body))])
            self.cloudwatch("put-dashboard", "--dashboard-name", "site", "--dashboard-body", "{", fails="valid JSON object")
            self.cloudwatch("delete-dashboards", "--dashboard-names", "site")
            self.cloudwatch("get-dashboard", "--dashboard-name", "site", fails="Dashboard site does not exist")

    def test_metrics_survive_a_kill(self):
        self.command = aws_commands()[0]
        self.put("--dimensions", "Host=a", "--value", "7", "--timestamp", stamp(self.minute))
        self.server.kill()
        self.server.start()
        self.assertEqual(self.sums(), [7])


class JavaScriptSdk(unittest.TestCase):
    def test_metrics_and_dashboards_in_cbor(self):
        with Server() as server:
            run_sdk_script(self, server, HERE / "cloudwatch.mjs")


if __name__ == "__main__":
    unittest.main()

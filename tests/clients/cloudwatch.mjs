// CloudWatch through the AWS SDK for JavaScript v3, which speaks rpc-v2-cbor. Exits 1 on a failure.
import assert from "node:assert/strict";
import {
  CloudWatchClient, DeleteAlarmsCommand, DeleteDashboardsCommand, DescribeAlarmHistoryCommand, DescribeAlarmsCommand,
  GetDashboardCommand, GetMetricDataCommand, GetMetricStatisticsCommand,
  ListMetricsCommand, PutDashboardCommand, PutMetricAlarmCommand, PutMetricDataCommand, SetAlarmStateCommand, paginateGetMetricData,
} from "@aws-sdk/client-cloudwatch";

const cloudwatch = new CloudWatchClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" });
const minute = new Date(Math.floor(Date.now() / 60000) * 60000 - 300000);
const later = new Date(minute.getTime() + 60000);
const Dimensions = [{ Name: "Host", Value: "höchst".replace("ö", "oe") }];

await cloudwatch.send(new PutMetricDataCommand({
  Namespace: "Sdk",
  MetricData: [
    { MetricName: "Latency", Dimensions, Timestamp: minute, Values: [0.5, 10], Counts: [3, 1], Unit: "Milliseconds" },
    { MetricName: "Latency", Dimensions, Timestamp: later, Value: 7, Unit: "Milliseconds" },
  ],
}));
const listed = await cloudwatch.send(new ListMetricsCommand({ Namespace: "Sdk" }));
assert.deepEqual(listed.Metrics, [{ Namespace: "Sdk", MetricName: "Latency", Dimensions }]);

const range = { StartTime: minute, EndTime: new Date(minute.getTime() + 600000) };
const statistics = await cloudwatch.send(new GetMetricStatisticsCommand({
  Namespace: "Sdk", MetricName: "Latency", Dimensions, Period: 60, Statistics: ["Sum", "SampleCount", "Maximum"], ...range,
}));
assert.deepEqual(statistics.Datapoints.map((point) => [point.Timestamp, point.Sum, point.SampleCount, point.Maximum, point.Unit]),
  [[minute, 11.5, 4, 10, "Milliseconds"], [later, 7, 1, 7, "Milliseconds"]]);

const MetricDataQueries = [{
  Id: "p", MetricStat: { Metric: { Namespace: "Sdk", MetricName: "Latency", Dimensions }, Period: 60, Stat: "p50" },
}];
const data = await cloudwatch.send(new GetMetricDataCommand({ MetricDataQueries, ...range }));
assert.deepEqual(data.MetricDataResults[0].Timestamps, [later, minute]);
assert.ok(Math.abs(data.MetricDataResults[0].Values[1] - 0.5) <= 0.005);

let pages = 0;
for await (const page of paginateGetMetricData({ client: cloudwatch }, { MetricDataQueries, MaxDatapoints: 1, ...range })) {
  assert.equal(page.MetricDataResults[0].Values.length, 1);
  pages += 1;
}
assert.equal(pages, 2);

await assert.rejects(cloudwatch.send(new PutMetricDataCommand({ Namespace: "Sdk", MetricData: [] })),
  (error) => error.name === "MissingRequiredParameterException" && /MetricData is required/.test(error.message));
await assert.rejects(cloudwatch.send(new PutMetricDataCommand({ Namespace: "Sdk", MetricData: [{ MetricName: "M", Value: NaN }] })),
  { name: "InvalidParameterValueException" });

const math = await cloudwatch.send(new GetMetricDataCommand({
  MetricDataQueries: [{ ...MetricDataQueries[0], ReturnData: false }, { Id: "e", Expression: "p * 0 + PERIOD(p)" }], ...range,
}));
assert.deepEqual(math.MetricDataResults.map((result) => [result.Id, result.Values]), [["e", [60, 60]]]);

await cloudwatch.send(new PutMetricAlarmCommand({
  AlarmName: "sdk", Namespace: "Sdk", MetricName: "Latency", Dimensions, Statistic: "Maximum", Period: 60, EvaluationPeriods: 1,
  Threshold: 5, ComparisonOperator: "GreaterThanThreshold", TreatMissingData: "ignore",
}));
await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "sdk", StateValue: "ALARM", StateReason: "a test" }));
const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["sdk"] }));
assert.equal(MetricAlarms[0].StateValue, "ALARM");
assert.ok(MetricAlarms[0].StateUpdatedTimestamp instanceof Date);
const { AlarmHistoryItems } = await cloudwatch.send(new DescribeAlarmHistoryCommand({ AlarmName: "sdk", HistoryItemType: "StateUpdate" }));
assert.equal(JSON.parse(AlarmHistoryItems[0].HistoryData).newState.stateReason, "a test");
await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["sdk"] }));

const DashboardBody = JSON.stringify({ widgets: [{ type: "text", properties: { markdown: "# Grüße" } }] });
await cloudwatch.send(new PutDashboardCommand({ DashboardName: "sdk", DashboardBody }));
assert.equal((await cloudwatch.send(new GetDashboardCommand({ DashboardName: "sdk" }))).DashboardBody, DashboardBody);
await cloudwatch.send(new DeleteDashboardsCommand({ DashboardNames: ["sdk"] }));
await assert.rejects(cloudwatch.send(new GetDashboardCommand({ DashboardName: "sdk" })), { name: /DashboardNotFoundError|ResourceNotFound/ });

// The AWS SDK for JavaScript v3 against CloudWatch Logs of a real server. Exits 1 on a failure.
import assert from "node:assert/strict";
import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, DeleteLogGroupCommand,
  DescribeLogStreamsCommand, GetLogEventsCommand, ListTagsForResourceCommand, PutLogEventsCommand,
  PutResourcePolicyCommand, PutRetentionPolicyCommand, TestMetricFilterCommand, DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";

const logs = new CloudWatchLogsClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" });
const logGroupName = "/sdk/logs";
await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { team: "dns" } }));
await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName })), { name: "ResourceAlreadyExistsException" });
for (const logStreamName of ["a", "b"]) await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
const group = (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/sdk/" }))).logGroups[0];
assert.deepEqual((await logs.send(new ListTagsForResourceCommand({ resourceArn: group.logGroupArn }))).tags, { team: "dns" });

const now = Date.now(), day = 86_400_000;
const put = await logs.send(new PutLogEventsCommand({
  logGroupName, logStreamName: "a",
  logEvents: [{ timestamp: now - 20 * day, message: "too old" },
    { timestamp: now, message: JSON.stringify({ latency: 42, path: "/ü" }) }, { timestamp: now + 3 * 3_600_000, message: "too new" }],
}));
assert.deepEqual(put.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
await logs.send(new PutLogEventsCommand({
  logGroupName, logStreamName: "b", logEvents: [1, 2, 3].map((n) => ({ timestamp: now + n, message: JSON.stringify({ latency: n }) })),
}));
await assert.rejects(logs.send(new PutLogEventsCommand({
  logGroupName, logStreamName: "a", logEvents: [{ timestamp: now, message: "b" }, { timestamp: now - 1, message: "a" }],
})), { name: "InvalidParameterException", message: /chronological order/ });

const found = [];
for await (const page of paginateFilterLogEvents({ client: logs, pageSize: 2 },
  { logGroupName, filterPattern: "{ $.latency > 1 && $.latency != 3 }" })) found.push(...page.events);
assert.deepEqual(found.map((event) => [event.logStreamName, JSON.parse(event.message).latency]), [["a", 42], ["b", 2]]);
assert.equal(JSON.parse(found[0].message).path, "/ü");

let page = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: "b", limit: 2 }));
assert.deepEqual(page.events.map((event) => event.timestamp), [now + 2, now + 3]);
page = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: "b", nextToken: page.nextBackwardToken }));
assert.deepEqual(page.events.map((event) => event.timestamp), [now + 1]);

const streams = await logs.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true }));
assert.deepEqual(streams.logStreams.map((stream) => stream.lastEventTimestamp), [now + 3, now]);
const tried = await logs.send(new TestMetricFilterCommand({
  filterPattern: "[ip, ..., status = 4*, bytes]", logEventMessages: ['192.0.2.1 "GET /" 404 12', "x"],
}));
assert.deepEqual(tried.matches.map((match) => match.extractedValues),
  [{ $ip: "192.0.2.1", $2: "GET /", $status: "404", $bytes: "12" }]);
await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
await assert.rejects(logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 8 })), { name: "InvalidParameterException" });
const policyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow",
  Principal: { Service: "route53.amazonaws.com" }, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }] });
assert.equal((await logs.send(new PutResourcePolicyCommand({ policyName: "r53", policyDocument }))).resourcePolicy.policyName, "r53");
await logs.send(new DeleteLogGroupCommand({ logGroupName }));
await assert.rejects(logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: "b" })), { name: "ResourceNotFoundException" });
console.log("logs ok");

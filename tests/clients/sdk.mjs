// The AWS SDK for JavaScript v3 against a real server: zones, records, the waiter, errors. Exits 1 on a failure.
import assert from "node:assert/strict";
import {
  ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, DeleteHostedZoneCommand, GetHostedZoneCommand,
  ListResourceRecordSetsCommand, Route53Client, waitUntilResourceRecordSetsChanged,
} from "@aws-sdk/client-route-53";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { CreateUserCommand, GetUserCommand, IAMClient } from "@aws-sdk/client-iam";

const settings = { endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" };
const route53 = new Route53Client(settings);
const identity = await new STSClient(settings).send(new GetCallerIdentityCommand({}));
assert.match(identity.Account, /^\d{12}$/);

const iam = new IAMClient(settings);
await iam.send(new CreateUserCommand({ UserName: "sdk-user" }));
assert.equal((await iam.send(new GetUserCommand({ UserName: "sdk-user" }))).User.UserName, "sdk-user");

const made = await route53.send(new CreateHostedZoneCommand({ Name: "sdk.test", CallerReference: "sdk-1" }));
const zone = made.HostedZone.Id;
await assert.rejects(route53.send(new CreateHostedZoneCommand({ Name: "sdk.test", CallerReference: "sdk-1" })),
  { name: "HostedZoneAlreadyExists" });

const upsert = (name, value) => ({
  Action: "UPSERT",
  ResourceRecordSet: { Name: name, Type: "A", TTL: 30, ResourceRecords: [{ Value: value }] },
});
const changed = await route53.send(new ChangeResourceRecordSetsCommand({
  HostedZoneId: zone, ChangeBatch: { Comment: "höher", Changes: [upsert("a.sdk.test", "192.0.2.10"), upsert("*.sdk.test", "192.0.2.11")] },
}));
const waited = await waitUntilResourceRecordSetsChanged(
  { client: route53, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { Id: changed.ChangeInfo.Id });
assert.equal(waited.state, "SUCCESS");

const weighted = (identifier, weight, value) => ({
  Action: "UPSERT",
  ResourceRecordSet: {
    Name: "api.sdk.test", Type: "A", TTL: 60, SetIdentifier: identifier, Weight: weight, ResourceRecords: [{ Value: value }],
  },
});
await route53.send(new ChangeResourceRecordSetsCommand({
  HostedZoneId: zone, ChangeBatch: { Changes: [weighted("blue", 80, "192.0.2.1"), weighted("green", 0, "192.0.2.2")] },
}));
await assert.rejects(route53.send(new ChangeResourceRecordSetsCommand({
  HostedZoneId: zone, ChangeBatch: { Changes: [upsert("api.sdk.test", "192.0.2.3")] },
})), { name: "InvalidChangeBatch" });

const names = [], weights = [];
for (let start = {}, page; !page || page.IsTruncated;) {
  page = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: 2, ...start }));
  names.push(...page.ResourceRecordSets.map((set) => `${set.Name} ${set.Type}`));
  weights.push(...page.ResourceRecordSets.filter((set) => set.SetIdentifier).map((set) => [set.SetIdentifier, set.Weight]));
  start = {
    StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType,
    StartRecordIdentifier: page.NextRecordIdentifier,
  };
}
assert.deepEqual(names, [
  "sdk.test. NS", "sdk.test. SOA", "\\052.sdk.test. A", "a.sdk.test. A", "api.sdk.test. A", "api.sdk.test. A",
]);
assert.deepEqual(weights, [["blue", 80], ["green", 0]]);

await assert.rejects(route53.send(new ChangeResourceRecordSetsCommand({
  HostedZoneId: zone,
  ChangeBatch: { Changes: [upsert("a.sdk.test", "300.0.0.1"), upsert("b.elsewhere.test", "192.0.2.1")] },
})), (error) => {
  assert.equal(error.name, "InvalidChangeBatch");
  assert.match(error.message + (error.messages ?? ""), /ARRDATAIllegalIPv4Address/);
  assert.match(error.message + (error.messages ?? ""), /b\.elsewhere\.test/);
  return true;
});
await assert.rejects(route53.send(new DeleteHostedZoneCommand({ Id: zone })), { name: "HostedZoneNotEmpty" });
await assert.rejects(route53.send(new GetHostedZoneCommand({ Id: "ZDOESNOTEXIST" })), { name: "NoSuchHostedZone" });
console.log("sdk ok");

// What buckets are told, by the AWS SDK for JavaScript v3: versions, tags, websites, CORS, lifecycles, policies, forms.
// Exits 1 on a failure.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteBucketCommand,
  DeleteBucketWebsiteCommand, DeleteObjectCommand, DeleteObjectTaggingCommand, DeleteObjectsCommand, GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand, GetBucketLocationCommand, GetBucketPolicyCommand, GetBucketTaggingCommand,
  GetBucketVersioningCommand, GetBucketWebsiteCommand, GetObjectAttributesCommand, GetObjectCommand, GetObjectTaggingCommand,
  GetPublicAccessBlockCommand, HeadObjectCommand, ListMultipartUploadsCommand, ListPartsCommand, PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand, PutBucketTaggingCommand, PutBucketVersioningCommand,
  PutBucketWebsiteCommand, PutObjectCommand, PutObjectTaggingCommand, S3Client, UploadPartCopyCommand, UploadPartCommand,
  CompleteMultipartUploadCommand, ListObjectVersionsCommand, waitUntilBucketExists, waitUntilBucketNotExists,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";

const s3 = new S3Client({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" });
const Bucket = "sdk-settings";
const send = (command) => s3.send(command);
const text = async (Key, more = {}) => (await send(new GetObjectCommand({ Bucket, Key, ...more }))).Body.transformToString();

async function versions() {
  const found = [];
  let page = {};
  do {
    page = await send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, KeyMarker: page.NextKeyMarker,
                                                      VersionIdMarker: page.NextVersionIdMarker }));
    found.push(...(page.Versions ?? []).map((each) => ({ ...each, marker: false })),
               ...(page.DeleteMarkers ?? []).map((each) => ({ ...each, marker: true })));
  } while (page.IsTruncated);
  return found;
}

await send(new CreateBucketCommand({ Bucket }));
await waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket });
assert.equal((await send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
assert.equal((await send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);

// Versions.
await send(new PutObjectCommand({ Bucket, Key: "v", Body: "from before" }));
await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
assert.equal((await send(new GetBucketVersioningCommand({ Bucket }))).Status, "Enabled");
const ids = [];
for (const Body of ["one", "two", "three"]) ids.push((await send(new PutObjectCommand({ Bucket, Key: "v", Body }))).VersionId);
assert.equal(new Set(ids).size, 3);
assert.equal(await text("v"), "three");
assert.equal(await text("v", { VersionId: ids[0] }), "one");
assert.equal(await text("v", { VersionId: "null" }), "from before");
const hidden = await send(new DeleteObjectCommand({ Bucket, Key: "v" }));
assert.equal(hidden.DeleteMarker, true);
await assert.rejects(send(new GetObjectCommand({ Bucket, Key: "v" })), { name: "NoSuchKey" });
await assert.rejects(send(new GetObjectCommand({ Bucket, Key: "v", VersionId: hidden.VersionId })), { name: "MethodNotAllowed" });
const listed = await versions();
assert.deepEqual(listed.filter((each) => !each.marker).map((each) => each.VersionId), [...ids.toReversed(), "null"]);
assert.deepEqual(listed.filter((each) => each.IsLatest).map((each) => each.VersionId), [hidden.VersionId]);
await send(new DeleteObjectCommand({ Bucket, Key: "v", VersionId: hidden.VersionId }));
await send(new CopyObjectCommand({ Bucket, Key: "restored", CopySource: `${Bucket}/v?versionId=${ids[0]}` }));
assert.equal(await text("restored"), "one");

// Tags.
const TagSet = [{ Key: "colour", Value: "red + blue" }, { Key: "größe", Value: "" }];
await send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
assert.deepEqual((await send(new GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);
await send(new PutObjectCommand({ Bucket, Key: "tagged", Body: "x", Tagging: "a=1&b=two%20words" }));
assert.deepEqual((await send(new GetObjectTaggingCommand({ Bucket, Key: "tagged" }))).TagSet,
                 [{ Key: "a", Value: "1" }, { Key: "b", Value: "two words" }]);
const tagged = await send(new GetObjectCommand({ Bucket, Key: "tagged" }));
assert.deepEqual([await tagged.Body.transformToString(), tagged.TagCount], ["x", 2]);
await send(new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: { TagSet } }));
assert.deepEqual((await send(new GetObjectTaggingCommand({ Bucket, Key: "tagged" }))).TagSet, TagSet);
await send(new DeleteObjectTaggingCommand({ Bucket, Key: "tagged" }));
assert.deepEqual((await send(new GetObjectTaggingCommand({ Bucket, Key: "tagged" }))).TagSet, []);

// Websites, CORS, lifecycles, policies.
await assert.rejects(send(new GetBucketWebsiteCommand({ Bucket })), { name: "NoSuchWebsiteConfiguration" });
const WebsiteConfiguration = {
  IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "error.html" },
  RoutingRules: [{ Condition: { KeyPrefixEquals: "old/" }, Redirect: { ReplaceKeyPrefixWith: "new/", HttpRedirectCode: "302" } }],
};
await send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
const { $metadata: _, ...website } = await send(new GetBucketWebsiteCommand({ Bucket }));
assert.deepEqual(website, WebsiteConfiguration);
await send(new DeleteBucketWebsiteCommand({ Bucket }));
const CORSRules = [{ ID: "one", AllowedMethods: ["GET", "PUT"], AllowedOrigins: ["https://*.example.com"], AllowedHeaders: ["*"],
                     ExposeHeaders: ["ETag"], MaxAgeSeconds: 60 }];
await send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
assert.deepEqual((await send(new GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);
const Rules = [{ ID: "tidy", Status: "Enabled", Filter: { Prefix: "tmp/" }, Expiration: { Days: 3 },
                 NoncurrentVersionExpiration: { NoncurrentDays: 2 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }];
await send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
assert.deepEqual((await send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules, Rules);
const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow",
  Principal: { Service: "cloudfront.amazonaws.com" }, Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }] });
await send(new PutBucketPolicyCommand({ Bucket, Policy }));
assert.deepEqual(JSON.parse((await send(new GetBucketPolicyCommand({ Bucket }))).Policy), JSON.parse(Policy));
assert.equal((await send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration.BlockPublicPolicy, true);
await assert.rejects(send(new PutBucketPolicyCommand({ Bucket, Policy: Policy.replace(/\{"Service":"[^"]*"\}/, '"*"') })),
                     { name: "AccessDenied" });

// Parts: by lib-storage, copied from another object, listed, given up.
const large = randomBytes(17_000_000);
await new Upload({ client: s3, partSize: 5 << 20, queueSize: 3, tags: [{ Key: "large", Value: "yes" }],
                   params: { Bucket, Key: "large", Body: large, ContentType: "application/x-large" } }).done();
const whole = await send(new HeadObjectCommand({ Bucket, Key: "large", ChecksumMode: "ENABLED" }));
assert.deepEqual([whole.ContentLength, whole.ContentType], [large.length, "application/x-large"]);
assert.match(whole.ETag, /-4"$/);
const attributes = await send(new GetObjectAttributesCommand({ Bucket, Key: "large", ObjectAttributes: ["ObjectParts", "ObjectSize"] }));
assert.deepEqual([attributes.ObjectSize, attributes.ObjectParts.TotalPartsCount], [large.length, 4]);
assert.deepEqual((await send(new GetObjectTaggingCommand({ Bucket, Key: "large" }))).TagSet, [{ Key: "large", Value: "yes" }]);
const { UploadId } = await send(new CreateMultipartUploadCommand({ Bucket, Key: "joined" }));
const of = { Bucket, Key: "joined", UploadId };
const copied = await send(new UploadPartCopyCommand({ ...of, PartNumber: 1, CopySource: `${Bucket}/large`,
                                                      CopySourceRange: "bytes=0-5999999" }));
const last = await send(new UploadPartCommand({ ...of, PartNumber: 2, Body: "the end" }));
assert.deepEqual((await send(new ListPartsCommand(of))).Parts.map((part) => part.Size), [6_000_000, 7]);
await send(new CompleteMultipartUploadCommand({ ...of, MultipartUpload: { Parts: [
  { PartNumber: 1, ...copied.CopyPartResult, LastModified: undefined }, { PartNumber: 2, ETag: last.ETag, ChecksumCRC32: last.ChecksumCRC32 }] } }));
const joined = Buffer.from(await (await send(new GetObjectCommand({ Bucket, Key: "joined" }))).Body.transformToByteArray());
assert.ok(joined.equals(Buffer.concat([large.subarray(0, 6_000_000), Buffer.from("the end")])));
const second = await send(new GetObjectCommand({ Bucket, Key: "joined", PartNumber: 2 }));
assert.deepEqual([await second.Body.transformToString(), second.PartsCount], ["the end", 2]);
const forsaken = await send(new CreateMultipartUploadCommand({ Bucket, Key: "forsaken" }));
assert.deepEqual((await send(new ListMultipartUploadsCommand({ Bucket }))).Uploads.map((each) => each.Key), ["forsaken"]);
await send(new AbortMultipartUploadCommand({ Bucket, Key: "forsaken", UploadId: forsaken.UploadId }));

// A form that a browser would send.
const post = await createPresignedPost(s3, {
  Bucket, Key: "forms/${filename}", Expires: 60, Fields: { "x-amz-meta-by": "form" },
  Conditions: [["content-length-range", 1, 1000], ["starts-with", "$key", "forms/"]],
});
const form = (contents) => {
  const out = new FormData();
  for (const [name, value] of Object.entries(post.fields)) out.append(name, value);
  out.append("file", new Blob([contents]), "a file.txt");
  return fetch(post.url, { method: "POST", body: out });
};
const posted = await form("by form");
assert.equal(posted.status, 204, await posted.text());
assert.equal(await text("forms/a file.txt"), "by form");
assert.equal((await send(new HeadObjectCommand({ Bucket, Key: "forms/a file.txt" }))).Metadata.by, "form");
const tooLong = await form("x".repeat(1001));
assert.equal(tooLong.status, 400);
assert.match(await tooLong.text(), /<Code>EntityTooLarge</);

const everything = (await versions()).map(({ Key, VersionId }) => ({ Key, VersionId }));
const deleted = await send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: everything } }));
assert.deepEqual([deleted.Errors, deleted.Deleted.length], [undefined, everything.length]);
await send(new DeleteBucketCommand({ Bucket }));
await waitUntilBucketNotExists({ client: s3, maxWaitTime: 10 }, { Bucket });

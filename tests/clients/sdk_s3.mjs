// S3 by the AWS SDK for JavaScript v3 with its defaults: checksums in trailers of unsigned or signed streams.
// Exits 1 on a failure.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand,
  GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand,
  S3Client, paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const s3 = new S3Client({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" });
const Bucket = "sdk-bucket";
await s3.send(new CreateBucketCommand({ Bucket }));
await s3.send(new HeadBucketCommand({ Bucket }));
assert.ok((await s3.send(new ListBucketsCommand({}))).Buckets.some((bucket) => bucket.Name === Bucket));

const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
const read = async (Key, more = {}) =>
  Buffer.from(await (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body.transformToByteArray());

for (const size of [0, 1, 5000, 65536, 3_000_000]) {
  const Body = randomBytes(size);
  const put = await s3.send(new PutObjectCommand({ Bucket, Key: `bytes ${size}`, Body, Metadata: { size: `${size}` } }));
  assert.ok(put.ChecksumCRC32 || put.ChecksumCRC64NVME, "a checksum by default");
  assert.equal(sha(await read(`bytes ${size}`)), sha(Body), `${size}`);
}
// A stream of known length goes out in aws-chunked form with a trailer.
const streamed = randomBytes(700_000);
await s3.send(new PutObjectCommand({
  Bucket, Key: "streamed", Body: Readable.from([streamed.subarray(0, 300_000), streamed.subarray(300_000)]),
  ContentLength: streamed.length, ChecksumAlgorithm: "CRC32C",
}));
assert.equal(sha(await read("streamed")), sha(streamed));
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
  const Key = `sum-${ChecksumAlgorithm}`;
  const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "hello", ChecksumAlgorithm }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  assert.equal(head[`Checksum${ChecksumAlgorithm}`], put[`Checksum${ChecksumAlgorithm}`]);
  assert.equal((await read(Key)).toString(), "hello");
}

const big = randomBytes(12_000_000);
await new Upload({ client: s3, params: { Bucket, Key: "big", Body: Readable.from([big]) } }).done();
assert.equal(sha(await read("big")), sha(big));
assert.equal(sha(await read("big", { Range: "bytes=5000000-6000000" })), sha(big.subarray(5_000_000, 6_000_001)));

await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/bytes%205000` }));
assert.equal((await read("copy")).length, 5000);

const rolled = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "-" }));
assert.deepEqual(rolled.CommonPrefixes, [{ Prefix: "sum-" }]);
const keys = [];
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 4 }, { Bucket }))
  keys.push(...page.Contents.map((object) => object.Key));
assert.equal(keys.length, 13);
assert.deepEqual(keys, [...keys].sort());

await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "absent" })), { name: "NoSuchKey" });
await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "absent" })), { name: "NotFound" });
await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), { name: "BucketNotEmpty" });
await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "copy", Body: "x", IfNoneMatch: "*" })),
  { name: "PreconditionFailed" });

const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "presigned" }), { expiresIn: 60 });
const sent = await fetch(url, { method: "PUT", body: "by url" });
assert.equal(sent.status, 200, await sent.text());
const got = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "presigned" }), { expiresIn: 60 }));
assert.equal(await got.text(), "by url");

await s3.send(new DeleteObjectCommand({ Bucket, Key: "presigned" }));
await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
await s3.send(new DeleteBucketCommand({ Bucket }));

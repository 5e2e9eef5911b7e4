// A gRPC service behind a distribution, and its client: the four kinds of calls, a status with its message, metadata both ways.
// usage: node grpc.mjs serve CERTIFICATE KEY   prints its port, serves until its input ends
//        node grpc.mjs ask HOST:PORT DISTRIBUTION-NAME
import assert from "node:assert";
import fs from "node:fs";
import grpc from "@grpc/grpc-js";

const raw = (bytes) => bytes;
const method = (name, requestStream, responseStream) => ({
  path: `/echo.Echo/${name}`, requestStream, responseStream,
  requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw,
});
const service = {
  one: method("One", false, false), many: method("Many", false, true), collect: method("Collect", true, false),
  both: method("Both", true, true), fail: method("Fail", false, false),
};

function serve(certificate, key) {
  const server = new grpc.Server();
  server.addService(service, {
    one(call, done) {
      const trailers = new grpc.Metadata();
      trailers.set("x-behind", "yes");
      done(null, Buffer.from(`${call.request} ${call.metadata.get("x-mine")}`), trailers);
    },
    many(call) {
      for (let i = 0; i < 3; ++i) call.write(Buffer.from(`${call.request} ${i}`));
      call.end();
    },
    collect(call, done) {
      let size = 0;
      call.on("data", (piece) => (size += piece.length));
      call.on("end", () => done(null, Buffer.from(`${size}`)));
    },
    both(call) {
      call.on("data", (piece) => call.write(piece));
      call.on("end", () => call.end());
    },
    fail(_, done) {
      done({ code: grpc.status.FAILED_PRECONDITION, details: "not now" });
    },
  });
  const pair = { cert_chain: fs.readFileSync(certificate), private_key: fs.readFileSync(key) };
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createSsl(null, [pair]), (error, port) => {
    if (error) throw error;
    console.log(port);
  });
  process.stdin.on("end", () => process.exit(0)).resume();
}

async function ask(address, name) {
  const credentials = grpc.credentials.createSsl(null, null, null, { rejectUnauthorized: false });
  const client = new grpc.Client(address, credentials, { "grpc.ssl_target_name_override": name, "grpc.default_authority": name });
  const metadata = new grpc.Metadata();
  metadata.set("x-mine", "metadata");
  const unary = (which, request) => new Promise((done) => {
    const seen = {};
    const call = client.makeUnaryRequest(service[which].path, raw, raw, Buffer.from(request), metadata,
      (error, reply) => Object.assign(seen, { error, reply }));
    call.on("status", (status) => done({ ...seen, status }));
  });

  const one = await unary("one", "hello");
  assert.equal(one.reply.toString(), "hello metadata");
  assert.equal(one.status.code, grpc.status.OK);
  assert.deepEqual(one.status.metadata.get("x-behind"), ["yes"]);

  const failed = await unary("fail", "");
  assert.equal(failed.error.code, grpc.status.FAILED_PRECONDITION);
  assert.equal(failed.error.details, "not now");

  const many = await new Promise((done, broken) => {
    const pieces = [];
    client.makeServerStreamRequest(service.many.path, raw, raw, Buffer.from("piece"), metadata)
      .on("data", (piece) => pieces.push(piece.toString())).on("error", broken).on("end", () => done(pieces));
  });
  assert.deepEqual(many, ["piece 0", "piece 1", "piece 2"]);

  const collected = await new Promise((done, broken) => {
    const call = client.makeClientStreamRequest(service.collect.path, raw, raw, metadata,
      (error, reply) => (error ? broken(error) : done(reply.toString())));
    for (let i = 0; i < 100; ++i) call.write(Buffer.alloc(100_000));
    call.end();
  });
  assert.equal(collected, "10000000");

  // Each message waits for the echo of the one before: neither side is heard only at its end.
  const echoes = await new Promise((done, broken) => {
    const heard = [];
    const call = client.makeBidiStreamRequest(service.both.path, raw, raw, metadata);
    call.on("data", (piece) => {
      heard.push(piece.toString());
      if (heard.length < 5) call.write(Buffer.from(`turn ${heard.length}`));
      else call.end();
    });
    call.on("error", broken).on("end", () => done(heard));
    call.write(Buffer.from("turn 0"));
  });
  assert.deepEqual(echoes, ["turn 0", "turn 1", "turn 2", "turn 3", "turn 4"]);
  client.close();
}

const [what, ...words] = process.argv.slice(2);
if (what === "serve") serve(...words);
else await ask(...words);

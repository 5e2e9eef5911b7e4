// rest-json between a client and a server of ours: labels, query, headers, payloads, and byte for byte where
// known.
#include "aws/protocols/rest_json.h"

#include <gtest/gtest.h>

#include "gen/toy_rest_json/api.h"
#include "gen/toy_rest_json/errors.h"

namespace meridian::aws {
namespace {

namespace toy = gen::toy_rest_json;

SystemTime at_millis(std::int64_t millis) {
  return SystemTime(std::chrono::milliseconds(millis));
}

toy::PutThingRequest thing_request() {
  toy::PutThingRequest input;
  input.Name = "a b/ü";
  input.Path = "x/y z/";
  input.Limit = 10;
  input.Exact = true;
  input.Since = at_millis(1500);
  input.Tags = std::vector<std::string>{"a&b", "c=d+e"};
  input.Extra = std::map<std::string, std::vector<std::string>>{{"more", {"1", "2"}}, {"o ne", {""}}};
  input.Token = "t";
  input.When = at_millis(1795235880000);
  input.Numbers = std::vector<std::int32_t>{1, -2};
  input.Names = std::vector<std::string>{"plain", "with, comma", "with \"quote\""};
  input.Ratio = -0.5;
  input.Meta = std::map<std::string, std::string>{{"one", "1"}, {"two", "zwei"}};
  input.Title = "title";
  input.Tree.emplace().Label = "root";
  input.Created = at_millis(1795235880500);
  input.Updated = at_millis(1795235880000);
  input.Bytes = std::string("\0\1", 2);
  input.Either.emplace().Number = 4;
  return input;
}

class RestJson : public testing::Test {
 protected:
  const Operation& operation(const char* name) { return *toy::service_model().find(name); }
  // What the server sees of a client's request.
  Outcome<Value> pass(const char* name, const Value& input) {
    request_ = codec_->encode_request(operation(name), input);
    auto found = codec_->find_operation(request_);
    if (!found) return Failure(found.error());
    EXPECT_STREQ((*found)->name, name);
    return codec_->decode_request(**found, request_);
  }
  Outcome<Value> pass_answer(const char* name, const Value& output) {
    response_ = codec_->encode_response(operation(name), output, "r-1");
    EXPECT_EQ(response_.headers.get("x-amzn-RequestId"), "r-1");
    return codec_->decode_response(operation(name), response_);
  }
  std::string refusal(const char* name, HttpRequest request) {
    auto input = codec_->decode_request(operation(name), request);
    return input ? "accepted" : input.error().code + ": " + input.error().message;
  }

  std::unique_ptr<Codec> codec_ = make_codec(Protocol::RestJson, toy::service_model());
  HttpRequest request_;
  HttpResponse response_;
};

TEST_F(RestJson, ARequestArrivesAsItWasSent) {
  const Value input = Value::of(thing_request());
  auto decoded = pass("PutThing", input);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, input);
  EXPECT_EQ(request_.method, "PUT");
  EXPECT_EQ(request_.path, "/things/a%20b%2F%C3%BC/at/x/y%20z/");
  EXPECT_EQ(request_.query,
            "kind=plain&limit=10&exact=true&since=1970-01-01T00%3A00%3A01.500Z&tag=a%26b&tag=c%3Dd%2Be&more="
            "1&more=2&"
            "o%20ne=");
  EXPECT_EQ(request_.headers.get("X-When"), "Sat, 21 Nov 2026 04:38:00 GMT");
  EXPECT_EQ(request_.headers.get("X-Numbers"), "1, -2");
  EXPECT_EQ(request_.headers.get("X-Names"), R"(plain, "with, comma", "with \"quote\"")");
  EXPECT_EQ(request_.headers.get("X-Meta-two"), "zwei");
  EXPECT_EQ(request_.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(
      request_.body,
      R"({"title":"title","Tree":{"Label":"root"},"Created":1795235880.5,"Updated":"2026-11-21T04:38:00Z",)"
      R"("Bytes":"AAE=","Either":{"Number":4}})");
}

TEST_F(RestJson, ARequestWithoutBodyMembersHasNoBody) {
  const Value input = Value::of(toy::GetThingRequest{.Name = "n"});
  auto decoded = pass("GetThing", input);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, input);
  EXPECT_EQ(request_.body, "");
  EXPECT_EQ(request_.headers.find("Content-Type"), nullptr);
}

TEST_F(RestJson, AnAnswerArrivesAsItWasSent) {
  toy::Thing thing;
  thing.Code = 202;
  thing.ETag = "\"e\"";
  thing.Modified = at_millis(1795235880000);
  thing.Meta = std::map<std::string, std::string>{{"k", "v"}};
  thing.Title = "t";
  thing.Created = at_millis(0);
  thing.Leaves = std::vector<toy::Leaf>{{.Name = "a", .Size = 1}};
  const Value output = Value::of(thing);
  auto decoded = pass_answer("GetThing", output);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, output);
  EXPECT_EQ(response_.status, 202);
  EXPECT_EQ(response_.headers.get("Last-Modified"), "Sat, 21 Nov 2026 04:38:00 GMT");
  EXPECT_EQ(response_.body, R"({"title":"t","Created":0,"Leaves":[{"Name":"a","Size":1}]})");
}

TEST_F(RestJson, AnAnswerWithoutContentHasNoBody) {
  auto decoded = pass_answer("DeleteThing", Value(*operation("DeleteThing").output));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(response_.status, 204);
  EXPECT_EQ(response_.body, "");
}

TEST_F(RestJson, PayloadsAreTheBody) {
  const Value blob = Value::of(toy::PutBlobRequest{.Data = std::string("\0{", 2), .Type = "image/png"});
  auto decoded = pass("PutBlob", blob);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, blob);
  EXPECT_EQ(request_.body, std::string("\0{", 2));
  EXPECT_EQ(request_.headers.get("Content-Type"), "image/png");
  pass("PutBlob", Value::of(toy::PutBlobRequest{.Data = "x", .Type = std::nullopt}));
  EXPECT_EQ(request_.headers.get("Content-Type"), "application/octet-stream");

  const Value line = Value::of(toy::PutBlobResponse{.Line = "line", .Token = "t"});
  decoded = pass_answer("PutBlob", line);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, line);
  EXPECT_EQ(response_.body, "line");
  EXPECT_EQ(response_.headers.get("Content-Type"), "text/plain");

  toy::TreePayload payload;
  payload.Tree.emplace().Label = "l";
  payload.Token = "t";
  const Value tree = Value::of(payload);
  decoded = pass("PutTree", tree);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, tree);
  EXPECT_EQ(request_.body, R"({"Label":"l"})");
  decoded = pass_answer("PutTree", tree);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, tree);
}

TEST_F(RestJson, AnAbsentPayloadHasNoBody) {
  const Value nothing = Value::of(toy::TreePayload{});
  auto decoded = pass("PutTree", nothing);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, nothing);
  EXPECT_EQ(request_.body, "");
}

TEST_F(RestJson, RefusesWhatItCannotRead) {
  const HttpRequest good = codec_->encode_request(operation("PutThing"), Value::of(thing_request()));
  HttpRequest request = good;
  request.body = "{";
  EXPECT_TRUE(refusal("PutThing", request).starts_with("SerializationException: malformed JSON"));
  request.body = R"({"title":1})";
  EXPECT_EQ(refusal("PutThing", request),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  request.body = "";
  EXPECT_EQ(
      refusal("PutThing", request),
      "ValidationException: 1 validation error detected: Value null at 'title' failed to satisfy constraint: "
      "Member must not be null");
  for (const char* query : {"limit=x", "limit=", "exact=1", "since=now", "tag=%zz"}) {
    request = good;
    request.query = query;
    EXPECT_NE(refusal("PutThing", request), "accepted") << query;
  }
  request = good;
  request.headers.set("X-Numbers", "1,two");
  EXPECT_NE(refusal("PutThing", request), "accepted");
}

TEST_F(RestJson, ErrorsArriveAsTheyWereSent) {
  const toy::Conflict details{
      .Message = "two of them", .Leaves = std::vector<toy::Leaf>{{.Name = "a", .Size = 3}}, .Retry = 7};
  for (const ServiceError& error :
       {toy::errors::NotFound("no such thing").error(), toy::errors::Conflict(details).error(),
        toy::errors::Broken("bad day").error(), refuse("AccessDeniedException", "not you", 403).error()}) {
    const HttpResponse response = codec_->encode_error(error, "r-2");
    EXPECT_EQ(response.headers.get("x-amzn-errortype"), error.code);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    auto decoded = codec_->decode_response(operation("PutThing"), response);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error(), error) << response.body;
  }
  const HttpResponse rich = codec_->encode_error(toy::errors::Conflict(details).error(), "r");
  EXPECT_EQ(rich.status, 409);
  EXPECT_EQ(rich.headers.get("Retry-After"), "7");
  EXPECT_EQ(rich.body, R"({"Message":"two of them","Leaves":[{"Name":"a","Size":3}]})");
  EXPECT_EQ(codec_->encode_error(toy::errors::NotFound("x").error(), "r").body, R"({"message":"x"})");
}

}  // namespace
}  // namespace meridian::aws

// rpc-v2-cbor between a client and a server of ours, and byte for byte where the bytes are known.
#include "aws/protocols/rpc_cbor.h"

#include <gtest/gtest.h>

#include "aws/protocols/toy_values.h"
#include "base/bytes.h"

namespace meridian::aws {
namespace {

namespace toy = gen::toy_rpc;

class RpcCbor : public testing::Test {
 protected:
  const Operation& operation(const char* name = "Echo") { return *toy::service_model().find(name); }
  Outcome<Value> decode(std::string_view hex) {
    HttpRequest request = codec_->encode_request(operation(), Value::of(toy::Everything()));
    request.body = *from_hex(hex);
    return codec_->decode_request(operation(), request);
  }
  std::string refusal(std::string_view hex) {
    auto input = decode(hex);
    return input ? "accepted" : input.error().code + ": " + input.error().message;
  }
  // {"Id": "i", `name`: `item`}
  static std::string with_id(const std::string& name, const std::string& item) {
    return "a26249646169" + to_hex(Bytes({static_cast<std::uint8_t>(0x60 + name.size())})) +
           to_hex(as_bytes(name)) + item;
  }

  std::unique_ptr<Codec> codec_ = make_rpc_cbor_codec(toy::service_model());
};

TEST_F(RpcCbor, ARequestArrivesAsItWasSent) {
  const Value input = Value::of(everything());
  const HttpRequest request = codec_->encode_request(operation(), input);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/service/Toy_20260101/operation/Echo");
  EXPECT_EQ(request.headers.get("smithy-protocol"), "rpc-v2-cbor");
  EXPECT_EQ(request.headers.get("content-type"), "application/cbor");
  auto found = codec_->find_operation(request);
  ASSERT_TRUE(found) << found.error().message;
  auto decoded = codec_->decode_request(**found, request);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, input);
}

TEST_F(RpcCbor, AnAnswerArrivesAsItWasSent) {
  const Value output = Value::of(everything());
  const HttpResponse response = codec_->encode_response(operation(), output, "r-1");
  EXPECT_EQ(response.headers.get("smithy-protocol"), "rpc-v2-cbor");
  EXPECT_EQ(response.headers.get("x-amzn-requestid"), "r-1");
  auto decoded = codec_->decode_response(operation(), response);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, output);
}

TEST_F(RpcCbor, WritesDefiniteLengthsAndTaggedTimes) {
  toy::Everything value;
  value.Id = "i";
  value.Bytes = "hi";
  value.Double = 1.5;
  value.Time = at_millis(1500);
  value.HttpTime = at_millis(1000);
  value.Renamed = "r";
  EXPECT_EQ(to_hex(as_bytes(codec_->encode_response(operation(), Value::of(value), "r").body)),
            "a6"
            "66446f75626c65"
            "f93e00"
            "654279746573"
            "426869"
            "6454696d65"
            "c1f93e00"
            "684874747054696d65"
            "c101"
            "624964"
            "6169"
            "6752656e616d6564"
            "6172");
  EXPECT_EQ(codec_->encode_response(operation("Ping"), Value(*operation("Ping").output), "r").body, "\xa0");
}

TEST_F(RpcCbor, ReadsIndefiniteLengthsAndEveryTime) {
  // {_ "Id": (_ "i", "d"), "Texts": [_ "a"], "Time": 0("1970-01-01T00:00:01Z"), "Text": null, "Int":
  // undefined}
  auto input = decode(
      "bf6249647f61696164ff6554657874739f6161ff6454696d65c074313937302d30312d30315430303a30303a30315a"
      "6454657874f663496e74f7ff");
  ASSERT_TRUE(input) << input.error().message;
  const auto& value = input->as<toy::Everything>();
  EXPECT_EQ(value.Id, "id");
  EXPECT_EQ(value.Texts, std::vector<std::string>{"a"});
  EXPECT_EQ(value.Time, at_millis(1000));
  EXPECT_FALSE(value.Text);
  EXPECT_FALSE(value.Int);
  EXPECT_EQ(decode(with_id("Time", "c1fb3ff8000000000000"))->as<toy::Everything>().Time, at_millis(1500));
  EXPECT_EQ(decode(with_id("Double", "05"))->as<toy::Everything>().Double, 5);
  EXPECT_EQ(decode(with_id("Double", "25"))->as<toy::Everything>().Double, -6);
}

TEST_F(RpcCbor, FindsTheOperationByItsPath) {
  auto name = [&](const char* method, const char* path, const char* protocol = "rpc-v2-cbor",
                  const char* target = nullptr) {
    HttpRequest request{method, path, "", {}, ""};
    if (protocol) request.headers.add("Smithy-Protocol", protocol);
    if (target) request.headers.add("X-Amz-Target", target);
    auto found = codec_->find_operation(request);
    return found ? (*found)->name : found.error().code;
  };
  EXPECT_EQ(name("POST", "/service/Toy_20260101/operation/Ping"), "Ping");
  EXPECT_EQ(name("POST", "/prefix/service/Toy_20260101/operation/Ping"), "Ping");
  const std::string unknown = "UnknownOperationException";
  EXPECT_EQ(name("GET", "/service/Toy_20260101/operation/Ping"), unknown);
  EXPECT_EQ(name("POST", "/service/Toy_20260101/operation/Pong"), unknown);
  EXPECT_EQ(name("POST", "/service/Toy/operation/Ping"), unknown);
  EXPECT_EQ(name("POST", "/operation/Ping"), unknown);
  EXPECT_EQ(name("POST", "/"), unknown);
  EXPECT_EQ(name("POST", "/service/Toy_20260101/operation/Ping", nullptr), unknown);
  EXPECT_EQ(name("POST", "/service/Toy_20260101/operation/Ping", "rpc-v2-json"), unknown);
  EXPECT_EQ(name("POST", "/service/Toy_20260101/operation/Ping", "rpc-v2-cbor", "Toy_20260101.Ping"),
            unknown);
}

TEST_F(RpcCbor, RefusesOtherTypes) {
  EXPECT_EQ(refusal(with_id("Text", "01")),
            "SerializationException: The value at 'text' is not a valid string");
  EXPECT_EQ(refusal("a2626964"), "SerializationException: malformed CBOR: more elements than bytes");
  EXPECT_EQ(refusal("80"), "SerializationException: The value at '' is not a valid structure");
  const std::pair<const char*, const char*> wrong[] = {{"Int", "1a80000000"},
                                                       {"Int", "3a80000000"},
                                                       {"Int", "f93c00"},
                                                       {"Int", "6131"},
                                                       {"Long", "1b8000000000000000"},
                                                       {"Long", "3b8000000000000000"},
                                                       {"Float", "f5"},
                                                       {"Bytes", "626869"},
                                                       {"Text", "426869"},
                                                       {"Time", "01"},
                                                       {"Time", "c16131"},
                                                       {"Time", "c06178"},
                                                       {"Time", "c21901f4"},
                                                       {"Texts", "81f6"},
                                                       {"Bool", "01"},
                                                       {"Texts", "6161"},
                                                       {"Ints", "80"},
                                                       {"Tree", "80"},
                                                       {"Leaves", "a0"}};
  for (const auto& [name, item] : wrong)
    EXPECT_TRUE(refusal(with_id(name, item)).starts_with("SerializationException")) << name << " " << item;
  EXPECT_EQ(decode(with_id("Int", "3a7fffffff"))->as<toy::Everything>().Int, INT32_MIN);
}

TEST_F(RpcCbor, ToldWhatTheModelDemands) {
  EXPECT_EQ(
      refusal("a0"),
      "ValidationException: 1 validation error detected: Value null at 'id' failed to satisfy constraint: "
      "Member must not be null");
  EXPECT_EQ(refusal(""), refusal("a0"));
}

TEST_F(RpcCbor, ErrorsArriveAsTheyWereSent) {
  for (const ServiceError& error :
       {toy::errors::NotFound("no such thing").error(), toy::errors::Conflict(conflict()).error(),
        toy::errors::Broken("bad day").error(), refuse("AccessDeniedException", "not you", 403).error()}) {
    const HttpResponse response = codec_->encode_error(error, "r-2");
    EXPECT_EQ(response.headers.get("x-amzn-RequestId"), "r-2");
    auto decoded = codec_->decode_response(operation(), response);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error(), error);
  }
  // {"__type": "NotFound", "message": "x"}
  EXPECT_EQ(to_hex(as_bytes(codec_->encode_error(toy::errors::NotFound("x").error(), "r").body)),
            "a2665f5f74797065684e6f74466f756e64676d6573736167656178");
  EXPECT_EQ(codec_->decode_response(operation(), {503, {}, "<html>"}).error().code, "503");
}

}  // namespace
}  // namespace meridian::aws

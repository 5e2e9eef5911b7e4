// awsJson 1.1 between a client and a server of ours, and byte for byte where the bytes are known.
#include "aws/protocols/json.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aws/protocols/toy_values.h"

namespace meridian::aws {
namespace {

namespace toy = gen::toy_rpc;

class Json : public testing::Test {
 protected:
  const Operation& operation(const char* name = "Echo") { return *toy::service_model().find(name); }
  static HttpRequest post(std::string body, std::string target = "Toy_20260101.Echo") {
    HttpRequest request{"POST", "/", "", {}, std::move(body)};
    request.headers.add("X-Amz-Target", std::move(target));
    return request;
  }
  std::string refusal(std::string body) {
    auto input = codec_->decode_request(operation(), post(std::move(body)));
    return input ? "accepted" : input.error().code + ": " + input.error().message;
  }
  toy::Everything read(std::string body) {
    auto input = codec_->decode_request(operation(), post(std::move(body)));
    EXPECT_TRUE(input) << input.error().message;
    return input ? input->as<toy::Everything>() : toy::Everything();
  }
  Outcome<Value> answer(int status, std::string body, std::string type = "") {
    HttpResponse response{status, {}, std::move(body)};
    if (!type.empty()) response.headers.add("X-Amzn-ErrorType", std::move(type));
    return codec_->decode_response(operation(), response);
  }

  std::unique_ptr<Codec> codec_ = make_json_codec(toy::service_model());
};

TEST_F(Json, ARequestArrivesAsItWasSent) {
  const Value input = Value::of(everything());
  const HttpRequest request = codec_->encode_request(operation(), input);
  EXPECT_EQ(request.headers.get("content-type"), "application/x-amz-json-1.1");
  auto found = codec_->find_operation(request);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_STREQ((*found)->name, "Echo");
  auto decoded = codec_->decode_request(**found, request);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, input) << request.body;
}

TEST_F(Json, AnAnswerArrivesAsItWasSent) {
  const Value output = Value::of(everything());
  const HttpResponse response = codec_->encode_response(operation(), output, "r-1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(response.headers.get("x-amzn-requestid"), "r-1");
  auto decoded = codec_->decode_response(operation(), response);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, output) << response.body;
}

TEST_F(Json, WritesWhatAwsWrites) {
  toy::Everything value;
  value.Id = "i";
  value.Bytes = "hi";
  value.Double = HUGE_VAL;
  value.Time = at_millis(1500);
  value.IsoTime = at_millis(0);
  value.HttpTime = at_millis(0);
  value.Renamed = "r";
  EXPECT_EQ(codec_->encode_response(operation(), Value::of(value), "r").body,
            R"({"Double":"Infinity","Bytes":"aGk=","Time":1.5,"IsoTime":"1970-01-01T00:00:00Z",)"
            R"("HttpTime":"Thu, 01 Jan 1970 00:00:00 GMT","Id":"i","renamed":"r"})");
  EXPECT_EQ(codec_->encode_response(operation("Ping"), Value(*operation("Ping").output), "r").body, "{}");
}

TEST_F(Json, ReadsWhatClientsSend) {
  const toy::Everything value = read(
      R"({"Id":"i","Int":5.0,"Double":"NaN","Float":1,"Time":"2026-11-21T04:38:00.120Z","IsoTime":1795235880.12,)"
      R"("Text":null,"Unknown":{"a":[1]},"Either":{"Number":3,"Leaf":null},"Texts":[],"renamed":"x"})");
  EXPECT_EQ(value.Int, 5);
  EXPECT_TRUE(std::isnan(*value.Double));
  EXPECT_EQ(value.Float, 1.0F);
  EXPECT_EQ(value.Time, at_millis(1795235880120));
  EXPECT_EQ(value.IsoTime, at_millis(1795235880120));
  EXPECT_FALSE(value.Text);
  EXPECT_EQ(value.Either->Number, 3);
  EXPECT_FALSE(value.Either->Leaf);
  EXPECT_TRUE(value.Texts && value.Texts->empty());
  EXPECT_EQ(value.Renamed, "x");
}

TEST_F(Json, FindsTheOperationByItsTarget) {
  auto name = [&](std::string target) {
    auto found = codec_->find_operation(post("{}", std::move(target)));
    return found ? (*found)->name : found.error().code + " " + std::to_string(found.error().status);
  };
  EXPECT_EQ(name("Toy_20260101.Ping"), "Ping");
  for (const char* wrong :
       {"", "Ping", "Toy_20260101.", "Toy_20260101.ping", "Toy_20260102.Ping", "Toy_20260101"})
    EXPECT_EQ(name(wrong), "UnknownOperationException 404") << wrong;
  EXPECT_FALSE(codec_->find_operation({"POST", "/", "", {}, ""}));
}

TEST_F(Json, RefusesOtherTypesInAwssWords) {
  auto of = [&](std::string field) { return refusal("{\"Id\":\"i\"," + std::move(field) + "}"); };
  const std::string code = "SerializationException: ";
  EXPECT_EQ(of(R"("Text":1)"), code + "NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(of(R"("Int":"1")"), code + "STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(of(R"("Bool":"true")"), code + "STRING_VALUE can not be converted to a Boolean");
  EXPECT_EQ(of(R"("Text":true)"), code + "TRUE_VALUE can not be converted to a String");
  EXPECT_EQ(of(R"("Text":[])"), code + "Start of list found where not expected");
  EXPECT_EQ(of(R"("Texts":{})"), code + "Start of structure or map found where not expected.");
  EXPECT_EQ(of(R"("Texts":[null])"), code + "NULL_VALUE can not be converted to a String");
  EXPECT_EQ(of(R"("Ints":{"a":null})"), code + "NULL_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal("[]"), code + "Start of list found where not expected");
  for (const char* field :
       {R"("Int":2147483648)", R"("Int":1.5)", R"("Long":9223372036854775808)", R"("Long":1e19)",
        R"("Bytes":"a")", R"("Time":"yesterday")", R"("Time":1e300)", R"("Double":"inf")", R"("Leaves":[1])",
        R"("Tree":"x")", R"("Tree":{"Child":[]})"})
    EXPECT_TRUE(of(field).starts_with(code)) << field << ": " << of(field);
  for (const char* body : {"{", "{}{}", "\xff", "{\"Id\":\"i\",}"})
    EXPECT_TRUE(refusal(body).starts_with(code)) << body;
}

TEST_F(Json, ToldWhatTheModelDemands) {
  EXPECT_EQ(refusal(""), refusal("{}"));
  EXPECT_EQ(refusal("{\"Leaves\":[{\"Name\":\"a\"},{}]}"),
            "ValidationException: 2 validation errors detected: Value null at 'leaves.2.member.name' failed "
            "to satisfy "
            "constraint: Member must not be null; Value null at 'id' failed to satisfy constraint: Member "
            "must not be "
            "null");
  EXPECT_TRUE(
      refusal(R"({"Id":"i","Either":{"Number":1,"Leaf":{"Name":"n"}}})").starts_with("ValidationException"));
}

TEST_F(Json, BoundsWhatABodyMayBecome) {
  EXPECT_TRUE(
      refusal("{\"Id\":" + std::string(100, '[') + std::string(100, ']') + "}").contains("too deeply"));
  std::string wide = "{\"Id\":\"i\",\"Ints\":{";
  for (int i = 0; i < 5000; ++i) wide += "\"" + std::to_string(i) + "\":1,";
  wide.pop_back();
  EXPECT_EQ(refusal(wide + "}}"), "accepted");
  std::string numbers = "{\"Id\":[0";
  for (int i = 0; i < 500'001; ++i) numbers += ",1";
  EXPECT_TRUE(refusal(numbers + "]}").contains("too many values"));
}

TEST_F(Json, ErrorsArriveAsTheyWereSent) {
  for (const ServiceError& error :
       {toy::errors::NotFound("no such thing").error(), toy::errors::Conflict(conflict()).error(),
        toy::errors::Broken("bad day").error(), refuse("AccessDeniedException", "not you", 403).error()}) {
    const HttpResponse response = codec_->encode_error(error, "r-2");
    EXPECT_EQ(response.headers.get("x-amzn-ErrorType"), error.code);
    EXPECT_EQ(response.headers.get("x-amzn-RequestId"), "r-2");
    auto decoded = codec_->decode_response(operation(), response);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error(), error) << response.body;
  }
  EXPECT_EQ(codec_->encode_error(toy::errors::NotFound("x").error(), "r").body,
            R"({"__type":"NotFound","message":"x"})");
  const HttpResponse rich = codec_->encode_error(toy::errors::Conflict(conflict()).error(), "r");
  EXPECT_EQ(rich.status, 409);
  EXPECT_EQ(rich.body,
            R"({"__type":"Conflict","Message":"two of them","Leaves":[{"Name":"a","Size":3}],"Retry":7})");
}

TEST_F(Json, FindsTheCodeOfAnErrorWhereverItStands) {
  auto code = [](const Outcome<Value>& answer) { return answer ? "none" : answer.error().code; };
  EXPECT_EQ(code(answer(400, R"({"__type":"com.amazon.toy#NotFound","Message":"m"})")), "NotFound");
  EXPECT_EQ(code(answer(400, "{}", "NotFound:http://internal.amazon.com/coral/")), "NotFound");
  EXPECT_EQ(code(answer(400, R"({"code":"Throttling"})")), "Throttling");
  auto page = answer(502, "<html>Bad Gateway</html>");
  EXPECT_EQ(code(page), "502");
  EXPECT_EQ(page.error().fault, Fault::Receiver);
}

TEST_F(Json, AClientSkipsNullsInLists) {
  auto output = answer(200, R"({"Texts":["a",null],"Ints":{"x":null,"y":1}})");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->as<toy::Everything>().Texts, std::vector<std::string>{"a"});
  EXPECT_EQ(output->as<toy::Everything>().Ints, (std::map<std::string, std::int32_t>{{"y", 1}}));
}

}  // namespace
}  // namespace meridian::aws

// query and ec2 on the wire: names, lists and envelopes as SDKs write and read them.
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "gen/sts/api.h"
#include "gen/sts/errors.h"
#include "gen/toy/api.h"

namespace meridian::aws {
namespace {

namespace toy = gen::toy;
namespace sts = gen::sts;

std::string encoded(Protocol protocol, const toy::Everything& value) {
  return make_codec(protocol, toy::service_model())
      ->encode_request(*toy::service_model().find("Echo"), Value::of(value))
      .body;
}

std::string refusal(const HttpRequest& request) {
  auto codec = make_codec(Protocol::Query, sts::service_model());
  auto operation = codec->find_operation(request);
  if (!operation) return operation.error().code + ": " + operation.error().message;
  auto input = codec->decode_request(**operation, request);
  return input ? "accepted" : input.error().code + ": " + input.error().message;
}

HttpRequest post(std::string body) {
  return {"POST", "/", "", {}, std::move(body)};
}

TEST(Query, NamesOfParameters) {
  toy::Everything value;
  value.Marker = "m";
  value.Names = {{"a", "b c"}};
  value.Inners = {{toy::Inner{.Id = "x", .Weight = {}, .Unit = {}}}};
  value.FlatNames = {{"f"}};
  value.FlatNamed = {{"g"}};
  value.Labels = {{{"k", "v"}}};
  value.FlatLabels = {{{"l", "w"}}};
  value.InnerByName = {{{"n", toy::Inner{.Id = "y", .Weight = {}, .Unit = {}}}}};
  EXPECT_EQ(
      encoded(Protocol::Query, value),
      "Action=Echo&Version=2026-01-02&NextMarker=m&Names.member.1=a&Names.member.2=b%20c&Inners.item.1.Id=x&"
      "FlatName.1=f&named.1=g&Labels.entry.1.key=k&Labels.entry.1.value=v&FlatLabels.1.key=l&"
      "FlatLabels.1.value=w&InnerByName.entry.1.Name=n&InnerByName.entry.1.Setting.Id=y");
}

TEST(Ec2, NamesOfParameters) {
  toy::Everything value;
  value.Marker = "m";
  value.Names = {{"a", "b"}};
  value.Inners = {{toy::Inner{.Id = "x", .Weight = 4, .Unit = {}}}};
  value.FlatNamed = {{"g"}};
  EXPECT_EQ(encoded(Protocol::Ec2, value),
            "Action=Echo&Version=2026-01-02&marker=m&Names.1=a&Names.2=b&Inners.1.Id=x&Inners.1.Weight=4&"
            "NamedSet.1=g");
}

TEST(Query, ListsAreOrderedByNumberAndMayHaveGaps) {
  auto codec = make_codec(Protocol::Query, toy::service_model());
  auto input = codec->decode_request(
      *toy::service_model().find("Echo"),
      post("Action=Echo&Names.member.10=c&Names.member.9=b&Names.member.1=a&X-Amz-Date=1"));
  ASSERT_TRUE(input);
  EXPECT_EQ(input->as<toy::Everything>().Names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Query, ParametersMayStandInTheQueryString) {
  auto codec = make_codec(Protocol::Query, sts::service_model());
  HttpRequest request{"GET", "/", "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Signature=00", {}, ""};
  auto operation = codec->find_operation(request);
  ASSERT_TRUE(operation);
  EXPECT_STREQ((*operation)->name, "GetCallerIdentity");
  EXPECT_TRUE(codec->decode_request(**operation, request));
}

TEST(Query, RefusesInAwsWords) {
  EXPECT_EQ(refusal(post("Action=Nope&Version=2011-06-15")),
            "InvalidAction: Could not find operation Nope for version 2011-06-15");
  EXPECT_EQ(refusal(post("Action=AssumeRole&Version=2010-05-08")),
            "InvalidAction: Could not find operation AssumeRole for version 2010-05-08");
  EXPECT_EQ(refusal(post("Version=2011-06-15")).substr(0, 14), "MissingAction:");
  EXPECT_EQ(refusal(post("Action=%zz")).substr(0, 21), "MalformedQueryString:");
  EXPECT_EQ(refusal(post("Action=GetSessionToken&DurationSeconds=abc")),
            "MalformedInput: 'abc' at 'durationSeconds' is not a valid value for 'integer'");
  EXPECT_EQ(
      refusal(post("Action=GetSessionToken&DurationSeconds=899")),
      "ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy "
      "constraint: Member must have value greater than or equal to 900");
  EXPECT_EQ(
      refusal(post("Action=AssumeRole&RoleSessionName=s")),
      "ValidationError: 2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: "
      "Member must not be null; Value 's' at 'roleSessionName' failed to satisfy constraint: Member must "
      "have "
      "length greater than or equal to 2");
  std::string deep = "Action=GetSessionToken&A";
  for (int i = 0; i < 100; ++i) deep += ".1";
  EXPECT_EQ(refusal(post(deep)), "MalformedQueryString: A parameter is nested too deep");
}

TEST(Query, ManySmallParametersStayBounded) {
  std::string body = "Action=GetSessionToken";
  for (int i = 0; i < 5000; ++i) {
    body += "&N" + std::to_string(i);
    for (int depth = 0; depth < 60; ++depth) body += ".1";
  }
  EXPECT_EQ(refusal(post(body)), "MalformedQueryString: Too many parameters");
}

TEST(Query, Envelopes) {
  auto codec = make_codec(Protocol::Query, sts::service_model());
  sts::GetCallerIdentityResponse output{
      .UserId = "U", .Account = "123456789012", .Arn = "arn:aws:iam::1:root"};
  HttpResponse response =
      codec->encode_response(*sts::service_model().find("GetCallerIdentity"), Value::of(output), "r-1");
  EXPECT_EQ(response.body,
            "<?xml version=\"1.0\"?>\n<GetCallerIdentityResponse "
            "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
            "<GetCallerIdentityResult><UserId>U</UserId><Account>123456789012</"
            "Account><Arn>arn:aws:iam::1:root</Arn>"
            "</GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
            "</GetCallerIdentityResponse>");
  HttpResponse error =
      codec->encode_error(sts::errors::MalformedPolicyDocumentException("bad <policy>").error(), "r");
  EXPECT_EQ(
      error.body,
      "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
      "<Type>Sender</Type><Code>MalformedPolicyDocument</Code><Message>bad &lt;policy&gt;</Message></Error>"
      "<RequestId>r</RequestId></ErrorResponse>");
}

TEST(Ec2, Envelopes) {
  auto codec = make_codec(Protocol::Ec2, toy::service_model());
  toy::Everything output;
  output.FlatNamed = {{"g"}};
  output.Names = {{"n"}};
  EXPECT_EQ(
      codec->encode_response(*toy::service_model().find("Echo"), Value::of(output), "r-1").body,
      "<?xml version=\"1.0\"?>\n<EchoResponse xmlns=\"https://toy.example/doc/2026-01-02/\"><requestId>r-1"
      "</requestId><Names><member>n</member></Names><named>g</named></EchoResponse>");
  EXPECT_EQ(
      codec->encode_error(refuse("Bad", "it is", 400).error(), "r-2").body,
      "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>Bad</Code><Message>it is</Message></Error>"
      "</Errors><RequestID>r-2</RequestID></Response>");
}

}  // namespace
}  // namespace meridian::aws

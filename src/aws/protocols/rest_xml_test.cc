// rest-xml as Route 53's clients speak it: requests as botocore writes them, answers and errors as it reads
// them.
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "gen/route53/api.h"
#include "gen/route53/errors.h"

namespace meridian::aws {
namespace {

namespace r53 = gen::route53;

class RestXml : public testing::Test {
 protected:
  Outcome<Value> decode(HttpRequest request) {
    auto operation = codec_->find_operation(request);
    if (!operation) return Failure(operation.error());
    operation_ = *operation;
    return codec_->decode_request(*operation_, request);
  }
  // The error a request is refused with, as "Code: message".
  std::string refusal(HttpRequest request) {
    auto input = decode(std::move(request));
    return input ? "accepted" : input.error().code + ": " + input.error().message;
  }
  static HttpRequest change_request(std::string changes) {
    return {"POST",
            "/2013-04-01/hostedzone/Z123/rrset/",
            "",
            {},
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">" +
                changes + "</ChangeResourceRecordSetsRequest>"};
  }

  std::unique_ptr<Codec> codec_ = make_codec(Protocol::RestXml, r53::service_model());
  const Operation* operation_ = nullptr;
};

TEST_F(RestXml, ReadsAChange) {
  auto input = decode(change_request(
      "<ChangeBatch><Comment>a &amp; b</Comment><Changes><Change><Action>UPSERT</Action><ResourceRecordSet>"
      "<Name>www.example.com</Name><Type>A</Type><TTL> 300 "
      "</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1"
      "</Value></ResourceRecord><ResourceRecord><Value>192.0.2.2</Value></ResourceRecord></ResourceRecords>"
      "</ResourceRecordSet></Change></Changes></ChangeBatch>"));
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_STREQ(operation_->name, "ChangeResourceRecordSets");
  const auto& request = input->as<r53::ChangeResourceRecordSetsRequest>();
  EXPECT_EQ(request.HostedZoneId, "Z123");
  EXPECT_EQ(request.ChangeBatch.Comment, "a & b");
  ASSERT_EQ(request.ChangeBatch.Changes.size(), 1u);
  const auto& change = request.ChangeBatch.Changes[0];
  EXPECT_EQ(change.Action, r53::ChangeAction::UPSERT);
  EXPECT_EQ(change.ResourceRecordSet.TTL, 300);
  ASSERT_TRUE(change.ResourceRecordSet.ResourceRecords);
  EXPECT_EQ((*change.ResourceRecordSet.ResourceRecords)[1].Value, "192.0.2.2");
  EXPECT_FALSE(change.ResourceRecordSet.AliasTarget);
}

TEST_F(RestXml, FindsOperationsByMethodAndPath) {
  auto name = [&](const char* method, const char* path, const char* query = "") {
    auto operation = codec_->find_operation({method, path, query, {}, ""});
    return operation ? (*operation)->name : operation.error().code;
  };
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzone"), "ListHostedZones");
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzone/"), "ListHostedZones");
  EXPECT_EQ(name("POST", "/2013-04-01/hostedzone"), "CreateHostedZone");
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzone/Z1"), "GetHostedZone");
  EXPECT_EQ(name("DELETE", "/2013-04-01/hostedzone/Z1"), "DeleteHostedZone");
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1"), "GetHostedZone");
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzone/Z1/rrset"), "ListResourceRecordSets");
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzonesbyname", "dnsname=a"), "ListHostedZonesByName");
  EXPECT_EQ(name("GET", "/2013-04-01/change/C1"), "GetChange");
  EXPECT_EQ(name("PUT", "/2013-04-01/hostedzone"), "UnknownOperationException");
  EXPECT_EQ(name("GET", "/2013-04-01/hostedzone//rrset"), "UnknownOperationException");
  EXPECT_EQ(name("GET", "/"), "UnknownOperationException");
}

TEST_F(RestXml, ReadsLabelsAndQuery) {
  auto input = decode({"GET",
                       "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1/rrset",
                       "maxitems=7&name=%5C052.example.com&type=A",
                       {},
                       ""});
  ASSERT_TRUE(input) << input.error().message;
  const auto& request = input->as<r53::ListResourceRecordSetsRequest>();
  EXPECT_EQ(request.HostedZoneId, "/hostedzone/Z1");
  EXPECT_EQ(request.MaxItems, "7");
  EXPECT_EQ(request.StartRecordName, "\\052.example.com");
  EXPECT_EQ(request.StartRecordType, "A");
  EXPECT_FALSE(request.StartRecordIdentifier);
}

TEST_F(RestXml, RefusesInAwsWords) {
  EXPECT_EQ(refusal({"GET", "/2013-04-01/hostedzone/Z" + std::string(40, '1'), "", {}, ""}),
            "InvalidInput: 1 validation error detected: Value 'Z" + std::string(40, '1') +
                "' at 'id' failed to satisfy constraint: Member must have length less than or equal to 32");
  EXPECT_EQ(
      refusal(change_request("<ChangeBatch><Changes><Change><Action>NOPE</Action><ResourceRecordSet>"
                             "<Type>A</Type></ResourceRecordSet></Change></Changes></ChangeBatch>")),
      "InvalidInput: 2 validation errors detected: Value null at "
      "'changeBatch.changes.1.member.resourceRecordSet.name' failed to satisfy constraint: Member must not "
      "be "
      "null; Value 'NOPE' at 'changeBatch.changes.1.member.action' failed to satisfy constraint: Member must "
      "satisfy enum value set: [CREATE, DELETE, UPSERT]");
  EXPECT_EQ(refusal(change_request("")),
            "InvalidInput: 1 validation error detected: Value null at 'changeBatch' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(
      refusal(change_request("<ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>a"
                             "</Name><Type>A</Type><TTL>soon</TTL></ResourceRecordSet></Change></Changes>"
                             "</ChangeBatch>")),
      "InvalidInput: Invalid XML ; cvc-datatype-valid.1.2.1: 'soon' is not a valid value for 'long'.");
  EXPECT_EQ(
      refusal(change_request("<ChangeBatch><Changes/><HostedZoneId>Z</HostedZoneId></ChangeBatch>")),
      "InvalidInput: Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found starting with element "
      "'HostedZoneId'.");
  EXPECT_EQ(refusal(change_request("<ChangeBatch><Changes><Change>")).substr(0, 15), "MalformedInput:");
  EXPECT_EQ(refusal({"POST", "/2013-04-01/hostedzone/Z1/rrset/", "", {}, "<ChangeBatch/>"}),
            "MalformedInput: ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest");
  EXPECT_EQ(
      refusal({"POST", "/2013-04-01/hostedzone", "", {}, ""}),
      "InvalidInput: 2 validation errors detected: Value null at 'name' failed to satisfy constraint: "
      "Member must not be null; Value null at 'callerReference' failed to satisfy constraint: Member must "
      "not "
      "be null");
}

TEST_F(RestXml, ManyEmptyElementsStayBounded) {
  std::string changes = "<ChangeBatch><Changes>";
  for (int i = 0; i < 450'000; ++i) changes += "<Change/>";
  std::string told = refusal(change_request(changes + "</Changes></ChangeBatch>"));
  EXPECT_EQ(told, "InvalidInput: Invalid XML ; the document is too large");
}

TEST_F(RestXml, WritesAnAnswer) {
  r53::CreateHostedZoneResponse output;
  output.HostedZone.Id = "/hostedzone/Z1";
  output.HostedZone.Name = "example.com.";
  output.HostedZone.CallerReference = "r&1";
  output.HostedZone.Config.emplace().PrivateZone = false;
  output.ChangeInfo.Id = "/change/C1";
  output.ChangeInfo.Status = r53::ChangeStatus::PENDING;
  output.ChangeInfo.SubmittedAt = SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21));
  output.DelegationSet.NameServers = {"ns-1.example", "ns-2.example"};
  output.Location = "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1";
  HttpResponse response =
      codec_->encode_response(*r53::service_model().find("CreateHostedZone"), Value::of(output), "r-1");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers.get("Location"), output.Location);
  EXPECT_EQ(response.headers.get("x-amzn-requestid"), "r-1");
  EXPECT_EQ(response.headers.get("content-type"), "text/xml");
  EXPECT_EQ(
      response.body,
      "<?xml version=\"1.0\"?>\n<CreateHostedZoneResponse "
      "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
      "<HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>r&amp;1</CallerReference>"
      "<Config><PrivateZone>false</PrivateZone></Config></HostedZone><ChangeInfo><Id>/change/C1</Id>"
      "<Status>PENDING</Status><SubmittedAt>2026-11-21T00:00:00Z</SubmittedAt></ChangeInfo><DelegationSet>"
      "<NameServers><NameServer>ns-1.example</NameServer><NameServer>ns-2.example</NameServer></NameServers>"
      "</DelegationSet></CreateHostedZoneResponse>");
  auto back = codec_->decode_response(*r53::service_model().find("CreateHostedZone"), response);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->as<r53::CreateHostedZoneResponse>(), output);
}

TEST_F(RestXml, AnEmptyAnswerHasItsRoot) {
  HttpResponse response = codec_->encode_response(*r53::service_model().find("ChangeTagsForResource"),
                                                  Value::of(r53::ChangeTagsForResourceResponse{}), "r");
  EXPECT_EQ(response.body,
            "<?xml version=\"1.0\"?>\n<ChangeTagsForResourceResponse "
            "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"/>");
}

TEST_F(RestXml, WritesAndReadsErrors) {
  ServiceError missing = r53::errors::NoSuchHostedZone("No hosted zone found with ID: Z1").error();
  HttpResponse response = codec_->encode_error(missing, "r-2");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(
      response.body,
      "<?xml version=\"1.0\"?>\n<ErrorResponse "
      "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Error>"
      "<Type>Sender</Type><Code>NoSuchHostedZone</Code><Message>No hosted zone found with ID: Z1</Message>"
      "</Error><RequestId>r-2</RequestId></ErrorResponse>");
  const Operation& operation = *r53::service_model().find("GetHostedZone");
  auto back = codec_->decode_response(operation, response);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error(), missing);
}

TEST_F(RestXml, AnInvalidChangeBatchKeepsItsMessages) {
  r53::InvalidChangeBatch details{.messages = {{"first", "second"}}, .message = "[first, second]"};
  ServiceError error = r53::errors::InvalidChangeBatch(details).error();
  HttpResponse response = codec_->encode_error(error, "r");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(
      response.body.find("<Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>[first, second]"
                         "</Message><messages><Message>first</Message><Message>second</Message></messages>"
                         "</Error>"),
      std::string::npos)
      << response.body;
  auto back = codec_->decode_response(*r53::service_model().find("ChangeResourceRecordSets"), response);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().details.as<r53::InvalidChangeBatch>(), details);
}

TEST_F(RestXml, TheClientWritesWhatTheServerReads) {
  r53::ListResourceRecordSetsRequest input;
  input.HostedZoneId = "Z 1/é";
  input.StartRecordName = "a&b=c.example";
  HttpRequest request =
      codec_->encode_request(*r53::service_model().find("ListResourceRecordSets"), Value::of(input));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/2013-04-01/hostedzone/Z%201%2F%C3%A9/rrset");
  EXPECT_EQ(request.query, "name=a%26b%3Dc.example");
  EXPECT_EQ(request.body, "");
  auto back = decode(request);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->as<r53::ListResourceRecordSetsRequest>(), input);
}

TEST(Api, WhatIsNotOverriddenSaysSo) {
  struct Some final : r53::Api {
    Outcome<r53::GetChangeResponse> GetChange(Call&, const r53::GetChangeRequest& input) override {
      return r53::errors::NoSuchChange("no " + input.Id);
    }
  } service;
  Call call;
  const ServiceModel& model = service.model();
  auto missing =
      service.invoke(call, *model.find("ListGeoLocations"), Value::of(r53::ListGeoLocationsRequest{}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "NotImplemented");
  EXPECT_EQ(missing.error().status, 501);
  EXPECT_NE(missing.error().message.find("ListGeoLocations"), std::string::npos);
  auto found = service.invoke(call, *model.find("GetChange"), Value::of(r53::GetChangeRequest{.Id = "C1"}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "no C1");
  constexpr auto implemented = r53::implemented<Some>();
  EXPECT_EQ(std::ranges::count(implemented, true), 1);
  EXPECT_TRUE(implemented[model.find("GetChange")->index]);
}

}  // namespace
}  // namespace meridian::aws

// Through the codec of the real protocol: what the AWS CLI sends and reads.
#include "aws/protocol.h"
#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::HasSubstr;
using testing::Not;

class Xml : public ServiceTest {
 protected:
  aws::HttpResponse send(std::string method, std::string path, std::string body = {},
                         std::string query = {}) {
    aws::HttpRequest request{std::move(method), std::move(path), std::move(query), {}, std::move(body)};
    auto operation = codec_->find_operation(request);
    if (!operation) return codec_->encode_error(operation.error(), "id");
    auto input = codec_->decode_request(**operation, request);
    if (!input) return codec_->encode_error(input.error(), "id");
    auto output = route53_.invoke(call_, **operation, *input);
    if (!output) return codec_->encode_error(output.error(), "id");
    return codec_->encode_response(**operation, *output, "id");
  }
  aws::HttpResponse change(const std::string& zone, const std::string& changes) {
    return send("POST", "/2013-04-01/hostedzone/" + zone + "/rrset/",
                "<ChangeResourceRecordSetsRequest "
                "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>"
                "<Changes>" +
                    changes + "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>");
  }
  static std::string www(const std::string& action, const std::string& value) {
    return "<Change><Action>" + action +
           "</Action><ResourceRecordSet><Name>www.example.com</Name><Type>A</Type><TTL>300</"
           "TTL><ResourceRecords>"
           "<ResourceRecord><Value>" +
           value + "</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change>";
  }
  std::string make_bare_zone() {
    return make_zone_id("example.com").substr(std::string("/hostedzone/").size());
  }

  std::unique_ptr<aws::Codec> codec_ = aws::make_codec(aws::Protocol::RestXml, route53_.model());
};

TEST_F(Xml, CreateHostedZone) {
  aws::HttpResponse response = send(
      "POST", "/2013-04-01/hostedzone",
      "<CreateHostedZoneRequest "
      "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>example.com</Name>"
      "<CallerReference>hz-1640995200</CallerReference><HostedZoneConfig><Comment>Production zone for "
      "example.com</Comment><PrivateZone>false</PrivateZone></HostedZoneConfig></CreateHostedZoneRequest>");
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(response.headers.get("Location"),
              HasSubstr("https://route53.amazonaws.com/2013-04-01/hostedzone/Z"));
  EXPECT_THAT(response.body, HasSubstr("<Id>/hostedzone/Z"));
  EXPECT_THAT(response.body,
              HasSubstr("<Name>example.com.</Name><CallerReference>hz-1640995200</CallerReference>"
                        "<Config><Comment>Production zone for example.com</Comment>"
                        "<PrivateZone>false</PrivateZone></Config>"
                        "<ResourceRecordSetCount>2</ResourceRecordSetCount>"));
  EXPECT_THAT(response.body, HasSubstr("<Status>PENDING</Status><SubmittedAt>2023-11-14T22:13:20"));
  EXPECT_THAT(response.body, HasSubstr("<NameServers><NameServer>ns-"));
  EXPECT_THAT(response.body, Not(HasSubstr("LinkedService")));
}

TEST_F(Xml, AChangeAndItsListing) {
  std::string zone = make_bare_zone();
  aws::HttpResponse response = change(zone, www("CREATE", "192.0.2.1"));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("<Id>/change/C"));
  response =
      send("GET", "/2013-04-01/hostedzone/" + zone + "/rrset", {}, "name=www.example.com&type=A&maxitems=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body,
              HasSubstr("<ResourceRecordSets><ResourceRecordSet><Name>www.example.com.</Name><Type>A</Type>"
                        "<TTL>300</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value>"
                        "</ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets>"
                        "<IsTruncated>false</IsTruncated>"));
}

TEST_F(Xml, AHealthCheck) {
  aws::HttpResponse response =
      send("POST", "/2013-04-01/healthcheck",
           "<CreateHealthCheckRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
           "<CallerReference>hc-primary-1640995260</CallerReference><HealthCheckConfig><Port>80</Port>"
           "<Type>HTTP</Type><ResourcePath>/health</ResourcePath>"
           "<FullyQualifiedDomainName>api.example.com</FullyQualifiedDomainName>"
           "<RequestInterval>30</RequestInterval><FailureThreshold>3</FailureThreshold>"
           "<MeasureLatency>true</MeasureLatency><Regions><Region>us-east-1</Region>"
           "<Region>us-west-2</Region><Region>eu-west-1</Region></Regions></HealthCheckConfig>"
           "</CreateHealthCheckRequest>");
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(response.headers.get("Location"),
              HasSubstr("https://route53.amazonaws.com/2013-04-01/healthcheck/"));
  EXPECT_THAT(response.body,
              HasSubstr("<CallerReference>hc-primary-1640995260</CallerReference><HealthCheckConfig>"
                        "<Port>80</Port><Type>HTTP</Type><ResourcePath>/health</ResourcePath>"));
  EXPECT_THAT(response.body, HasSubstr("<Regions><Region>us-east-1</Region>"));
  EXPECT_THAT(response.body, HasSubstr("<HealthCheckVersion>1</HealthCheckVersion>"));
  EXPECT_THAT(send("GET", "/2013-04-01/healthcheckcount").body,
              HasSubstr("<HealthCheckCount>1</HealthCheckCount>"));
}

TEST_F(Xml, IdsInThePathMayBeEscaped) {
  std::string zone = make_bare_zone();
  EXPECT_EQ(send("GET", "/2013-04-01/hostedzone/%2Fhostedzone%2F" + zone).status, 200);
}

TEST_F(Xml, ABadBatchTellsItsMessages) {
  aws::HttpResponse response = change(make_bare_zone(), www("UPSERT", "300.0.0.1"));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("InvalidChangeBatch"));
  EXPECT_THAT(response.body, HasSubstr("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"));
}

TEST_F(Xml, ErrorsHaveTheirCodeAndStatus) {
  aws::HttpResponse response = send("GET", "/2013-04-01/hostedzone/ZDOESNOTEXIST");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("<Code>NoSuchHostedZone</Code>"));
  EXPECT_THAT(response.body, HasSubstr("<Message>No hosted zone found with ID: ZDOESNOTEXIST</Message>"));
  EXPECT_EQ(send("GET", "/2013-04-01/hostedzone/Z1/dnssec").status, 501);
}

}  // namespace
}  // namespace meridian::services::route53

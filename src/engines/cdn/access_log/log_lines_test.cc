#include "engines/cdn/access_log/log_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/access_log/test_request.h"

namespace meridian::engines::cdn::access_log {
namespace {

using testing::HasSubstr;

std::string standard(const RequestRecord& record) {
  std::string line;
  append_standard_line(line, record);
  return line;
}

std::string realtime(const RequestRecord& record, const std::vector<std::string>& names) {
  std::string line;
  RealtimeLines::of(names).value().append(line, record);
  return line;
}

TEST(StandardLog, BeginsWithItsVersionAndThirtyThreeFields) {
  EXPECT_EQ(standard_log_head(),
            "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem "
            "sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type "
            "x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol "
            "ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields "
            "c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len "
            "sc-range-start sc-range-end\n");
  EXPECT_EQ(standard_columns().size(), 33U);
}

TEST(StandardLog, SaysOfARequestWhatWasDocumented) {
  const TestRequest request;
  EXPECT_EQ(standard(request.record),
            "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/index.html\t"
            "200\t-\tMozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)\tq=%2520a\t-\tHit\t"
            "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\twww.example.com\thttps\t23\t1.500\t-\t"
            "TLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\tHit\tHTTP/2.0\t-\t-\t11040\t0.001\tHit\t"
            "text/html;%20charset=utf-8\t78\t-\t-\n");
}

TEST(StandardLog, HasCookiesOnlyWhereTheyAreWanted) {
  TestRequest request;
  request.fields.push_back({"cookie", "a=1; b=2"});
  request.fields.push_back({"Cookie", "c=\"3\""});
  request.record.fields = request.fields;
  EXPECT_THAT(standard(request.record), HasSubstr("\tq=%2520a\t-\tHit\t"));
  request.distribution->log.include_cookies = true;
  EXPECT_THAT(standard(request.record), HasSubstr("\tq=%2520a\ta=1;%20b=2;%20c=%223%22\tHit\t"));
}

TEST(StandardLog, NoViewerWritesAFieldOrALineOfItsOwn) {
  TestRequest request;
  request.record.uri_stem = "/a\tb\nc\x7f\xC3\xA9<>\"#%{}|\\^~[]`'";
  EXPECT_THAT(standard(request.record),
              HasSubstr("\t/a%09b%0Ac%7F%C3%A9%3C%3E%22%23%25%7B%7D%7C%5C%5E%7E%5B%5D%60%27\t"));
}

TEST(StandardLog, AViewerThatLeftHasStatus000) {
  TestRequest request;
  request.record.status = 0;
  request.record.result = request.record.response_result = "Error";
  request.record.detailed_result = "ClientHungUpRequest";
  request.record.content_type = {};
  request.record.content_length.reset();
  const std::string line = standard(request.record);
  EXPECT_THAT(line, HasSubstr("\t/index.html\t000\t"));
  EXPECT_THAT(line, HasSubstr("\tClientHungUpRequest\t-\t-\t-\t-\n"));
}

TEST(StandardLog, AWebSocketIsTold) {
  TestRequest request;
  request.record.status = 101;
  EXPECT_THAT(standard(request.record), HasSubstr("\twss\t"));
  request.record.tls = false;
  EXPECT_THAT(standard(request.record), HasSubstr("\tws\t"));
}

TEST(StandardLog, GrpcIsTold) {
  TestRequest request;
  request.record.content_type = "application/grpc+proto";
  EXPECT_THAT(standard(request.record), HasSubstr("\tgrpcs\t"));
}

TEST(RealtimeLog, HasItsFieldsInTheOrderOfTheDocumentation) {
  const TestRequest request;
  EXPECT_EQ(realtime(request.record, {"cs-method", "timestamp", "c-ip", "cs-uri-stem"}),
            "1575493351.678\t192.0.2.100\tGET\t/index.html?q=%2520a\n");
}

TEST(RealtimeLog, SaysWhatStandardLogsDoNot) {
  TestRequest request;
  request.record.country = "DE";
  request.record.network = 64'496;
  request.record.origin_first_byte = std::chrono::milliseconds(12);
  EXPECT_EQ(
      realtime(request.record, {"c-ip-version", "c-country", "cache-behavior-path-pattern", "cs-headers",
                                "cs-header-names", "cs-headers-count", "origin-fbl", "origin-lbl", "asn"}),
      "IPv4\tDE\timages/*\tUser-Agent:Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%0A\t"
      "User-Agent%0A\t1\t0.012\t-\t64496\n");
  request.record.network = 0;
  EXPECT_EQ(realtime(request.record, {"asn"}), "-\n");
}

TEST(RealtimeLog, LongHeadersAreCut) {
  TestRequest request;
  const std::string value(2000, 'x');
  request.fields = {{"X-Long", value}};
  request.record.fields = request.fields;
  EXPECT_EQ(realtime(request.record, {"cs-headers"}), "X-Long:" + std::string(793, 'x') + "\n");
}

TEST(RealtimeLog, RefusesFieldsThatAreNone) {
  EXPECT_FALSE(RealtimeLines::of(std::vector<std::string>{"timestamp", "cs-nothing"}));
  EXPECT_FALSE(RealtimeLines::of({}));
}

}  // namespace
}  // namespace meridian::engines::cdn::access_log

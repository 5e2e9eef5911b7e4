#include "services/s3/cors.h"

#include <gmock/gmock.h>

#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

using testing::HasSubstr;

class Cors : public S3Fixture {
 protected:
  Cors() { make_bucket("shared"); }

  static api::CORSRule rule(std::vector<std::string> methods, std::vector<std::string> origins) {
    api::CORSRule made;
    made.AllowedMethods = std::move(methods);
    made.AllowedOrigins = std::move(origins);
    return made;
  }
  std::string configure(std::vector<api::CORSRule> rules) {
    auto request = at<api::PutBucketCorsRequest>("shared");
    request.CORSConfiguration.CORSRules = std::move(rules);
    return code(service->PutBucketCors(call, request));
  }
  static aws::HttpRequest request(const char* method, const std::string& path, aws::Headers headers) {
    headers.add("Host", "localhost:4566");
    return {method, path, "", std::move(headers), ""};
  }
  aws::Outcome<aws::HttpResponse> preflight(aws::Headers headers, const std::string& path = "/shared/k") {
    return service->unmodelled(request("OPTIONS", path, std::move(headers)), aws::Listener::Api)
        ->answer(call);
  }
  static aws::Headers asking(const char* origin, const char* method, const char* names = nullptr) {
    aws::Headers headers;
    headers.add("Origin", origin);
    headers.add("Access-Control-Request-Method", method);
    if (names != nullptr) headers.add("Access-Control-Request-Headers", names);
    return headers;
  }
};

TEST_F(Cors, ConfigurationIsKeptAsGiven) {
  EXPECT_EQ(code(service->GetBucketCors(call, at<api::GetBucketCorsRequest>("shared"))),
            "NoSuchCORSConfiguration");
  auto one = rule({"GET", "PUT"}, {"https://*.example.com", "http://other.test"});
  one.AllowedHeaders = {"x-amz-*", "content-type"};
  one.ExposeHeaders = {"ETag"};
  one.MaxAgeSeconds = 0;
  one.ID = "first";
  EXPECT_EQ(configure({one, rule({"HEAD"}, {"*"})}), "OK");
  const auto got = service->GetBucketCors(call, at<api::GetBucketCorsRequest>("shared"));
  ASSERT_TRUE(got);
  ASSERT_EQ(got->CORSRules->size(), 2u);
  EXPECT_EQ((*got->CORSRules)[0], one);
  EXPECT_EQ(code(service->DeleteBucketCors(call, at<api::DeleteBucketCorsRequest>("shared"))), "OK");
  EXPECT_EQ(code(service->GetBucketCors(call, at<api::GetBucketCorsRequest>("shared"))),
            "NoSuchCORSConfiguration");
}

TEST_F(Cors, ConfigurationThatMeansNothingIsRefused) {
  EXPECT_EQ(configure({}), "MalformedXML");
  EXPECT_EQ(configure({rule({}, {"*"})}), "MalformedXML");
  EXPECT_EQ(configure({rule({"GET"}, {})}), "MalformedXML");
  EXPECT_EQ(configure({rule({"OPTIONS"}, {"*"})}), "InvalidRequest");
  EXPECT_EQ(configure({rule({"get"}, {"*"})}), "InvalidRequest");
  EXPECT_EQ(configure({rule({"GET"}, {"http://*.*.com"})}), "InvalidRequest");
  auto headers = rule({"GET"}, {"*"});
  headers.AllowedHeaders = {"x-*-*"};
  EXPECT_EQ(configure({headers}), "InvalidRequest");
  auto exposed = rule({"GET"}, {"*"});
  exposed.ExposeHeaders = {"x-amz-*"};
  EXPECT_EQ(configure({exposed}), "InvalidRequest");
  EXPECT_EQ(configure(std::vector<api::CORSRule>(100, rule({"GET"}, {"*"}))), "OK");
  EXPECT_EQ(configure(std::vector<api::CORSRule>(101, rule({"GET"}, {"*"}))), "MalformedXML");
  EXPECT_EQ(configure({rule({"GET"}, {std::string(65'536, 'o')})}), "MalformedXML");
}

TEST_F(Cors, APreflightIsAnsweredByTheFirstRuleThatAllowsIt) {
  auto write = rule({"PUT", "POST"}, {"https://*.example.com"});
  write.AllowedHeaders = {"X-Amz-*", "content-type"};
  write.ExposeHeaders = {"ETag", "x-amz-version-id"};
  write.MaxAgeSeconds = 3000;
  ASSERT_EQ(configure({write, rule({"GET"}, {"*"})}), "OK");
  const auto allowed =
      preflight(asking("https://app.example.com", "PUT", "Content-Type,  x-amz-meta-Colour"));
  ASSERT_TRUE(allowed) << allowed.error().message;
  EXPECT_EQ(allowed->status, 200);
  const auto header = [&](const char* name) { return std::string(allowed->headers.get(name)); };
  EXPECT_EQ(header("Access-Control-Allow-Origin"), "https://app.example.com");
  EXPECT_EQ(header("Access-Control-Allow-Methods"), "PUT, POST");
  EXPECT_EQ(header("Access-Control-Allow-Headers"), "content-type, x-amz-meta-colour");
  EXPECT_EQ(header("Access-Control-Expose-Headers"), "ETag, x-amz-version-id");
  EXPECT_EQ(header("Access-Control-Max-Age"), "3000");
  EXPECT_EQ(header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(header("Vary"), "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  const auto anybody = preflight(asking("http://anywhere.test", "GET"));
  ASSERT_TRUE(anybody);
  EXPECT_EQ(anybody->headers.get("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(anybody->headers.find("Access-Control-Allow-Credentials"), nullptr);
}

TEST_F(Cors, APreflightThatNothingAllowsIsRefusedInAwsWords) {
  const auto refusal = [&](aws::Headers headers, const std::string& path = "/shared/k") {
    const auto answer = preflight(std::move(headers), path);
    return answer ? std::string("OK") : answer.error().message;
  };
  EXPECT_EQ(refusal({}), "Insufficient information. Origin request header needed.");
  aws::Headers origin_only;
  origin_only.add("Origin", "http://a.test");
  EXPECT_EQ(refusal(origin_only), "Invalid Access-Control-Request-Method: null");
  EXPECT_EQ(refusal(asking("http://a.test", "PATCH")), "Invalid Access-Control-Request-Method: PATCH");
  EXPECT_EQ(refusal(asking("http://a.test", "GET"), "/absent/k"), "CORSResponse: Bucket not found");
  EXPECT_EQ(refusal(asking("http://a.test", "GET"), "/%"), "CORSResponse: Bucket not found");
  EXPECT_EQ(refusal(asking("http://a.test", "GET")), "CORSResponse: CORS is not enabled for this bucket.");
  ASSERT_EQ(configure({rule({"GET"}, {"http://a.test"})}), "OK");
  EXPECT_EQ(refusal(asking("http://a.test", "GET")), "OK");
  for (const auto& wrong : {asking("http://b.test", "GET"), asking("http://a.test", "PUT"),
                            asking("http://a.test", "GET", "x-any"), asking("http://a.test:8080", "GET")}) {
    const auto answer = preflight(wrong);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "AccessForbidden");
    EXPECT_EQ(answer.error().status, 403);
    EXPECT_THAT(answer.error().message, HasSubstr("This CORS request is not allowed."));
  }
}

TEST_F(Cors, EveryAnswerToAnotherOriginSaysWhatItMayDo) {
  ASSERT_EQ(configure({rule({"GET"}, {"http://a.test"})}), "OK");
  const auto told = [&](const char* method, const char* origin, const char* path = "/shared/k") {
    aws::Headers headers;
    headers.add("Origin", origin);
    return service->cross_origin(request(method, path, std::move(headers)), aws::Listener::Api);
  };
  EXPECT_EQ(told("GET", "http://a.test").get("Access-Control-Allow-Origin"), "http://a.test");
  const aws::Headers stranger = told("GET", "http://b.test");
  EXPECT_EQ(stranger.find("Access-Control-Allow-Origin"), nullptr);
  EXPECT_EQ(stranger.get("Vary"), "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  EXPECT_EQ(told("PUT", "http://a.test").find("Access-Control-Allow-Origin"), nullptr);
  EXPECT_EQ(told("GET", "http://a.test", "/absent/k").size(), 0u);
  EXPECT_EQ(told("OPTIONS", "http://a.test").size(), 0u) << "a preflight answers for itself";
}

}  // namespace
}  // namespace meridian::services::s3

#include <gmock/gmock.h>

#include "services/s3/s3_fixture.h"
#include "services/s3/website_host.h"

namespace meridian::services::s3 {
namespace {

using testing::HasSubstr;

constexpr const char* kHost = "site.s3-website.localhost:4566";

TEST(WebsiteHost, NamesItsBucket) {
  const std::vector<std::string> domains = {"web.example.org"};
  const auto bucket = [&](std::string_view host) {
    return bucket_of_website_host(host, domains).value_or("-");
  };
  EXPECT_EQ(bucket("photos.s3-website.localhost:4566"), "photos");
  EXPECT_EQ(bucket("photos.s3-website-us-east-1.localhost"), "photos");
  EXPECT_EQ(bucket("www.example.com.s3-website-eu-west-1.amazonaws.com"), "www.example.com");
  EXPECT_EQ(bucket("photos.s3-website.eu-central-1.amazonaws.com"), "photos");
  EXPECT_EQ(bucket("PHOTOS.S3-Website-us-east-1.Amazonaws.COM."), "photos");
  EXPECT_EQ(bucket("photos.web.example.org:80"), "photos");
  EXPECT_EQ(bucket("s3-website-us-east-1.amazonaws.com"), "") << "the endpoint itself";
  EXPECT_EQ(bucket("a.s3-website.b.s3-website.localhost"), "a.s3-website.b");
  for (const char* host :
       {"photos.s3.localhost", "photos.s3-website.example.com", "photos.s3-websites.localhost",
        "xs3-website.localhost", "photosweb.example.org", "example.org", "[::1]:80", ""})
    EXPECT_EQ(bucket(host), "-") << host;
}

class Website : public S3Fixture {
 protected:
  Website() { make_bucket("site"); }

  static api::PutBucketWebsiteRequest with_index() {
    api::PutBucketWebsiteRequest request;
    request.Bucket = "site";
    request.WebsiteConfiguration.IndexDocument.emplace().Suffix = "index.html";
    return request;
  }
  static api::RoutingRule& add_rule(api::PutBucketWebsiteRequest& request) {
    auto& rules = request.WebsiteConfiguration.RoutingRules;
    if (!rules) rules.emplace();
    return rules->emplace_back();
  }
  std::string configure(const api::PutBucketWebsiteRequest& request) {
    return code(service->PutBucketWebsite(call, request));
  }
  struct Answer {
    int status = 0;
    aws::Headers headers;
    std::string text;
    std::string header(const char* name) const { return std::string(headers.get(name)); }
  };
  Answer ask(const std::string& path, const std::string& method = "GET", aws::Headers headers = {},
             const char* host = kHost, aws::Listener listener = aws::Listener::Api) {
    aws::HttpRequest head{method, path.substr(0, path.find('?')), "", std::move(headers), ""};
    if (path.find('?') != std::string::npos) head.query = path.substr(path.find('?') + 1);
    head.headers.add("Host", host);
    const auto page = service->unmodelled(head, listener);
    if (!page) return {};
    const auto response = page->answer(call);
    if (!response) return {};
    Answer answer{response->status, response->headers, response->body};
    if (call.answer) answer.text = body();
    return answer;
  }
};

TEST_F(Website, ConfigurationIsKeptAsGivenAndGoesWithTheBucket) {
  EXPECT_EQ(code(service->GetBucketWebsite(call, at<api::GetBucketWebsiteRequest>("site"))),
            "NoSuchWebsiteConfiguration");
  auto request = with_index();
  request.WebsiteConfiguration.ErrorDocument.emplace().Key = "errors/<4xx>.html";
  auto& rule = add_rule(request);
  rule.Condition.emplace().KeyPrefixEquals = "docs/";
  rule.Redirect.ReplaceKeyPrefixWith = "";
  EXPECT_EQ(configure(request), "OK");
  const auto got = service->GetBucketWebsite(call, at<api::GetBucketWebsiteRequest>("site"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->IndexDocument, request.WebsiteConfiguration.IndexDocument);
  EXPECT_EQ(got->ErrorDocument, request.WebsiteConfiguration.ErrorDocument);
  EXPECT_EQ(got->RoutingRules, request.WebsiteConfiguration.RoutingRules);
  EXPECT_EQ(code(service->DeleteBucketWebsite(call, at<api::DeleteBucketWebsiteRequest>("site"))), "OK");
  EXPECT_EQ(code(service->GetBucketWebsite(call, at<api::GetBucketWebsiteRequest>("site"))),
            "NoSuchWebsiteConfiguration");
  EXPECT_EQ(configure(request), "OK");
  EXPECT_EQ(code(service->DeleteBucket(call, at<api::DeleteBucketRequest>("site"))), "OK");
  make_bucket("site");
  EXPECT_EQ(ask("/").header("x-amz-error-code"), "NoSuchWebsiteConfiguration");
}

TEST_F(Website, ConfigurationThatMeansNothingIsRefused) {
  const auto refused = [&](auto change) {
    auto request = with_index();
    change(request.WebsiteConfiguration, request);
    return configure(request);
  };
  using Config = api::WebsiteConfiguration;
  using Request = api::PutBucketWebsiteRequest;
  EXPECT_EQ(refused([](Config& c, Request&) { c.IndexDocument.reset(); }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& c, Request&) { c.IndexDocument->Suffix = ""; }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& c, Request&) { c.IndexDocument->Suffix = "a/b"; }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& c, Request&) { c.ErrorDocument.emplace(); }), "MalformedXML");
  EXPECT_EQ(refused([](Config& c, Request&) { c.RedirectAllRequestsTo.emplace().HostName = "h"; }),
            "InvalidArgument");
  EXPECT_EQ(refused([](Config& c, Request&) {
              c.IndexDocument.reset();
              c.RedirectAllRequestsTo.emplace().HostName = "h";
              c.RedirectAllRequestsTo->Protocol = "ftp";
            }),
            "InvalidRequest");
  EXPECT_EQ(refused([](Config&, Request& r) { add_rule(r); }), "MalformedXML") << "a redirect to nowhere";
  const auto rule_refused = [&](auto change) {
    return refused([&](Config&, Request& r) {
      auto& rule = add_rule(r);
      rule.Redirect.HostName = "h";
      change(rule);
    });
  };
  using Rule = api::RoutingRule;
  EXPECT_EQ(rule_refused([](Rule&) {}), "OK");
  EXPECT_EQ(rule_refused([](Rule& r) { r.Condition.emplace(); }), "InvalidRequest");
  EXPECT_EQ(rule_refused([](Rule& r) { r.Condition.emplace().HttpErrorCodeReturnedEquals = "399"; }),
            "InvalidRequest");
  EXPECT_EQ(rule_refused([](Rule& r) { r.Redirect.HttpRedirectCode = "300"; }), "InvalidRequest");
  EXPECT_EQ(rule_refused([](Rule& r) { r.Redirect.HttpRedirectCode = "200"; }), "InvalidRequest");
  EXPECT_EQ(rule_refused([](Rule& r) { r.Redirect.ReplaceKeyWith = r.Redirect.ReplaceKeyPrefixWith = "k"; }),
            "InvalidRequest");
  const auto many = [&](int count) {
    return refused([&](Config&, Request& r) {
      for (int i = 0; i < count; ++i) add_rule(r).Redirect.HostName = "h";
    });
  };
  EXPECT_EQ(many(50), "OK");
  EXPECT_EQ(many(51), "InvalidRequest");
}

TEST_F(Website, ServesObjectsAndTheIndexOfEveryPrefix) {
  ASSERT_EQ(configure(with_index()), "OK");
  auto page = at<api::PutObjectRequest>("site", "index.html");
  page.ContentType = "text/html";
  page.CacheControl = "max-age=60";
  ASSERT_TRUE(put(page, "<h1>home</h1>"));
  ASSERT_TRUE(put("site", "a b/index.html", "inner"));
  const Answer home = ask("/?any=query");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(home.text, "<h1>home</h1>");
  EXPECT_EQ(home.header("content-type"), "text/html");
  EXPECT_EQ(home.header("cache-control"), "max-age=60");
  EXPECT_EQ(ask("/index.html").text, "<h1>home</h1>");
  EXPECT_EQ(ask("/a%20b/").text, "inner");
  const Answer folder = ask("/a%20b");
  EXPECT_EQ(folder.status, 302);
  EXPECT_EQ(folder.header("location"), "/a%20b/");
  const Answer head = ask("/", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "13");
  EXPECT_EQ(ask("/a%20b", "HEAD").status, 302);
}

TEST_F(Website, HeedsConditionsAndRanges) {
  ASSERT_EQ(configure(with_index()), "OK");
  const auto etag = put("site", "k", "0123456789")->ETag;
  aws::Headers range;
  range.add("Range", "bytes=2-4");
  const Answer part = ask("/k", "GET", range);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.text, "234");
  EXPECT_EQ(part.header("content-range"), "bytes 2-4/10");
  aws::Headers same;
  same.add("If-None-Match", *etag);
  const Answer unchanged = ask("/k", "GET", same);
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.text, "");
  EXPECT_EQ(unchanged.header("etag"), *etag);
  aws::Headers beyond;
  beyond.add("Range", "bytes=20-");
  EXPECT_EQ(ask("/k", "GET", beyond).status, 416);
  EXPECT_EQ(ask("/k").status, 200) << "nothing of the call before is left";
}

TEST_F(Website, AnErrorIsAPageOrTheErrorDocumentWithItsStatus) {
  auto request = with_index();
  ASSERT_EQ(configure(request), "OK");
  const Answer plain = ask("/<script>");
  EXPECT_EQ(plain.status, 404);
  EXPECT_EQ(plain.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(plain.header("x-amz-error-code"), "NoSuchKey");
  EXPECT_THAT(plain.text, HasSubstr("<h1>404 Not Found</h1>"));
  EXPECT_THAT(plain.text, HasSubstr("<li>Code: NoSuchKey</li>"));
  EXPECT_THAT(plain.text, HasSubstr("<li>Key: &lt;script&gt;</li>"));
  EXPECT_THAT(plain.text, HasSubstr("<li>RequestId: "));
  EXPECT_THAT(plain.text, HasSubstr("<li>HostId: "));

  request.WebsiteConfiguration.ErrorDocument.emplace().Key = "error.html";
  ASSERT_EQ(configure(request), "OK");
  const Answer without = ask("/absent");
  EXPECT_EQ(without.status, 404);
  EXPECT_THAT(without.text,
              HasSubstr("<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>"));
  EXPECT_THAT(without.text, HasSubstr("<li>Key: error.html</li>"));

  ASSERT_TRUE(put("site", "error.html", "sorry"));
  const Answer document = ask("/absent");
  EXPECT_EQ(document.status, 404);
  EXPECT_EQ(document.text, "sorry");
  aws::Headers range;
  range.add("Range", "bytes=0-1");
  EXPECT_EQ(ask("/absent", "GET", range).text, "sorry") << "the range was of what was asked for";
  EXPECT_EQ(ask("/").status, 404) << "no index document";
}

TEST_F(Website, OnlyReads) {
  ASSERT_EQ(configure(with_index()), "OK");
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const Answer refused = ask("/", method);
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_EQ(refused.header("x-amz-error-code"), "MethodNotAllowed");
    EXPECT_EQ(refused.header("allow"), "GET, HEAD");
  }
}

TEST_F(Website, RedirectsEverything) {
  api::PutBucketWebsiteRequest request;
  request.Bucket = "site";
  request.WebsiteConfiguration.RedirectAllRequestsTo.emplace().HostName = "www.example.com";
  ASSERT_EQ(configure(request), "OK");
  const Answer moved = ask("/a%20b/c?x=1&y");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.header("location"), "http://www.example.com/a%20b/c?x=1&y");
  request.WebsiteConfiguration.RedirectAllRequestsTo->Protocol = "https";
  ASSERT_EQ(configure(request), "OK");
  EXPECT_EQ(ask("/").header("location"), "https://www.example.com/");
}

TEST_F(Website, RoutingRulesInTheirOrder) {
  auto request = with_index();
  auto& moved = add_rule(request);
  moved.Condition.emplace().KeyPrefixEquals = "docs/";
  moved.Redirect.ReplaceKeyPrefixWith = "documents/";
  auto& later = add_rule(request);
  later.Condition.emplace().KeyPrefixEquals = "docs/old/";
  later.Redirect.ReplaceKeyWith = "never.html";
  auto& app = add_rule(request);
  app.Condition.emplace().HttpErrorCodeReturnedEquals = "404";
  app.Condition->KeyPrefixEquals = "app/";
  app.Redirect.ReplaceKeyPrefixWith = "#!/";
  app.Redirect.HttpRedirectCode = "302";
  auto& elsewhere = add_rule(request);
  elsewhere.Condition.emplace().HttpErrorCodeReturnedEquals = "404";
  elsewhere.Redirect.HostName = "old.example.com";
  elsewhere.Redirect.Protocol = "https";
  elsewhere.Redirect.HttpRedirectCode = "307";
  ASSERT_EQ(configure(request), "OK");
  ASSERT_TRUE(put("site", "app/there", "text"));
  ASSERT_TRUE(put("site", "docs/x", "never seen"));

  const Answer prefix = ask("/docs/old/x?q=1");
  EXPECT_EQ(prefix.status, 301);
  EXPECT_EQ(prefix.header("location"), "http://site.s3-website.localhost:4566/documents/old/x?q=1");
  EXPECT_EQ(ask("/docs/x").status, 301) << "before the object is looked for";
  EXPECT_EQ(ask("/app/there").text, "text");
  const Answer page = ask("/app/a%20page");
  EXPECT_EQ(page.status, 302);
  EXPECT_EQ(page.header("location"), "http://site.s3-website.localhost:4566/#!/a%20page");
  const Answer other = ask("/absent");
  EXPECT_EQ(other.status, 307);
  EXPECT_EQ(other.header("location"), "https://old.example.com/absent");
}

TEST_F(Website, AnObjectMaySendItsVisitorsElsewhere) {
  ASSERT_EQ(configure(with_index()), "OK");
  auto request = at<api::PutObjectRequest>("site", "old.html");
  request.WebsiteRedirectLocation = "new.html";
  EXPECT_EQ(code(put(request, "")), "InvalidRedirectLocation");
  request.WebsiteRedirectLocation = "/" + std::string(2048, 'x');
  EXPECT_EQ(code(put(request, "")), "InvalidRedirectLocation");
  request.WebsiteRedirectLocation = "/new.html";
  ASSERT_TRUE(put(request, "body"));
  EXPECT_EQ(get(at<api::GetObjectRequest>("site", "old.html"))->WebsiteRedirectLocation, "/new.html");
  call.answer.reset();
  const Answer moved = ask("/old.html");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.header("location"), "/new.html");
  EXPECT_EQ(moved.text, "");
  auto copy = at<api::CopyObjectRequest>("site", "copy.html");
  copy.CopySource = "site/old.html";
  ASSERT_TRUE(service->CopyObject(call, copy));
  EXPECT_EQ(ask("/copy.html").text, "body") << "the redirect is the object's own, not its copies'";
}

TEST_F(Website, WithoutPolicyNobodyIsShownAnything) {
  ASSERT_EQ(configure(with_index()), "OK");
  ASSERT_TRUE(put("site", "index.html", "secret"));
  call.account_id.clear();
  const Answer refused = ask("/");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.header("x-amz-error-code"), "AccessDenied");
  EXPECT_EQ(refused.text.find("secret"), std::string::npos);
}

TEST_F(Website, ItsOwnListenerTakesAnyHostName) {
  make_bucket("www.example.com");
  auto request = with_index();
  request.Bucket = "www.example.com";
  ASSERT_EQ(configure(request), "OK");
  ASSERT_TRUE(put("www.example.com", "index.html", "ours"));
  EXPECT_EQ(ask("/", "GET", {}, "WWW.example.com:80", aws::Listener::Website).text, "ours");
  EXPECT_EQ(ask("/", "GET", {}, "other.example.com", aws::Listener::Website).header("x-amz-error-code"),
            "NoSuchBucket");
  EXPECT_EQ(ask("/", "GET", {}, "www.example.com").status, 0) << "the API's listener has no such page";
}

}  // namespace
}  // namespace meridian::services::s3

// The front door end to end on loopback: a real loop, real signatures, a service that says who called it.
#include "aws/front_door.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "aws/service_caller.h"
#include "gen/route53/api.h"
#include "http/client.h"

namespace meridian::aws {
namespace {

using namespace std::chrono_literals;

// Says in the comment of a change who asked.
class WhoAsks final : public gen::route53::Api {
 public:
  Outcome<gen::route53::GetChangeResponse> GetChange(Call& call,
                                                     const gen::route53::GetChangeRequest& input) override {
    if (on_call) on_call();
    EXPECT_TRUE(dry_runs || !call.dry_run);
    call.would_change = would_change;
    soft_purge = call.soft_purge;
    gen::route53::GetChangeResponse response;
    response.ChangeInfo.Id = input.Id;
    response.ChangeInfo.Status = "INSYNC";
    response.ChangeInfo.SubmittedAt = call.time;
    response.ChangeInfo.Comment = call.account_id + " " + call.principal_arn;
    return response;
  }
  bool has_dry_runs() const override { return dry_runs; }
  bool has_soft_purges(const Operation&) const override { return soft_purges; }
  bool decides_access() const override { return decides; }
  Outcome<void> authorize(const Call& call, const Operation&, const Value&) override {
    asked.push_back(call);
    if (!allows) return refuse("AccessDenied", "Access Denied", 403);
    return {};
  }
  bool answers_at_once(const Operation&) const override { return quick; }
  bool decides = false, allows = true, quick = false;
  std::vector<Call> asked;
  std::function<void()> on_call;
  bool dry_runs = false, soft_purges = false, soft_purge = false;
  std::string would_change;
};

class Keys final : public Credentials {
 public:
  std::optional<AccessKey> find(std::string_view access_key_id) const override {
    for (const AccessKey& key : keys)
      if (key.access_key_id == access_key_id) return key;
    return std::nullopt;
  }
  std::vector<AccessKey> keys;
};

class AtTheFrontDoor : public testing::Test {
 protected:
  AtTheFrontDoor() {
    EXPECT_EQ(pipe(log_ends), 0);
    logger = std::make_unique<Logger>(clock, log_ends[1], LogFormat::Json, LogLevel::Info);
    keys.keys.push_back({"AKIAMERIDIANMERIDIAN", "secret", "111122223333", root_arn("111122223333"), "", {}});
  }
  ~AtTheFrontDoor() override {
    loop->stop();
    if (thread.joinable()) thread.join();
    door.reset();
    logger.reset();
    close(log_ends[0]);
    close(log_ends[1]);
  }

  void open(FrontDoorOptions options = {}) {
    Service* services[] = {&who};
    const FrontDoorParts parts{*loop, clock, random, *logger, metrics};
    door = std::make_unique<FrontDoor>(parts, services, std::vector<const Credentials*>{&keys}, options);
    auto address = door->listen({net::IpAddress::v4({127, 0, 0, 1}), 0});
    ASSERT_TRUE(address) << address.error().message;
    authority = address->to_string();
    thread = std::thread([this] { loop->run(); });
  }

  http::Response send(const HttpRequest& request) {
    http::ClientRequest out;
    out.method = request.method;
    out.url = *http::Url::parse("http://" + authority + request.path + (request.query.empty() ? "" : "?") +
                                request.query);
    for (const auto& [name, value] : request.headers)
      if (name != "Host") out.headers.push_back({name, value});
    out.body = request.body;
    auto response = http::fetch(out);
    EXPECT_TRUE(response) << response.error().message;
    return response ? *response : http::Response{};
  }

  HttpRequest get(std::string path = "/2013-04-01/change/C1") {
    HttpRequest request{"GET", std::move(path), "", {}, ""};
    request.headers.add("Host", authority);
    return request;
  }
  HttpRequest signed_by(HttpRequest request, const sigv4::SigningKey& key,
                        std::string_view service = "route53", Duration late = 0s) {
    sigv4::Rules rules;
    rules.service = service;
    sigv4::sign(request, key, "eu-west-1", rules, clock.now() - late);
    return request;
  }
  static bool has(const http::Response& response, std::string_view text) {
    const bool found = response.body.find(text) != std::string::npos;
    EXPECT_TRUE(found) << response.status << " " << response.body;
    return found;
  }

  const sigv4::SigningKey good_key{"AKIAMERIDIANMERIDIAN", "secret", ""};
  int log_ends[2];
  RealClock clock;
  SystemRandom random;
  Metrics metrics;
  std::unique_ptr<Logger> logger;
  Keys keys;
  WhoAsks who;
  std::unique_ptr<net::Loop> loop = net::make_loop();
  std::unique_ptr<FrontDoor> door;
  std::string authority;
  std::thread thread;
};

TEST_F(AtTheFrontDoor, AServiceThatDecidesIsAskedAboutNobodyToo) {
  who.decides = true;
  open();
  EXPECT_EQ(send(get()).status, 200);
  ASSERT_EQ(who.asked.size(), 1u);
  EXPECT_EQ(who.asked[0].account_id + who.asked[0].principal_arn, "");
  EXPECT_EQ(who.asked[0].signature, Signed::No);
  EXPECT_EQ(send(signed_by(get(), good_key)).status, 200);
  EXPECT_EQ(who.asked[1].account_id, "111122223333");
  EXPECT_EQ(who.asked[1].signature, Signed::Header);
  who.allows = false;
  int calls = 0;
  who.on_call = [&] { ++calls; };
  const auto refused = send(signed_by(get(), good_key));
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(has(refused, "<Code>AccessDenied</Code>"));
  EXPECT_EQ(calls, 0);
}

TEST_F(AtTheFrontDoor, WhatIsAnsweredAtOnceIsAskedForToo) {
  who.decides = who.quick = true;
  who.allows = false;
  int calls = 0;
  who.on_call = [&] { ++calls; };
  open();
  EXPECT_EQ(send(get()).status, 403);
  EXPECT_EQ(send(signed_by(get(), good_key)).status, 403);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(who.asked.size(), 2u);
  who.allows = true;
  EXPECT_EQ(send(get()).status, 200);
  EXPECT_EQ(calls, 1);
}

TEST_F(AtTheFrontDoor, ABadSignatureIsNotNobody) {
  who.decides = true;
  open();
  EXPECT_EQ(send(signed_by(get(), {"AKIAMERIDIANMERIDIAN", "wrong", ""})).status, 403);
  HttpRequest malformed = get();
  malformed.headers.add("Authorization", "Basic aGVsbG86d29ybGQ=");
  EXPECT_EQ(send(malformed).status, 400);
  HttpRequest half = get();
  half.query = "X-Amz-Signature=00";
  EXPECT_EQ(send(half).status, 400);
  EXPECT_TRUE(who.asked.empty());
}

TEST_F(AtTheFrontDoor, AServicesKeySaysForWhomInWhatItSigns) {
  keys.keys.push_back({"AKIASERVICEOFMERIDIAN", "secret", "", "", "", {}, "cloudfront.amazonaws.com"});
  const sigv4::SigningKey key{"AKIASERVICEOFMERIDIAN", "secret", ""};
  who.decides = true;
  open();
  OnBehalf on_behalf;
  on_behalf.source_arn = "arn:aws:cloudfront::111122223333:distribution/E1";
  on_behalf.source_account = "111122223333";
  on_behalf.origin_access_identity = "E2";
  on_behalf.canonical_user = "c4n0n1c4l";
  HttpRequest request = get();
  write_on_behalf(request, on_behalf);
  EXPECT_EQ(send(signed_by(request, key)).status, 200);
  ASSERT_EQ(who.asked.size(), 1u);
  EXPECT_EQ(who.asked[0].on_behalf.service, "cloudfront.amazonaws.com");
  EXPECT_EQ(who.asked[0].on_behalf.source_arn, on_behalf.source_arn);
  EXPECT_EQ(who.asked[0].on_behalf.source_account, on_behalf.source_account);
  EXPECT_EQ(who.asked[0].on_behalf.origin_access_identity, "E2");
  EXPECT_EQ(who.asked[0].on_behalf.canonical_user, "c4n0n1c4l");
  EXPECT_EQ(who.asked[0].account_id, "");
  HttpRequest added = signed_by(get(), key);
  write_on_behalf(added, on_behalf);
  EXPECT_EQ(send(added).status, 200);
  EXPECT_EQ(who.asked[1].on_behalf.source_arn, "") << "what is not signed says nothing";
  EXPECT_EQ(send(signed_by(request, good_key)).status, 200);
  EXPECT_EQ(who.asked[2].on_behalf.service, "") << "nor does what anybody else signs";
  EXPECT_EQ(who.asked[2].on_behalf.source_arn, "");
}

TEST_F(AtTheFrontDoor, AnAuthorityDecidesForServicesThatDoNot) {
  class NobodyMay final : public Authority {
   public:
    Outcome<void> may(const Call& call) const override {
      return refuse("AccessDenied", call.service + ":" + call.operation, 403);
    }
  };
  const NobodyMay nobody_may;
  FrontDoorOptions options;
  options.authority = &nobody_may;
  open(options);
  const auto refused = send(signed_by(get(), good_key));
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(has(refused, "route53:GetChange"));
}

TEST_F(AtTheFrontDoor, ASignedCallReachesTheServiceAsItsAccount) {
  open();
  const http::Response response = send(signed_by(get(), good_key));
  EXPECT_EQ(response.status, 200);
  has(response, "<Comment>111122223333 arn:aws:iam::111122223333:root</Comment>");
  const http::Header* id = http::find_header(response.headers, "x-amzn-RequestId");
  ASSERT_NE(id, nullptr);
  EXPECT_EQ(id->value.size(), 36u);
}

TEST_F(AtTheFrontDoor, ADryRunReachesOnlyWhoKnowsWhatItIs) {
  open();
  HttpRequest request = get();
  request.headers.add("X-Meridian-Dry-Run", "yes");
  EXPECT_EQ(send(signed_by(request, good_key)).status, 501);
  who.dry_runs = true;
  who.on_call = [this] { who.would_change = "[1]"; };
  const http::Response response = send(signed_by(request, good_key));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(http::find_header(response.headers, "x-meridian-dry-run")->value, "true");
  EXPECT_EQ(http::find_header(response.headers, "x-meridian-would-change")->value, "[1]");
  EXPECT_EQ(http::find_header(send(signed_by(get(), good_key)).headers, "x-meridian-dry-run"), nullptr);
}

TEST_F(AtTheFrontDoor, ASoftPurgeIsHeededOrRefused) {
  open();
  const auto asking = [&](const std::string& wish) {
    HttpRequest request = get();
    request.headers.add("X-Meridian-Soft-Purge", wish);
    return send(signed_by(request, good_key));
  };
  const auto refused = asking("true");
  EXPECT_EQ(refused.status, 501);
  EXPECT_TRUE(has(refused, "This operation has no soft purges."));
  EXPECT_EQ(asking("false").status, 200);
  who.soft_purges = true;
  const auto odd = asking("yes");
  EXPECT_EQ(odd.status, 400);
  EXPECT_TRUE(has(odd, "<Code>InvalidArgument</Code>"));
  EXPECT_EQ(http::find_header(asking("false").headers, kSoftPurgeHeader), nullptr);
  EXPECT_FALSE(who.soft_purge);
  EXPECT_EQ(http::find_header(asking("true").headers, kSoftPurgeHeader)->value, "true");
  EXPECT_TRUE(who.soft_purge);
}

TEST_F(AtTheFrontDoor, APresignedCallNeedsNoHeader) {
  open();
  HttpRequest request = get();
  sigv4::Rules rules;
  rules.service = "route53";
  sigv4::presign(request, good_key, "us-east-1", rules, clock.now(), 60);
  has(send(request), "<Comment>111122223333 ");
  HttpRequest late = get();
  sigv4::presign(late, good_key, "us-east-1", rules, clock.now() - 100s, 60);
  const http::Response response = send(late);
  EXPECT_EQ(response.status, 400);
  has(response, "<Code>RequestExpired</Code>");
}

TEST_F(AtTheFrontDoor, StrangersAreRefusedInAwsWords) {
  open();
  http::Response response = send(get());
  EXPECT_EQ(response.status, 403);
  has(response, "<Code>MissingAuthenticationToken</Code>");
  has(response, "<Message>Missing Authentication Token</Message>");

  response = send(signed_by(get(), {"AKIAMERIDIANMERIDIAN", "another secret", ""}));
  EXPECT_EQ(response.status, 403);
  has(response, "<Code>SignatureDoesNotMatch</Code>");
  has(response, "The Canonical String for this request should have been");

  response = send(signed_by(get(), {"AKIAXXXXXXXXXXXXXXXX", "secret", ""}));
  EXPECT_EQ(response.status, 403);
  has(response, "<Code>InvalidClientTokenId</Code>");
  has(response, "The security token included in the request is invalid.");

  has(send(signed_by(get(), good_key, "route53", 6min)), "Signature expired: ");
  has(send(signed_by(get(), good_key, "iam")), "Credential should be scoped to correct service: 'route53'. ");
}

TEST_F(AtTheFrontDoor, TemporaryCredentialsNeedTheirTokenAndEnd) {
  keys.keys.push_back({"ASIATEMPORARYTEMPORY", "s", "111122223333",
                       "arn:aws:sts::111122223333:assumed-role/r/s", "token", clock.now() + 1h});
  keys.keys.push_back({"ASIAOVEROVEROVEROVER", "s", "111122223333",
                       "arn:aws:sts::111122223333:assumed-role/r/s", "token", clock.now() - 1s});
  open();
  has(send(signed_by(get(), {"ASIATEMPORARYTEMPORY", "s", "token"})), "assumed-role/r/s");
  has(send(signed_by(get(), {"ASIATEMPORARYTEMPORY", "s", "another"})), "<Code>InvalidClientTokenId</Code>");
  has(send(signed_by(get(), {"ASIATEMPORARYTEMPORY", "s", ""})), "<Code>InvalidClientTokenId</Code>");
  has(send(signed_by(get(), {"ASIAOVEROVEROVEROVER", "s", "token"})), "<Code>ExpiredToken</Code>");
}

TEST_F(AtTheFrontDoor, WhatIsNotServedIsRefusedClearly) {
  open();
  http::Response response = send(signed_by(get("/2013-04-01/hostedzone"), good_key));
  EXPECT_EQ(response.status, 501);
  has(response, "NotImplemented");
  response = send(signed_by(get("/2020-05-31/distribution"), good_key, "cloudfront"));
  EXPECT_EQ(response.status, 404);
  has(response, "The service 'cloudfront' is not served here.");
  response = send(signed_by(get("/2013-04-01/nonsense"), good_key));
  EXPECT_EQ(response.status, 404);
}

TEST_F(AtTheFrontDoor, WhoeverIsMeantTheRefusalIsInTheCallersProtocol) {
  open();
  const std::pair<std::string, std::string> forms[] = {
      {"X-Amz-Target", "Nobody.Operation"},
      {"Content-Type", "application/x-www-form-urlencoded"},
  };
  for (const auto& [name, value] : forms) {
    HttpRequest request{"POST", "/", "", {}, "Action=Nothing&Version=2000-01-01"};
    request.headers.add("Host", authority);
    request.headers.add(name, value);
    const http::Response response = send(request);
    EXPECT_EQ(response.status, 404);
    has(response, "UnknownOperationException");
    has(response, "No service served here is meant by this request.");
  }
  HttpRequest cbor{"POST", "/service/Nobody/operation/Nothing", "", {}, ""};
  cbor.headers.add("Host", authority);
  cbor.headers.add("smithy-protocol", "rpc-v2-cbor");
  const http::Response response = send(cbor);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(http::find_header(response.headers, "smithy-protocol")->value, "rpc-v2-cbor");
  has(response, "UnknownOperationException");
}

TEST_F(AtTheFrontDoor, InputIsCheckedBeforeTheServiceSeesIt) {
  who.on_call = [] { ADD_FAILURE() << "the service was called"; };
  open();
  const http::Response response =
      send(signed_by(get("/2013-04-01/change/" + std::string(7000, 'x')), good_key));
  EXPECT_EQ(response.status, 400);
  has(response, "Member must have length less than or equal to 6500");
}

TEST_F(AtTheFrontDoor, DevelopmentModeTakesAnyCredentialsAndNone) {
  FrontDoorOptions options;
  options.development = true;
  open(options);
  has(send(get()), "<Comment>123456789012 ");
  has(send(signed_by(get(), {"test", "test", ""})), "<Comment>123456789012 ");
  has(send(signed_by(get(), {"000000000042", "x", ""})), "<Comment>000000000042 ");
  has(send(signed_by(get(), {"test", "test", ""}, "route53", 24h)), "<Comment>123456789012 ");
  HttpRequest odd = get();
  odd.headers.add("Authorization", "Bearer x");
  has(send(odd), "<Comment>123456789012 ");
}

TEST_F(AtTheFrontDoor, AFullQueueIsThrottlingInTheCallersProtocol) {
  FrontDoorOptions options;
  options.development = true;
  options.threads = 1;
  options.queued_calls_max = 0;
  open(options);
  const http::Response response = send(get());
  EXPECT_EQ(response.status, 400);
  has(response, "<Code>Throttling</Code>");
  has(response, "<Message>Rate exceeded</Message>");
}

TEST_F(AtTheFrontDoor, DrainingAnswersWhatIsUnderWay) {
  std::promise<void> called, release;
  who.on_call = [&called, held = release.get_future().share()] {
    called.set_value();
    held.wait();
  };
  open();
  const HttpRequest request = signed_by(get(), good_key);
  auto answer = std::async(std::launch::async, [&] { return send(request); });
  called.get_future().wait();
  std::promise<void> drained;
  auto done = drained.get_future();
  loop->post([&] { door->drain([&drained] { drained.set_value(); }); });
  EXPECT_EQ(done.wait_for(20ms), std::future_status::timeout);
  release.set_value();
  EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(done.wait_for(5s), std::future_status::ready);
}

TEST_F(AtTheFrontDoor, EachCallLeavesALineAndACount) {
  open();
  send(signed_by(get(), good_key));
  send(get());
  logger->flush();
  char buffer[8192];
  const std::string log(buffer, static_cast<std::size_t>(read(log_ends[0], buffer, sizeof buffer)));
  EXPECT_NE(log.find("\"account\":\"111122223333\""), std::string::npos) << log;
  EXPECT_NE(log.find("\"operation\":\"GetChange\""), std::string::npos) << log;
  EXPECT_NE(log.find("\"error\":\"MissingAuthenticationToken\""), std::string::npos) << log;
  const std::string text = metrics.prometheus_text();
  for (const char* line :
       {"meridian_api_requests_total{code=\"OK\",operation=\"GetChange\",service=\"route53\"} 1",
        "meridian_api_requests_total{code=\"MissingAuthenticationToken\",operation=\"\",service=\"route53\"} "
        "1",
        "meridian_api_duration_seconds_count{service=\"route53\"} 2"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

}  // namespace
}  // namespace meridian::aws

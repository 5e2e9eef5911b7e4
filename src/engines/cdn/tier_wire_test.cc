#include "engines/cdn/tier_wire.h"

#include "engines/cdn/tier_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::cdn {
namespace {

using rules::Seconds;
using rules::Time;

const Time kNow{Seconds(1'800'000'000)};

struct Parsed {
  std::string bytes;
  http1::RequestHead head;
  Result<TierRequest> request = fail(ErrorCode::Invalid, "");
};

class TierWireTest : public testing::Test {
 protected:
  TierWireTest() {
    auto made = std::make_shared<snapshots::cdn::Distribution>();
    made->id = "E1";
    ask.distribution = std::move(made);
    ask.method = "HEAD";
    ask.path = "/a/b";
    ask.query = "x=1&y";
    ask.viewer = *net::IpAddress::parse("2001:db8::7");
    ask.viewer_version = HttpVersion::Http2;
    ask.viewer_tls = true;
    ask.request_id = "id==";
  }
  std::unique_ptr<Parsed> sent(const TierRole& role, const PurgePosition& wanted,
                               std::string_view have = "") {
    auto parsed = std::make_unique<Parsed>();
    parsed->bytes = write_tier_request(ask, role, wanted, have);
    EXPECT_TRUE(http1::parse_request(parsed->bytes, parsed->head));
    parsed->request = read_tier_request(parsed->head.path, parsed->head.query, parsed->head.fields);
    return parsed;
  }

  Ask ask;
};

TEST_F(TierWireTest, ARequestComesAsItWent) {
  ask.fields.add("Accept-Language", "de");
  ask.fields.add("m-role", "regional");
  ask.fields.add("Content-Length", "7");
  ask.fields.add("CloudFront-Viewer-Country", "DE");
  const auto got = sent({"eu-west-1", true}, {"ab12", 77}, "\"v1\"");
  ASSERT_TRUE(got->request) << got->request.error().message;
  const TierRequest& request = *got->request;
  EXPECT_EQ(got->head.framing.content_length, std::nullopt)
      << "what the viewer said does not frame the question";
  EXPECT_EQ(request.role.region, "eu-west-1");
  EXPECT_TRUE(request.role.shield) << "whatever a viewer says of roles";
  EXPECT_EQ(request.distribution_id, "E1");
  EXPECT_EQ(request.wanted, (PurgePosition{"ab12", 77}));
  EXPECT_EQ(request.method, "HEAD");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "x=1&y");
  EXPECT_EQ(request.viewer, ask.viewer);
  EXPECT_EQ(request.version, HttpVersion::Http2);
  EXPECT_TRUE(request.tls);
  EXPECT_EQ(request.request_id, "id==");
  EXPECT_EQ(request.have, "\"v1\"");
  ASSERT_EQ(request.fields.size(), 4u);
  EXPECT_EQ(request.fields[0].name, "Accept-Language");
  EXPECT_EQ(request.fields[1].value, "regional");
}

TEST_F(TierWireTest, ARequestWithoutAStoreOrACopyIsOneToo) {
  const auto got = sent({"us-east-1", false}, {});
  ASSERT_TRUE(got->request);
  EXPECT_FALSE(got->request->role.shield);
  EXPECT_EQ(got->request->wanted, PurgePosition{});
  EXPECT_EQ(got->request->have, "");
}

TEST_F(TierWireTest, APartIsAskedForInAVersionThatOthersRefuse) {
  ask.method = "GET";
  ask.range = rules::ByteRange{1048576, 2097151};
  ask.if_range = "\"v1\"";
  const auto got = sent({"us-east-1", true}, {});
  ASSERT_TRUE(got->request) << got->request.error().message;
  EXPECT_EQ(got->request->range, ask.range);
  EXPECT_EQ(got->request->if_range, "\"v1\"");
  EXPECT_EQ(rules::value_of(got->head.fields, "m-version"), "2");
  const auto read = [&](std::string_view name, std::string_view value) {
    std::vector<rules::Field> fields = got->head.fields;
    for (rules::Field& field : fields)
      if (rules::same_name(field.name, name)) field.value = value;
    return read_tier_request("/", "", fields);
  };
  ASSERT_TRUE(read("m-range", "7"));
  EXPECT_EQ(read("m-range", "7")->range, (rules::ByteRange{7, kRangeEnd}));
  EXPECT_EQ(read("m-version", "1")->range, std::nullopt) << "not a word of that version";
  for (const char* range :
       {"", "-1", "7-9", "9 7", "7 9 11", "7 x", "4611686018427387905", "0 18446744073709551616"})
    EXPECT_FALSE(read("m-range", range)) << range;
  EXPECT_FALSE(read("m-if-range", "W/\"v1\""));
  EXPECT_FALSE(read("m-method", "HEAD"));
  ask.range->last = kRangeEnd;
  EXPECT_EQ(sent({"us-east-1", true}, {})->request->range, ask.range);
}

TEST_F(TierWireTest, WhatIsNoRequestIsRefused) {
  const auto good = sent({"us-east-1", false}, {"ab", 1});
  const auto refused = [&](std::string_view name, std::string_view value) {
    std::vector<rules::Field> fields = good->head.fields;
    for (rules::Field& field : fields)
      if (rules::same_name(field.name, name)) field.value = value;
    return !read_tier_request("/", "", fields);
  };
  EXPECT_FALSE(refused("m-region", "eu-west-1"));
  EXPECT_TRUE(refused("m-version", "3"));
  EXPECT_TRUE(refused("m-role", "location"));
  EXPECT_TRUE(refused("m-region", ""));
  EXPECT_TRUE(refused("m-distribution", ""));
  EXPECT_TRUE(refused("m-method", "G T"));
  for (const char* viewer : {"", "1.2.3.4", "1.2.3.4 9 0", "1.2.3.4 1 2", "1.2.3.4 1 0 0", "somebody 1 0"})
    EXPECT_TRUE(refused("m-viewer", viewer)) << viewer;
  for (const char* purges : {"", "x ab", "-1 ab", "99999999999999999999 ab"})
    EXPECT_TRUE(refused("m-purges", purges)) << purges;
  EXPECT_FALSE(read_tier_request("*", "", good->head.fields));
}

std::shared_ptr<Object> object() {
  auto made = std::make_shared<Object>();
  const rules::Field fields[] = {{"Content-Type", "text/plain"}, {"m-status", "500"}, {"ETag", "\"v1\""}};
  made->status = 404;
  made->fields = StoredFields(fields);
  made->body = Body::of("hello");
  made->kept = true;
  made->rule = rules::LifetimeRule::MaxAge;
  made->life = {kNow - Seconds(30), 5, 100, 10, rules::kStaleWithoutEnd, true, false};
  return made;
}

TEST(TierReplies, AnAnswerComesAsItWentOnAnotherClock) {
  const Answer answer{.object = object(),
                      .outcome = Outcome::RefreshHit,
                      .stale = true,
                      .stands_in_until = kNow + Seconds(8),
                      .collapsed = true,
                      .from_shield = true};
  rules::FieldList fields;
  write_tier_reply(answer, kNow, {}, fields);
  const Time there = kNow + std::chrono::hours(7);  // a clock that is wrong
  const auto reply = read_tier_reply(fields, there);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->outcome, Outcome::RefreshHit);
  EXPECT_TRUE(reply->stale);
  EXPECT_TRUE(reply->collapsed);
  EXPECT_TRUE(reply->kept);
  EXPECT_FALSE(reply->too_large);
  EXPECT_FALSE(reply->same);
  EXPECT_TRUE(reply->from_shield);
  EXPECT_EQ(reply->stands_in, Seconds(8));
  EXPECT_EQ(reply->failed, std::nullopt);
  EXPECT_EQ(reply->rule, rules::LifetimeRule::MaxAge);
  EXPECT_EQ(reply->length, 5u);
  EXPECT_EQ(reply->life.age(there), object()->life.age(kNow)) << "what Age says";
  EXPECT_EQ(reply->life.fresh_s, 100u);
  EXPECT_EQ(reply->life.stale_if_error_s, rules::kStaleWithoutEnd);
  EXPECT_TRUE(reply->life.never_stale);
  ASSERT_EQ(reply->fields.size(), 3u);
  EXPECT_EQ(reply->fields[1].value, "500") << "an origin's field is an origin's field";
  EXPECT_EQ(strong_etag(reply->fields), "\"v1\"");
}

TEST(TierReplies, APartIsToldWithItsPlaceInTheWhole) {
  auto large = object();
  large->status = 200;
  large->length = 5'000'000;
  rules::FieldList good;
  write_tier_reply({.object = large}, kNow, {.part = rules::ByteRange{1'048'576, 2'097'151}}, good);
  const auto with = [&](std::string_view name, std::string_view value) {
    std::vector<rules::Field> fields(good.fields().begin(), good.fields().end());
    for (rules::Field& field : fields)
      if (rules::same_name(field.name, name)) field.value = value;
    return read_tier_reply(fields, kNow);
  };
  const auto reply = with("", "");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->part, (rules::ByteRange{1'048'576, 2'097'151}));
  EXPECT_EQ(reply->length, 5'000'000u);
  EXPECT_EQ(strong_etag(reply->fields), "\"v1\"");
  for (const char* part : {"", "1", "x 2", "2 1", "0 4999999", "1 5000000", "1 2 3"})
    EXPECT_FALSE(with("m-part", part)) << part;
  EXPECT_FALSE(with("m-length", "2097151"));
  EXPECT_FALSE(with("m-status", "206"));
  EXPECT_FALSE(with("m-flags", "0 0 1 0 1 0")) << "the asker has the whole of it";
}

TEST(TierReplies, AFailureKeepsItsKind) {
  auto failed = object();
  failed->failed = rules::Refusal::OriginTimeout;
  rules::FieldList fields;
  write_tier_reply({.object = failed}, kNow, {.same = true}, fields);
  const auto reply = read_tier_reply(fields, kNow);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->failed, rules::Refusal::OriginTimeout);
  EXPECT_TRUE(reply->same);
  EXPECT_EQ(reply->stands_in, std::nullopt);
}

TEST(TierReplies, WhatIsNoAnswerIsRefused) {
  rules::FieldList good;
  write_tier_reply({.object = object()}, kNow, {}, good);
  const auto refused = [&](std::string_view name, std::string_view value) {
    std::vector<rules::Field> fields(good.fields().begin(), good.fields().end());
    for (rules::Field& field : fields)
      if (rules::same_name(field.name, name)) field.value = value;
    return !read_tier_reply(fields, kNow);
  };
  EXPECT_FALSE(refused("m-status", "200"));
  for (const char* status : {"", "99", "600", "2x0"}) EXPECT_TRUE(refused("m-status", status)) << status;
  EXPECT_TRUE(refused("m-outcome", "4"));
  for (const char* life : {"", "1 2 3", "30 5 100 10 4294967295 2 0 4", "30 5 4294967296 10 0 1 0 4",
                           "30 5 100 10 0 1 0 99", "30 5 100 10 0 1 0 4 1"})
    EXPECT_TRUE(refused("m-life", life)) << life;
  for (const char* flags : {"", "0 0 0 0 0", "0 0 0 0 0 2", "0 0 0 0 0 0 0"})
    EXPECT_TRUE(refused("m-flags", flags)) << flags;
  EXPECT_TRUE(refused("m-length", "-5"));
  EXPECT_FALSE(read_tier_reply({}, kNow));
}

TEST(PurgeClock, WhoIsBehindSaysSo) {
  PurgeClock clock;
  EXPECT_TRUE(clock.has({})) << "of two edges that never had a control";
  clock.begin({"a", 5});
  EXPECT_EQ(clock.wanted().revision, 5u);
  EXPECT_FALSE(clock.has({"a", 5})) << "its lines may not be in the logs yet";
  clock.finish({"a", 9});
  EXPECT_TRUE(clock.has({"a", 5}));
  EXPECT_TRUE(clock.has({"a", 9}));
  EXPECT_FALSE(clock.has({"a", 10}));
  EXPECT_FALSE(clock.has({"b", 1})) << "revisions of another store say nothing";
  clock.begin({"a", 3});
  EXPECT_EQ(clock.wanted().revision, 5u);
  clock.begin({"b", 2});
  EXPECT_EQ(clock.wanted(), (PurgePosition{"b", 2}));
}

TEST(TierWire, WhatIsToldIsReadAndWhatIsCutIsRefused) {
  TierLook::Told told;
  told.asks_origin = true;
  told.steps.push_back({"cache",
                        "us-east-1: a copy: 200, 5 bytes",
                        {{"tier", std::string("us-east-1")}, {"copy", true}, {"age", std::int64_t{-1}}}});
  told.steps.push_back({"lifetime", "Cache-Control: max-age=60"});
  const std::string bytes = write_told(told);
  const auto read = read_told(bytes);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->asks_origin);
  EXPECT_EQ(steps::to_json(read->steps), steps::to_json(told.steps));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_told(bytes.substr(0, size)));
  EXPECT_FALSE(read_told(bytes + '\0'));
}

}  // namespace
}  // namespace meridian::engines::cdn

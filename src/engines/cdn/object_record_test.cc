#include "engines/cdn/object_record.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace meridian::engines::cdn {
namespace {

std::shared_ptr<Object> full_object() {
  auto object = std::make_shared<Object>();
  object->status = 404;
  object->kept = true;
  object->uri = "/a?b=c";
  object->tags = {"one", "two"};
  object->compression = "the viewer takes gzip";
  object->rule = rules::LifetimeRule::Error;
  object->life = {.answered = rules::Time(rules::Seconds(1'700'000'000)),
                  .initial_age_s = 7,
                  .fresh_s = 300,
                  .stale_while_revalidate_s = 60,
                  .stale_if_error_s = rules::kStaleWithoutEnd,
                  .never_stale = true,
                  .fetch_unconditionally = true};
  const rules::Field fields[] = {{"Content-Type", "text/html"},
                                 {"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                                 {"Last-Modified", "Tue, 14 Nov 2023 22:13:20 gmt"},
                                 {"Expires", "0"},
                                 {"X-Name", ""},
                                 {"cache-control", "max-age=300"}};
  object->fields = StoredFields(fields);
  object->body = Body::of("body");
  object->length = 4;
  object->purges = std::make_shared<PurgeLog>();
  return object;
}

void expect_equal(const Object& a, const Object& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.uri, b.uri);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.compression, b.compression);
  EXPECT_EQ(a.rule, b.rule);
  EXPECT_EQ(a.life, b.life);
  EXPECT_EQ(a.length, b.length);
  EXPECT_EQ(a.kept, b.kept);
  EXPECT_TRUE(std::ranges::equal(a.fields.fields(), b.fields.fields(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.value == y.value;
  }));
}

TEST(ObjectRecord, SaysWhatWasWritten) {
  const auto object = full_object();
  CommonFields common;
  for (CommonFields* fields : {static_cast<CommonFields*>(nullptr), &common}) {
    std::string text;
    write_record(*object, fields, text);
    const auto read = read_record(text, fields);
    ASSERT_TRUE(read);
    expect_equal(**read, *object);
    const auto names = read_recorded_names(text);
    ASSERT_TRUE(names);
    EXPECT_EQ(names->uri, object->uri);
    EXPECT_EQ(names->tags, object->tags);
  }
}

TEST(ObjectRecord, IsShorterWhereFieldsAreCommon) {
  const auto object = full_object();
  CommonFields common;
  std::string alone, shared;
  write_record(*object, nullptr, alone);
  write_record(*object, &common, shared);
  EXPECT_LT(shared.size() + 20, alone.size());
}

TEST(ObjectRecord, CommonFieldsAreBounded) {
  CommonFields common;
  for (std::size_t i = 0; i < 2 * CommonFields::kFieldsMax; ++i) {
    const std::string value = std::to_string(i);
    EXPECT_EQ(common.number_of({"X-Some", value}).has_value(), i < CommonFields::kFieldsMax);
  }
  EXPECT_TRUE(common.number_of({"X-Some", "5"})) << "known ones still count";
  EXPECT_FALSE(CommonFields().number_of({"ETag", "x"}));
  EXPECT_FALSE(CommonFields().number_of({"X-Long", std::string(CommonFields::kFieldBytesMax, 'x')}));
}

TEST(ObjectRecord, EveryPrefixIsRefusedAndNoDamageIsMoreThanAnotherObject) {
  const auto object = full_object();
  std::string text;
  write_record(*object, nullptr, text);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(read_record(text.substr(0, size), nullptr));
  EXPECT_FALSE(read_record(text + "x", nullptr));
  SeededRandom random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = text;
    for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips)
      damaged[random.below(damaged.size())] ^= static_cast<char>(1 << random.below(8));
    (void)read_record(damaged, nullptr);
    (void)read_recorded_names(damaged);
  }
}

TEST(ObjectRecord, IsOfWholeKeptResponses) {
  const auto object = full_object();
  EXPECT_TRUE(is_recordable(*object));
  object->kept = false;
  EXPECT_FALSE(is_recordable(*object));
  object->kept = true;
  object->failed = rules::Refusal::OriginTimeout;
  EXPECT_FALSE(is_recordable(*object));
  object->failed.reset();
  object->body = std::make_shared<Body>(Body::Kind::Kept);
  EXPECT_FALSE(is_recordable(*object)) << "it still arrives";
  object->body->finish(Body::State::Cut);
  EXPECT_FALSE(is_recordable(*object));
}

}  // namespace
}  // namespace meridian::engines::cdn

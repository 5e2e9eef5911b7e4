#include "apps/bucket_metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/virtual_loop.h"
#include "store/memory/memory_store.h"
#include "store/series/heard_metrics.h"

namespace meridian::apps {
namespace {

namespace s3 = services::s3;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class BucketMetricsTest : public testing::Test {
 protected:
  void put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(store.commit({{}, {{key, value}}, {}}));
  }
  void make_bucket(const std::string& name, const std::string& region) {
    put(s3::bucket_key(name), s3::encode(s3::BucketResource{name, "111122223333", region}));
  }
  static std::string object(std::uint64_t size) {
    s3::ObjectResource object;
    object.size = size;
    return s3::encode(object);
  }

  net::VirtualLoop loop;  // 1994-11-06T08:49:37Z
  Logger logger{loop.clock(), 2, LogFormat::Text, LogLevel::Error};
  store::MemoryStore store{loop.clock(), store::Delivery::Pumped};
  store::HeardMetrics heard{"BucketName"};
  BucketMetrics metrics{store, heard, logger};
};

TEST_F(BucketMetricsTest, CountsAllVersionsOfEachBucketAtOnceAndThenEachDay) {
  make_bucket("a", "us-east-1");
  make_bucket("b", "eu-west-1");
  put(s3::object_key("a", "x"), object(10));
  put(s3::object_key("a", "y"), object(20));
  put(s3::version_key("a", "x", 1), object(5));
  put(s3::marker_key("a", "z"), object(0));
  put(s3::object_key("ab", "x"), object(1000));  // nobody's
  metrics.start(loop);
  loop.advance(1s);
  EXPECT_THAT(std::exchange(heard.lines, {}),
              ElementsAre("111122223333/us-east-1 AWS/S3 BucketSizeBytes a 1994-11-06T00:00:00Z 35",
                          "111122223333/us-east-1 AWS/S3 NumberOfObjects a 1994-11-06T00:00:00Z 4",
                          "111122223333/eu-west-1 AWS/S3 BucketSizeBytes b 1994-11-06T00:00:00Z 0",
                          "111122223333/eu-west-1 AWS/S3 NumberOfObjects b 1994-11-06T00:00:00Z 0"));
  put(s3::object_key("b", "x"), object(7));
  loop.advance(15h);
  EXPECT_THAT(heard.lines, IsEmpty());
  loop.advance(1h);
  ASSERT_EQ(heard.lines.size(), 4U);
  EXPECT_EQ(heard.lines[2], "111122223333/eu-west-1 AWS/S3 BucketSizeBytes b 1994-11-07T00:00:00Z 7");
}

TEST_F(BucketMetricsTest, GoesPageByPage) {
  make_bucket("a", "us-east-1");
  const std::size_t many = BucketMetrics::kPage * 2 + 1;
  for (std::size_t i = 0; i < many; ++i) put(s3::object_key("a", fmt::format("{:06}", i)), object(1));
  metrics.start(loop);
  loop.advance(BucketMetrics::kPause * 3);
  EXPECT_THAT(heard.lines, IsEmpty());
  loop.advance(BucketMetrics::kPause * 4);
  ASSERT_EQ(heard.lines.size(), 2U);
  EXPECT_THAT(heard.lines[0], testing::EndsWith(fmt::format(" {}", many)));
}

TEST_F(BucketMetricsTest, ARecordThatCannotBeReadCostsItsBucketOnly) {
  make_bucket("a", "us-east-1");
  make_bucket("b", "us-east-1");
  put(s3::object_key("a", "x"), "what is this");
  put(s3::object_key("b", "x"), object(3));
  metrics.start(loop);
  loop.advance(1s);
  ASSERT_EQ(heard.lines.size(), 2U);
  EXPECT_THAT(heard.lines[0], testing::HasSubstr(" b "));
}

}  // namespace
}  // namespace meridian::apps

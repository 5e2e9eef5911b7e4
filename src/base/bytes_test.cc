#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/ids.h"

namespace meridian {
namespace {

TEST(ByteReader, ReadsNetworkOrderAndRemembersAnOverrun) {
  std::string bytes;
  append_u16(bytes, 0x0102);
  append_u32(bytes, 0x03040506);
  append_sized(bytes, "ab");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u32(), 0x03040506u);
  EXPECT_EQ(reader.sized(), "ab");
  EXPECT_TRUE(reader.ok() && reader.at_end());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, ALengthBeyondTheEndIsAnOverrun) {
  std::string bytes;
  append_u32(bytes, 0xffffffff);
  ByteReader reader(bytes);
  EXPECT_EQ(reader.sized(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Text, HexAndBase64RoundTrip) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(from_hex(to_hex(as_bytes(all))), all);
    EXPECT_EQ(from_base64(to_base64(as_bytes(all))), all);
    all.push_back(static_cast<char>(i));
  }
  EXPECT_EQ(to_base64(as_bytes("any carnal pleas")), "YW55IGNhcm5hbCBwbGVhcw==");
  for (const char* bad : {"a", "ab=c", "====", "a===", "YW5$", "YW 5"}) EXPECT_FALSE(from_base64(bad)) << bad;
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Crc32c, MatchesTheCheckValueOfRfc3720) { EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u); }

TEST(ConstantTime, ComparesWholeValues) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(Random, ASeedReplays) {
  SeededRandom a(7), b(7), c(8);
  EXPECT_EQ(a.text(40, "xyz"), b.text(40, "xyz"));
  EXPECT_NE(a.next(), c.next());
  for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(3), 3u);
}

TEST(Ids, HaveTheShapesOfAws) {
  SeededRandom random(1);
  std::string uuid = make_uuid(random);
  ASSERT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_EQ(uuid[8], '-');
  EXPECT_EQ(make_id(random, 'Z', 21).size(), 21u);
}

TEST(Clock, FormatsIso8601) {
  SystemTime time(std::chrono::sys_days(std::chrono::year(2026) / 2 / 3) + std::chrono::milliseconds(3723456));
  EXPECT_EQ(format_iso8601(time), "2026-02-03T01:02:03Z");
  EXPECT_EQ(format_iso8601_millis(time), "2026-02-03T01:02:03.456Z");
}

}  // namespace
}  // namespace meridian

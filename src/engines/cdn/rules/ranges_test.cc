// Range requests: RFC 9110 §14, and CloudFront's way with what is not in order.
#include "engines/cdn/rules/ranges.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using Kind = RangeChoice::Kind;

RangeChoice choose(const std::string& value, std::uint64_t size = 10000) {
  const std::vector<Field> request = {{"Range", value}};
  return choose_ranges(request, size);
}

TEST(Ranges, OneRangeIsAPart) {
  const auto part = [](const char* value, std::uint64_t size = 10000) {
    const RangeChoice choice = choose(value, size);
    EXPECT_EQ(choice.kind, Kind::Part) << value;
    return choice.part;
  };
  EXPECT_EQ(part("bytes=0-499"), (ByteRange{0, 499}));
  EXPECT_EQ(part("bytes=500-"), (ByteRange{500, 9999}));
  EXPECT_EQ(part("bytes=-500"), (ByteRange{9500, 9999}));
  EXPECT_EQ(part("bytes=-20000"), (ByteRange{0, 9999}));
  EXPECT_EQ(part("bytes=9999-20000"), (ByteRange{9999, 9999}));
  EXPECT_EQ(part("BYTES=0-0"), (ByteRange{0, 0}));
  EXPECT_EQ(part("bytes= 0-1 ,"), (ByteRange{0, 1}));
  EXPECT_EQ(part("bytes=0-99999999999999999999999999"), (ByteRange{0, 9999}));
  EXPECT_EQ(part("bytes=10000-10001, 0-1"), (ByteRange{0, 1}));
}

TEST(Ranges, SeveralInOrderAreParts) {
  const RangeChoice choice = choose("bytes=0-0, 500-999 , -1");
  ASSERT_EQ(choice.kind, Kind::Parts);
  EXPECT_EQ(choice.parts, (std::vector<ByteRange>{{0, 0}, {500, 999}, {9999, 9999}}));
}

// CF:RangeGETs
TEST(Ranges, OverlappingUnorderedOrInvalidOnesGetTheWhole) {
  for (const char* value : {"bytes=0-5,5-9", "bytes=10-19,0-5", "bytes=0-9,-9999", "bytes=5-1", "bytes=a-b",
                            "bytes=", "bytes=,", "bytes=1", "bytes=-", "bytes=0-1,x", "items=0-5",
                            "bytes 0-5", "0-5", "bytes=0-5;6-9", "bytes=+1-2", "bytes=--1", "bytes=0x0-5"})
    EXPECT_EQ(choose(value).kind, Kind::Whole) << value;
  EXPECT_EQ(choose_ranges(head("x: y"), 10).kind, Kind::Whole);
  EXPECT_EQ(choose_ranges(head("range: bytes=0-1\nrange: bytes=3-4"), 10).kind, Kind::Whole);
}

TEST(Ranges, BehindTheEndThereIsNothing) {
  for (const char* value : {"bytes=10000-", "bytes=10000-10005", "bytes=-0", "bytes=10000-,20000-",
                            "bytes=99999999999999999999-"})
    EXPECT_EQ(choose(value).kind, Kind::Unsatisfiable) << value;
  EXPECT_EQ(choose("bytes=0-", 0).kind, Kind::Unsatisfiable);
  EXPECT_EQ(unsatisfied_range_text(10000), "bytes */10000");
}

TEST(Ranges, TooManyGetTheWhole) {
  std::string value = "bytes=0-0";
  for (std::size_t i = 1; i < kRangesMax; ++i)
    value += "," + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  EXPECT_EQ(choose(value).kind, Kind::Parts);
  EXPECT_EQ(choose(value + ",5000-").kind, Kind::Whole);
}

TEST(Ranges, MultipartHasTheLengthThatItSays) {
  const std::string object = "0123456789";
  const MultipartText text({{0, 1}, {8, 9}}, object.size(), "text/plain", "B");
  EXPECT_EQ(text.content_type(), "multipart/byteranges; boundary=B");
  const std::string body =
      text.before(0) + object.substr(0, 2) + text.before(1) + object.substr(8, 2) + text.end();
  EXPECT_EQ(body,
            "--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n"
            "--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--B--\r\n");
  EXPECT_EQ(text.content_length(), body.size());
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

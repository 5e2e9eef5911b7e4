// Texts of scalars: what is read, what is refused, and how timestamps are written.
#include "aws/protocols/scalar_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace meridian::aws {
namespace {

SystemTime at(std::int64_t second, int millis = 0) {
  return SystemTime(std::chrono::seconds(second) + std::chrono::milliseconds(millis));
}

template <typename T>
std::optional<T> read(Kind kind, std::string_view text) {
  T value{};
  return scalar_from_text(Shape{.kind = kind, .name = ""}, text, &value) ? std::optional(value)
                                                                         : std::nullopt;
}

TEST(Timestamps, AreWrittenInTheirFormat) {
  SystemTime time = at(1'790'000'000, 250);
  EXPECT_EQ(timestamp_to_text(time, TimestampFormat::Iso8601), "2026-09-21T14:13:20.250Z");
  EXPECT_EQ(timestamp_to_text(at(1'790'000'000), TimestampFormat::Iso8601), "2026-09-21T14:13:20Z");
  EXPECT_EQ(timestamp_to_text(time, TimestampFormat::Rfc822), "Mon, 21 Sep 2026 14:13:20 GMT");
  EXPECT_EQ(timestamp_to_text(time, TimestampFormat::Unix), "1790000000.25");
  EXPECT_EQ(timestamp_to_text(at(-1), TimestampFormat::Unix), "-1");
  EXPECT_EQ(timestamp_to_text(at(-1), TimestampFormat::Rfc822), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(Timestamps, AreReadInAnyFormat) {
  EXPECT_EQ(timestamp_from_text("2026-09-21T14:13:20Z"), at(1'790'000'000));
  EXPECT_EQ(timestamp_from_text("2026-09-21T16:13:20.25+02:00"), at(1'790'000'000, 250));
  EXPECT_EQ(timestamp_from_text("2026-09-21"), at(1'790'000'000 - 14 * 3600 - 13 * 60 - 20));
  EXPECT_EQ(timestamp_from_text("Mon, 21 Sep 2026 14:13:20 GMT"), at(1'790'000'000));
  EXPECT_EQ(timestamp_from_text("1790000000"), at(1'790'000'000));
  EXPECT_EQ(timestamp_from_text("1790000000.250"), at(1'790'000'000, 250));
  EXPECT_EQ(timestamp_from_text("-1.5"), at(-2, 500));
}

TEST(Timestamps, NonsenseIsRefused) {
  for (std::string_view text :
       {"", "now", "2026-02-30T00:00:00Z", "2026-09-21T25:00:00Z", "2026-09-21T14:13:20",
        "2026-09-21 14:13:20Z", "9999-01-01T00:00:00Z", "1e300", "NaN", "Infinity",
        "Mon, 21 Sep 2026 14:13:20 CET", "2026-09-21T14:13:20.Z", "12:00"})
    EXPECT_EQ(timestamp_from_text(text), std::nullopt) << text;
}

TEST(Scalars, TheWholeTextIsTheValue) {
  EXPECT_EQ(read<std::int32_t>(Kind::Integer, "-12"), -12);
  EXPECT_EQ(read<std::int64_t>(Kind::Long, "9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read<double>(Kind::Double, "1e3"), 1000);
  EXPECT_TRUE(std::isnan(*read<double>(Kind::Double, "NaN")));
  EXPECT_EQ(read<bool>(Kind::Boolean, "true"), true);
  EXPECT_EQ(read<std::string>(Kind::Blob, "AP8="), std::string("\0\xff", 2));
  for (std::string_view text : {"", " 1", "1 ", "1.0", "0x1", "+1", "2147483648"})
    EXPECT_EQ(read<std::int32_t>(Kind::Integer, text), std::nullopt) << text;
  for (std::string_view text : {"True", "1", "", "yes"})
    EXPECT_EQ(read<bool>(Kind::Boolean, text), std::nullopt) << text;
  for (std::string_view text : {"inf", "nan", "1e999", "1,5"})
    EXPECT_EQ(read<double>(Kind::Double, text), std::nullopt) << text;
  EXPECT_EQ(read<std::string>(Kind::Blob, "***"), std::nullopt);
}

}  // namespace
}  // namespace meridian::aws

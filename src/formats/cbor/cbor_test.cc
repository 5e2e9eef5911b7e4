#include "formats/cbor/cbor.h"

#include <gtest/gtest.h>

#include <cmath>

namespace meridian::cbor {
namespace {

Result<Value> parse_hex(std::string_view hex, const Limits& limits = {}) {
  auto bytes = from_hex(hex);
  EXPECT_TRUE(bytes) << hex;
  return parse(as_bytes(*bytes), limits);
}

Value read(std::string_view hex) {
  auto value = parse_hex(hex);
  EXPECT_TRUE(value) << hex << ": " << (value ? "" : value.error().message);
  return value ? *value : Value();
}

ErrorCode refused(std::string_view hex, const Limits& limits = {}) {
  auto value = parse_hex(hex, limits);
  EXPECT_FALSE(value) << hex;
  return value ? ErrorCode::Internal : value.error().code;
}

std::string hex_of(const Value& value) {
  return to_hex(as_bytes(to_bytes(value)));
}

template <typename T>
std::string hex_of_number(T value) {
  std::string out;
  Writer(out).number(value);
  return to_hex(as_bytes(out));
}

// The examples of RFC 8949, appendix A, whose shortest form is the one shown.
TEST(Cbor, ReadsAndWritesTheExamplesOfTheRfc) {
  for (std::string_view hex : {"00",
                               "01",
                               "0a",
                               "17",
                               "1818",
                               "1819",
                               "1864",
                               "1903e8",
                               "1a000f4240",
                               "1b000000e8d4a51000",
                               "1bffffffffffffffff",
                               "3bffffffffffffffff",
                               "20",
                               "29",
                               "3863",
                               "3903e7",
                               "f90000",
                               "f98000",
                               "f93c00",
                               "fb3ff199999999999a",
                               "f93e00",
                               "f97bff",
                               "fa47c35000",
                               "fa7f7fffff",
                               "fb7e37e43c8800759c",
                               "f90001",
                               "f90400",
                               "f9c400",
                               "fbc010666666666666",
                               "f97c00",
                               "f9fc00",
                               "f4",
                               "f5",
                               "f6",
                               "f7",
                               "c074323031332d30332d32315432303a30343a30305a",
                               "c11a514b67b0",
                               "c1fb41d452d9ec200000",
                               "d74401020304",
                               "40",
                               "4401020304",
                               "60",
                               "6161",
                               "6449455446",
                               "62225c",
                               "62c3bc",
                               "63e6b0b4",
                               "64f0908591",
                               "80",
                               "83010203",
                               "8301820203820405",
                               "a0",
                               "a26161016162820203",
                               "826161a161626163"})
    EXPECT_EQ(hex_of(read(hex)), hex);
}

TEST(Cbor, FloatsOfAllSizesHaveTheSameValue) {
  EXPECT_EQ(*read("f93e00").get<double>(), 1.5);
  EXPECT_EQ(*read("fa3fc00000").get<double>(), 1.5);
  EXPECT_EQ(*read("fb3ff8000000000000").get<double>(), 1.5);
  EXPECT_EQ(*read("f90001").get<double>(), 0x1p-24);
  EXPECT_EQ(*read("f903ff").get<double>(), 0x3ffp-24);
  EXPECT_EQ(*read("f9c400").get<double>(), -4);
  EXPECT_TRUE(std::isnan(*read("f97e00").get<double>()));
  EXPECT_TRUE(std::isnan(*read("fb7ff8000000000000").get<double>()));
  EXPECT_EQ(*read("fa7f800000").get<double>(), HUGE_VAL);
  EXPECT_EQ(*read("f9fc00").get<double>(), -HUGE_VAL);
}

TEST(Cbor, WritesTheShortestFloat) {
  EXPECT_EQ(hex_of_number(std::nan("")), "f97e00");
  EXPECT_EQ(hex_of_number(0x3ffp-24), "f903ff");
  EXPECT_EQ(hex_of_number(0x1p-25), "fa33000000");
  EXPECT_EQ(hex_of_number(65504.0), "f97bff");
  EXPECT_EQ(hex_of_number(65536.0), "fa47800000");
  EXPECT_EQ(hex_of_number(1.0009765625), "f93c01");
  EXPECT_EQ(hex_of_number(1e300), "fb7e37e43c8800759c");
  for (int half = 0; half < 0x7c00; ++half) {
    const auto hex =
        "f9" + to_hex(Bytes({static_cast<std::uint8_t>(half >> 8), static_cast<std::uint8_t>(half)}));
    ASSERT_EQ(hex_of(read(hex)), hex);
  }
}

TEST(Cbor, IntegersReachTheEndsOfInt64) {
  for (std::int64_t value : {INT64_MIN, INT64_MAX, std::int64_t{-1}, std::int64_t{-25}, std::int64_t{0}}) {
    std::string out;
    Writer(out).integer(value);
    const Value back = read(to_hex(as_bytes(out)));
    if (value >= 0)
      EXPECT_EQ(*back.get<std::uint64_t>(), static_cast<std::uint64_t>(value));
    else
      EXPECT_EQ(back.get<Negative>()->n, static_cast<std::uint64_t>(-1 - value));
  }
}

TEST(Cbor, ReadsIndefiniteLengths) {
  EXPECT_EQ(read("5f42010243030405ff"), Value(ByteString{"\x01\x02\x03\x04\x05"}));
  EXPECT_EQ(read("7f657374726561646d696e67ff"), Value(std::string("streaming")));
  EXPECT_EQ(read("5fff"), Value(ByteString{}));
  EXPECT_EQ(hex_of(read("9fff")), "80");
  EXPECT_EQ(hex_of(read("9f018202039f0405ffff")), "8301820203820405");
  EXPECT_EQ(hex_of(read("bf61610161629f0203ffff")), "a26161016162820203");
  EXPECT_EQ(hex_of(read("bf7f6161ff01ff")), "a1616101");
}

TEST(Cbor, FindsFieldsAndTags) {
  const Value map = read("a2616101616bc11a514b67b0");
  EXPECT_EQ(*map.find("a")->get<std::uint64_t>(), 1u);
  ASSERT_TRUE(map.find("k")->tagged());
  EXPECT_EQ(map.find("k")->tagged()->tag, kTagEpoch);
  EXPECT_EQ(map.find("x"), nullptr);
  EXPECT_TRUE(read("f7").is_absent());
  EXPECT_TRUE(read("f6").is_absent());
  EXPECT_FALSE(read("00").is_absent());
}

TEST(Cbor, RefusesWhatIsNotWellFormed) {
  for (std::string_view hex : {"",  // nothing
                               "18",
                               "1b01",
                               "f9",
                               "fb0102",
                               "8301",
                               "a1",
                               "a16161",
                               "c1",
                               "44010203",
                               "6261",
                               "9f01",
                               "bf616101",
                               "5f4101",
                               "0000",  // two items
                               "1c",
                               "fe",
                               "5d",  // reserved
                               "1f",
                               "3f",
                               "df",  // no indefinite integers and tags
                               "ff",
                               "81ff",
                               "a1ff",
                               "a161ff",
                               "bf6161ff",  // a break in the wrong place
                               "5f6161ff",
                               "5f5f4101ffff",
                               "7f4101ff",      // pieces of another kind
                               "7f61c361bcff",  // a character cut in two
                               "61ff",
                               "62c080",
                               "63eda080",
                               "64f4908080",  // not UTF-8
                               "a10102",
                               "bf4161f5ff",      // keys that are not text
                               "a2616101616102",  // equal keys
                               "f0",
                               "f818",
                               "f8ff"})  // unknown simple values
    EXPECT_EQ(refused(hex), ErrorCode::Invalid) << hex;
}

TEST(Cbor, ALongLengthIsRefusedBeforeItIsAllocated) {
  for (std::string_view hex : {"5b7fffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff",
                               "bbffffffffffffffff", "9a7fffffff00", "ba7fffffff6100"})
    EXPECT_EQ(refused(hex), ErrorCode::Invalid) << hex;
}

TEST(Cbor, KeepsItsLimits) {
  std::string deep;
  for (int i = 0; i < 63; ++i) deep += "81";
  EXPECT_TRUE(parse_hex(deep + "80"));
  EXPECT_EQ(refused(deep + "8180"), ErrorCode::Limit);
  std::string tags;
  for (int i = 0; i < 100'000; ++i) tags += "c1";
  EXPECT_EQ(refused(tags), ErrorCode::Limit);
  EXPECT_TRUE(parse_hex("820102", {.elements = 3}));
  EXPECT_EQ(refused("83010203", {.elements = 3}), ErrorCode::Limit);
  EXPECT_EQ(refused("5f4040ff", {.elements = 2}), ErrorCode::Limit);
  EXPECT_EQ(refused("820102", {.bytes = 2}), ErrorCode::Limit);
}

}  // namespace
}  // namespace meridian::cbor

#include "formats/json/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace meridian::json {
namespace {

Value read(std::string_view text) {
  auto tree = parse(text);
  EXPECT_TRUE(tree) << text << ": " << (tree ? "" : tree.error().message);
  return tree ? *tree : Value();
}

ErrorCode refused(std::string_view text, const Limits& limits = {}) {
  auto tree = parse(text, limits);
  EXPECT_FALSE(tree) << text;
  return tree ? ErrorCode::Internal : tree.error().code;
}

TEST(JsonParse, KeepsTheOrderOfAnObjectAndItsTypes) {
  Value tree = read(R"( {"z":null,"a":[true,false,"x",-7,1.5],"m":{}} )");
  const Object expected = {
      {"z", nullptr}, {"a", Array{true, false, std::string("x"), std::int64_t{-7}, 1.5}}, {"m", Object()}};
  EXPECT_EQ(tree, Value(expected));
  EXPECT_EQ(tree.find("a")->get<Array>()->size(), 5u);
  EXPECT_EQ(tree.find("b"), nullptr);
  EXPECT_EQ(read("[]").find("a"), nullptr);
}

TEST(JsonParse, LastOfEqualNamesCounts) {
  EXPECT_EQ(to_text(read(R"({"a":1,"b":2,"a":3,"c":{"x":1,"x":2,"x":3}})")), R"({"b":2,"a":3,"c":{"x":3}})");
}

TEST(JsonParse, IntegersAreExactToTheEndsOfTheirRange) {
  EXPECT_EQ(*read("9223372036854775807").get<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(*read("-9223372036854775808").get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(*read("9223372036854775808").get<std::uint64_t>(), std::uint64_t{1} << 63);
  EXPECT_EQ(*read("18446744073709551615").get<std::uint64_t>(), UINT64_MAX);
  EXPECT_EQ(*read("18446744073709551616").get<double>(), 0x1p64);
}

TEST(JsonParse, DoublesAreTheNearestOnes) {
  for (double value : {0.1, 1.0 / 3, 1.7976931348623157e308, 2.2250738585072014e-308, 4.9406564584124654e-324,
                       5e-324, 123456789.123456789, 8.41e21, 2.0e-10, 1.7976931348623155e308})
    EXPECT_EQ(read(to_text(Array{value, 0.5})).get<Array>()->front(), Value(value)) << value;
  EXPECT_EQ(*read("1e-400").get<double>(), 0);
  EXPECT_EQ(refused("1e400"), ErrorCode::Invalid);
}

TEST(JsonParse, ANegativeZeroKeepsItsSign) {
  EXPECT_EQ(to_text(read("[-0,-0.0,-0e0,0]")), "[-0,-0,-0,0]");
}

TEST(JsonParse, EscapesBecomeUtf8) {
  EXPECT_EQ(*read(R"("\u00e9\ud83d\ude00\n\/\u0000")").get<std::string>(), std::string("é😀\n/\0", 9));
  EXPECT_EQ(read(R"({"\u0061\t":1})").get<Object>()->front().first, "a\t");
}

TEST(JsonParse, RefusesWhatIsNotJson) {
  for (std::string_view text : {"",
                                " ",
                                "{",
                                "[1,]",
                                "{\"a\":1,}",
                                "{a:1}",
                                "{'a':1}",
                                "01",
                                "+1",
                                ".5",
                                "1.",
                                "nul",
                                "NaN",
                                "Infinity",
                                "1 2",
                                "[1]x",
                                "// c\n1",
                                "\"\t\"",
                                "\"\\x\"",
                                "\"\\ud800\"",
                                "\"\\udc00\"",
                                "\"\xff\"",
                                "\"\xc0\x80\"",
                                "\"\xed\xa0\x80\"",
                                "\"abc",
                                "{\"a\"}",
                                "[1 2]",
                                "\xef\xbb\xbf{}"})
    EXPECT_EQ(refused(text), ErrorCode::Invalid) << text;
}

TEST(JsonParse, KeepsItsLimits) {
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_EQ(to_text(read(deep)), deep);
  EXPECT_EQ(refused("[" + deep + "]"), ErrorCode::Limit);
  EXPECT_EQ(refused(std::string(1'000'000, '[')), ErrorCode::Limit);
  EXPECT_TRUE(parse("[1,2]", {.elements = 3}));
  EXPECT_EQ(refused("[1,2,3]", {.elements = 3}), ErrorCode::Limit);
  EXPECT_EQ(refused("{\"a\":{\"b\":[]}}", {.elements = 2}), ErrorCode::Limit);
  EXPECT_EQ(refused("[1]", {.bytes = 2}), ErrorCode::Limit);
}

TEST(JsonWrite, PutsCommasAndEscapes) {
  std::string out;
  Writer writer(out);
  writer.begin_object();
  writer.key("a\"b");
  writer.begin_array();
  writer.string("x\n\\\x01\xff");
  writer.begin_object();
  writer.end_object();
  writer.integer(-3);
  writer.end_array();
  writer.key("c");
  writer.boolean(true);
  writer.key("d");
  writer.null();
  writer.key("e");
  writer.unsigned_integer(UINT64_MAX);
  writer.end_object();
  EXPECT_EQ(out,
            "{\"a\\\"b\":[\"x\\u000a\\\\\\u0001\xef\xbf\xbd\",{},-3],\"c\":true,\"d\":null,"
            "\"e\":18446744073709551615}");
}

TEST(JsonWrite, NumbersAreShortestAndNeverBareWords) {
  std::string out;
  Writer writer(out);
  writer.begin_array();
  for (double value : {0.1, 5.0, 1e22, -0.5, std::nan(""), HUGE_VAL, -HUGE_VAL}) writer.number(value);
  writer.number(0.1F);
  writer.end_array();
  EXPECT_EQ(out, R"([0.1,5,1e+22,-0.5,"NaN","Infinity","-Infinity",0.1])");
}

TEST(JsonWrite, ATreeReadsBackEqual) {
  const std::string text = R"({"a":[1,-2,0.25,"é",null,true,[[]],{"k":{}}],"b":18446744073709551615})";
  EXPECT_EQ(to_text(read(text)), text);
}

}  // namespace
}  // namespace meridian::json

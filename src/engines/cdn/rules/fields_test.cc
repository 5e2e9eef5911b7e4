// Header fields: members of lists, and the list that is written.
#include "engines/cdn/rules/fields.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

std::vector<std::string> members(std::string_view lines, std::string_view name) {
  const std::vector<Field> fields = head(lines);
  std::vector<std::string> found;
  for_each_member(fields, name, [&](std::string_view member) { found.emplace_back(member); });
  return found;
}

TEST(Fields, AreFoundWhateverTheirCase) {
  const std::vector<Field> fields = head("Content-Type: text/html\nETAG: \"a\"");
  EXPECT_EQ(value_of(fields, "etag"), "\"a\"");
  EXPECT_EQ(value_of(fields, "content-type"), "text/html");
  EXPECT_FALSE(has(fields, "content"));
  EXPECT_TRUE(starts_with_name("X-Amz-Cf-Id", "x-amz-cf-"));
  EXPECT_FALSE(starts_with_name("X-Amz", "x-amz-cf-"));
}

TEST(Fields, SeveralLinesAreOneListAndEmptyMembersNone) {
  EXPECT_EQ(members("vary: a, ,b\nVary: c", "VARY"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(members("vary: , ,", "vary").empty());
}

TEST(Fields, ACommaInAQuotedStringEndsNoMember) {
  EXPECT_EQ(members("x: a=\"1,2\", b=\"\\\",\", c", "x"),
            (std::vector<std::string>{"a=\"1,2\"", "b=\"\\\",\"", "c"}));
  EXPECT_EQ(members("x: \"never closed, b", "x"), (std::vector<std::string>{"\"never closed, b"}));
}

TEST(FieldList, SetReplacesAllOfThatNameInThePlaceOfTheFirst) {
  FieldList list;
  list.add("Via", "1.0 a");
  list.add("Age", "1");
  list.add("age", "2");
  list.set("AGE", "3");
  list.set("X-Cache", "Hit");
  EXPECT_EQ(text_of(list), "Via: 1.0 a\nAGE: 3\nX-Cache: Hit\n");
  list.remove("age");
  EXPECT_EQ(text_of(list), "Via: 1.0 a\nX-Cache: Hit\n");
}

TEST(FieldList, KeepsCopiesUntilItIsCleared) {
  FieldList list;
  for (int round = 0; round < 3; ++round) {
    {
      const std::string large(10000, 'a' + round);
      list.add_copy("large", large);
      for (int i = 0; i < 100; ++i) list.add_copy("n" + std::to_string(i), std::string(100, 'x'));
    }
    EXPECT_EQ(value_of(list, "large"), std::string(10000, 'a' + round));
    EXPECT_EQ(value_of(list, "n99"), std::string(100, 'x'));
    EXPECT_EQ(list.fields().size(), 101u);
    list.clear();
    EXPECT_TRUE(list.fields().empty());
  }
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

#include "base/percent.h"

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(Percent, KeepsOnlyTheUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-_.~ /+ü"), "aZ09-_.~%20%2F%2B%C3%BC");
  EXPECT_EQ(percent_encode("a/b", true), "a/b");
  EXPECT_EQ(percent_decode("a%2fb+c"), "a/b+c");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (std::string_view text : {"%", "%1", "%zz", "a%"})
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  EXPECT_EQ(percent_decode("a+%2B%25%zz+", true), std::nullopt);
  EXPECT_EQ(percent_decode("a+%2B%25+", true), "a +% ");
  EXPECT_EQ(percent_decode("nothing to decode, however long it is"), "nothing to decode, however long it is");
  EXPECT_EQ(percent_decode("+", false), "+");
}

}  // namespace
}  // namespace meridian

// Conditional requests: RFC 9110 §13.
#include "engines/cdn/rules/conditional.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using enum ConditionResult;
const Validators kStored{"\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT", kNow};

ConditionResult evaluate(std::string_view lines, const Validators& stored = kStored,
                         std::string_view method = "GET") {
  return evaluate_conditions(method, head(lines), stored);
}

// §13.1.2, §8.8.3.2
TEST(Conditional, IfNoneMatchComparesWeakly) {
  for (const char* same : {"\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\"", "*", "\"x,y\", \"a\""})
    EXPECT_EQ(evaluate(std::string("if-none-match: ") + same), NotModified) << same;
  for (const char* other : {"\"b\"", "a", "\"A\"", "\"a", "w/\"a\"", ""})
    EXPECT_EQ(evaluate(std::string("if-none-match: ") + other), Proceed) << other;
  EXPECT_EQ(evaluate("if-none-match: \"a\"", {"W/\"a\"", "", kNow}), NotModified);
  EXPECT_EQ(evaluate("if-none-match: \"b\"\nif-none-match: \"a\""), NotModified);
  EXPECT_EQ(evaluate("if-none-match: \"a\"", kStored, "HEAD"), NotModified);
  EXPECT_EQ(evaluate("if-none-match: \"a\"", kStored, "PUT"), PreconditionFailed);
}

// §13.1.3
TEST(Conditional, IfModifiedSinceCountsWithoutIfNoneMatch) {
  EXPECT_EQ(evaluate("if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT"), NotModified);
  EXPECT_EQ(evaluate("if-modified-since: Sun, 06 Nov 1994 08:49:38 GMT"), NotModified);
  EXPECT_EQ(evaluate("if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT"), Proceed);
  EXPECT_EQ(evaluate("if-modified-since: yesterday"), Proceed);
  EXPECT_EQ(evaluate("if-none-match: \"b\"\nif-modified-since: Sun, 06 Nov 1994 08:49:37 GMT"), Proceed);
  EXPECT_EQ(evaluate("if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT", kStored, "POST"), Proceed);
  // RFC 9111 §4.3.2: when it was received stands in for Last-Modified.
  EXPECT_EQ(evaluate("if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT", {"", "", kNow}), NotModified);
  EXPECT_EQ(evaluate("if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT", {"", "", kNow}), Proceed);
}

// §13.1.1, §13.1.4
TEST(Conditional, IfMatchComparesStrongly) {
  EXPECT_EQ(evaluate("if-match: \"a\""), Proceed);
  EXPECT_EQ(evaluate("if-match: *"), Proceed);
  EXPECT_EQ(evaluate("if-match: \"b\", \"c\""), PreconditionFailed);
  EXPECT_EQ(evaluate("if-match: W/\"a\""), PreconditionFailed);
  EXPECT_EQ(evaluate("if-match: W/\"a\"", {"W/\"a\"", "", kNow}), PreconditionFailed);
  EXPECT_EQ(evaluate("if-unmodified-since: Sun, 06 Nov 1994 08:49:37 GMT"), Proceed);
  EXPECT_EQ(evaluate("if-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT"), PreconditionFailed);
  EXPECT_EQ(evaluate("if-unmodified-since: then"), Proceed);
  EXPECT_EQ(evaluate("if-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT", {"", "", kNow}), Proceed);
  EXPECT_EQ(evaluate("if-match: \"a\"\nif-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT"), Proceed);
}

// §13.2.2
TEST(Conditional, IfMatchComesBeforeIfNoneMatch) {
  EXPECT_EQ(evaluate("if-none-match: \"a\"\nif-match: \"b\""), PreconditionFailed);
  EXPECT_EQ(evaluate("if-none-match: \"a\"\nif-match: \"a\""), NotModified);
}

// §13.1.5
TEST(Conditional, IfRangeNeedsTheSameBytes) {
  EXPECT_TRUE(holds_if_range(head("x: y"), kStored));
  EXPECT_TRUE(holds_if_range(head("if-range: \"a\""), kStored));
  EXPECT_FALSE(holds_if_range(head("if-range: \"b\""), kStored));
  EXPECT_FALSE(holds_if_range(head("if-range: W/\"a\""), {"W/\"a\"", "", kNow}));
  EXPECT_TRUE(holds_if_range(head("if-range: Sun, 06 Nov 1994 08:49:37 GMT"), kStored));
  EXPECT_FALSE(holds_if_range(head("if-range: Sun, 06 Nov 1994 08:49:38 GMT"), kStored));
  EXPECT_FALSE(holds_if_range(head("if-range: Sun, 06 Nov 1994 08:49:37 GMT"), {"", "", kNow}));
  EXPECT_FALSE(holds_if_range(head("if-range: a"), {"a", "", kNow}));
}

TEST(Conditional, A304RepeatsWhatDoesNotDescribeTheContent) {
  for (const char* name :
       {"ETag", "Date", "Vary", "Cache-Control", "Content-Location", "Content-Security-Policy"})
    EXPECT_TRUE(belongs_to_not_modified(name)) << name;
  for (const char* name : {"Content-Type", "content-length", "Content-Encoding", "Content-Range"})
    EXPECT_FALSE(belongs_to_not_modified(name)) << name;
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

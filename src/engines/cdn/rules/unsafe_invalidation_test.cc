// Invalidation by unsafe methods: RFC 9111 §4.4.
#include "engines/cdn/rules/unsafe_invalidation.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

std::vector<std::string> paths(std::string_view lines) {
  return invalidated_paths("www.example.com", "/a/b", head(lines));
}
using Paths = std::vector<std::string>;

TEST(UnsafeInvalidation, NeedsAnUnsafeMethodAndNoError) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "M-UNKNOWN"}) {
    EXPECT_TRUE(makes_invalid(method, 200)) << method;
    EXPECT_TRUE(makes_invalid(method, 302)) << method;
    EXPECT_FALSE(makes_invalid(method, 404)) << method;
    EXPECT_FALSE(makes_invalid(method, 500)) << method;
  }
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"})
    EXPECT_FALSE(makes_invalid(method, 200)) << method;
}

TEST(UnsafeInvalidation, ReachesLocationAndContentLocationOfTheSameHost) {
  EXPECT_EQ(paths("x: y"), (Paths{"/a/b"}));
  EXPECT_EQ(paths("Location: /c?x=1\nContent-Location: https://WWW.example.com/d#e"),
            (Paths{"/a/b", "/c", "/d"}));
  EXPECT_EQ(paths("Location: c"), (Paths{"/a/b", "/a/c"}));
  EXPECT_EQ(paths("Location: ../c/./d"), (Paths{"/a/b", "/c/d"}));
  EXPECT_EQ(paths("Location: //www.example.com"), (Paths{"/a/b", "/"}));
  EXPECT_EQ(paths("Location: /a/b"), (Paths{"/a/b"}));
  EXPECT_EQ(paths("Location: ?x"), (Paths{"/a/b"}));
}

TEST(UnsafeInvalidation, DoesNotReachOtherHosts) {
  for (const char* other :
       {"https://evil.com/c", "//evil.com/c", "https://www.example.com.evil.com/c",
        "https://www.example.com@evil.com/c", "https://www.example.com:8443/c", "mailto:a@b", "urn:x:y"})
    EXPECT_EQ(paths(std::string("Location: ") + other), (Paths{"/a/b"})) << other;
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

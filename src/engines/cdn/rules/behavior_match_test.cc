// Path patterns of behaviors.
#include "engines/cdn/rules/behavior_match.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/wildcard.h"

namespace meridian::engines::cdn::rules {
namespace {

using snapshots::cdn::Behavior;

BehaviorMatch table(std::initializer_list<const char*> patterns) {
  std::vector<Behavior> behaviors;
  for (const char* pattern : patterns) behaviors.emplace_back().path_pattern = pattern;
  behaviors.emplace_back().is_default = true;
  return BehaviorMatch(behaviors);
}
bool matches(const char* pattern, std::string_view path) {
  return table({pattern}).match(path) == 0;
}

TEST(BehaviorMatch, TheFirstInListedOrderWins) {
  const BehaviorMatch match = table({"/images/*", "*.jpg", "/images/special/*", "*.gif"});
  EXPECT_EQ(match.match("/images/special/a.jpg"), 0u);
  EXPECT_EQ(match.match("/a/b.jpg"), 1u);
  EXPECT_EQ(match.match("/b.gif"), 3u);
  EXPECT_EQ(match.match("/b.png"), 4u);
  EXPECT_EQ(table({}).match("/"), 0u);
}

TEST(BehaviorMatch, StarsCrossSlashesAndQuestionMarksAreOneCharacter) {
  EXPECT_TRUE(matches("/a*.jpg", "/abc/d/e.jpg"));
  EXPECT_TRUE(matches("/a*.jpg", "/a.jpg"));
  EXPECT_FALSE(matches("/a*.jpg", "/a.jpg/"));
  EXPECT_TRUE(matches("/a??.jpg", "/ant.jpg"));
  EXPECT_FALSE(matches("/a??.jpg", "/an.jpg"));
  EXPECT_TRUE(matches("*", "/"));
  EXPECT_TRUE(matches("/*/x/*", "/a/b/x/"));
  EXPECT_FALSE(matches("/*/x/*", "/x/"));
  // The letters before and behind the star may not overlap.
  EXPECT_FALSE(matches("/aba*aba", "/aba"));
  EXPECT_TRUE(matches("/aba*aba", "/abaaba"));
}

TEST(BehaviorMatch, TheLeadingSlashIsOptionalAndCaseCounts) {
  EXPECT_TRUE(matches("images/*.jpg", "/images/a.jpg"));
  EXPECT_TRUE(matches("?mages", "/images"));
  EXPECT_FALSE(matches("/images/*.jpg", "/images/a.JPG"));
  EXPECT_FALSE(matches("images", "/my/images"));
}

TEST(BehaviorMatch, PathsAreComparedNormalized) {
  EXPECT_TRUE(matches("/images/*", "//images///a"));
  EXPECT_TRUE(matches("/images/*", "/x/../images/a"));
  EXPECT_FALSE(matches("/images/*", "/images/../private/a"));
  EXPECT_TRUE(matches("/images/*", "/%69mages/a"));
  EXPECT_TRUE(matches("/a%2fb", "/a%2Fb"));
  EXPECT_TRUE(matches("/admin/*", "/./admin/%2e%2E/admin/x"));
}

TEST(BehaviorMatch, NormalizesPaths) {
  const auto normal = [](std::string_view path) {
    std::string buffer;
    return std::string(normalize_path(path, buffer));
  };
  EXPECT_EQ(normal("/a/b.c"), "/a/b.c");
  EXPECT_EQ(normal("/a/./b/../c"), "/a/c");
  EXPECT_EQ(normal("/../../a"), "/a");
  EXPECT_EQ(normal("/a/.."), "/");
  EXPECT_EQ(normal("/a/b/.."), "/a/");
  EXPECT_EQ(normal("/a/."), "/a/");
  EXPECT_EQ(normal("/a//"), "/a/");
  EXPECT_EQ(normal("//"), "/");
  EXPECT_EQ(normal("/.a/..b"), "/.a/..b");
  EXPECT_EQ(normal("/%"), "/%");
  EXPECT_EQ(normal("/%4"), "/%4");
  EXPECT_EQ(normal("/%zz%3a%41"), "/%zz%3AA");
  EXPECT_EQ(normal("/a/%2e%2e/b"), "/b");
  EXPECT_EQ(normal("*"), "*");
  EXPECT_EQ(normal("%2e%2e"), "..");
}

TEST(BehaviorMatch, ExplainsWhyEarlierOnesFailed) {
  std::vector<std::string> lines;
  EXPECT_EQ(table({"/a/*", "*.js"}).explain("/b//c.js", lines), 1u);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"compared as /b/c.js", "/a/* does not match", "*.js matches first"}));
  lines.clear();
  table({"/a/*"}).explain("/b", lines);
  EXPECT_EQ(lines.back(), "the default behavior: no other pattern matches");
}

TEST(Wildcard, TakesNoMoreStepsThanItsLengthsMultiplied) {
  std::string pattern;
  for (int i = 0; i < 120; ++i) pattern += "*a";
  pattern += "*b";
  const std::string text(8000, 'a');
  EXPECT_FALSE(matches_wildcard(pattern, text));  // recursion would take centuries
  EXPECT_TRUE(matches_wildcard(pattern, text + "b"));
}

TEST(Wildcard, AgreesWithTheObviousDefinition) {
  // By recursion: slow, but plainly right.
  struct Obvious {
    static bool matches(std::string_view pattern, std::string_view text) {
      if (pattern.empty()) return text.empty();
      if (pattern[0] == '*')
        return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
      return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
             matches(pattern.substr(1), text.substr(1));
    }
  };
  const auto nth = [](unsigned n, std::string_view letters) {
    std::string text;
    for (; n > 0; n /= static_cast<unsigned>(letters.size())) text += letters[n % letters.size()];
    return text;
  };
  for (unsigned p = 0; p < 256; ++p)
    for (unsigned t = 0; t < 64; ++t)
      ASSERT_EQ(matches_wildcard(nth(p, "a*?b"), nth(t, "ab")),
                Obvious::matches(nth(p, "a*?b"), nth(t, "ab")))
          << nth(p, "a*?b") << " " << nth(t, "ab");
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

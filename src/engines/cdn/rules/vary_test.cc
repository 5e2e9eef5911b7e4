// Vary, as the viewer may see it.
#include "engines/cdn/rules/vary.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

std::string vary(std::string_view lines, const snapshots::cdn::Behavior& behavior = {}) {
  std::string buffer;
  return std::string(select_vary(head(lines), behavior, buffer));
}

TEST(Vary, NamesWhatTheOriginCouldHaveLookedAt) {
  EXPECT_EQ(vary("vary: Accept-Encoding, User-Agent, Cookie"), "Accept-Encoding, Cookie");
  EXPECT_EQ(vary("vary: User-Agent"), "");
  EXPECT_EQ(vary("vary: *"), "*");
  EXPECT_EQ(vary("vary: accept-encoding,cookie"), "accept-encoding,cookie");
  snapshots::cdn::Behavior behavior;
  behavior.key.headers = {snapshots::cdn::Selection::Kind::Only, {"user-agent"}};
  behavior.forward.headers = {snapshots::cdn::Selection::Kind::Only, {"origin"}};
  EXPECT_EQ(vary("vary: User-Agent, Accept\nvary: Origin", behavior), "User-Agent, Origin");
}

TEST(Vary, GetsANameOnce) {
  FieldList response;
  add_to_vary("Origin", response);
  EXPECT_EQ(text_of(response), "Vary: Origin\n");
  add_to_vary("Accept-Encoding", response);
  add_to_vary("origin", response);
  EXPECT_EQ(text_of(response), "Vary: Origin\nVary: Accept-Encoding\n");
  FieldList any;
  any.add("vary", "*");
  add_to_vary("Origin", any);
  EXPECT_EQ(text_of(any), "vary: *\n");
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

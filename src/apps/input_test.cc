#include "apps/input.h"

#include <gtest/gtest.h>

#include <fstream>

namespace meridian::apps {
namespace {

TEST(Input, IsTheWholeFile) {
  const std::string path = testing::TempDir() + "meridian-input-test";
  std::ofstream(path, std::ios::binary) << "a\nb";
  EXPECT_EQ(read_input(path).value(), "a\nb");
  std::ofstream(path, std::ios::trunc).close();
  EXPECT_EQ(read_input(path).value(), "");
}

TEST(Input, ThatCannotBeReadIsRefusedByName) {
  for (const std::string& path : {testing::TempDir(), testing::TempDir() + "meridian-absent"}) {
    auto text = read_input(path);
    ASSERT_FALSE(text) << path;
    EXPECT_EQ(text.error().message, "cannot read " + path);
  }
}

}  // namespace
}  // namespace meridian::apps

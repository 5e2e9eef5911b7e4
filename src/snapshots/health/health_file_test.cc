#include "snapshots/health/health_file.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::health {
namespace {

TEST(HealthFile, KeepsEveryState) {
  const std::vector<HealthTable::Entry> states = {{"a", true}, {"b-2", false}};
  const std::string text = write_states(states);
  EXPECT_EQ(text, "meridian health 1\nhealthy a\nunhealthy b-2\n");
  EXPECT_EQ(read_states(text).value(), states);
  EXPECT_TRUE(read_states(write_states({})).value().empty());
}

TEST(HealthFile, WhatIsDamagedIsNotRead) {
  for (const char* text :
       {"", "healthy a\n", "meridian health 2\nhealthy a\n", "meridian health 1\nhealthy a",
        "meridian health 1\nsick a\n", "meridian health 1\nhealthy \n", "meridian health 1\nhealthy a b\n",
        "meridian health 1\n\n"})
    EXPECT_EQ(read_states(text).error().code, ErrorCode::Corrupt) << text;
  EXPECT_FALSE(read_states("meridian health 1\nhealthy " + std::string(65, 'x') + "\n"));
}

}  // namespace
}  // namespace meridian::snapshots::health

#include "snapshots/health/health_table.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::health {
namespace {

TEST(HealthTable, WhatNothingIsKnownOfIsHealthy) {
  HealthTable table;
  EXPECT_TRUE(table.healthy(table.slot_of("a")));
  EXPECT_TRUE(table.healthy(kNoCheck));
}

TEST(HealthTable, AFlipIsSeenThroughTheSlotTakenBefore) {
  HealthTable table;
  const Slot a = table.slot_of("a"), b = table.slot_of("b");
  EXPECT_TRUE(table.set("a", false));
  EXPECT_FALSE(table.healthy(a));
  EXPECT_TRUE(table.healthy(b));
  EXPECT_TRUE(table.set("a", true));
  EXPECT_TRUE(table.healthy(a));
}

TEST(HealthTable, AFlipBeforeTheFirstRecordSetIsKept) {
  HealthTable table;
  table.set("a", false);
  EXPECT_FALSE(table.healthy(table.slot_of("a")));
}

TEST(HealthTable, NoIdIsNoCheck) {
  HealthTable table;
  EXPECT_EQ(table.slot_of(""), kNoCheck);
  EXPECT_FALSE(table.set("", false));
  EXPECT_TRUE(table.healthy(kNoCheck));
}

TEST(HealthTable, SlotsKeepTheirCheckBeyondTheFirstChunk) {
  HealthTable table;
  std::vector<Slot> slots;
  for (int i = 0; i < 10000; ++i) slots.push_back(table.slot_of(std::to_string(i)));
  table.set("9999", false);
  EXPECT_FALSE(table.healthy(slots[9999]));
  EXPECT_TRUE(table.healthy(slots[9998]));
  EXPECT_EQ(table.id_of(slots[5000]), "5000");
  EXPECT_EQ(table.size(), 10000u);
  EXPECT_FALSE(table.entries().back().healthy);
}

TEST(HealthTable, AFullTableTakesNoMore) {
  HealthTable table;
  for (std::size_t i = 1; i < HealthTable::kChecksMax; ++i) table.slot_of(std::to_string(i));
  EXPECT_EQ(table.slot_of("one more"), kNoCheck);
  EXPECT_FALSE(table.set("one more", false));
}

}  // namespace
}  // namespace meridian::snapshots::health

#include "base/shared_map.h"

#include <gtest/gtest.h>

namespace meridian {
namespace {

std::string key(int number) {
  return "key-" + std::to_string(number);
}

TEST(SharedMap, ACopyIsWhatItWasCopiedFromAndLeavesThatAlone) {
  SharedMap<int> first;
  for (int i = 0; i < 2000; ++i) first[key(i)] = i;
  SharedMap<int> second = first;
  for (int i = 0; i < 1000; i += 2) second.erase(key(i));
  for (int i = 1; i < 1000; i += 2) second[key(i)] = -i;
  second[key(5000)] = 5000;
  EXPECT_EQ(first.size(), 2000u);
  EXPECT_EQ(second.size(), 1501u);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(first.find(key(i)));
    EXPECT_EQ(first.find(key(i))->second, i);
    const auto* const changed = second.find(key(i));
    ASSERT_EQ(changed == nullptr, i < 1000 && i % 2 == 0) << i;
    if (changed) {
      EXPECT_EQ(changed->second, i < 1000 ? -i : i);
    }
  }
  EXPECT_FALSE(first.find(key(5000)));
}

TEST(SharedMap, ACopySharesWhatItDoesNotChange) {
  SharedMap<int> first;
  for (int i = 0; i < 2000; ++i) first[key(i)] = i;
  SharedMap<int> second = first;
  second[key(0)] = 1;
  int shared = 0;
  for (int i = 0; i < 2000; ++i) shared += first.find(key(i)) == second.find(key(i)) ? 1 : 0;
  EXPECT_GT(shared, 1900);
  EXPECT_LT(shared, 2000);
}

TEST(SharedMap, EachEntryIsVisitedOnce) {
  SharedMap<int> map;
  for (int i = 0; i < 500; ++i) map[key(i)] = i;
  map.erase(key(7));
  map.erase("never there");
  int count = 0, sum = 0;
  map.for_each([&](const std::string& name, int value) {
    EXPECT_EQ(name, key(value));
    ++count;
    sum += value;
  });
  EXPECT_EQ(count, 499);
  EXPECT_EQ(sum, 500 * 499 / 2 - 7);
}

}  // namespace
}  // namespace meridian

#include "base/published.h"

#include <gtest/gtest.h>

#include <thread>

namespace meridian {
namespace {

struct Tracked {
  static inline std::atomic<int> alive{0};
  explicit Tracked(int number) : value(number) { ++alive; }
  ~Tracked() {
    value = -1;
    --alive;
  }
  int value;
};

TEST(Published, FreesAnOldObjectOnlyWhenUnpinned) {
  Published<Tracked> published(std::make_unique<Tracked>(1));
  Published<Tracked>::Reader reader(published);
  {
    auto pin = reader.current();
    published.publish(std::make_unique<Tracked>(2));
    EXPECT_EQ(pin->value, 1);
    EXPECT_EQ(published.retired(), 1u);
  }
  EXPECT_EQ(published.retired(), 0u);
  EXPECT_EQ(Tracked::alive, 1);
  EXPECT_EQ(reader.current()->value, 2);
}

TEST(Published, ReadersNeverSeeADestroyedObject) {
  Published<Tracked> published(std::make_unique<Tracked>(0));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back([&] {
    Published<Tracked>::Reader reader(published);
    int last = 0;
    while (!stop) {
      auto pin = reader.current();
      if (pin->value < last) ++wrong;
      last = pin->value;
    }
  });
  for (int i = 1; i <= 20000; ++i) published.publish(std::make_unique<Tracked>(i));
  stop = true;
  for (auto& thread : readers) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace meridian

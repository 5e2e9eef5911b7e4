#include "aws/call_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace meridian::aws {
namespace {

TEST(CallPool, RunsWhatItTookEvenWhenItIsDestroyed) {
  std::atomic<int> runs = 0;
  {
    CallPool pool(3, 100);
    for (int i = 0; i < 100; ++i) {
      std::function<void()> task = [&runs] { ++runs; };
      ASSERT_TRUE(pool.submit(task));
    }
  }
  EXPECT_EQ(runs, 100);
}

TEST(CallPool, RefusesWhenTheQueueIsFullAndLeavesTheTaskToTheCaller) {
  CallPool pool(1, 2);
  std::promise<void> started, release;
  std::function<void()> block = [&started, held = release.get_future().share()] {
    started.set_value();
    held.wait();
  };
  ASSERT_TRUE(pool.submit(block));
  started.get_future().wait();  // the thread is busy, the queue empty
  std::atomic<int> runs = 0;
  std::function<void()> first = [&runs] { ++runs; }, second = first, third = first;
  EXPECT_TRUE(pool.submit(first));
  EXPECT_TRUE(pool.submit(second));
  EXPECT_EQ(pool.queued(), 2u);
  EXPECT_FALSE(pool.submit(third));
  ASSERT_TRUE(third);
  third();
  EXPECT_EQ(runs, 1);
  release.set_value();
}

TEST(CallPool, RunsTasksAtTheSameTime) {
  CallPool pool(2, 10);
  std::promise<void> first_runs, second_runs;
  auto first_seen = first_runs.get_future().share(), second_seen = second_runs.get_future().share();
  // Each waits for the other: one thread alone would never get past the first.
  std::function<void()> first = [&, second_seen] {
    first_runs.set_value();
    second_seen.wait();
  };
  std::function<void()> second = [&, first_seen] {
    second_runs.set_value();
    first_seen.wait();
  };
  EXPECT_TRUE(pool.submit(first));
  EXPECT_TRUE(pool.submit(second));
  EXPECT_EQ(second_seen.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

}  // namespace
}  // namespace meridian::aws

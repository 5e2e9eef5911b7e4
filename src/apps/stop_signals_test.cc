#include "apps/stop_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace meridian::apps {
namespace {

// Each in a process of its own: signals reach a whole process.
TEST(StopSignalsDeathTest, EndTheProcessUntilItServes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        StopSignals signals(false);
        kill(getpid(), SIGTERM);
        pause();
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopSignalsDeathTest, AskAServerToEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        {
          StopSignals signals(false);
          signals.serving({});
          kill(getpid(), SIGINT);
          signals.wait();
        }
        _exit(7);
      },
      testing::ExitedWithCode(7), "");
}

TEST(StopSignalsDeathTest, HangupIsForTheServer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        StopSignals signals(true);
        kill(getpid(), SIGHUP);  // not yet serving: nothing to do
        signals.serving([] { _exit(8); });
        kill(getpid(), SIGHUP);
        signals.wait();
      },
      testing::ExitedWithCode(8), "");
}

TEST(StopSignalsDeathTest, HangupEndsAServerWithoutFiles) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        signal(SIGHUP, SIG_DFL);  // nohup(1) ignores it, and is inherited
        StopSignals signals(false);
        signals.serving({});
        kill(getpid(), SIGHUP);
        signals.wait();
      },
      testing::KilledBySignal(SIGHUP), "");
}

TEST(StopSignalsDeathTest, AServerThatDidNotStartGoesInItsOwnWay) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        { StopSignals signals(false); }
        _exit(1);
      },
      testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace meridian::apps

#include "apps/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/fake_loop.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Turns : public testing::Test {
 protected:
  void period() {
    told.reset();
    own.advance(5s);
  }
  http::FakeLoop own, api, dns;
  std::optional<std::vector<std::string>> told;
  Watchdog watchdog{own, {{"api", &api}, {"dns-0", &dns}}, 5s, [this](const std::vector<std::string>& stuck) {
                      told = stuck;
                    }};
};

TEST_F(Turns, AllIsWellWhileEveryLoopRunsItsTasks) {
  for (int i = 0; i < 3; ++i) {
    api.run_posted();
    dns.run_posted();
    period();
    ASSERT_TRUE(told);
    EXPECT_THAT(*told, IsEmpty());
  }
}

TEST_F(Turns, NamesTheLoopThatIsStuckUntilItTurnsAgain) {
  api.run_posted();
  period();
  EXPECT_THAT(told.value(), ElementsAre("dns-0"));
  api.run_posted();
  period();
  EXPECT_THAT(told.value(), ElementsAre("dns-0"));
  api.run_posted();
  dns.run_posted();
  period();
  EXPECT_THAT(told.value(), IsEmpty());
}

TEST_F(Turns, SaysNothingBetweenPeriods) {
  own.advance(4s);
  EXPECT_FALSE(told);
}

TEST(WatchdogGone, ATaskThatIsStillInALoopDoesNoHarm) {
  http::FakeLoop own, api;
  {
    Watchdog watchdog(own, {{"api", &api}}, 5s, [](const std::vector<std::string>&) { FAIL(); });
  }
  api.run_posted();
  own.advance(10s);
  EXPECT_EQ(own.timers(), 0u);
}

}  // namespace
}  // namespace meridian::apps

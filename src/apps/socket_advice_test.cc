#include "apps/socket_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace meridian::apps {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

SocketFacts content() {
  SocketFacts facts;
  facts.receive_buffer_asked = facts.receive_buffer_granted = 1 << 20;
  facts.backlog = 1024;
  facts.backlog_max = 4096;
  facts.descriptors_max = 524288;
  return facts;
}

auto about(const char* topic, const char* command) {
  return ElementsAre(AllOf(Field(&Advice::about, topic), Field(&Advice::text, HasSubstr(command))));
}

TEST(SocketAdvice, NoneWhereTheSystemGivesEnough) {
  EXPECT_THAT(advise(content()), IsEmpty());
}

TEST(SocketAdvice, EachComesWithTheCommandThatMendsIt) {
  SocketFacts facts = content();
  facts.receive_buffer_granted = 212992;
  EXPECT_THAT(advise(facts), about("receive_buffer", "net.core.rmem_max=1048576"));
  facts = content();
  facts.backlog_max = 128;
  EXPECT_THAT(advise(facts), about("backlog", "net.core.somaxconn=1024"));
  facts.backlog_max.reset();  // hidden by a sandbox
  EXPECT_THAT(advise(facts), IsEmpty());
  facts = content();
  facts.descriptors_max = 1024;
  EXPECT_THAT(advise(facts), about("descriptors", "LimitNOFILE="));
}

TEST(SocketAdvice, RootMattersWhereOthersCanReachIt) {
  SocketFacts facts = content();
  facts.root = true;
  EXPECT_THAT(advise(facts), IsEmpty());
  facts.reachable = true;
  EXPECT_THAT(advise(facts), about("root", "--user"));
}

TEST(SocketAdvice, IsAMetricATopic) {
  RealClock clock;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  Metrics metrics;
  SocketFacts facts = content();
  facts.descriptors_max = 1024;
  {
    Logger logger(clock, ends[1], LogFormat::Json, LogLevel::Info);
    tell(advise(facts), logger, metrics);
  }
  char line[1024];
  const std::string logged(line,
                           static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], line, sizeof line))));
  EXPECT_THAT(logged, AllOf(HasSubstr("warn"), HasSubstr("LimitNOFILE="), HasSubstr("descriptors")));
  EXPECT_THAT(metrics.prometheus_text(), AllOf(HasSubstr("meridian_advice{about=\"descriptors\"} 1"),
                                               HasSubstr("meridian_advice{about=\"receive_buffer\"} 0")));
  close(ends[0]);
  close(ends[1]);
}

TEST(SocketAdvice, SeesThisProcess) {
  SocketFacts facts;
  observe_system(facts);
  EXPECT_GT(facts.descriptors_max, 0u);
  EXPECT_EQ(facts.root, geteuid() == 0);
}

}  // namespace
}  // namespace meridian::apps

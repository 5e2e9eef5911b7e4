#include "apps/drill/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::apps::drill {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string kWhole = R"(title = "A drill"
duration = "10m"
[[endpoint]]
name = "a"
[[check]]
name = "up"
endpoint = "a"
[[record]]
name = "www"
endpoint = "a"
[[clients]]
name = "c"
ask = "www"
)";

TEST(Durations, AreReadAndPrinted) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("1m30s"), seconds(90));
  EXPECT_EQ(parse_duration("2h"), minutes(120));
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("0s"), Duration::zero());
  for (const char* wrong : {"", "5", "s", "5 s", "-5s", "5d", "5s5", "99999999999s"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  EXPECT_EQ(print_duration(milliseconds(24'360)), "24.4s");
  EXPECT_EQ(print_duration(seconds(24)), "24s");
  EXPECT_EQ(print_duration(milliseconds(90'400)), "1m30s");
  EXPECT_EQ(print_duration(minutes(61)), "1h1m");
  EXPECT_EQ(print_duration(seconds(65)), "1m05s");
}

TEST(Scenario, FillsInWhatIsNotSaid) {
  const Scenario scenario = parse_scenario(kWhole).value();
  EXPECT_EQ(scenario.title, "A drill");
  EXPECT_EQ(scenario.checks[0].type, "HTTP");
  EXPECT_EQ(scenario.checks[0].interval_s, 30u);
  EXPECT_EQ(scenario.checks[0].threshold, 3u);
  EXPECT_EQ(scenario.records[0].ttl_s, 60u);
  EXPECT_EQ(scenario.clients[0].count, 1000u);
  EXPECT_TRUE(scenario.steps.empty());
}

TEST(Scenario, ReadsStepsAndExpectations) {
  const Scenario scenario = parse_scenario(kWhole + R"(
[[step]]
name = "outage"
at = "1m"
endpoint = ["a"]
fault = "slow"
delay = "5s"
[[expect]]
check = "up"
becomes = "unhealthy"
from = "outage"
within = "95s"
)")
                                .value();
  EXPECT_EQ(scenario.steps[0].fault, Fault::Slow);
  EXPECT_EQ(scenario.steps[0].delay, seconds(5));
  EXPECT_EQ(scenario.expectations[0].from, minutes(1));
  EXPECT_EQ(scenario.expectations[0].until, minutes(10));
}

TEST(Scenario, SaysWhatIsWrongAndOnWhichLine) {
  struct Case {
    const char* added;
    const char* message;
  };
  for (const auto& [added, message] : {
           Case{"[[endpoint]]\nname = \"a\"", "line 15: there are two [[endpoint]] 'a'"},
           Case{"[[endpoint]]\nname = \"b\"\ncolour = \"red\"", "line 16: [[endpoint]] has no 'colour'"},
           Case{"[[check]]\nname = \"x\"\nendpoint = \"b\"", "line 16: 'endpoint': there is no endpoint 'b'"},
           Case{"[[check]]\nname = \"x\"\nendpoint = \"a\"\ninterval = 20",
                "line 17: 'interval' is 10 or 30 seconds"},
           Case{"[[check]]\nname = \"x\"\nendpoint = \"a\"\nregions = [\"us-east-1\"]",
                "line 17: 'regions' are at least 3"},
           Case{"[[check]]\nname = \"x\"\nendpoint = \"a\"\nregions = [\"us-east-2\"]",
                "line 17: 'regions': 'us-east-2' has no checkers"},
           Case{"[[check]]\nname = \"x\"\ntype = \"PING\"", "line 16: 'type' is one of HTTP, "},
           Case{"[[check]]\nname = \"x\"\ntype = \"CALCULATED\"",
                "line 16: a CALCULATED check has 'children'"},
           Case{"[[record]]\nname = \"www\"\nendpoint = \"a\"", "line 14: there are two such [[record]]"},
           Case{"[[record]]\nname = \"api\"\nendpoint = \"a\"\nweight = 1\nmultivalue = true",
                "line 14: a [[record]] has at most one policy"},
           Case{"[[record]]\nname = \"api\"\nalias = \"www2\"", "the record 'api' is an alias of 'www2'"},
           Case{"[[clients]]\nname = \"d\"\nask = \"api\"", "line 16: 'ask': there is no record 'api'"},
           Case{"[[clients]]\nname = \"d\"\nask = \"www\"\nevery = \"soon\"",
                "line 17: 'every' is a time such as"},
           Case{"[[clients]]\nname = \"d\"\nask = \"www\"\ncount = 99000\nevery = \"100ms\"",
                "fewer clients"},
           Case{"[[step]]\nat = \"11m\"\nendpoint = \"a\"\nfault = \"none\"",
                "line 15: 'at' is after the end"},
           Case{"[[step]]\nat = \"1m\"\nendpoint = \"a\"\nfault = \"fire\"",
                "line 17: 'fault' is one of none, refuse"},
           Case{"[[step]]\nat = \"1m\"\nendpoint = \"a\"\nfault = \"slow\"",
                "line 14: [[step]] needs 'delay'"},
           Case{"[[step]]\nat = \"1m\"\nendpoint = \"a\"\nfault = \"hang\"\ndelay = \"5s\"",
                "line 18: 'delay' goes with the fault slow"},
           Case{"[[step]]\nat = \"1m\"\nendpoint = \"a\"\nfault = \"tls\"",
                "line 17: the endpoint 'a' has no TLS"},
           Case{"[[step]]\nat = \"1m\"", "line 14: a [[step]] is about"},
           Case{"[[step]]\nat = \"1m\"\nrecord = \"www\"\nweight = 5",
                "line 17: that record is not weighted"},
           Case{"[[step]]\nat = \"2m\"\ndns = \"silent\"\n[[step]]\nat = \"1m\"\ndns = \"answers\"",
                "line 18: steps are listed by time"},
           Case{"[[expect]]\ncheck = \"up\"\nbecomes = \"sick\"\nwithin = \"1s\"",
                "line 16: 'becomes' is healthy or"},
           Case{"[[expect]]\ncheck = \"up\"\nbecomes = \"healthy\"", "line 14: [[expect]] needs 'within'"},
           Case{"[[expect]]\ncheck = \"up\"\nstays = \"healthy\"\nfrom = \"later\"",
                "line 17: 'from' is a time or a step"},
           Case{"[[expect]]\nclients = \"c\"\nwell = true\nshare = \"a\"",
                "line 17: 'share' does not go with"},
           Case{"[[expect]]\nanswer = \"www\"\nbecomes = \"a\"\nwithin = \"1m\"\nregion = \"eu-west-1\"",
                "line 15: 'answer': no clients ask for 'www' from eu-west-1"},
           Case{"[step]\nat = \"1m\"", "'step' is a list of tables"},
           Case{"colours = 3", "'colours'"},
           Case{"name = ", "line 14: "},
       }) {
    const auto scenario = parse_scenario(kWhole + added);
    ASSERT_FALSE(scenario) << added;
    EXPECT_THAT(scenario.error().message, testing::HasSubstr(message)) << added;
    EXPECT_THAT(scenario.error().message, testing::StartsWith("line ")) << added;
  }
}

TEST(Scenario, NeedsSomethingToDo) {
  EXPECT_THAT(parse_scenario("").error().message, testing::HasSubstr("needs 'title'"));
  EXPECT_THAT(parse_scenario("title = \"t\"\nduration = \"1m\"").error().message,
              testing::HasSubstr("needs at least one [[endpoint]]"));
  EXPECT_FALSE(parse_scenario(std::string(kFileBytesMax + 1, '#')));
}

}  // namespace
}  // namespace meridian::apps::drill

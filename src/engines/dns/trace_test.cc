#include "engines/dns/trace.h"

#include <gtest/gtest.h>

#include <limits>

namespace meridian::engines::dns {
namespace {

TEST(TraceTest, TellsPeopleTheTextAndProgramsTheFieldsToo) {
  Trace trace;
  trace.add("zone", "example.com.");
  trace.add("candidate", "\"a\" weight 80",
            {{"set_identifier", std::string("a\"b")},
             {"weight", std::int64_t{80}},
             {"distance_km", 1.5},
             {"latency_ms", std::numeric_limits<double>::infinity()},
             {"healthy", false}});
  EXPECT_EQ(trace.to_text(),
            "zone       example.com.\n"
            "candidate  \"a\" weight 80\n");
  EXPECT_EQ(trace.to_json(), R"([{"step": "zone", "text": "example.com.", "depth": 0}, )"
                             R"({"step": "candidate", "text": "\"a\" weight 80", "depth": 0, )"
                             R"("set_identifier": "a\"b", "weight": 80, )"
                             R"("distance_km": 1.5, "latency_ms": null, "healthy": false}])");
}

TEST(TraceTest, LikeStepsStandInColumnsAndWhatIsBelowAnAliasIsIndented) {
  Trace trace;
  trace.add("policy", "weighted");
  trace.add("candidate", "a\tweight 80\t\t1.5 ms\tchosen");
  trace.add("candidate", "other\tweight 9\t\t20.0 ms\t");
  trace.set_depth(1);
  trace.add("candidate", "below\tx");
  EXPECT_EQ(trace.to_text(),
            "policy       weighted\n"
            "candidate    a      weight 80   1.5 ms  chosen\n"
            "             other  weight 9   20.0 ms\n"
            "  candidate  below  x\n");
  EXPECT_NE(trace.to_json().find(R"("text": "a, weight 80, 1.5 ms, chosen", "depth": 0)"), std::string::npos);
}

}  // namespace
}  // namespace meridian::engines::dns

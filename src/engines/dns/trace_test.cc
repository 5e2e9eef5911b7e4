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
  EXPECT_EQ(trace.to_json(),
            R"([{"step": "zone", "text": "example.com."}, )"
            R"({"step": "candidate", "text": "\"a\" weight 80", "set_identifier": "a\"b", "weight": 80, )"
            R"("distance_km": 1.5, "latency_ms": null, "healthy": false}])");
}

}  // namespace
}  // namespace meridian::engines::dns

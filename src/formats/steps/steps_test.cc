#include "formats/steps/steps.h"

#include <gtest/gtest.h>

#include <limits>

namespace meridian::steps {
namespace {

TEST(Steps, AreJsonWithWhatTheirTextsSay) {
  const std::vector<Step> steps{
      {"zone", "a\t\tb", {{"id", "Z\"1"}, {"count", std::int64_t{-3}}, {"found", true}}, 1},
      {"choice", "", {{"share", 0.25}, {"none", std::numeric_limits<double>::infinity()}}}};
  EXPECT_EQ(to_json(steps),
            R"([{"step": "zone", "text": "a, b", "depth": 1, "id": "Z\"1", "count": -3, "found": true}, )"
            R"({"step": "choice", "text": "", "depth": 0, "share": 0.25, "none": null}])");
  EXPECT_EQ(to_json({}), "[]");
}

TEST(Steps, ColumnsAreThoseOfAScreen) {
  EXPECT_EQ(columns_of("naïve…"), 6U);
  EXPECT_EQ(columns_of(""), 0U);
}

}  // namespace
}  // namespace meridian::steps

#include "store/series/threshold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace meridian::store {
namespace {

using testing::ElementsAre;

constexpr MissingData kAll[] = {MissingData::Missing, MissingData::Ignore, MissingData::Breaching,
                                MissingData::NotBreaching};

// "0 - X": within the threshold, no data, beyond it; the newest last.
Evaluation evaluated(std::string_view text, ThresholdRule rule) {
  std::vector<std::optional<double>> values;
  for (const char c : text) {
    if (c == ' ') continue;
    values.push_back(c == '-' ? std::nullopt : std::optional(c == 'X' ? 9.0 : 0.0));
  }
  rule.threshold = 5;
  return evaluate(rule, values);
}

// The verdicts for missing, ignore, breaching, notBreaching: A(larm), O(K), I(nsufficient), U(nchanged).
std::string verdicts(std::string_view text, std::uint32_t m, std::uint32_t n) {
  std::string out;
  for (const MissingData missing : kAll) {
    const ThresholdRule rule{.evaluation_periods = n, .datapoints_to_alarm = m, .missing = missing};
    out += "OAIU"[static_cast<int>(evaluated(text, rule).verdict)];
  }
  return out;
}

// The tables of "How alarm state is evaluated when data is missing", of this page's versions of 2018 to now.
TEST(ThresholdTest, TheDocumentedTableOfThreeOfThree) {
  EXPECT_EQ(verdicts("0 - X - X", 3, 3), "OOOO");
  EXPECT_EQ(verdicts("- - - - 0", 3, 3), "OOOO");
  EXPECT_EQ(verdicts("0 - - - -", 3, 3), "OOOO");
  EXPECT_EQ(verdicts("- - - - -", 3, 3), "IUAO");
  EXPECT_EQ(verdicts("0 X X - X", 3, 3), "AAAA");
  EXPECT_EQ(verdicts("- - X - -", 3, 3), "AUAO");
  EXPECT_EQ(verdicts("- - - - X", 3, 3), "IUAO");
  EXPECT_EQ(verdicts("X - - - -", 3, 3), "AUAO");
}

TEST(ThresholdTest, TheDocumentedTableOfTwoOfThree) {
  EXPECT_EQ(verdicts("0 - X - X", 2, 3), "AAAA");
  EXPECT_EQ(verdicts("0 0 X 0 X", 2, 3), "AAAA");
  EXPECT_EQ(verdicts("0 - X - -", 2, 3), "OOAO");
  EXPECT_EQ(verdicts("- - - - 0", 2, 3), "OOAO");
  EXPECT_EQ(verdicts("- - - - X", 2, 3), "IUAO");
  EXPECT_EQ(verdicts("- - - X -", 2, 3), "AUAO");
}

TEST(ThresholdTest, OneOfOne) {
  EXPECT_EQ(verdicts("- - X", 1, 1), "AAAA");
  EXPECT_EQ(verdicts("X - 0", 1, 1), "OOOO");
  EXPECT_EQ(verdicts("X - -", 1, 1), "AAAA");
  EXPECT_EQ(verdicts("0 - -", 1, 1), "OOOO");
  EXPECT_EQ(verdicts("- - -", 1, 1), "IUAO");
}

TEST(ThresholdTest, SaysWhichValuesCounted) {
  const ThresholdRule rule{.evaluation_periods = 3, .datapoints_to_alarm = 2};
  EXPECT_THAT(evaluated("0 X X - X", rule).evaluated, ElementsAre(4, 2, 1));
  EXPECT_EQ(evaluated("0 X X - X", rule).filled, 0u);
  EXPECT_THAT(evaluated("- - X - -", rule).evaluated, ElementsAre(2));
  EXPECT_EQ(evaluated("- - X - -", rule).filled, 2u);
}

TEST(ThresholdTest, Compares) {
  const auto breaks = [](const char* comparison, double value) {
    return ThresholdRule{.comparison = *parse_comparison(comparison), .threshold = 5}.breaks(value);
  };
  EXPECT_TRUE(breaks("GreaterThanOrEqualToThreshold", 5));
  EXPECT_FALSE(breaks("GreaterThanOrEqualToThreshold", 4.9));
  EXPECT_TRUE(breaks("GreaterThanThreshold", 5.1));
  EXPECT_FALSE(breaks("GreaterThanThreshold", 5));
  EXPECT_TRUE(breaks("LessThanThreshold", 4.9));
  EXPECT_FALSE(breaks("LessThanThreshold", 5));
  EXPECT_TRUE(breaks("LessThanOrEqualToThreshold", 5));
  EXPECT_FALSE(breaks("LessThanOrEqualToThreshold", 5.1));
}

TEST(ThresholdTest, NamesAreThoseOfTheApi) {
  for (const char* name : {"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold",
                           "LessThanOrEqualToThreshold"})
    EXPECT_EQ(to_string(parse_comparison(name).value()), name);
  EXPECT_FALSE(parse_comparison("GreaterThanUpperThreshold"));
  for (const MissingData missing : kAll) EXPECT_EQ(parse_missing_data(to_string(missing)), missing);
  EXPECT_FALSE(parse_missing_data("Breaching"));
}

}  // namespace
}  // namespace meridian::store

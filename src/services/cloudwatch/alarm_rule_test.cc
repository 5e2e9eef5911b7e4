#include "services/cloudwatch/alarm_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::services::cloudwatch {
namespace {

using testing::ElementsAre;

// Alarms whose names begin with a are in ALARM, with o in OK; others lack data.
bool holds(std::string_view text) {
  const auto rule = AlarmRule::parse(text);
  EXPECT_TRUE(rule) << text << ": " << (rule ? "" : rule.error().message);
  return rule && rule->holds([](const std::string& alarm) {
    if (alarm[0] == 'a') return AlarmValue::Alarm;
    return alarm[0] == 'o' ? AlarmValue::Ok : AlarmValue::InsufficientData;
  });
}
std::string refusal(std::string_view text) {
  const auto rule = AlarmRule::parse(text);
  return rule ? "" : rule.error().message;
}

TEST(AlarmRuleTest, StatesOfAlarms) {
  EXPECT_TRUE(holds("ALARM(a)"));
  EXPECT_FALSE(holds("ALARM(o)"));
  EXPECT_TRUE(holds("OK(o)"));
  EXPECT_TRUE(holds("INSUFFICIENT_DATA(x)"));
  EXPECT_TRUE(holds("TRUE"));
  EXPECT_FALSE(holds(" FALSE "));
}

TEST(AlarmRuleTest, OrBindsLessThanAndLessThanNot) {
  EXPECT_TRUE(holds("TRUE OR FALSE AND FALSE"));
  EXPECT_FALSE(holds("(TRUE OR FALSE) AND FALSE"));
  EXPECT_TRUE(holds("NOT FALSE AND TRUE"));
  EXPECT_FALSE(holds("NOT (FALSE OR TRUE)"));
  EXPECT_TRUE(holds("NOT NOT TRUE"));
  EXPECT_TRUE(holds("ALARM(\"a 1\") AND NOT OK(a2)\n AND (ALARM(o) OR INSUFFICIENT_DATA(x))"));
}

TEST(AlarmRuleTest, NamesAreQuotedOrNot) {
  const auto rule = AlarmRule::parse(
      R"x(ALARM("say \"hi\" (twice)") OR OK( two words ) OR OK(two words) OR ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:x))x");
  ASSERT_TRUE(rule);
  EXPECT_THAT(rule->alarms(),
              ElementsAre(R"(say "hi" (twice))", "two words", "arn:aws:cloudwatch:us-east-1:1:alarm:x"));
}

TEST(AlarmRuleTest, RefusesWhatIsNoRule) {
  for (const char* text : {"", "  ", "ALARM", "ALARM()", "ALARM(a", "ALARM(\"a)", "alarm(a)",
                           "ALARM(a) OK(b)", "ALARM(a) AND", "OR TRUE", "(TRUE", "TRUE)", "NOT",
                           "ALARM(a)) OR (TRUE", "TRUEAND FALSE", "ALARM(\"\")", "AT_LEAST(1, ALARM, (a))"})
    EXPECT_NE(refusal(text), "") << text;
  EXPECT_EQ(refusal("ALARM(a) XOR OK(b)"), "unexpected 'X' at position 10");
  EXPECT_EQ(refusal("ALARM(a) AND"), "it ends too early");
}

TEST(AlarmRuleTest, HasLimits) {
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
  };
  EXPECT_EQ(refusal(repeated("NOT ", 99) + "TRUE"), "");
  EXPECT_EQ(refusal(repeated("NOT ", 100) + "TRUE"), "it is nested deeper than 100");
  EXPECT_EQ(refusal(repeated("(", 101) + "TRUE"), "it is nested deeper than 100");
  EXPECT_EQ(refusal("TRUE" + repeated(" OR TRUE", 499)), "");
  EXPECT_EQ(refusal("TRUE" + repeated(" OR TRUE", 500)), "it has more than 500 elements");
  std::string alarms = "TRUE";
  for (int i = 0; i < 101; ++i) alarms += " OR OK(a" + std::to_string(i) + ")";
  EXPECT_EQ(refusal(alarms), "it names more than 100 alarms");
  EXPECT_EQ(refusal("TRUE" + std::string(10240, ' ')), "it has more than 10240 bytes");
}

TEST(AlarmRuleTest, ArnsAreOfThisAccountAndRegion) {
  EXPECT_EQ(named_alarm("x", "1", "r"), "x");
  EXPECT_EQ(named_alarm("arn:aws:cloudwatch:r:1:alarm:a:b", "1", "r"), "a:b");
  EXPECT_EQ(named_alarm("arn:aws:cloudwatch:r:2:alarm:a", "1", "r"), std::nullopt);
  EXPECT_EQ(named_alarm("arn:aws:cloudwatch:r:1:alarm:", "1", "r"), std::nullopt);
}

}  // namespace
}  // namespace meridian::services::cloudwatch

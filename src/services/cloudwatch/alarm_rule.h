// The rule of a composite alarm: ALARM("a") AND (OK("b") OR NOT INSUFFICIENT_DATA("c")), TRUE, FALSE.
// Rule: text from outside; its length, elements and depth are bounded.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudwatch/resources.h"

namespace meridian::services::cloudwatch {

inline constexpr std::size_t kCompositeDepthMax = 10;  // of composite alarms over one another

class AlarmRule {
 public:
  static constexpr std::size_t kBytesMax = 10240, kAlarmsMax = 100;
  static constexpr std::size_t kElementsMax = 500;  // alarms, TRUE and FALSE, and parentheses
  static constexpr std::size_t kDepthMax = 100;     // of parentheses and NOTs in one another

  // The message is for the caller.
  static Result<AlarmRule> parse(std::string_view text);

  // The alarms it names, by name or ARN as written, each once.
  const std::vector<std::string>& alarms() const { return alarms_; }
  // By what each alarm is, as written.
  bool holds(const std::function<AlarmValue(const std::string& alarm)>& value_of) const;

 private:
  friend class AlarmRuleParser;
  // In the order in which a stack computes them.
  struct Step {
    enum class Kind : std::uint8_t { Constant, Is, And, Or, Not } kind;
    bool constant = false;
    AlarmValue value = AlarmValue::Ok;  // Is: what
    std::size_t alarm = 0;              // Is: which
  };
  std::vector<std::string> alarms_;
  std::vector<Step> steps_;
};

// The alarm that a rule of this account and region names; nothing for an ARN of elsewhere or of something
// else.
std::optional<std::string> named_alarm(std::string_view name_or_arn, std::string_view account,
                                       std::string_view region);

}  // namespace meridian::services::cloudwatch

#include "services/cloudwatch/alarm_rule.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::services::cloudwatch {

// Recursive descent: or, and, not, then what stands alone.
class AlarmRuleParser {
 public:
  explicit AlarmRuleParser(std::string_view text) : text_(text) {}

  Result<AlarmRule> rule() {
    if (text_.size() > AlarmRule::kBytesMax)
      return invalid(fmt::format("it has more than {} bytes", AlarmRule::kBytesMax));
    TRY(alternatives());
    skip_blanks();
    if (at_ != text_.size()) return unexpected();
    return std::move(rule_);
  }

 private:
  using Step = AlarmRule::Step;

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  std::string_view peek_word() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::unexpected<Error> unexpected() const {
    if (at_ == text_.size()) return invalid("it ends too early");
    return invalid(fmt::format("unexpected '{}' at position {}", text_[at_], at_ + 1));
  }
  Result<void> count_element() {
    if (++elements_ > AlarmRule::kElementsMax)
      return invalid(fmt::format("it has more than {} elements", AlarmRule::kElementsMax));
    return {};
  }

  Result<void> alternatives() {
    TRY(conjunction());
    while (take_word("OR")) {
      TRY(conjunction());
      rule_.steps_.push_back({.kind = Step::Kind::Or});
    }
    return {};
  }
  Result<void> conjunction() {
    TRY(negation());
    while (take_word("AND")) {
      TRY(negation());
      rule_.steps_.push_back({.kind = Step::Kind::And});
    }
    return {};
  }
  Result<void> negation() {
    if (++depth_ > AlarmRule::kDepthMax)
      return invalid(fmt::format("it is nested deeper than {}", AlarmRule::kDepthMax));
    if (take_word("NOT")) {
      TRY(negation());
      rule_.steps_.push_back({.kind = Step::Kind::Not});
    } else {
      TRY(operand());
    }
    --depth_;
    return {};
  }
  Result<void> operand() {
    TRY(count_element());
    if (take('(')) {
      TRY(alternatives());
      if (!take(')')) return unexpected();
      return {};
    }
    const std::string_view word = peek_word();
    if (word == "TRUE" || word == "FALSE") {
      at_ += word.size();
      rule_.steps_.push_back({.kind = Step::Kind::Constant, .constant = word == "TRUE"});
      return {};
    }
    const auto value = parse_alarm_value(word);
    if (!value) return unexpected();
    at_ += word.size();
    if (!take('(')) return unexpected();
    const std::size_t alarm = TRY(alarm_name());
    if (!take(')')) return unexpected();
    rule_.steps_.push_back({.kind = Step::Kind::Is, .value = *value, .alarm = alarm});
    return {};
  }
  // In quotes, with \" and \\; or everything up to the parenthesis.
  Result<std::size_t> alarm_name() {
    std::string name;
    if (take('"')) {
      while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        name += text_[at_++];
      }
      if (at_ == text_.size()) return unexpected();
      ++at_;
    } else {
      skip_blanks();
      const std::size_t end = std::min(text_.find_first_of("()\"", at_), text_.size());
      name = text_.substr(at_, end - at_);
      at_ = end;
      while (!name.empty() && is_blank(name.back())) name.pop_back();
    }
    if (name.empty()) return invalid(fmt::format("a name is missing at position {}", at_ + 1));
    auto found = std::ranges::find(rule_.alarms_, name);
    if (found == rule_.alarms_.end()) {
      if (rule_.alarms_.size() == AlarmRule::kAlarmsMax)
        return invalid(fmt::format("it names more than {} alarms", AlarmRule::kAlarmsMax));
      found = rule_.alarms_.insert(found, std::move(name));
    }
    return static_cast<std::size_t>(found - rule_.alarms_.begin());
  }

  std::string_view text_;
  std::size_t at_ = 0, elements_ = 0, depth_ = 0;
  AlarmRule rule_;
};

Result<AlarmRule> AlarmRule::parse(std::string_view text) {
  return AlarmRuleParser(text).rule();
}

bool AlarmRule::holds(const std::function<AlarmValue(const std::string& alarm)>& value_of) const {
  std::vector<bool> stack;
  const auto pop = [&] {
    const bool top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Step& step : steps_) {
    switch (step.kind) {
      case Step::Kind::Constant:
        stack.push_back(step.constant);
        break;
      case Step::Kind::Is:
        stack.push_back(value_of(alarms_[step.alarm]) == step.value);
        break;
      case Step::Kind::Not:
        stack.back() = !stack.back();
        break;
      case Step::Kind::And: {
        const bool right = pop();
        stack.back() = stack.back() && right;
        break;
      }
      case Step::Kind::Or: {
        const bool right = pop();
        stack.back() = stack.back() || right;
        break;
      }
    }
  }
  return stack.back();
}

std::optional<std::string> named_alarm(std::string_view name_or_arn, std::string_view account,
                                       std::string_view region) {
  if (!name_or_arn.starts_with("arn:")) return std::string(name_or_arn);
  const std::string prefix = alarm_arn(account, region, "");
  if (!name_or_arn.starts_with(prefix) || name_or_arn.size() == prefix.size()) return std::nullopt;
  return std::string(name_or_arn.substr(prefix.size()));
}

}  // namespace meridian::services::cloudwatch

// A regular expression of a filter pattern: the part of the language that CloudWatch Logs takes, between
// percent signs. Rule: matching is bounded in steps and memory, whatever the expression; what exceeds that
// does not match.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace meridian::services::logs {

class FilterRegex {
 public:
  // Without the percent signs. Invalid: a character or an escape that AWS does not take.
  static Result<FilterRegex> parse(std::string_view text);
  bool found_in(std::string_view text) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace meridian::services::logs

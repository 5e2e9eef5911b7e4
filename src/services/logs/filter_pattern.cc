#include "services/logs/filter_pattern.h"

#include <fmt/format.h>

namespace meridian::services::logs {

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
  if (text.size() > kFilterPatternBytesMax)
    return invalid(fmt::format("A filter pattern can have at most {} characters.", kFilterPatternBytesMax));
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  text = first == text.npos ? std::string_view() : text.substr(first);
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);

  FilterPattern pattern;
  switch (text.empty() ? '\0' : text.front()) {
    case '{':
      pattern.kind_ = Kind::Json;
      pattern.matcher_ = TRY(parse_json_pattern(text));
      break;
    case '[':
      pattern.kind_ = Kind::Columns;
      pattern.matcher_ = TRY(parse_columns(text));
      break;
    case '%':
      pattern.kind_ = Kind::Regex;
      pattern.matcher_ = TRY(parse_standalone_regex(text));
      break;
    default:
      pattern.matcher_ = TRY(parse_terms(text));
  }
  pattern.has_regex_ = pattern.matcher_->has_regex();
  return pattern;
}

std::unique_ptr<FilterMatch> FilterPattern::match(std::string_view message) const {
  return matcher_->match(message);
}

bool FilterPattern::refers(std::string_view reference) const {
  return matcher_->refers(reference);
}

}  // namespace meridian::services::logs

#include "services/logs/filter_expression.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"

namespace meridian::services::logs {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
// What a value may have without quotes.
bool is_bare(char c) {
  return is_alphanumeric(c) || std::string_view("_.*+-/:").find(c) != std::string_view::npos;
}

}  // namespace

void PatternReader::skip_blanks() {
  while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
}

bool PatternReader::at_end() {
  skip_blanks();
  return position_ == text_.size();
}

bool PatternReader::take(std::string_view what) {
  skip_blanks();
  if (!text_.substr(position_).starts_with(what)) return false;
  position_ += what.size();
  return true;
}

bool PatternReader::take_word(std::string_view what) {
  skip_blanks();
  const std::string_view rest = text_.substr(position_);
  if (to_lower(rest.substr(0, what.size())) != to_lower(what)) return false;
  if (rest.size() > what.size() && is_alphanumeric(rest[what.size()])) return false;
  position_ += what.size();
  return true;
}

Result<std::string> PatternReader::quoted(char quote) {
  std::string out;
  for (; position_ < text_.size(); ++position_) {
    if (text_[position_] == quote) {
      ++position_;
      return out;
    }
    if (text_[position_] == '\\' && position_ + 1 < text_.size() &&
        (text_[position_ + 1] == quote || text_[position_ + 1] == '\\'))
      ++position_;
    out += text_[position_];
  }
  return expected("a closing quote");
}

Result<std::string_view> PatternReader::until_percent() {
  const std::size_t end = text_.find('%', position_);
  if (end == text_.npos) return expected("'%' behind a regular expression");
  return text_.substr(std::exchange(position_, end + 1), end - position_);
}

std::unexpected<Error> PatternReader::expected(std::string_view what) const {
  return invalid(fmt::format("Invalid filter pattern: at {}, {} was expected.", position_, what));
}

std::optional<long double> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  // "inf" and "nan" are words here.
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != text.npos) return std::nullopt;
  long double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Condition> Condition::parse(PatternReader& in) {
  Condition out;
  if (in.take("!="))
    out.operator_ = Operator::NotEqual;
  else if (in.take("<="))
    out.operator_ = Operator::LessOrEqual;
  else if (in.take(">="))
    out.operator_ = Operator::GreaterOrEqual;
  else if (in.take("<"))
    out.operator_ = Operator::Less;
  else if (in.take(">"))
    out.operator_ = Operator::Greater;
  else if (!in.take("="))
    return in.expected("one of = != < > <= >=");
  const bool by_order = out.operator_ != Operator::Equal && out.operator_ != Operator::NotEqual;

  if (in.take("%")) {
    if (by_order) return in.expected("a number");
    if (++in.regexes > kFilterRegexesMax)
      return invalid(
          fmt::format("A filter pattern can have at most {} regular expressions.", kFilterRegexesMax));
    out.regex_ = TRY(FilterRegex::parse(TRY(in.until_percent())));
    return out;
  }
  const bool is_quoted = in.take("\"");
  if (is_quoted)
    out.text_ = TRY(in.quoted('"'));
  else if (out.text_ = in.take_while(is_bare); out.text_.empty())
    return in.expected("a value");
  if (!is_quoted) out.number_ = parse_number(out.text_);
  if (by_order && !out.number_) return in.expected("a number");
  // Only at either end does an asterisk stand for any text.
  if (out.text_.starts_with('*')) {
    out.any_before_ = true;
    out.text_.erase(0, 1);
  }
  if (out.text_.ends_with('*')) {
    out.any_behind_ = true;
    out.text_.pop_back();
  }
  return out;
}

bool Condition::equals(std::string_view text, const std::optional<long double>& number) const {
  if (regex_) return regex_->found_in(text);
  if (number_ && number) return *number == *number_;
  if (any_before_ && any_behind_) return text.find(text_) != text.npos;
  if (any_before_) return text.ends_with(text_) || text_.empty();
  if (any_behind_) return text.starts_with(text_);
  return text == text_;
}

bool Condition::holds(std::string_view text, const std::optional<long double>& number) const {
  switch (operator_) {
    case Operator::Equal:
      return equals(text, number);
    case Operator::NotEqual:
      return !equals(text, number);
    case Operator::Less:
      return number && *number < *number_;
    case Operator::LessOrEqual:
      return number && *number <= *number_;
    case Operator::Greater:
      return number && *number > *number_;
    case Operator::GreaterOrEqual:
      return number && *number >= *number_;
  }
  return false;
}

}  // namespace meridian::services::logs

// Filter patterns, as FilterLogEvents and metric filters take them: terms, a regular expression, columns
// between blanks, or JSON ("Filter pattern syntax" in the CloudWatch Logs User Guide). Rule: parsing and
// matching are pure and bounded; a pattern that is not understood is refused, never guessed at.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::services::logs {

inline constexpr std::size_t kFilterPatternBytesMax = 1024;

// What a pattern found in one message; it points into the message.
class FilterMatch {
 public:
  virtual ~FilterMatch() = default;
  // Of "$.a.b" in JSON, of "$name" or "$3" in columns. Nothing: there is no such value.
  virtual std::optional<std::string> value(std::string_view reference) const = 0;
  // What TestMetricFilter shows: of columns only.
  virtual std::map<std::string, std::string> extracted() const = 0;
};

class FilterPattern {
 public:
  enum class Kind { Terms, Regex, Columns, Json };
  static Result<FilterPattern> parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool has_regex() const { return has_regex_; }
  bool matches(std::string_view message) const { return match(message) != nullptr; }
  // Null: it does not match.
  std::unique_ptr<FilterMatch> match(std::string_view message) const;
  // Whether "$.a.b" or "$name" can be the value of a match of this pattern.
  bool refers(std::string_view reference) const;

  // One kind of pattern.
  class Matcher {
   public:
    virtual ~Matcher() = default;
    virtual std::unique_ptr<FilterMatch> match(std::string_view message) const = 0;
    virtual bool refers(std::string_view reference) const = 0;
    virtual bool has_regex() const = 0;
  };

 private:
  Kind kind_ = Kind::Terms;
  bool has_regex_ = false;
  std::shared_ptr<const Matcher> matcher_;
};

// filter_terms.cc, filter_columns.cc, filter_json.cc
Result<std::shared_ptr<const FilterPattern::Matcher>> parse_terms(std::string_view text);
Result<std::shared_ptr<const FilterPattern::Matcher>> parse_standalone_regex(std::string_view text);
Result<std::shared_ptr<const FilterPattern::Matcher>> parse_columns(std::string_view text);
Result<std::shared_ptr<const FilterPattern::Matcher>> parse_json_pattern(std::string_view text);

}  // namespace meridian::services::logs

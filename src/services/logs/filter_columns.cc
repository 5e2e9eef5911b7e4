// Patterns of columns: "[ip, user, ..., status = 4*, bytes > 1000]". A message is split at blanks; what is
// between quotes or brackets is one column.
#include <fmt/format.h>

#include <algorithm>

#include "services/logs/filter_expression.h"
#include "services/logs/filter_pattern.h"

namespace meridian::services::logs {
namespace {

using Matcher = FilterPattern::Matcher;

bool is_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// "status = 4*", or a name alone.
struct Clause {
  std::string name;
  std::optional<Condition> condition;
};
using Clauses = Expression<Clause>;

// The columns of a message; no more than `most`.
std::vector<std::string_view> split(std::string_view message, std::size_t most) {
  std::vector<std::string_view> columns;
  std::size_t at = 0;
  while (columns.size() < most) {
    at = message.find_first_not_of(" \t", at);
    if (at == message.npos) break;
    const char first = message[at];
    const char last = first == '[' ? ']' : first == '"' ? '"' : ' ';
    // Without its end it is as any other.
    const std::size_t end = last == ' ' ? message.npos : message.find(last, at + 1);
    if (end != message.npos) {
      columns.push_back(message.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    const std::size_t blank = std::min(message.find_first_of(" \t", at), message.size());
    columns.push_back(message.substr(at, blank - at));
    at = blank;
  }
  return columns;
}

struct Pattern {
  std::vector<std::string> names;       // in order; "" of a column without a name
  std::optional<std::size_t> ellipsis;  // before the column of that index
  std::vector<Clauses> conditions;
  bool has_regex = false;

  // Which of a message's columns a name means.
  std::optional<std::size_t> place(std::string_view name, std::size_t count) const {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    const auto index = static_cast<std::size_t>(found - names.begin());
    return ellipsis && index >= *ellipsis ? index + count - names.size() : index;
  }
};

class Found final : public FilterMatch {
 public:
  Found(std::shared_ptr<const Pattern> pattern, std::vector<std::string_view> columns)
      : pattern_(std::move(pattern)), columns_(std::move(columns)) {}

  std::optional<std::string> value(std::string_view reference) const override {
    if (!reference.starts_with('$')) return std::nullopt;
    reference.remove_prefix(1);
    auto place = reference.empty() ? std::nullopt : pattern_->place(reference, columns_.size());
    if (!place) {
      const auto number = parse_number(reference);
      if (number && *number >= 1 && *number <= static_cast<long double>(columns_.size()))
        place = static_cast<std::size_t>(*number) - 1;
    }
    return place ? std::optional<std::string>(columns_[*place]) : std::nullopt;
  }

  std::map<std::string, std::string> extracted() const override {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < columns_.size(); ++i) names.push_back(fmt::format("${}", i + 1));
    for (const std::string& name : pattern_->names)
      if (const auto place = pattern_->place(name, columns_.size()); place && !name.empty())
        names[*place] = "$" + name;
    std::map<std::string, std::string> out;
    for (std::size_t i = 0; i < columns_.size(); ++i) out.emplace(names[i], columns_[i]);
    return out;
  }

 private:
  std::shared_ptr<const Pattern> pattern_;
  std::vector<std::string_view> columns_;
};

class Columns final : public Matcher {
 public:
  explicit Columns(std::shared_ptr<const Pattern> pattern) : pattern_(std::move(pattern)) {}

  std::unique_ptr<FilterMatch> match(std::string_view message) const override {
    const std::size_t named = pattern_->names.size();
    std::vector<std::string_view> columns = split(message, pattern_->ellipsis ? message.size() : named + 1);
    if (pattern_->ellipsis ? columns.size() < named : columns.size() != named) return nullptr;
    const auto holds = [&](const Clause& clause) {
      const std::string_view value = columns[*pattern_->place(clause.name, columns.size())];
      return !clause.condition || clause.condition->holds(value, parse_number(value));
    };
    for (const Clauses& each : pattern_->conditions)
      if (!each.evaluate(holds)) return nullptr;
    return std::make_unique<Found>(pattern_, std::move(columns));
  }
  bool refers(std::string_view reference) const override {
    if (!reference.starts_with('$')) return false;
    reference.remove_prefix(1);
    if (reference.empty()) return false;
    return std::ranges::find(pattern_->names, reference) != pattern_->names.end() ||
           reference.find_first_not_of("0123456789") == reference.npos;
  }
  bool has_regex() const override { return pattern_->has_regex; }

 private:
  std::shared_ptr<const Pattern> pattern_;
};

Result<Clause> parse_clause(PatternReader& in) {
  in.skip_blanks();
  Clause clause{std::string(in.take_while(is_name)), {}};
  // "$1" is the first column, whatever its name.
  if (clause.name.empty() || (clause.name.front() >= '0' && clause.name.front() <= '9'))
    return in.expected("the name of a column");
  in.skip_blanks();
  if (std::string_view("=!<>").find(in.next()) != std::string_view::npos && in.next() != '\0')
    clause.condition = TRY(Condition::parse(in));
  return clause;
}

}  // namespace

Result<std::shared_ptr<const Matcher>> parse_columns(std::string_view text) {
  PatternReader in(text);
  in.take("[");
  auto pattern = std::make_shared<Pattern>();
  do {
    if (in.take("...")) {
      if (pattern->ellipsis) return in.expected("no second ellipsis");
      pattern->ellipsis = pattern->names.size();
      continue;
    }
    in.skip_blanks();
    if (in.next() == ',' || in.next() == ']') {
      pattern->names.emplace_back();
      continue;
    }
    Clauses clauses = TRY(parse_expression<Clause>(in, parse_clause));
    bool first = true;
    clauses.for_each([&](const Clause& clause) {
      // The first name is the column's; a later one that is of no column so far is of the next.
      const bool known = std::ranges::find(pattern->names, clause.name) != pattern->names.end();
      if (first || !known) pattern->names.push_back(clause.name);
      first = false;
    });
    pattern->conditions.push_back(std::move(clauses));
  } while (in.take(","));
  if (!in.take("]")) return in.expected("',' or ']'");
  if (!in.at_end()) return in.expected("nothing more behind ']'");
  pattern->has_regex = in.regexes > 0;
  return std::make_shared<Columns>(std::move(pattern));
}

}  // namespace meridian::services::logs

// Patterns of terms: all of them are in the message, or with '?' any, and with '-' none. And the pattern that
// is one regular expression.
#include <fmt/format.h>

#include <algorithm>

#include "services/logs/filter_expression.h"
#include "services/logs/filter_pattern.h"

namespace meridian::services::logs {
namespace {

using Matcher = FilterPattern::Matcher;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

class NoValues final : public FilterMatch {
 public:
  std::optional<std::string> value(std::string_view) const override { return std::nullopt; }
  std::map<std::string, std::string> extracted() const override { return {}; }
};

class Terms final : public Matcher {
 public:
  std::unique_ptr<FilterMatch> match(std::string_view message) const override {
    const auto in_message = [&](const std::string& term) { return message.find(term) != message.npos; };
    // "If you combine the question mark with other patterns, it is ignored."
    const bool any_counts = all.empty() && none.empty() && !any.empty();
    if (any_counts ? !std::ranges::any_of(any, in_message)
                   : !std::ranges::all_of(all, in_message) || std::ranges::any_of(none, in_message))
      return nullptr;
    return std::make_unique<NoValues>();
  }
  bool refers(std::string_view) const override { return false; }
  bool has_regex() const override { return false; }

  std::vector<std::string> all, any, none;
};

class StandaloneRegex final : public Matcher {
 public:
  explicit StandaloneRegex(FilterRegex regex) : regex_(std::move(regex)) {}
  std::unique_ptr<FilterMatch> match(std::string_view message) const override {
    return regex_.found_in(message) ? std::make_unique<NoValues>() : nullptr;
  }
  bool refers(std::string_view) const override { return false; }
  bool has_regex() const override { return true; }

 private:
  FilterRegex regex_;
};

}  // namespace

Result<std::shared_ptr<const Matcher>> parse_terms(std::string_view text) {
  PatternReader in(text);
  auto terms = std::make_shared<Terms>();
  while (!in.at_end()) {
    std::vector<std::string>& list = in.take("?") ? terms->any : in.take("-") ? terms->none : terms->all;
    if (in.take("\"")) {
      list.push_back(TRY(in.quoted('"')));
      continue;
    }
    const std::string_view term = in.take_while([](char c) { return !is_blank(c) && c != '"'; });
    if (term.empty()) return in.expected("a term");
    if (!std::ranges::all_of(term, is_word))
      return invalid(fmt::format("Invalid character(s) in term '{}'", term));
    list.emplace_back(term);
  }
  return terms;
}

Result<std::shared_ptr<const Matcher>> parse_standalone_regex(std::string_view text) {
  PatternReader in(text);
  in.take("%");
  auto regex = TRY(FilterRegex::parse(TRY(in.until_percent())));
  if (!in.at_end()) return in.expected("nothing more, since a regular expression stands alone");
  return std::make_shared<StandaloneRegex>(std::move(regex));
}

}  // namespace meridian::services::logs

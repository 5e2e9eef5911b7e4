// Patterns of JSON: "{ $.user.id = 1 && ($.error IS TRUE || $.codes[*] = 5*) }". A selector means a string or
// a number; an object, an array or a boolean is never equal, nor unequal, to anything.
#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "formats/json/json.h"
#include "services/logs/filter_expression.h"
#include "services/logs/filter_pattern.h"

namespace meridian::services::logs {
namespace {

using Matcher = FilterPattern::Matcher;

constexpr std::size_t kWildcardSelectorsMax = 3;  // of one pattern; and one wildcard in each
constexpr json::Limits kMessageLimits{.depth = 64, .elements = 100'000, .bytes = 2 * 1024 * 1024};

bool is_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

struct Step {
  enum class Kind { Name, Index, Any } kind = Kind::Name;
  std::string name;
  std::size_t index = 0;
};
using Selector = std::vector<Step>;

Result<Step> parse_bracket(PatternReader& in) {
  if (in.take("*]")) return Step{.kind = Step::Kind::Any, .name = {}};
  if (in.take("'")) {
    Step step;
    step.name = TRY(in.quoted('\''));
    if (!in.take("]")) return in.expected("']'");
    return step;
  }
  const std::string_view digits = in.take_while([](char c) { return c >= '0' && c <= '9'; });
  Step step{.kind = Step::Kind::Index, .name = {}};
  if (std::from_chars(digits.data(), digits.data() + digits.size(), step.index).ec != std::errc())
    return in.expected("an index");
  if (!in.take("]")) return in.expected("']'");
  return step;
}

Result<Selector> parse_selector(PatternReader& in) {
  if (!in.take("$")) return in.expected("a selector, which begins with '$'");
  Selector selector;
  std::size_t wildcards = 0;
  for (;;) {
    if (in.next() == '.') {
      in.take(".");
      if (in.next() == '[') continue;
      if (in.next() == '*') {
        in.take("*");
        selector.push_back({.kind = Step::Kind::Any, .name = {}});
      } else {
        Step step{.kind = Step::Kind::Name, .name = std::string(in.take_while(is_name))};
        if (step.name.empty()) return in.expected("the name of a property");
        selector.push_back(std::move(step));
      }
    } else if (in.next() == '[') {
      in.take("[");
      selector.push_back(TRY(parse_bracket(in)));
    } else {
      break;
    }
    if (selector.back().kind == Step::Kind::Any && ++wildcards > 1)
      return in.expected("no second wildcard in a selector");
  }
  if (selector.empty()) return in.expected("the name of a property");
  return selector;
}

struct Clause {
  enum class Kind { Compare, IsTrue, IsFalse, IsNull, NotExists } kind = Kind::Compare;
  Selector selector;
  std::optional<Condition> condition;
};

Result<Clause> parse_clause(PatternReader& in) {
  Clause clause;
  clause.selector = TRY(parse_selector(in));
  if (in.take_word("NOT")) {
    if (!in.take_word("EXISTS")) return in.expected("EXISTS");
    clause.kind = Clause::Kind::NotExists;
  } else if (in.take_word("IS")) {
    if (in.take_word("TRUE"))
      clause.kind = Clause::Kind::IsTrue;
    else if (in.take_word("FALSE"))
      clause.kind = Clause::Kind::IsFalse;
    else if (in.take_word("NULL"))
      clause.kind = Clause::Kind::IsNull;
    else
      return in.expected("TRUE, FALSE or NULL");
  } else {
    clause.condition = TRY(Condition::parse(in));
  }
  return clause;
}

// Whether `holds` is true of any value that the rest of a selector means.
template <typename Holds>
bool any_at(const json::Value& value, std::span<const Step> steps, const Holds& holds) {
  if (steps.empty()) return holds(value);
  const Step& step = steps.front();
  const auto rest = steps.subspan(1);
  const auto* array = value.get<json::Array>();
  switch (step.kind) {
    case Step::Kind::Name: {
      const json::Value* member = value.find(step.name);
      return member != nullptr && any_at(*member, rest, holds);
    }
    case Step::Kind::Index:
      return array != nullptr && step.index < array->size() && any_at((*array)[step.index], rest, holds);
    case Step::Kind::Any:
      if (array != nullptr)
        for (const json::Value& each : *array)
          if (any_at(each, rest, holds)) return true;
      if (const auto* object = value.get<json::Object>())
        for (const auto& [name, each] : *object)
          if (any_at(each, rest, holds)) return true;
      return false;
  }
  return false;
}

std::optional<long double> number_of(const json::Value& value) {
  if (const auto* integer = value.get<std::int64_t>()) return *integer;
  if (const auto* large = value.get<std::uint64_t>()) return *large;
  if (const auto* number = value.get<double>()) return *number;
  return std::nullopt;
}

bool compares(const json::Value& value, const Condition& condition) {
  if (const auto* text = value.get<std::string>()) return condition.holds(*text, parse_number(*text));
  if (const auto number = number_of(value)) return condition.holds(json::to_text(value), number);
  return false;
}

bool holds(const Clause& clause, const json::Value& message) {
  const auto any = [&](const auto& test) { return any_at(message, clause.selector, test); };
  const auto is = [&](bool wanted) {
    return any([wanted](const json::Value& value) {
      const bool* flag = value.get<bool>();
      return flag != nullptr && *flag == wanted;
    });
  };
  switch (clause.kind) {
    case Clause::Kind::Compare:
      return any([&](const json::Value& value) { return compares(value, *clause.condition); });
    case Clause::Kind::IsTrue:
      return is(true);
    case Clause::Kind::IsFalse:
      return is(false);
    case Clause::Kind::IsNull:
      return any([](const json::Value& value) { return value.is_null(); });
    case Clause::Kind::NotExists:
      return !any([](const json::Value&) { return true; });
  }
  return false;
}

std::optional<Selector> selector_of(std::string_view reference) {
  PatternReader in(reference);
  auto selector = parse_selector(in);
  if (!selector || !in.at_end()) return std::nullopt;
  return *std::move(selector);
}

class Found final : public FilterMatch {
 public:
  explicit Found(json::Value message) : message_(std::move(message)) {}
  std::optional<std::string> value(std::string_view reference) const override {
    const auto selector = selector_of(reference);
    std::optional<std::string> out;
    if (selector)
      any_at(message_, *selector, [&](const json::Value& value) {
        if (const auto* text = value.get<std::string>())
          out = *text;
        else if (number_of(value) || value.get<bool>() != nullptr)
          out = json::to_text(value);
        return out.has_value();
      });
    return out;
  }
  std::map<std::string, std::string> extracted() const override { return {}; }

 private:
  json::Value message_;
};

class JsonPattern final : public Matcher {
 public:
  JsonPattern(Expression<Clause> expression, bool has_regex)
      : expression_(std::move(expression)), has_regex_(has_regex) {}

  std::unique_ptr<FilterMatch> match(std::string_view message) const override {
    auto parsed = json::parse(message, kMessageLimits);
    if (!parsed || (parsed->get<json::Object>() == nullptr && parsed->get<json::Array>() == nullptr))
      return nullptr;
    if (!expression_.evaluate([&](const Clause& clause) { return holds(clause, *parsed); })) return nullptr;
    return std::make_unique<Found>(*std::move(parsed));
  }
  bool refers(std::string_view reference) const override { return selector_of(reference).has_value(); }
  bool has_regex() const override { return has_regex_; }

 private:
  Expression<Clause> expression_;
  bool has_regex_;
};

}  // namespace

Result<std::shared_ptr<const Matcher>> parse_json_pattern(std::string_view text) {
  PatternReader in(text);
  in.take("{");
  auto expression = TRY(parse_expression<Clause>(in, parse_clause));
  if (!in.take("}")) return in.expected("'}'");
  if (!in.at_end()) return in.expected("nothing more behind '}'");
  std::size_t wildcards = 0;
  expression.for_each([&](const Clause& clause) {
    for (const Step& step : clause.selector)
      if (step.kind == Step::Kind::Any) ++wildcards;
  });
  if (wildcards > kWildcardSelectorsMax)
    return invalid(fmt::format("A filter pattern can have at most {} wildcards.", kWildcardSelectorsMax));
  return std::make_shared<JsonPattern>(std::move(expression), in.regexes > 0);
}

}  // namespace meridian::services::logs

#include "aws/iam_policy/condition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "aws/iam_policy/pattern.h"
#include "aws/protocols/scalar_text.h"
#include "net/address.h"

namespace meridian::aws::iam_policy {
namespace {

struct Operator {
  std::string_view name;
  Comparison comparison;
  bool negated = false;
};

using enum Comparison;
constexpr Operator kOperators[] = {
    {"StringEquals", StringEquals},
    {"StringNotEquals", StringEquals, true},
    {"StringEqualsIgnoreCase", StringEqualsIgnoreCase},
    {"StringNotEqualsIgnoreCase", StringEqualsIgnoreCase, true},
    {"StringLike", StringLike},
    {"StringNotLike", StringLike, true},
    {"NumericEquals", NumericEquals},
    {"NumericNotEquals", NumericEquals, true},
    {"NumericLessThan", NumericLessThan},
    {"NumericLessThanEquals", NumericLessThanEquals},
    {"NumericGreaterThan", NumericGreaterThan},
    {"NumericGreaterThanEquals", NumericGreaterThanEquals},
    {"DateEquals", DateEquals},
    {"DateNotEquals", DateEquals, true},
    {"DateLessThan", DateLessThan},
    {"DateLessThanEquals", DateLessThanEquals},
    {"DateGreaterThan", DateGreaterThan},
    {"DateGreaterThanEquals", DateGreaterThanEquals},
    {"Bool", Bool},
    {"BinaryEquals", BinaryEquals},
    {"IpAddress", IpAddress},
    {"NotIpAddress", IpAddress, true},
    {"ArnEquals", ArnLike},
    {"ArnLike", ArnLike},
    {"ArnNotEquals", ArnLike, true},
    {"ArnNotLike", ArnLike, true},
    {"Null", Null},
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

std::optional<bool> boolean(std::string_view text) {
  const auto is = [&](std::string_view word) {
    return std::ranges::equal(text, word, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  };
  if (is("true")) return true;
  if (is("false")) return false;
  return std::nullopt;
}

std::optional<double> number(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::optional<net::Cidr> network(std::string_view text) {
  if (auto cidr = net::Cidr::parse(text)) return *cidr;
  const auto address = net::IpAddress::parse(text);
  if (!address) return std::nullopt;
  return net::Cidr{*address, static_cast<std::uint8_t>(address->is_v4() ? 32 : 128)};
}

// Each by its own kind of value; nothing when either is none.
template <typename Read, typename Compare>
std::optional<bool> compared(std::string_view wanted, std::string_view given, Read read, Compare compare) {
  const auto left = read(given), right = read(wanted);
  if (!left || !right) return std::nullopt;
  return compare(*left, *right);
}

template <typename Read>
std::optional<bool> ordered(Comparison comparison, Comparison equals, std::string_view wanted,
                            std::string_view given, Read read) {
  // Equals, LessThan, LessThanEquals, GreaterThan, GreaterThanEquals stand in this order.
  const int which = static_cast<int>(comparison) - static_cast<int>(equals);
  return compared(wanted, given, read, [&](const auto& left, const auto& right) {
    switch (which) {
      case 0:
        return left == right;
      case 1:
        return left < right;
      case 2:
        return left <= right;
      case 3:
        return left > right;
      default:
        return left >= right;
    }
  });
}

std::optional<bool> text_matches(Comparison comparison, std::string_view wanted, std::string_view given,
                                 const Context* variables) {
  const bool like = comparison == StringLike || comparison == ArnLike;
  const auto pattern = pattern_of(wanted, like ? Wildcards::Meant : Wildcards::Literal, variables);
  if (!pattern) return std::nullopt;
  if (comparison == ArnLike) return matches_arn(*pattern, given);
  return matches(*pattern, given, comparison == StringEqualsIgnoreCase ? Case::Ignored : Case::Counts);
}

std::optional<bool> compare(const Condition& condition, std::string_view wanted, std::string_view given,
                            const Context* variables) {
  switch (condition.comparison) {
    case StringEquals:
    case StringEqualsIgnoreCase:
    case StringLike:
    case ArnLike:
      return text_matches(condition.comparison, wanted, given, variables);
    case NumericEquals:
    case NumericLessThan:
    case NumericLessThanEquals:
    case NumericGreaterThan:
    case NumericGreaterThanEquals:
      return ordered(condition.comparison, NumericEquals, wanted, given, number);
    case DateEquals:
    case DateLessThan:
    case DateLessThanEquals:
    case DateGreaterThan:
    case DateGreaterThanEquals:
      return ordered(condition.comparison, DateEquals, wanted, given, timestamp_from_text);
    case Bool:
      return compared(wanted, given, boolean, std::equal_to<>());
    case BinaryEquals:
      return wanted == given;
    case IpAddress: {
      const auto cidr = network(wanted);
      const auto address = net::IpAddress::parse(given);
      if (!cidr || !address) return std::nullopt;
      return cidr->contains(*address);
    }
    case Null:
      break;
  }
  return std::nullopt;
}

}  // namespace

bool read_operator(std::string_view name, Condition& condition) {
  condition = {};
  if (take_prefix(name, "ForAllValues:"))
    condition.quantifier = Condition::Quantifier::ForAllValues;
  else if (take_prefix(name, "ForAnyValue:"))
    condition.quantifier = Condition::Quantifier::ForAnyValue;
  condition.if_exists = take_suffix(name, "IfExists");
  const auto found = std::ranges::find(kOperators, name, &Operator::name);
  if (found == std::end(kOperators)) return false;
  condition.comparison = found->comparison;
  condition.negated = found->negated;
  return found->comparison != Null ||
         (!condition.if_exists && condition.quantifier == Condition::Quantifier::None);
}

bool is_value_of(Comparison comparison, std::string_view text, bool has_variables) {
  switch (comparison) {
    case Bool:
    case Null:
      return boolean(text).has_value();
    case IpAddress:
      return network(text).has_value();
    case BinaryEquals:
      return true;
    default:
      break;
  }
  if (comparison >= NumericEquals && comparison <= NumericGreaterThanEquals) return number(text).has_value();
  if (comparison >= DateEquals && comparison <= DateGreaterThanEquals)
    return timestamp_from_text(text).has_value();
  return !has_variables || has_sound_variables(text);
}

bool holds(const Condition& condition, const Context& context, bool has_variables, Effect effect) {
  using Quantifier = Condition::Quantifier;
  const std::vector<std::string>* given = context.find(condition.key);
  const bool absent = given == nullptr || given->empty();
  if (condition.comparison == Null)
    return std::ranges::any_of(condition.values, [&](const auto& text) { return boolean(text) == absent; });
  if (absent) {
    if (condition.if_exists || condition.quantifier == Quantifier::ForAllValues) return true;
    return condition.negated && condition.quantifier == Quantifier::None;
  }
  const Context* variables = has_variables ? &context : nullptr;
  bool unknown = false;
  const auto is_one_of_them = [&](const std::string& value) {
    return std::ranges::any_of(condition.values, [&](const std::string& wanted) {
      const auto equal = compare(condition, wanted, value, variables);
      if (!equal) unknown = true;
      return equal.value_or(false);
    });
  };
  bool met = false;
  if (condition.quantifier == Quantifier::ForAllValues)
    met = std::ranges::all_of(*given,
                              [&](const auto& value) { return is_one_of_them(value) != condition.negated; });
  else if (condition.quantifier == Quantifier::ForAnyValue)
    met = std::ranges::any_of(*given,
                              [&](const auto& value) { return is_one_of_them(value) != condition.negated; });
  else
    met = std::ranges::any_of(*given, is_one_of_them) != condition.negated;
  // What could not be compared was counted as different, which only a negated operator can turn into a yes.
  if (met && unknown && condition.negated) return effect == Effect::Deny;
  return met;
}

}  // namespace meridian::aws::iam_policy

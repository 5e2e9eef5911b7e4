#include "aws/iam_policy/pattern.h"

#include <algorithm>

namespace meridian::aws::iam_policy {
namespace {

char16_t lower(char16_t c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char16_t>(c - 'A' + 'a') : c;
}

char16_t unit(char c) {
  return static_cast<unsigned char>(c);
}

void append(Pattern& out, std::string_view literal) {
  for (char c : literal) out.push_back(unit(c));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

struct Variable {
  std::string key;  // lower case
  std::optional<std::string_view> otherwise;
};

// What stands between ${ and }.
std::optional<Variable> variable_of(std::string_view inside) {
  Variable variable;
  std::string_view key = inside;
  if (const std::size_t comma = inside.find(','); comma != inside.npos) {
    key = inside.substr(0, comma);
    const std::string_view quoted = trimmed(inside.substr(comma + 1));
    if (quoted.size() < 2 || !quoted.starts_with('\'') || !quoted.ends_with('\'')) return std::nullopt;
    variable.otherwise = quoted.substr(1, quoted.size() - 2);
  }
  key = trimmed(key);
  if (key.empty()) return std::nullopt;
  variable.key = key;
  std::ranges::transform(variable.key, variable.key.begin(),
                         [](char c) { return static_cast<char>(lower(unit(c))); });
  return variable;
}

bool append_variable(Pattern& out, std::string_view inside, const Context& context) {
  if (inside == "*" || inside == "?" || inside == "$") {
    append(out, inside);
    return true;
  }
  const auto variable = variable_of(inside);
  if (!variable) return false;
  const std::vector<std::string>* values = context.find(variable->key);
  if (values != nullptr && values->size() == 1)
    append(out, values->front());
  else if (values == nullptr && variable->otherwise)
    append(out, *variable->otherwise);
  else
    return false;
  return true;
}

}  // namespace

bool has_sound_variables(std::string_view text) {
  for (std::size_t at = text.find("${"); at != text.npos; at = text.find("${", at)) {
    const std::size_t end = text.find('}', at);
    if (end == text.npos) return false;
    const std::string_view inside = text.substr(at + 2, end - at - 2);
    if (inside != "*" && inside != "?" && inside != "$" && !variable_of(inside)) return false;
    at = end;
  }
  return true;
}

std::optional<Pattern> pattern_of(std::string_view text, Wildcards wildcards, const Context* context) {
  Pattern out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (context != nullptr && text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == text.npos || !append_variable(out, text.substr(2, end - 2), *context)) return std::nullopt;
      text.remove_prefix(end + 1);
      continue;
    }
    const char c = text.front();
    if (wildcards == Wildcards::Meant && c == '*')
      out.push_back(kAnyRun);
    else if (wildcards == Wildcards::Meant && c == '?')
      out.push_back(kAnyOne);
    else
      out.push_back(unit(c));
    text.remove_prefix(1);
  }
  return out;
}

// The last `*` is enough to come back to: an earlier one could not match more by taking more.
bool matches(std::u16string_view pattern, std::string_view text, Case letters) {
  const auto same = [&](char16_t wanted, char c) {
    if (wanted == kAnyOne) return true;
    return letters == Case::Counts ? wanted == unit(c) : lower(wanted) == lower(unit(c));
  };
  std::size_t p = 0, t = 0, run = pattern.npos, run_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == kAnyRun) {
      run = p++;
      run_text = t;
    } else if (p < pattern.size() && same(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (run != pattern.npos) {
      p = run + 1;
      t = ++run_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnyRun) ++p;
  return p == pattern.size();
}

bool matches_arn(std::u16string_view pattern, std::string_view arn) {
  constexpr int kColons = 5;
  for (int i = 0; i < kColons; ++i) {
    const std::size_t wanted = pattern.find(u':'), given = arn.find(':');
    if (wanted == pattern.npos || given == arn.npos) return false;
    if (!matches(pattern.substr(0, wanted), arn.substr(0, given))) return false;
    pattern.remove_prefix(wanted + 1);
    arn.remove_prefix(given + 1);
  }
  return matches(pattern, arn);
}

}  // namespace meridian::aws::iam_policy

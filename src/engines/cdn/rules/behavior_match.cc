// Path patterns, each compiled to the cheapest test that decides it.
#include "engines/cdn/rules/behavior_match.h"

#include <fmt/format.h>

#include "base/percent.h"
#include "engines/cdn/rules/wildcard.h"

namespace meridian::engines::cdn::rules {
namespace {

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void normalize_escapes(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        const char c = static_cast<char>(high * 16 + low);
        if (is_unreserved(c)) {
          out += c;
        } else {
          constexpr char kDigits[] = "0123456789ABCDEF";
          out += '%';
          out += kDigits[high];
          out += kDigits[low];
        }
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
}

// RFC 3986 §5.2.4, in place; `path` begins with a slash.
void resolve_dots_and_slashes(std::string& path) {
  std::size_t out = 0, at = 0;
  while (at < path.size()) {
    while (at < path.size() && path[at] == '/') ++at;
    std::size_t end = path.find('/', at);
    if (end == std::string::npos) end = path.size();
    const std::string_view segment(path.data() + at, end - at);
    const bool last = end == path.size();
    if (segment == "..") {
      while (out > 0 && path[--out] != '/') {
      }
      if (last) path[out++] = '/';
    } else if (segment == ".") {
      if (last) path[out++] = '/';
    } else {
      path[out++] = '/';
      for (std::size_t i = at; i < end; ++i) path[out++] = path[i];
    }
    at = end;
    // A slash at the end stays, however many there were.
    if (!last && path.find_first_not_of('/', end) == std::string::npos) {
      path[out++] = '/';
      break;
    }
  }
  path.resize(out);
  if (path.empty()) path = "/";
}

bool is_normalized(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') return false;
    if (path[i] == '/' && i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return false;
  }
  return true;
}

}  // namespace

std::string_view normalize_path(std::string_view path, std::string& buffer) {
  if (is_normalized(path)) return path;
  buffer.clear();
  normalize_escapes(path, buffer);
  if (buffer.starts_with('/')) resolve_dots_and_slashes(buffer);
  return buffer;
}

BehaviorMatch::Pattern::Pattern(std::string_view configured) {
  std::string pattern;
  // CF:"Path pattern": the slash at its beginning may be left out.
  if (!configured.starts_with('/') && !configured.starts_with('*')) pattern = "/";
  normalize_escapes(configured, pattern);
  const std::size_t stars = static_cast<std::size_t>(std::ranges::count(pattern, '*'));
  const std::size_t star = pattern.find('*');
  if (pattern.find('?') != std::string::npos || stars > 1) {
    kind = Kind::Wildcard;
    text = pattern;
  } else if (stars == 0) {
    kind = Kind::Exact;
    text = pattern;
  } else if (pattern.size() == 1) {
    kind = Kind::Any;
  } else if (star == pattern.size() - 1) {
    kind = Kind::Prefix;
    text = pattern.substr(0, star);
  } else if (star == 0) {
    kind = Kind::Suffix;
    text = pattern.substr(1);
  } else {
    kind = Kind::Ends;
    text = pattern.substr(0, star);
    suffix = pattern.substr(star + 1);
  }
}

bool BehaviorMatch::Pattern::matches(std::string_view path) const {
  switch (kind) {
    case Kind::Any:
      return true;
    case Kind::Exact:
      return path == text;
    case Kind::Prefix:
      return path.starts_with(text);
    case Kind::Suffix:
      return path.ends_with(text);
    case Kind::Ends:
      return path.size() >= text.size() + suffix.size() && path.starts_with(text) && path.ends_with(suffix);
    case Kind::Wildcard:
      return matches_wildcard(text, path);
  }
  return false;
}

BehaviorMatch::BehaviorMatch(std::span<const snapshots::cdn::Behavior> behaviors) {
  for (const auto& behavior : behaviors) {
    if (behavior.is_default) break;
    patterns_.emplace_back(behavior.path_pattern);
    configured_.push_back(behavior.path_pattern);
  }
}

std::size_t BehaviorMatch::match_normalized(std::string_view path) const {
  std::size_t index = 0;
  while (index < patterns_.size() && !patterns_[index].matches(path)) ++index;
  return index;
}

std::size_t BehaviorMatch::match(std::string_view path) const {
  if (patterns_.empty()) return 0;
  std::string buffer;
  return match_normalized(normalize_path(path, buffer));
}

std::size_t BehaviorMatch::explain(std::string_view path, std::vector<std::string>& lines) const {
  std::string buffer;
  const std::string_view normalized = normalize_path(path, buffer);
  if (normalized != path) lines.push_back(fmt::format("compared as {}", normalized));
  const std::size_t matched = match_normalized(normalized);
  for (std::size_t i = 0; i < matched; ++i) lines.push_back(fmt::format("{} does not match", configured_[i]));
  lines.push_back(matched == configured_.size()
                      ? std::string("the default behavior: no other pattern matches")
                      : fmt::format("{} matches first", configured_[matched]));
  return matched;
}

}  // namespace meridian::engines::cdn::rules

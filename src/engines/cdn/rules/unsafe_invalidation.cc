// References of a response, resolved as far as a path goes (RFC 3986 §5.2).
#include "engines/cdn/rules/unsafe_invalidation.h"

#include <algorithm>
#include <optional>

#include "engines/cdn/rules/behavior_match.h"

namespace meridian::engines::cdn::rules {
namespace {

bool strip_prefix(std::string_view& text, std::string_view prefix) {
  if (!starts_with_name(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::string> path_of_reference(std::string_view host, std::string_view base,
                                             std::string_view reference) {
  reference = reference.substr(0, reference.find_first_of("?#"));
  if (strip_prefix(reference, "https://") || strip_prefix(reference, "http://") ||
      strip_prefix(reference, "//")) {
    const std::size_t slash = std::min(reference.find('/'), reference.size());
    if (!same_name(reference.substr(0, slash), host)) return std::nullopt;
    reference.remove_prefix(slash);
    if (reference.empty()) return "/";
  } else if (reference.empty()) {
    return std::nullopt;  // the target itself
  }
  if (reference.front() == '/') return std::string(reference);
  if (reference.substr(0, reference.find('/')).contains(':')) return std::nullopt;  // another scheme
  const std::string merged = std::string(base.substr(0, base.rfind('/') + 1)) + std::string(reference);
  std::string buffer;
  return std::string(normalize_path(merged, buffer));
}

}  // namespace

bool makes_invalid(std::string_view method, int status) {
  if (method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE") return false;
  return status >= 200 && status <= 399;
}

std::vector<std::string> invalidated_paths(std::string_view host, std::string_view path, Fields response) {
  std::vector<std::string> paths{std::string(path)};
  for (const std::string_view name : {"location", "content-location"}) {
    const Field* field = find(response, name);
    if (!field) continue;
    auto other = path_of_reference(host, path, field->value);
    if (other && std::ranges::find(paths, *other) == paths.end()) paths.push_back(*std::move(other));
  }
  return paths;
}

}  // namespace meridian::engines::cdn::rules

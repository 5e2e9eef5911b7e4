#include "services/s3/conditions.h"

#include <algorithm>
#include <charconv>

#include "services/s3/errors.h"

namespace meridian::services::s3 {
namespace {

// A list of entity tags, quoted or not, or "*".
bool names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view tag = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.starts_with('"') && tag.ends_with('"')) tag = tag.substr(1, tag.size() - 2);
    if (tag == "*" || tag == etag) return true;
  }
  return false;
}

// HTTP dates have no fractions.
SystemTime whole_seconds(SystemTime time) {
  return SystemTime(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()));
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

aws::Outcome<void> check(const ReadConditions& conditions, const ObjectResource& object) {
  const SystemTime modified = whole_seconds(object.modified_at);
  if (conditions.match) {
    if (!names(*conditions.match, object.etag)) return errors::precondition_failed("If-Match");
  } else if (conditions.unmodified_since && modified > *conditions.unmodified_since) {
    return errors::precondition_failed("If-Unmodified-Since");
  }
  if (conditions.none_match ? names(*conditions.none_match, object.etag)
                            : conditions.modified_since && modified <= *conditions.modified_since) {
    if (conditions.of_copy) return errors::precondition_failed("x-amz-copy-source-If-None-Match");
    return errors::not_modified(object.etag);
  }
  return {};
}

aws::Outcome<void> check(const WriteConditions& conditions, std::string_view key,
                         const ObjectResource* object) {
  if (conditions.none_match && *conditions.none_match != "*")
    return errors::not_implemented("If-None-Match with anything but *");
  if (conditions.none_match && object != nullptr) return errors::precondition_failed("If-None-Match");
  if (!conditions.match) return {};
  if (object == nullptr) return errors::no_such_key(key);
  if (!names(*conditions.match, object->etag)) return errors::precondition_failed("If-Match");
  return {};
}

aws::Outcome<std::optional<ByteRange>> parse_range(std::string_view range, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit)) return std::nullopt;
  const std::string_view spec = range.substr(kUnit.size());
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return std::nullopt;
  const auto first = number(spec.substr(0, dash)), last = number(spec.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    if (*last == 0 || size == 0) return errors::invalid_range(range, size);
    const std::uint64_t length = std::min(*last, size);
    return ByteRange{size - length, length};
  }
  if (!first || (!last && dash + 1 != spec.size()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return errors::invalid_range(range, size);
  return ByteRange{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

}  // namespace meridian::services::s3

// Ranges of bytes, read from the request and written into responses.
#include "engines/cdn/rules/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace meridian::engines::cdn::rules {
namespace {

constexpr std::uint64_t kPositionMax = ~std::uint64_t{0} >> 1;

std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(
        (value <= kPositionMax / 10 ? value * 10 : kPositionMax) + static_cast<std::uint64_t>(c - '0'),
        kPositionMax);
  }
  return value;
}

struct Spec {
  bool valid = false, satisfiable = false;
  ByteRange range;
};

Spec read_spec(std::string_view text, std::uint64_t size) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view before = trim(text.substr(0, dash)), behind = trim(text.substr(dash + 1));
  if (before.empty()) {
    const auto count = parse_position(behind);
    if (!count) return {};
    if (*count == 0 || size == 0) return {.valid = true, .range = {}};
    return {true, true, {size - std::min(*count, size), size - 1}};
  }
  const auto first = parse_position(before);
  const auto last = behind.empty() ? std::optional(kPositionMax) : parse_position(behind);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {.valid = true, .range = {}};
  return {true, true, {*first, std::min(*last, size - 1)}};
}

}  // namespace

RangeChoice choose_ranges(Fields request, std::uint64_t size) {
  using Kind = RangeChoice::Kind;
  const Field* field = find(request, "range");
  if (!field) return {};
  const auto is_range = [](const Field& other) { return same_name(other.name, "range"); };
  if (std::ranges::count_if(request, is_range) > 1) return {};
  const std::size_t equals = field->value.find('=');
  if (equals == std::string_view::npos || !same_name(trim(field->value.substr(0, equals)), "bytes"))
    return {};

  RangeChoice choice;
  std::size_t read = 0, satisfiable = 0;
  bool refused = false;
  for_each_member(field->value.substr(equals + 1), [&](std::string_view text) {
    const Spec spec = read_spec(text, size);
    refused |= !spec.valid || ++read > kRangesMax;
    if (refused || !spec.satisfiable) return;
    ++satisfiable;
    if (satisfiable == 1) {
      choice.part = spec.range;
      return;
    }
    if (satisfiable == 2) choice.parts.push_back(choice.part);
    refused |= spec.range.first <= choice.parts.back().last;
    choice.parts.push_back(spec.range);
  });
  if (refused || read == 0) return {};
  choice.kind = satisfiable == 0 ? Kind::Unsatisfiable : satisfiable == 1 ? Kind::Part : Kind::Parts;
  return choice;
}

std::string content_range_text(const ByteRange& range, std::uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size);
}
std::string unsatisfied_range_text(std::uint64_t size) {
  return fmt::format("bytes */{}", size);
}

MultipartText::MultipartText(const std::vector<ByteRange>& parts, std::uint64_t size,
                             std::string_view content_type, std::string_view boundary)
    : boundary_(boundary), end_(fmt::format("\r\n--{}--\r\n", boundary)) {
  length_ = end_.size();
  for (const ByteRange& part : parts) {
    std::string head = fmt::format("{}--{}\r\n", heads_.empty() ? "" : "\r\n", boundary);
    if (!content_type.empty()) head += fmt::format("Content-Type: {}\r\n", content_type);
    head += fmt::format("Content-Range: {}\r\n\r\n", content_range_text(part, size));
    length_ += head.size() + part.size();
    heads_.push_back(std::move(head));
  }
}

std::string MultipartText::content_type() const {
  return fmt::format("multipart/byteranges; boundary={}", boundary_);
}

}  // namespace meridian::engines::cdn::rules

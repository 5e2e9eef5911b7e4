// Parts of objects.
#include "engines/cdn/rules/partial_content.h"

#include <algorithm>

namespace meridian::engines::cdn::rules {
namespace {

// Strictly: a part that is put in the wrong place corrupts an object.
std::optional<std::uint64_t> parse_exactly(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  text = trim(text);
  if (text.size() < 6 || !same_name(text.substr(0, 5), "bytes") || text[5] != ' ') return std::nullopt;
  text = trim(text.substr(6));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view positions = text.substr(0, slash), size = text.substr(slash + 1);
  ContentRange read;
  if (size != "*") {
    read.size = parse_exactly(size);
    if (!read.size) return std::nullopt;
  }
  if (positions == "*") return read.size ? std::optional(read) : std::nullopt;
  const std::size_t dash = positions.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_exactly(positions.substr(0, dash)),
             last = parse_exactly(positions.substr(dash + 1));
  if (!first || !last || *last < *first || (read.size && *last >= *read.size)) return std::nullopt;
  read.range = ByteRange{*first, *last};
  return read;
}

bool answers_range(const ContentRange& got, const ByteRange& asked,
                   std::optional<std::uint64_t> content_length) {
  if (!got.range || got.range->first > asked.first || got.range->last < asked.first) return false;
  return !content_length || *content_length == got.range->size();
}

bool are_combinable(const Validators& one, const Validators& other) {
  return same_etag_strongly(one.etag, other.etag);
}

bool HeldRanges::add(const ByteRange& range) {
  // All that overlap or touch become one.
  ByteRange merged = range;
  const auto begin = std::ranges::find_if(pieces_, [&](const ByteRange& piece) {
    return piece.last >= merged.first || piece.last + 1 == merged.first;
  });
  auto end = begin;
  while (end != pieces_.end() && (end->first <= merged.last || end->first - 1 == merged.last)) {
    merged.first = std::min(merged.first, end->first);
    merged.last = std::max(merged.last, end->last);
    ++end;
  }
  if (begin != end) {
    *begin = merged;
    pieces_.erase(begin + 1, end);
    return true;
  }
  if (pieces_.size() == kPiecesMax) return false;
  pieces_.insert(begin, merged);
  return true;
}

bool HeldRanges::holds(const ByteRange& range) const {
  return !first_missing(range);
}

std::optional<ByteRange> HeldRanges::first_missing(const ByteRange& range) const {
  ByteRange missing = range;
  for (const ByteRange& piece : pieces_) {
    if (piece.last < missing.first) continue;
    if (piece.first > missing.first) {
      missing.last = std::min(missing.last, piece.first - 1);
      return missing;
    }
    if (piece.last >= missing.last) return std::nullopt;
    missing.first = piece.last + 1;
  }
  return missing;
}

}  // namespace meridian::engines::cdn::rules

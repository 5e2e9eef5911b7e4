// Range requests (RFC 9110 §14), as CloudFront answers them: ranges that overlap, are not in order or cannot
// be read get the whole object (CF:RangeGETs).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engines/cdn/rules/fields.h"

namespace meridian::engines::cdn::rules {

struct ByteRange {
  std::uint64_t first = 0, last = 0;  // both inside
  std::uint64_t size() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

inline constexpr std::size_t kRangesMax = 100;  // of one request; one with more gets the whole object

struct RangeChoice {
  enum class Kind : std::uint8_t { Whole, Part, Parts, Unsatisfiable } kind = Kind::Whole;
  ByteRange part;
  std::vector<ByteRange> parts;  // two or more
};
// For GET of a representation of `size` bytes; the caller has asked holds_if_range().
RangeChoice choose_ranges(Fields request, std::uint64_t size);

std::string content_range_text(const ByteRange& range, std::uint64_t size);  // "bytes 0-4/10"
std::string unsatisfied_range_text(std::uint64_t size);                      // "bytes */10"

// A multipart/byteranges body (RFC 9110 §14.6) as texts around the parts.
class MultipartText {
 public:
  // `boundary` must not stand in the object: random letters, at most 70.
  MultipartText(const std::vector<ByteRange>& parts, std::uint64_t size, std::string_view content_type,
                std::string_view boundary);

  std::string content_type() const;  // of the whole
  std::uint64_t content_length() const { return length_; }
  const std::string& before(std::size_t part) const { return heads_[part]; }
  const std::string& end() const { return end_; }

 private:
  std::string boundary_, end_;
  std::vector<std::string> heads_;
  std::uint64_t length_ = 0;
};

}  // namespace meridian::engines::cdn::rules

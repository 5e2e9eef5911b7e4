// Parts of objects from origins: what a 206 says it is, which parts belong together, and which bytes are held
// (RFC 9110 §15.3.7.3; RFC 9111 §3.3, §3.4).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engines/cdn/rules/conditional.h"
#include "engines/cdn/rules/ranges.h"

namespace meridian::engines::cdn::rules {

struct ContentRange {
  std::optional<ByteRange> range;     // nothing in "bytes */10"
  std::optional<std::uint64_t> size;  // nothing in "bytes 0-4/*"
  bool operator==(const ContentRange&) const = default;
};
// Nothing when it is malformed, or speaks of another unit.
std::optional<ContentRange> parse_content_range(std::string_view text);

// Whether a 206 with this Content-Range and as many bytes may be used as an answer to `asked`: it begins
// where it should and is no longer than it says.
bool answers_range(const ContentRange& got, const ByteRange& asked,
                   std::optional<std::uint64_t> content_length);

// Two parts are of one representation only if a strong validator says so. Last-Modified is not taken for one:
// nobody knows how finely the origin's clock counts.
bool are_combinable(const Validators& one, const Validators& other);

// Which bytes of an object are there.
class HeldRanges {
 public:
  static constexpr std::size_t kPiecesMax = 1024;  // of one object

  // False when it would take too many pieces: the caller then forgets the object.
  bool add(const ByteRange& range);
  bool holds(const ByteRange& range) const;
  // What of `range` is not there, from its beginning on: one run.
  std::optional<ByteRange> first_missing(const ByteRange& range) const;
  const std::vector<ByteRange>& pieces() const { return pieces_; }

 private:
  std::vector<ByteRange> pieces_;  // ascending, no two touch
};

}  // namespace meridian::engines::cdn::rules

// What one body may become in memory. A few bytes of an empty element make a whole struct, so counting
// elements is not enough.
#pragma once

#include "aws/shape.h"

namespace meridian::aws {

inline constexpr std::size_t kDecodedBytesMax = 256 * 1024 * 1024;

class DecodedBytes {
 public:
  // Before an element of a list or a map is made; false when the limit is reached.
  bool spend(const Shape& element) {
    spent_ += element.size + kOverheadBytes;
    return spent_ <= kDecodedBytesMax;
  }

 private:
  // Of a string, of a map's node: what an element takes that is no structure.
  static constexpr std::size_t kOverheadBytes = 64;
  std::size_t spent_ = 0;
};

}  // namespace meridian::aws

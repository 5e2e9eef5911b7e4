// Compressed bytes as they arrive, decompressed.
// Rule: no more is ever made than the caller has room for, however well it was compressed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian::deflate {

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // Appends what `bytes` say to `out` until it has `most` bytes; what does not fit is lost. Whether that was
  // the end of it, or all there is room for. Corrupt: it is neither gzip nor deflate.
  Result<bool> add(Bytes bytes, std::string& out, std::size_t most);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meridian::deflate

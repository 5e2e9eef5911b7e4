// Bodies too large for memory, as services see them: a sink that takes a request's, a source that gives an
// answer's. Rule: used by one thread at a time, but not always the same one; may block on a disk, never on
// the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/http.h"
#include "base/piece.h"
#include "base/result.h"

namespace meridian::aws {

// Destroyed without end(): the body never came whole, and nothing of it is kept.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Outcome<void> take(std::string_view bytes) = 0;
  // All of it has come and is what its sender says it is. `trailers` came behind it.
  virtual Outcome<void> end(const Headers& trailers) = 0;
};

class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;  // of all of it
  virtual Result<std::string> read() = 0;  // the next piece; "" after the last
  // The same, not copied where that can be avoided.
  virtual Result<Piece> read_piece() { return Piece(TRY(read())); }
  // The next piece if it is in memory already; nothing otherwise, and then nothing has changed. Never blocks.
  virtual std::optional<Piece> ready() { return std::nullopt; }
};

}  // namespace meridian::aws

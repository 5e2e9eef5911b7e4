// The messages between a publisher, its canary's keeper and the canary: a kind, a size, a body, on a stream
// socket. Rule: no message waits for more than its deadline; a peer that is gone is an error, never a signal.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::engines::dns {

inline constexpr std::uint64_t kFrameSizeMax = std::uint64_t{16} << 30;  // of a full image

struct Frame {
  enum class Kind : std::uint8_t {
    Load,     // an image: start over from it; answered by Good when it is there
    Examine,  // a delta: answered by Good or Bad
    Keep,     // what was examined last is what is served now; no answer
    Good,
    Bad,     // with the reason
    Failed,  // with the reason; it says nothing about the delta
  } kind = Kind::Good;
  std::string body;
};

// Null: no deadline.
struct Deadline {
  const Clock* clock = nullptr;
  MonotonicTime at{};
};

Result<void> send_frame(int socket, Frame::Kind kind, std::string_view body, Deadline deadline = {});
Result<Frame> receive_frame(int socket, Deadline deadline = {});

}  // namespace meridian::engines::dns

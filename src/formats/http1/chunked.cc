// The chunked transfer coding, taken off strictly: hexadecimal digits, CR LF exactly where RFC 9112 §7.1 has
// them.
#include <algorithm>

#include "base/result.h"
#include "formats/http1/message.h"

namespace meridian::http1 {
namespace {

constexpr std::uint8_t kSizeDigitsMax = 15;  // below 2^60: nothing can overflow

std::unexpected<Refusal> refuse(const char* reason) {
  return std::unexpected(Refusal{400, reason});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_text(char c) {
  return c == '\t' || (static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7F);
}

}  // namespace

Scan<ChunkedDecoder::Step> ChunkedDecoder::next(std::string_view bytes) {
  Step step;
  while (step.consumed < bytes.size() && state_ != State::Done) {
    if (state_ == State::Data) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - step.consumed));
      step.data = bytes.substr(step.consumed, size);
      step.consumed += size;
      left_ -= size;
      if (left_ == 0) state_ = State::DataCr;
      return step;
    }
    TRY(control_byte(bytes[step.consumed]));
    ++step.consumed;
  }
  return step;
}

Scan<void> ChunkedDecoder::control_byte(char byte) {
  switch (state_) {
    case State::Size:
      return size_byte(byte);
    case State::Extension:
      if (byte == '\r') {
        state_ = State::SizeLf;
        return {};
      }
      if (!is_text(byte)) return refuse("control character in a chunk extension");
      return spend();
    case State::SizeLf:
      if (byte != '\n') return refuse("chunk size line without CR LF");
      state_ = left_ == 0 ? State::TrailerStart : State::Data;
      digits_ = 0;
      return {};
    case State::DataCr:
      if (byte != '\r') return refuse("chunk longer than its size");
      state_ = State::DataLf;
      return {};
    case State::DataLf:
      if (byte != '\n') return refuse("chunk without CR LF");
      state_ = State::Size;
      return {};
    case State::TrailerStart:
      if (byte == '\r') {
        state_ = State::EndLf;
        return {};
      }
      if (byte == ' ' || byte == '\t') return refuse("folded trailer field");
      state_ = State::Trailer;
      [[fallthrough]];
    case State::Trailer:
      if (byte == '\r') {
        state_ = State::TrailerLf;
        return {};
      }
      if (!is_text(byte)) return refuse("control character in a trailer field");
      return spend();
    case State::TrailerLf:
      if (byte != '\n') return refuse("trailer line without CR LF");
      state_ = State::TrailerStart;
      return {};
    case State::EndLf:
      if (byte != '\n') return refuse("body without its last CR LF");
      state_ = State::Done;
      return {};
    case State::Data:
    case State::Done:
      break;
  }
  return {};
}

Scan<void> ChunkedDecoder::size_byte(char byte) {
  if (const int digit = hex_digit(byte); digit >= 0) {
    if (++digits_ > kSizeDigitsMax) return refuse("chunk size too long");
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return {};
  }
  if (digits_ == 0) return refuse("malformed chunk size");
  if (byte == '\r') {
    state_ = State::SizeLf;
  } else if (byte == ';') {
    state_ = State::Extension;
  } else {
    return refuse("malformed chunk size");
  }
  return {};
}

// Each chunk may cost its sender little and us much; the total of what is not body is bounded.
Scan<void> ChunkedDecoder::spend() {
  if (++overhead_ > kOverheadBytesMax) return refuse("too many chunk extensions or trailers");
  return {};
}

}  // namespace meridian::http1

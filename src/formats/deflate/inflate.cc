// The only file that knows zlib.
#include "formats/deflate/inflate.h"

#include <zlib.h>

#include <algorithm>

#include "base/check.h"

namespace meridian::deflate {
namespace {

constexpr int kWindowBits = 15, kGzipOrZlib = 32 + kWindowBits, kBare = -kWindowBits;
constexpr std::size_t kPieceBytes = 4096;

// RFC 1950 §2.2 and RFC 1952 §2.3.1. Bare deflate that begins like one of them is as good as unheard of.
bool has_header(std::uint8_t first, std::uint8_t second) {
  const bool gzip = first == 0x1f && second == 0x8b;
  return gzip || ((first & 0x0f) == Z_DEFLATED && (first * 256 + second) % 31 == 0);
}

}  // namespace

struct Inflater::State {
  ~State() {
    if (begun) inflateEnd(&stream);
  }
  std::string start;  // the first two bytes, until both are there
  bool begun = false, ended = false;
  z_stream stream{};
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Result<bool> Inflater::add(Bytes bytes, std::string& out, std::size_t most) {
  State& state = *state_;
  std::string joined;
  if (!state.begun) {
    state.start += as_text(bytes);
    if (state.start.size() < 2) return false;
    joined = std::exchange(state.start, {});
    bytes = as_bytes(joined);
    CHECK(inflateInit2(&state.stream, has_header(bytes[0], bytes[1]) ? kGzipOrZlib : kBare) == Z_OK);
    state.begun = true;
  }
  state.stream.next_in = const_cast<Bytef*>(bytes.data());
  state.stream.avail_in = static_cast<uInt>(bytes.size());
  while (!state.ended && out.size() < most) {
    Bytef piece[kPieceBytes];
    const std::size_t room = std::min(kPieceBytes, most - out.size());
    state.stream.next_out = piece;
    state.stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&state.stream, Z_NO_FLUSH);
    out.append(reinterpret_cast<const char*>(piece), room - state.stream.avail_out);
    state.ended = result == Z_STREAM_END;
    if (result == Z_BUF_ERROR) break;  // more is needed
    if (result != Z_OK && result != Z_STREAM_END)
      return fail(ErrorCode::Corrupt, "it is not what its Content-Encoding says", ErrorSource::Peer);
  }
  return state.ended || out.size() >= most;
}

}  // namespace meridian::deflate

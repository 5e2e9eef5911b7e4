// For tests: frames written one by one, also such as no session would say. Fields are literals, without
// compression.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/http2/frame.h"
#include "formats/http2/hpack.h"

namespace meridian::http2::played {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string out;
  append_frame_head(
      out,
      {.size = static_cast<std::uint32_t>(payload.size()), .type = type, .flags = flags, .stream = stream});
  return out + std::string(payload);
}

inline std::string u32(std::uint32_t value) {
  std::string out;
  append_u32(out, value);
  return out;
}

inline std::string setting(Setting setting, std::uint32_t value) {
  std::string out;
  append_setting(out, setting, value);
  return out;
}

inline std::string block(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += '\0';
    append_integer(out, 0, 7, name.size());
    out += name;
    append_integer(out, 0, 7, value.size());
    out += value;
  }
  return out;
}

inline std::string headers(std::uint32_t stream, bool last, const Fields& fields) {
  const auto flags = static_cast<std::uint8_t>(kEndHeaders | (last ? kEndStream : 0));
  return frame(FrameType::Headers, flags, stream, block(fields));
}

inline std::string data(std::uint32_t stream, bool last, std::string_view bytes) {
  return frame(FrameType::Data, last ? kEndStream : std::uint8_t{0}, stream, bytes);
}

inline std::string reset(std::uint32_t stream, ErrorCode code) {
  std::string out;
  append_rst_stream(out, stream, code);
  return out;
}

inline std::string go_away(std::uint32_t last, ErrorCode code) {
  std::string out;
  append_go_away(out, last, code);
  return out;
}

}  // namespace meridian::http2::played

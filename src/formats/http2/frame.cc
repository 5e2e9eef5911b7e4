#include "formats/http2/frame.h"

namespace meridian::http2 {
namespace {

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  static constexpr std::string_view kNames[] = {"NO_ERROR",
                                                "PROTOCOL_ERROR",
                                                "INTERNAL_ERROR",
                                                "FLOW_CONTROL_ERROR",
                                                "SETTINGS_TIMEOUT",
                                                "STREAM_CLOSED",
                                                "FRAME_SIZE_ERROR",
                                                "REFUSED_STREAM",
                                                "CANCEL",
                                                "COMPRESSION_ERROR",
                                                "CONNECT_ERROR",
                                                "ENHANCE_YOUR_CALM",
                                                "INADEQUATE_SECURITY",
                                                "HTTP_1_1_REQUIRED"};
  const auto number = static_cast<std::size_t>(code);
  return number < std::size(kNames) ? kNames[number] : "an unknown error";
}

FrameHead read_frame_head(std::string_view bytes) {
  return {.size = byte_at(bytes, 0) << 16 | byte_at(bytes, 1) << 8 | byte_at(bytes, 2),
          .type = static_cast<FrameType>(byte_at(bytes, 3)),
          .flags = static_cast<std::uint8_t>(byte_at(bytes, 4)),
          .stream = read_u32(bytes.substr(5)) & 0x7FFF'FFFF};
}

void write_frame_head(char* into, const FrameHead& head) {
  into[0] = static_cast<char>(head.size >> 16);
  into[1] = static_cast<char>(head.size >> 8);
  into[2] = static_cast<char>(head.size);
  into[3] = static_cast<char>(head.type);
  into[4] = static_cast<char>(head.flags);
  into[5] = static_cast<char>(head.stream >> 24);
  into[6] = static_cast<char>(head.stream >> 16);
  into[7] = static_cast<char>(head.stream >> 8);
  into[8] = static_cast<char>(head.stream);
}

void append_frame_head(std::string& out, const FrameHead& head) {
  char bytes[kFrameHeadBytes];
  write_frame_head(bytes, head);
  out.append(bytes, sizeof bytes);
}

std::uint32_t read_u32(std::string_view bytes) {
  return byte_at(bytes, 0) << 24 | byte_at(bytes, 1) << 16 | byte_at(bytes, 2) << 8 | byte_at(bytes, 3);
}

void append_u32(std::string& out, std::uint32_t value) {
  const char bytes[] = {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                        static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(bytes, sizeof bytes);
}

ErrorCode check_frame(const FrameHead& head) {
  if (head.size > kFrameBytesMax) return ErrorCode::FrameSizeError;
  const auto fits = [&head](bool on_stream, bool size) {
    if ((head.stream != 0) != on_stream) return ErrorCode::ProtocolError;
    return size ? ErrorCode::NoError : ErrorCode::FrameSizeError;
  };
  switch (head.type) {
    case FrameType::Data:
    case FrameType::Headers:
    case FrameType::Continuation:
    case FrameType::PushPromise:
      return fits(true, true);
    case FrameType::Priority:
      return fits(true, head.size == 5);
    case FrameType::RstStream:
      return fits(true, head.size == 4);
    case FrameType::Settings:
      return fits(false, head.has(kAck) ? head.size == 0 : head.size % 6 == 0);
    case FrameType::Ping:
      return fits(false, head.size == 8);
    case FrameType::GoAway:
      return fits(false, head.size >= 8);
    case FrameType::WindowUpdate:
      return head.size == 4 ? ErrorCode::NoError : ErrorCode::FrameSizeError;
  }
  return ErrorCode::NoError;  // RFC 9113 §4.1: of types that nobody knows nothing is said
}

std::optional<std::string_view> bare_payload(const FrameHead& head, std::string_view payload) {
  std::size_t padding = 0;
  if (head.has(kPadded)) {
    if (payload.empty()) return std::nullopt;
    padding = byte_at(payload, 0);
    payload.remove_prefix(1);
  }
  if (head.type == FrameType::Headers && head.has(kPriority)) {
    if (payload.size() < 5) return std::nullopt;
    payload.remove_prefix(5);
  }
  if (padding > payload.size()) return std::nullopt;
  payload.remove_suffix(padding);
  return payload;
}

void append_setting(std::string& out, Setting setting, std::uint32_t value) {
  out += static_cast<char>(static_cast<std::uint16_t>(setting) >> 8);
  out += static_cast<char>(setting);
  append_u32(out, value);
}

void append_window_update(std::string& out, std::uint32_t stream, std::uint32_t increment) {
  append_frame_head(out, {.size = 4, .type = FrameType::WindowUpdate, .stream = stream});
  append_u32(out, increment);
}

void append_rst_stream(std::string& out, std::uint32_t stream, ErrorCode code) {
  append_frame_head(out, {.size = 4, .type = FrameType::RstStream, .stream = stream});
  append_u32(out, static_cast<std::uint32_t>(code));
}

void append_go_away(std::string& out, std::uint32_t last_stream, ErrorCode code) {
  append_frame_head(out, {.size = 8, .type = FrameType::GoAway});
  append_u32(out, last_stream);
  append_u32(out, static_cast<std::uint32_t>(code));
}

}  // namespace meridian::http2

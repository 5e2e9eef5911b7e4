// Frames of HTTP/2 (RFC 9113 §4, §6): their heads, and what each kind must look like by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meridian::http2 {

enum class FrameType : std::uint8_t {
  Data = 0,
  Headers = 1,
  Priority = 2,
  RstStream = 3,
  Settings = 4,
  PushPromise = 5,
  Ping = 6,
  GoAway = 7,
  WindowUpdate = 8,
  Continuation = 9,
};

enum class ErrorCode : std::uint32_t {
  NoError = 0,
  ProtocolError = 1,
  InternalError = 2,
  FlowControlError = 3,
  SettingsTimeout = 4,
  StreamClosed = 5,
  FrameSizeError = 6,
  RefusedStream = 7,
  Cancel = 8,
  CompressionError = 9,
  ConnectError = 10,
  EnhanceYourCalm = 11,
  InadequateSecurity = 12,
  Http11Required = 13,
};
std::string_view to_string(ErrorCode code);  // "PROTOCOL_ERROR"

enum class Setting : std::uint16_t {
  HeaderTableSize = 1,
  EnablePush = 2,
  MaxConcurrentStreams = 3,
  InitialWindowSize = 4,
  MaxFrameSize = 5,
  MaxHeaderListSize = 6,
};

inline constexpr std::uint8_t kEndStream = 0x1, kAck = 0x1, kEndHeaders = 0x4, kPadded = 0x8,
                              kPriority = 0x20;

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kFrameHeadBytes = 9;
inline constexpr std::size_t kFrameBytesMax = 16'384;  // what we take, and the least that anybody takes
inline constexpr std::int64_t kWindowMax = 0x7FFF'FFFF;
inline constexpr std::int32_t kFirstWindow = 65'535;

struct FrameHead {
  std::uint32_t size = 0;  // of what follows
  FrameType type{};        // perhaps none of those
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  bool has(std::uint8_t flag) const { return flags & flag; }
};

FrameHead read_frame_head(std::string_view bytes);  // at least kFrameHeadBytes
void append_frame_head(std::string& out, const FrameHead& head);
void write_frame_head(char* into, const FrameHead& head);

// Whether a frame of that size may be on that stream; NoError: yes. What ends the connection.
ErrorCode check_frame(const FrameHead& head);

// Numbers in network order.
std::uint32_t read_u32(std::string_view bytes);
void append_u32(std::string& out, std::uint32_t value);

// DATA and HEADERS without their padding and the old priority; nullopt: PROTOCOL_ERROR.
std::optional<std::string_view> bare_payload(const FrameHead& head, std::string_view payload);

void append_setting(std::string& out, Setting setting, std::uint32_t value);
void append_window_update(std::string& out, std::uint32_t stream, std::uint32_t increment);
void append_rst_stream(std::string& out, std::uint32_t stream, ErrorCode code);
void append_go_away(std::string& out, std::uint32_t last_stream, ErrorCode code);

}  // namespace meridian::http2

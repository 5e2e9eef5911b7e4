// Frame Streams: how dnstap travels. A frame is a length and its bytes; length zero introduces a control
// frame. A file is START, data, STOP. A socket agrees first: the writer's READY, the reader's ACCEPT, then
// the same, and the reader's FINISH at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian::dnstap {

inline constexpr std::string_view kContentType = "protobuf:dnstap.Dnstap";

enum class Control : std::uint32_t { Accept = 1, Start = 2, Stop = 3, Ready = 4, Finish = 5 };

// READY, ACCEPT and START carry the content type; STOP and FINISH carry nothing.
void append_control_frame(std::string& out, Control control);

// A data frame around what `write(out)` appends, which must not be empty: that would be a control frame.
template <typename Write>
void append_data_frame(std::string& out, Write&& write) {
  const std::size_t start = out.size();
  append_u32(out, 0);
  write(out);
  store_u32(reinterpret_cast<std::uint8_t*>(out.data()) + start,
            static_cast<std::uint32_t>(out.size() - start - 4));
}

struct Frame {
  std::optional<Control> control;  // none: data
  bool dnstap = false;             // a control frame that names our content type, or no type at all
  std::string_view data;           // of a data frame
};

// Cuts a stream of bytes into frames, however they arrive.
class FrameReader {
 public:
  static constexpr std::size_t kFrameSizeMax = 256 * 1024;  // two messages of 65535 bytes and their fields
  static constexpr std::size_t kControlSizeMax = 512;

  void feed(std::string_view bytes);
  // The next whole frame; nothing when more bytes are needed. Its data lives until the next call.
  Result<std::optional<Frame>> next();
  bool at_boundary() const { return received_.size() == used_; }

 private:
  std::string received_;
  std::size_t used_ = 0;
};

}  // namespace meridian::dnstap

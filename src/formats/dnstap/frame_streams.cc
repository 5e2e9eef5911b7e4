#include "formats/dnstap/frame_streams.h"

#include <fmt/format.h>

namespace meridian::dnstap {
namespace {

constexpr std::uint32_t kFieldContentType = 1;

bool carries_content_type(Control control) {
  return control != Control::Stop && control != Control::Finish;
}

Result<Frame> parse_control(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint32_t type = in.u32();
  if (!in.ok() || type < 1 || type > 5) return invalid(fmt::format("control frame of unknown type {}", type));
  Frame frame{static_cast<Control>(type), in.at_end(), {}};
  while (!in.at_end()) {
    const std::uint32_t field = in.u32();
    const std::string_view value = in.sized();
    if (!in.ok()) return invalid("control frame: a field is cut off");
    if (field != kFieldContentType) return invalid(fmt::format("control frame: unknown field {}", field));
    frame.dnstap |= value == kContentType;
  }
  return frame;
}

}  // namespace

void append_control_frame(std::string& out, Control control) {
  std::string payload;
  append_u32(payload, static_cast<std::uint32_t>(control));
  if (carries_content_type(control)) {
    append_u32(payload, kFieldContentType);
    append_sized(payload, kContentType);
  }
  append_u32(out, 0);
  append_sized(out, payload);
}

void FrameReader::feed(std::string_view bytes) {
  received_.erase(0, used_);
  used_ = 0;
  received_.append(bytes);
}

Result<std::optional<Frame>> FrameReader::next() {
  ByteReader in(std::string_view(received_).substr(used_));
  std::uint32_t size = in.u32();
  const bool control = in.ok() && size == 0;
  if (control) size = in.u32();
  if (!in.ok()) return std::optional<Frame>();
  if (size > (control ? kControlSizeMax : kFrameSizeMax))
    return invalid(fmt::format("a frame of {} bytes is too long", size));
  if (in.remaining() < size) return std::optional<Frame>();
  const std::string_view payload = as_text(in.take(size));
  used_ += in.position();
  if (control) return TRY(parse_control(payload));
  return Frame{std::nullopt, false, payload};
}

}  // namespace meridian::dnstap

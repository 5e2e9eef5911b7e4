// What comes: frames, and the state of the streams that they speak of. session_output.cc has what goes.
#include "formats/http2/session.h"

#include <algorithm>

namespace meridian::http2 {

std::string_view to_string(Flood flood) {
  static constexpr std::string_view kNames[kFloods] = {
      "none", "resets", "pings", "settings", "priorities", "empty-frames", "head-block", "field-list"};
  return kNames[static_cast<std::size_t>(flood)];
}

bool Budget::spend(MonotonicTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - counted_).count();
  if (seconds > 0) {
    const std::uint64_t more =
        static_cast<std::uint64_t>(std::min<std::int64_t>(seconds, allowance_.burst)) * allowance_.a_second;
    left_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(allowance_.burst, left_ + more));
    counted_ = now;
  }
  if (left_ == 0) return false;
  --left_;
  return true;
}

void Stream::reset_stream() {
  std::vector<Piece> queue = std::move(queue_);
  queue.clear();
  std::vector<std::pair<std::string, std::string>> trailers = std::move(trailers_);
  trailers.clear();
  *this = Stream();
  queue_ = std::move(queue);
  trailers_ = std::move(trailers);
}

// What a section has goes to the checks and to the user, who is spared the rest of one that is malformed.
class Session::Fields final : public FieldSink {
 public:
  Fields(Session& session, Stream* stream) : session_(session), stream_(stream) {}
  void on_field(std::string_view name, std::string_view value, bool judged) override {
    if (stream_ && session_.check_.field(name, value, judged)) session_.user_.on_field(*stream_, name, value);
  }
  bool judge(std::string_view name, std::string_view value) override {
    return HeadCheck::is_well_formed(name, value);
  }

 private:
  Session& session_;
  Stream* const stream_;
};

Session::Session(Role role, const SessionLimits& limits, SessionUser& user)
    : role_(role), limits_(limits), user_(user), preface_came_(role == Role::Client) {
  if (role == Role::Client) out_ += kPreface;
  const std::size_t at = out_.size();
  append_frame_head(out_, {.type = FrameType::Settings});
  if (role == Role::Client)
    append_setting(out_, Setting::EnablePush, 0);
  else
    append_setting(out_, Setting::MaxConcurrentStreams, limits.streams_max);
  append_setting(out_, Setting::MaxHeaderListSize, limits.list_bytes_max);
  if (limits.stream_window != kFirstWindow)
    append_setting(out_, Setting::InitialWindowSize, limits.stream_window);
  const std::size_t size = out_.size() - at - kFrameHeadBytes;
  write_frame_head(out_.data() + at, {.size = static_cast<std::uint32_t>(size), .type = FrameType::Settings});
  if (limits.connection_window > kFirstWindow) {
    append_window_update(out_, 0, limits.connection_window - kFirstWindow);
    receive_window_ = limits.connection_window;
  }
}

bool Session::fail(ErrorCode code) {
  if (over_) return false;
  append_go_away(out_, last_peer_, code);
  error_ = code;
  over_ = true;
  return false;
}

bool Session::calm(Flood flood) {
  if (!over_) flood_ = flood;
  return fail(ErrorCode::EnhanceYourCalm);
}

// Else a peer could have us begin and end streams as fast as it resets them itself.
bool Session::refuse(Stream& stream, ErrorCode code) {
  stream.refused_ = true;
  reset(stream, code);
  return spend(resets_left_, Flood::Resets);
}

bool Session::receive(std::string_view bytes, MonotonicTime now) {
  if (over_) return false;
  now_ = now;
  if (in_.empty()) {
    in_.assign(consume(bytes));
  } else {
    in_ += bytes;
    const std::string all = std::exchange(in_, {});
    in_.assign(consume(all));
  }
  return !over_;
}

// Returns what is not a whole frame yet.
std::string_view Session::consume(std::string_view bytes) {
  if (!preface_came_) {
    const std::size_t size = std::min(bytes.size(), kPreface.size());
    if (bytes.substr(0, size) != kPreface.substr(0, size)) {
      fail(ErrorCode::ProtocolError);
      return {};
    }
    if (size < kPreface.size()) return bytes;
    bytes.remove_prefix(size);
    preface_came_ = true;
  }
  while (bytes.size() >= kFrameHeadBytes) {
    const FrameHead head = read_frame_head(bytes);
    if (const ErrorCode wrong = check_frame(head); wrong != ErrorCode::NoError) {
      fail(wrong);
      return {};
    }
    if (bytes.size() < kFrameHeadBytes + head.size) return bytes;
    const bool goes_on = handle(head, bytes.substr(kFrameHeadBytes, head.size));
    if (!goes_on || over_) return {};
    bytes.remove_prefix(kFrameHeadBytes + head.size);
  }
  return bytes;
}

bool Session::handle(const FrameHead& head, std::string_view payload) {
  // RFC 9113 §3.4, §6.10.
  if (!settings_came_ && (head.type != FrameType::Settings || head.has(kAck)))
    return fail(ErrorCode::ProtocolError);
  if (continuing_ != (head.type == FrameType::Continuation)) return fail(ErrorCode::ProtocolError);
  switch (head.type) {
    case FrameType::Data:
      return on_data(head, payload);
    case FrameType::Headers:
      return on_headers(head, payload);
    case FrameType::Continuation:
      return on_continuation(head, payload);
    case FrameType::Settings:
      return on_settings(head, payload);
    case FrameType::Ping:
      if (!spend(pings_, Flood::Pings)) return false;
      if (head.has(kAck)) return true;
      append_frame_head(out_, {.size = 8, .type = FrameType::Ping, .flags = kAck});
      out_ += payload;
      return true;
    case FrameType::RstStream:
      return on_rst_stream(head, payload);
    case FrameType::GoAway:
      return on_go_away(payload);
    case FrameType::WindowUpdate:
      return on_window_update(head, payload);
    case FrameType::PushPromise:
      return fail(ErrorCode::ProtocolError);
    case FrameType::Priority:
      break;
  }
  return spend(priorities_, Flood::Priorities);
}

bool Session::on_headers(const FrameHead& head, std::string_view payload) {
  const auto block = bare_payload(head, payload);
  if (!block) return fail(ErrorCode::ProtocolError);
  if (head.has(kEndHeaders)) return take_block(head, *block);
  block_.assign(*block);
  block_head_ = head;
  continuations_ = 0;
  continuing_ = true;
  return true;
}

bool Session::on_continuation(const FrameHead& head, std::string_view payload) {
  if (head.stream != block_head_.stream) return fail(ErrorCode::ProtocolError);
  if (++continuations_ > kContinuationsMax || block_.size() + payload.size() > kHeadBlockBytesMax)
    return calm(Flood::HeadBlock);
  block_ += payload;
  if (!head.has(kEndHeaders)) return true;
  continuing_ = false;
  const std::string block = std::exchange(block_, {});
  return take_block(block_head_, block);
}

bool Session::is_idle(std::uint32_t id) const {
  const bool from_client = id % 2 == 1;
  const bool from_peer = from_client == (role_ == Role::Server);
  return id > (from_peer ? last_peer_ : last_own_);
}

// Whose section that is; null: it is only to be kept in step with. The connection may be over then.
Stream* Session::admit(const FrameHead& head) {
  if (Stream* const known = find(head.stream)) return known;
  if (!is_idle(head.stream)) {
    // RFC 9113 §5.1: after our reset the peer may not know yet.
    if (!was_reset(head.stream)) fail(ErrorCode::StreamClosed);
    return nullptr;
  }
  if (role_ == Role::Client || head.stream % 2 == 0) {
    fail(ErrorCode::ProtocolError);
    return nullptr;
  }
  last_peer_ = head.stream;
  if (streams_.size() >= limits_.streams_max || going_away_) {
    append_rst_stream(out_, head.stream, ErrorCode::RefusedStream);
    remember_reset(head.stream);
    (void)spend(resets_left_, Flood::Resets);
    return nullptr;
  }
  Stream& stream = user_.open_stream();
  insert(stream, head.stream);
  return &stream;
}

bool Session::take_block(const FrameHead& head, std::string_view block) {
  Stream* const stream = admit(head);
  if (over_) return false;
  if (stream) {
    const Section section = stream->head_came_      ? Section::Trailers
                            : role_ == Role::Server ? Section::Request
                                                    : Section::Response;
    check_.begin(section);
    user_.on_section(*stream, section);
  }
  Fields fields(*this, stream);
  switch (decoder_.decode(block, kFieldListBytesMax, fields)) {
    case HpackDecoder::Verdict::Malformed:
      return fail(ErrorCode::CompressionError);
    case HpackDecoder::Verdict::TooLarge:
      return calm(Flood::FieldList);
    case HpackDecoder::Verdict::Done:
      break;
  }
  return !stream || take_head(*stream, head);
}

bool Session::take_head(Stream& stream, const FrameHead& head) {
  const bool last = head.has(kEndStream);
  if (stream.peer_ended_) return refuse(stream, ErrorCode::StreamClosed);
  if (!check_.end()) return refuse(stream, ErrorCode::ProtocolError);
  if (stream.head_came_) {
    // RFC 9113 §8.1: trailers are the end.
    if (!last) return refuse(stream, ErrorCode::ProtocolError);
    return peer_ends(stream);
  }
  if (role_ == Role::Client && check_.status() < 200)
    return !last || refuse(stream, ErrorCode::ProtocolError);
  stream.head_came_ = true;
  if (role_ == Role::Client && (stream.to_head_ || check_.status() == 204 || check_.status() == 304)) {
    stream.measured_ = true;  // RFC 9113 §8.1.1: whatever it says of the length that another would have
  } else if (check_.content_length()) {
    stream.measured_ = true;
    stream.body_left_ = *check_.content_length();
    if (last && stream.body_left_ > 0) return refuse(stream, ErrorCode::ProtocolError);
  }
  stream.peer_ended_ = last;
  user_.on_head(stream, last);
  if (last && stream.open_) close_if_done(stream);
  return true;
}

bool Session::peer_ends(Stream& stream) {
  if (stream.measured_ && stream.body_left_ > 0) return refuse(stream, ErrorCode::ProtocolError);
  stream.peer_ended_ = true;
  user_.on_end(stream);
  if (stream.open_) close_if_done(stream);
  return true;
}

bool Session::on_data(const FrameHead& head, std::string_view payload) {
  const auto data = bare_payload(head, payload);
  if (!data) return fail(ErrorCode::ProtocolError);
  receive_window_ -= head.size;
  if (receive_window_ < 0) return fail(ErrorCode::FlowControlError);
  Stream* const stream = find(head.stream);
  if (!stream) {
    if (is_idle(head.stream)) return fail(ErrorCode::ProtocolError);
    if (!was_reset(head.stream)) return fail(ErrorCode::StreamClosed);
    give_back(head.size);
    return !data->empty() || spend(empty_, Flood::EmptyFrames);
  }
  const auto refused = [&](ErrorCode code) {
    give_back(head.size);
    return refuse(*stream, code);
  };
  if (stream->peer_ended_) return refused(ErrorCode::StreamClosed);
  if (!stream->head_came_) return refused(ErrorCode::ProtocolError);
  stream->receive_window_ -= head.size;
  if (stream->receive_window_ < 0) return refused(ErrorCode::FlowControlError);
  if (stream->measured_) {
    if (data->size() > stream->body_left_) return refused(ErrorCode::ProtocolError);
    stream->body_left_ -= data->size();
  }
  const bool last = head.has(kEndStream);
  if (data->empty() && !last && !spend(empty_, Flood::EmptyFrames)) return false;
  if (head.size > data->size()) take(*stream, head.size - data->size());
  if (!data->empty()) user_.on_data(*stream, *data);
  return !last || !stream->open_ || peer_ends(*stream);
}

bool Session::on_settings(const FrameHead& head, std::string_view payload) {
  settings_came_ = true;
  if (!spend(settings_, Flood::Settings)) return false;
  if (head.has(kAck)) return true;
  for (; !payload.empty(); payload.remove_prefix(6)) {
    const auto setting = static_cast<Setting>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                              static_cast<std::uint8_t>(payload[1]));
    if (!on_setting(setting, read_u32(payload.substr(2)))) return false;
  }
  append_frame_head(out_, {.type = FrameType::Settings, .flags = kAck});
  return true;
}

bool Session::on_setting(Setting setting, std::uint32_t value) {
  switch (setting) {
    case Setting::HeaderTableSize:
      encoder_.set_peer_table(value);
      return true;
    case Setting::EnablePush:
      return value <= (role_ == Role::Server ? 1u : 0u) || fail(ErrorCode::ProtocolError);
    case Setting::MaxConcurrentStreams:
      peer_streams_max_ = value;
      return true;
    case Setting::InitialWindowSize: {
      if (value > kWindowMax) return fail(ErrorCode::FlowControlError);
      const std::int64_t more = value - peer_window_;
      peer_window_ = value;
      for (Stream* const each : streams_) {
        each->send_window_ += more;
        if (each->send_window_ > kWindowMax) return fail(ErrorCode::FlowControlError);
        make_ready(*each);
      }
      return true;
    }
    case Setting::MaxFrameSize:  // ours are never larger than the least that this can be
      return (value >= kFrameBytesMax && value < 1u << 24) || fail(ErrorCode::ProtocolError);
    case Setting::MaxHeaderListSize:
      break;
  }
  return true;
}

bool Session::on_window_update(const FrameHead& head, std::string_view payload) {
  const std::uint32_t more = read_u32(payload) & 0x7FFF'FFFF;
  if (head.stream == 0) {
    send_window_ += more;
    if (more == 0) return fail(ErrorCode::ProtocolError);
    return send_window_ <= kWindowMax || fail(ErrorCode::FlowControlError);
  }
  Stream* const stream = find(head.stream);
  if (!stream) return !is_idle(head.stream) || fail(ErrorCode::ProtocolError);
  if (more == 0) return refuse(*stream, ErrorCode::ProtocolError);
  stream->send_window_ += more;
  if (stream->send_window_ > kWindowMax) return refuse(*stream, ErrorCode::FlowControlError);
  make_ready(*stream);
  return true;
}

bool Session::on_rst_stream(const FrameHead& head, std::string_view payload) {
  Stream* const stream = find(head.stream);
  if (!stream) return !is_idle(head.stream) || fail(ErrorCode::ProtocolError);
  close(*stream, static_cast<ErrorCode>(read_u32(payload)));
  return role_ == Role::Client || spend(resets_left_, Flood::Resets);
}

// RFC 9113 §6.8: what is beyond the last of them was not looked at.
bool Session::on_go_away(std::string_view payload) {
  if (!spend(priorities_, Flood::Priorities)) return false;
  peer_goes_away_ = true;
  if (role_ == Role::Server) return true;
  const std::uint32_t last = read_u32(payload) & 0x7FFF'FFFF;
  const std::vector<Stream*> all = streams_;
  for (Stream* const each : all)
    if (each->open_ && each->id_ > last) close(*each, ErrorCode::RefusedStream);
  return true;
}

}  // namespace meridian::http2

// What goes: heads at once, bodies in turns, each stream a frame at a time.
#include <algorithm>
#include <cstring>

#include "formats/http2/session.h"

namespace meridian::http2 {
namespace {

constexpr std::size_t kSentPiecesMax = 64;  // that a queue keeps the places of

}  // namespace

Stream* Session::find(std::uint32_t id) const {
  const auto at = std::ranges::lower_bound(streams_, id, {}, [](const Stream* each) { return each->id_; });
  return at != streams_.end() && (*at)->id_ == id ? *at : nullptr;
}

// Numbers only grow.
void Session::insert(Stream& stream, std::uint32_t id) {
  stream.id_ = id;
  stream.open_ = true;
  stream.send_window_ = peer_window_;
  stream.receive_window_ = limits_.stream_window;
  streams_.push_back(&stream);
}

void Session::close(Stream& stream, ErrorCode code) {
  if (!std::exchange(stream.open_, false)) return;
  streams_.erase(
      std::ranges::lower_bound(streams_, stream.id_, {}, [](const Stream* each) { return each->id_; }));
  if (std::exchange(stream.ready_, false)) {
    std::erase(ready_, &stream);
    std::ranges::replace(turn_, &stream, static_cast<Stream*>(nullptr));
  }
  stream.queue_.clear();
  stream.queued_ = 0;
  user_.on_closed(stream, code);
}

void Session::close_if_done(Stream& stream) {
  if (stream.ended_ && stream.peer_ended_) close(stream, ErrorCode::NoError);
}

void Session::remember_reset(std::uint32_t id) {
  std::uint32_t& place = resets_[resets_made_++ % kRemembered];
  forgotten_ = std::max(forgotten_, std::exchange(place, id));
}

// Of one that is older than what we remember it may be.
bool Session::was_reset(std::uint32_t id) const {
  return id <= forgotten_ || std::ranges::find(resets_, id) != resets_.end();
}

bool Session::has_room() const {
  return !over_ && !going_away_ && !peer_goes_away_ && streams_.size() < peer_streams_max_ &&
         last_own_ < kWindowMax - 2;
}

bool Session::open(Stream& stream, bool to_head) {
  if (!has_room()) return false;
  last_own_ += last_own_ == 0 ? 1 : 2;
  insert(stream, last_own_);
  stream.to_head_ = to_head;
  return true;
}

void Session::begin_head(Stream& stream) {
  head_of_ = &stream;
  head_at_ = out_.size();
  out_.append(kFrameHeadBytes, '\0');
  encoder_.begin(out_);
}

void Session::end_head(bool last) {
  Stream& stream = *std::exchange(head_of_, nullptr);
  stream.head_sent_ = true;
  const std::uint8_t end = last ? kEndStream : 0;
  const std::size_t size = out_.size() - head_at_ - kFrameHeadBytes;
  const auto first = static_cast<std::uint32_t>(std::min(size, kFrameBytesMax));
  const auto ends = [](bool whole) { return whole ? kEndHeaders : std::uint8_t{0}; };
  write_frame_head(out_.data() + head_at_, {.size = first,
                                            .type = FrameType::Headers,
                                            .flags = static_cast<std::uint8_t>(end | ends(first == size)),
                                            .stream = stream.id_});
  if (first < size) {
    const std::string rest = out_.substr(head_at_ + kFrameHeadBytes + first);
    out_.resize(out_.size() - rest.size());
    for (std::size_t at = 0; at < rest.size(); at += kFrameBytesMax) {
      const std::size_t some = std::min(rest.size() - at, kFrameBytesMax);
      append_frame_head(out_, {.size = static_cast<std::uint32_t>(some),
                               .type = FrameType::Continuation,
                               .flags = ends(at + some == rest.size()),
                               .stream = stream.id_});
      out_.append(rest, at, some);
    }
  }
  if (!last) return;
  stream.finishing_ = stream.ended_ = true;
  close_if_done(stream);
}

void Session::make_ready(Stream& stream) {
  if (stream.ready_ || !stream.open_ || stream.ended_ || !stream.head_sent_) return;
  if (stream.queued_ == 0 && !stream.finishing_) return;
  stream.ready_ = true;
  ready_.push_back(&stream);
}

void Session::send(Stream& stream, Piece piece) {
  if (piece.empty() || !stream.open_ || stream.finishing_) return;
  stream.queued_ += piece.size();
  stream.queue_.push_back(std::move(piece));
  make_ready(stream);
}

bool Session::send_whole(Stream& stream, std::string_view body, std::size_t most) {
  const auto size = static_cast<std::int64_t>(body.size());
  if (!stream.open_ || !stream.head_sent_ || stream.finishing_ || stream.queued_ != 0 || over_ ||
      size > std::min({stream.send_window_, send_window_, static_cast<std::int64_t>(kFrameBytesMax)}) ||
      out_.size() + kFrameHeadBytes + body.size() > most)
    return false;
  append_frame_head(out_, {.size = static_cast<std::uint32_t>(size),
                           .type = FrameType::Data,
                           .flags = kEndStream,
                           .stream = stream.id_});
  out_ += body;
  stream.send_window_ -= size;
  send_window_ -= size;
  stream.finishing_ = stream.ended_ = true;
  close_if_done(stream);
  return true;
}

void Session::finish(Stream& stream, std::span<const std::pair<std::string, std::string>> trailers) {
  if (!stream.open_ || stream.finishing_) return;
  stream.finishing_ = true;
  stream.trailers_.assign(trailers.begin(), trailers.end());
  make_ready(stream);
}

void Session::reset(Stream& stream, ErrorCode code) {
  if (!stream.open_) return;
  append_rst_stream(out_, stream.id_, code);
  remember_reset(stream.id_);
  close(stream, code);
}

void Session::give_back(std::uint32_t size) {
  taken_ += size;
  // A window for all streams' windows is never used up by those of them that nobody reads.
  if (taken_ < std::min(limits_.connection_window / 2, limits_.stream_window) || over_) return;
  receive_window_ += taken_;
  append_window_update(out_, 0, std::exchange(taken_, 0));
}

void Session::take(Stream& stream, std::size_t size) {
  if (size == 0) return;
  give_back(static_cast<std::uint32_t>(size));
  if (!stream.open_ || stream.peer_ended_) return;
  stream.taken_ += static_cast<std::uint32_t>(size);
  if (stream.taken_ < limits_.stream_window / 2 || over_) return;
  stream.receive_window_ += stream.taken_;
  append_window_update(out_, stream.id_, std::exchange(stream.taken_, 0));
}

void Session::go_away(ErrorCode code) {
  if (over_ || std::exchange(going_away_, true)) return;
  append_go_away(out_, last_peer_, code);
}

void Session::produce(std::size_t most) {
  while (!ready_.empty() && send_window_ > 0 && out_.size() < most && !over_) {
    turn_.swap(ready_);
    std::size_t at = 0;
    for (; at < turn_.size() && send_window_ > 0 && out_.size() < most; ++at) {
      Stream* const stream = turn_[at];
      if (!stream) continue;  // closed meanwhile
      turn_[at] = nullptr;
      stream->ready_ = false;
      if (write_frame(*stream)) make_ready(*stream);
    }
    // Who had no turn is first in the next.
    ready_.insert(ready_.begin(), turn_.begin() + static_cast<std::ptrdiff_t>(at), turn_.end());
    std::erase(ready_, static_cast<Stream*>(nullptr));
    turn_.clear();
  }
}

// False: nothing more now.
bool Session::write_frame(Stream& stream) {
  const auto size = static_cast<std::size_t>(
      std::clamp<std::int64_t>(std::min({static_cast<std::int64_t>(stream.queued_), stream.send_window_,
                                         send_window_, static_cast<std::int64_t>(kFrameBytesMax)}),
                               0, static_cast<std::int64_t>(kFrameBytesMax)));
  if (size == 0 && stream.queued_ > 0) return false;  // until its window opens
  const bool ends = stream.finishing_ && size == stream.queued_;
  const bool last = ends && stream.trailers_.empty();
  if (size > 0 || last)
    append_frame_head(out_, {.size = static_cast<std::uint32_t>(size),
                             .type = FrameType::Data,
                             .flags = last ? kEndStream : std::uint8_t{0},
                             .stream = stream.id_});
  for (std::size_t left = size; left > 0;) {
    const std::string_view front = stream.queue_[stream.queue_at_].view().substr(stream.offset_);
    const std::size_t some = std::min(left, front.size());
    out_.append(front.data(), some);
    left -= some;
    stream.offset_ += some;
    if (some < front.size()) break;
    stream.queue_[stream.queue_at_++] = Piece();
    stream.offset_ = 0;
  }
  if (stream.queue_at_ >= kSentPiecesMax) {
    stream.queue_.erase(stream.queue_.begin(),
                        stream.queue_.begin() + static_cast<std::ptrdiff_t>(stream.queue_at_));
    stream.queue_at_ = 0;
  }
  stream.queued_ -= size;
  stream.send_window_ -= static_cast<std::int64_t>(size);
  send_window_ -= static_cast<std::int64_t>(size);
  if (stream.queued_ > 0) return true;
  stream.queue_.clear();
  stream.queue_at_ = 0;
  if (ends) {
    write_end(stream);
    return false;
  }
  user_.on_room(stream);
  return stream.open_;
}

void Session::write_end(Stream& stream) {
  if (!stream.trailers_.empty()) {
    begin_head(stream);
    for (const auto& [name, value] : stream.trailers_) add_field(name, value);
    return end_head(true);
  }
  stream.ended_ = true;
  close_if_done(stream);
}

}  // namespace meridian::http2

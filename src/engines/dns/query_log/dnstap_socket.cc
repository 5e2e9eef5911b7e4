#include "engines/dns/query_log/dnstap_socket.h"

#include <algorithm>

namespace meridian::engines::dns::query_log {

using dnstap::Control;

Result<std::size_t> DnstapSocket::write(std::string_view records, std::size_t taken, MonotonicTime now) {
  if (!ready(now)) return 0;
  while (taken < records.size()) {
    const auto sent = stream_->send(records.substr(taken));
    if (!sent) {
      lose(sent.error(), now);
      return 0;  // the next reader gets the record that this one has a part of
    }
    if (*sent == 0) break;
    taken += *sent;
  }
  return taken;
}

bool DnstapSocket::ready(MonotonicTime now) {
  if (!stream_ && now < next_attempt_) return false;
  const auto attempt = [&]() -> Result<bool> {
    if (!stream_) TRY(connect(now));
    TRY(send_control());
    if (!accepted_ && !TRY(accepted(now))) return false;
    TRY(send_control());
    return control_.empty();
  };
  const auto done = attempt();
  if (!done) lose(done.error(), now);
  return done.value_or(false);
}

Result<void> DnstapSocket::connect(MonotonicTime now) {
  stream_ = TRY(net::UnixStream::connect(path_));
  connected_at_ = now;
  reader_ = {};
  control_.clear();
  append_control_frame(control_, Control::Ready);
  return {};
}

Result<void> DnstapSocket::send_control() {
  while (!control_.empty()) {
    const std::size_t sent = TRY(stream_->send(control_));
    if (sent == 0) break;
    control_.erase(0, sent);
  }
  return {};
}

Result<bool> DnstapSocket::accepted(MonotonicTime now) {
  reader_.feed(TRY(stream_->receive()));
  const auto frame = TRY(reader_.next());
  if (!frame) {
    if (now - connected_at_ < kHandshakeTimeMax) return false;
    return fail(ErrorCode::Unavailable, "the reader does not accept", ErrorSource::Peer);
  }
  if (frame->control != Control::Accept || !frame->dnstap)
    return fail(ErrorCode::Unavailable, "the reader does not accept dnstap", ErrorSource::Peer);
  accepted_ = true;
  append_control_frame(control_, Control::Start);
  told_lost_ = false;
  logger_.info("dns", "dnstap reader connected", {{"socket", path_}});
  return true;
}

void DnstapSocket::lose(const Error& why, MonotonicTime now) {
  // A reader that stayed for a while may be sought at once; one that goes again and again may not.
  if (accepted_ && now - connected_at_ > kPauseMax) pause_ = kPauseMin;
  stream_.reset();
  accepted_ = false;
  next_attempt_ = now + pause_;
  pause_ = std::min<Duration>(2 * pause_, kPauseMax);
  if (std::exchange(told_lost_, true)) return;
  logger_.warn("dns", "no dnstap reader", {{"socket", path_}, {"why", why.message}});
}

bool DnstapSocket::wait(Duration time) {
  if (!stream_) return false;
  return accepted_ ? stream_->wait_writable(time) : stream_->wait_readable(time);
}

// The reader says FINISH when it has everything; before that, closing could take unread bytes from it.
void DnstapSocket::end() {
  if (!stream_ || !accepted_) return;
  append_control_frame(control_, Control::Stop);
  if (!send_control() || !control_.empty()) return;
  if (stream_->wait_readable(kEndTimeMax)) (void)stream_->receive();
  stream_.reset();
}

}  // namespace meridian::engines::dns::query_log

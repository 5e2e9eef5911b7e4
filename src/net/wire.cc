// One stream to a peer: what TCP connections and lingering closes share.
#include "net/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace meridian::net {
namespace {

constexpr std::size_t kCoalesceMax = 16 * 1024;  // one TLS record
// Copying so little of what others hold beats another iovec; through TLS all of it is copied anyway.
constexpr std::size_t kCopyMax = 1024;
constexpr std::size_t kPiecesPerWrite = 16;
// Copied for one peer and not on its way yet: little for one that has taken little so far. The kernel would
// else take megabytes a connection, and five hundred slow readers kept everybody waiting for two seconds
// while their buffers were filled. Who takes what comes has it quicker with more.
constexpr int kCopiedAheadFirst = 128 * 1024, kCopiedAheadMax = 2 * 1024 * 1024;
constexpr std::uint64_t kTakesWhatComes = 1024 * 1024;  // bytes

}  // namespace

IoResult Wire::read(MutableBytes into) {
  if (tls_) return tls_->read(into);
  const ssize_t size = ::recv(descriptor_.get(), into.data(), into.size(), 0);
  if (size > 0) return {IoStatus::Done, static_cast<std::size_t>(size)};
  if (size == 0) return {IoStatus::Ended};
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::Blocked};
  error_ = errno;
  return {IoStatus::Failed};
}

void Wire::queue(Piece piece) {
  if (piece.empty()) return;
  pending_ += piece.size();
  const bool may_copy = tls_ || !piece.is_shared() || piece.size() <= kCopyMax;
  if (may_copy && !out_.empty() && !out_.back().is_shared() &&
      out_.back().size() + piece.size() <= kCoalesceMax) {
    std::string text = std::move(out_.back()).take_text();
    text += piece.view();
    out_.back() = Piece(std::move(text));
  } else {
    out_.push_back(std::move(piece));
  }
}

void Wire::consume(std::size_t size) {
  pending_ -= size;
  sent_ += size;
  out_offset_ += size;
  while (!out_.empty() && out_offset_ >= out_.front().size()) {
    out_offset_ -= out_.front().size();
    out_.pop_front();
  }
}

// A slow peer's socket has no room for much, and pages that it does not take were looked up for nothing.
IoResult Wire::send_mapped(MemoryPipe& pipe, std::string_view bytes) {
  const std::size_t asked = std::min(bytes.size(), takes_);
  const ssize_t sent = pipe.send(descriptor_.get(), bytes.substr(0, asked), asked < bytes.size());
  const std::size_t size = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  takes_ = size == asked ? std::min(takes_ * 2, MemoryPipe::kBytes) : std::max(takes_ / 2, kMappedMin);
  if (size == asked) return {IoStatus::Done, size};
  if (size > 0 || errno == EAGAIN || errno == EINTR) return {IoStatus::Blocked, size};
  error_ = errno;
  return {IoStatus::Failed};
}

// What lies in a file goes from there to the socket inside the kernel.
IoResult Wire::send_file() {
  const SharedBytes& shared = out_.front().shared();
  const std::string_view bytes = shared.bytes.substr(out_offset_);
  if (bytes.size() >= kMappedMin)
    if (MemoryPipe& pipe = MemoryPipe::of_this_thread(); pipe.usable()) return send_mapped(pipe, bytes);
  auto offset = static_cast<off_t>(shared.offset + out_offset_);
  const ssize_t size = ::sendfile(descriptor_.get(), shared.file, &offset, bytes.size());
  if (size > 0) return {IoStatus::Done, static_cast<std::size_t>(size)};
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {IoStatus::Blocked};
  error_ = size < 0 ? errno : EIO;
  return {IoStatus::Failed};
}

IoResult Wire::flush_plain() {
  if (out_.front().shared().file >= 0) return send_file();
  iovec pieces[kPiecesPerWrite];
  std::size_t count = 0;
  std::size_t skip = out_offset_;
  bool more = false;
  for (auto piece = out_.begin(); piece != out_.end() && count < kPiecesPerWrite; ++piece) {
    more = piece->shared().file >= 0;
    if (more) break;
    const std::string_view bytes = piece->view().substr(skip);
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
    skip = 0;
  }
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  // A head and the file behind it share segments.
  const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  // One piece, as most replies are, needs no list of them.
  const ssize_t size = count == 1 ? ::send(descriptor_.get(), pieces[0].iov_base, pieces[0].iov_len, flags)
                                  : ::sendmsg(descriptor_.get(), &message, flags);
  if (size >= 0) return {IoStatus::Done, static_cast<std::size_t>(size)};
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::Blocked};
  error_ = errno;
  return {IoStatus::Failed};
}

IoResult Wire::flush_tls() {
  if (out_.empty()) return tls_->flush();
  Bytes pieces[kPiecesPerWrite];
  std::size_t count = 0;
  std::size_t skip = out_offset_;
  for (auto piece = out_.begin(); piece != out_.end() && count < kPiecesPerWrite; ++piece) {
    pieces[count++] = as_bytes(piece->view().substr(skip));
    skip = 0;
  }
  return tls_->write(std::span(pieces).first(count));
}

// Once it has much to say. What lies in a file is not copied.
void Wire::limit_what_is_copied() {
  const int wanted = sent_ < kTakesWhatComes ? kCopiedAheadFirst : kCopiedAheadMax;
  if (wanted == copied_ahead_) return;
  copied_ahead_ = wanted;
  setsockopt(descriptor_.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &wanted, sizeof wanted);
}

IoResult Wire::flush() {
  if (pending_ > kCopiedAheadFirst / 2 && out_.back().shared().file < 0) limit_what_is_copied();
  while (pending() > 0) {
    const IoResult written = tls_ ? flush_tls() : flush_plain();
    consume(written.size);
    if (written.status != IoStatus::Done) return written;
  }
  return {IoStatus::Done};
}

void Wire::say_goodbye() {
  if (tls_) tls_->send_close();
}

void Wire::finish_writing() {
  say_goodbye();
  ::shutdown(descriptor_.get(), SHUT_WR);
}

Error Wire::failure() const {
  if (error_ != 0) return system_error("connection", error_);
  if (tls_) return Error{ErrorCode::Unavailable, "TLS: " + tls_->failure(), ErrorSource::Peer, true};
  return Error{ErrorCode::Unavailable, "connection failed", ErrorSource::Peer, true};
}

}  // namespace meridian::net

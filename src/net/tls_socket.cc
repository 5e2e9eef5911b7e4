#include "net/tls_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/openssl_handles.h"

namespace meridian::net {
namespace {

// One a thread: no call of a session is inside another's.
std::vector<std::uint8_t>& gathered() {
  thread_local std::vector<std::uint8_t> bytes;
  return bytes;
}

}  // namespace

const BIO_METHOD* TlsSocket::method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gathering socket");
    if (method == nullptr) return method;
    BIO_meth_set_read(method, on_read);
    BIO_meth_set_write(method, on_write);
    BIO_meth_set_ctrl(method, on_control);
    return method;
  }();
  return made;
}

bool TlsSocket::serve(SSL* ssl) {
  BIO* const bio = method() != nullptr ? BIO_new(method()) : nullptr;
  if (bio == nullptr) return false;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  return true;
}

int TlsSocket::on_read(BIO* bio, char* into, int size) {
  auto& self = *static_cast<TlsSocket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!self.emptied_) {
    const ssize_t read = ::recv(self.descriptor_, into, static_cast<std::size_t>(size), 0);
    if (read > 0) {
      self.emptied_ = read < size;  // what comes from now on wakes the loop
      return static_cast<int>(read);
    }
    if (read == 0) {
      self.ended_ = true;
      return 0;
    }
    if (errno != EAGAIN && errno != EINTR) {
      self.error_ = errno;
      return -1;
    }
    self.emptied_ = true;
  }
  BIO_set_retry_read(bio);
  return -1;
}

int TlsSocket::on_write(BIO* bio, const char* bytes, int size) {
  auto& self = *static_cast<TlsSocket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  std::vector<std::uint8_t>& all = gathered();
  if (self.held_) {
    all = std::exchange(self.kept_, {});
    self.held_ = false;
  }
  if ((self.kept() > 0 || all.size() >= kGatheredMax) && self.send() != IoStatus::Done) {
    if (self.error_ == 0) BIO_set_retry_write(bio);
    return -1;
  }
  const auto* const first = reinterpret_cast<const std::uint8_t*>(bytes);  // of the same type: one memmove
  all.insert(all.end(), first, first + size);
  return size;
}

long TlsSocket::on_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return static_cast<const TlsSocket*>(BIO_get_data(bio))->ended_ ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // that is for the session to do
}

std::size_t TlsSocket::send_bytes(Bytes bytes, int flags) {
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) error_ = errno;
  return 0;
}

IoStatus TlsSocket::send(int flags) {
  std::vector<std::uint8_t>& all = gathered();
  if (kept() > 0) {  // then nothing was gathered
    kept_at_ += send_bytes(Bytes(kept_).subspan(kept_at_), flags);
    if (kept_at_ == kept_.size()) {
      kept_ = {};
      kept_at_ = 0;
    }
  } else if (!all.empty()) {
    const std::size_t sent = send_bytes(all, flags);
    kept_.assign(all.begin() + static_cast<std::ptrdiff_t>(sent), all.end());
    all.clear();
  }
  if (error_ != 0) return IoStatus::Failed;
  return kept() == 0 ? IoStatus::Done : IoStatus::Blocked;
}

void TlsSocket::hold() {
  if (gathered().empty()) return;
  kept_.assign(gathered().begin(), gathered().end());
  gathered().clear();
  held_ = true;
}

}  // namespace meridian::net

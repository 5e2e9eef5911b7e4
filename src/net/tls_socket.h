// The socket under a TLS session, as OpenSSL sees it. Internal to net/. What OpenSSL writes is gathered, so
// that several records are one system call; a reading that emptied the socket is not followed by one that
// finds nothing.
// Rule: what is gathered belongs to the call of a session that gathers it: send() or hold() ends that call,
// and what the kernel did not take is kept here.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <vector>

#include "net/wire.h"

namespace meridian::net {

class TlsSocket {
 public:
  static constexpr std::size_t kGatheredMax = 64 * 1024;  // and a record; then it is sent

  explicit TlsSocket(int descriptor) : descriptor_(descriptor) {}
  TlsSocket(const TlsSocket&) = delete;
  TlsSocket& operator=(const TlsSocket&) = delete;

  // `ssl` must not outlive this object. False: no memory.
  bool serve(SSL* ssl);

  // A new call of the session: there may be something to read again.
  void look_again() { emptied_ = false; }
  // Blocked: the rest is kept, and nothing more is taken until it has gone. `flags` are those of send(2).
  IoStatus send(int flags = 0);
  // In place of send(), for what may wait for the next words and go with them.
  void hold();
  std::size_t kept() const { return held_ ? 0 : kept_.size() - kept_at_; }
  int error() const { return error_; }  // of the system; 0: none

 private:
  static const BIO_METHOD* method();
  static int on_read(BIO* bio, char* into, int size);
  static int on_write(BIO* bio, const char* bytes, int size);
  static long on_control(BIO* bio, int command, long, void*);
  // How many of them the kernel took.
  std::size_t send_bytes(Bytes bytes, int flags);

  const int descriptor_;
  bool emptied_ = false, ended_ = false, held_ = false;
  int error_ = 0;
  std::vector<std::uint8_t> kept_;
  std::size_t kept_at_ = 0;
};

}  // namespace meridian::net

// One stream to a peer, plain or TLS: non-blocking reads, and a queue of bytes to write. Internal to net/.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/piece.h"
#include "net/loop.h"
#include "net/memory_pipe.h"
#include "net/socket.h"

namespace meridian::net {

enum class IoStatus : std::uint8_t { Done, Blocked, Ended, Failed };
struct IoResult {
  IoStatus status = IoStatus::Blocked;
  std::size_t size = 0;
};

// The TLS side of a wire; tls.cc has the implementation over OpenSSL.
class TlsSession {
 public:
  virtual ~TlsSession() = default;
  virtual IoResult handshake() = 0;
  virtual bool established() const = 0;  // the handshake is over
  virtual IoResult read(MutableBytes into) = 0;
  // As much of them as the socket takes; also when it is Blocked, `size` of them are the session's now.
  virtual IoResult write(std::span<const Bytes> pieces) = 0;
  virtual IoResult flush() = 0;            // Done when nothing is unsent
  virtual std::size_t unsent() const = 0;  // taken from us, but not by the kernel
  virtual void send_close() = 0;
  virtual bool wants_write() const = 0;  // the last operation stopped because the socket was full
  virtual bool holds_input() const = 0;  // received, but not yet read by us: the socket will not say so again
  virtual std::string_view server_name() const = 0;
  virtual const CertificateSummary* peer_certificate() const = 0;
  virtual TlsFacts facts() const = 0;
  virtual std::string failure() const = 0;
};
Result<std::unique_ptr<TlsSession>> accept_tls(std::shared_ptr<TlsServerContext> context, int descriptor,
                                               SystemTime now);
Result<std::unique_ptr<TlsSession>> connect_tls(std::shared_ptr<TlsClientContext> context, int descriptor,
                                                SystemTime now, const std::string& server_name);

class Wire {
 public:
  explicit Wire(FileDescriptor descriptor = {}, std::unique_ptr<TlsSession> tls = nullptr)
      : descriptor_(std::move(descriptor)), tls_(std::move(tls)) {}

  int descriptor() const { return descriptor_.get(); }
  const TlsSession* tls() const { return tls_.get(); }

  bool established() const { return !tls_ || tls_->established(); }
  IoResult handshake() { return tls_ ? tls_->handshake() : IoResult{IoStatus::Done}; }
  IoResult read(MutableBytes into);
  void queue(Piece piece);
  IoResult flush();  // Done when nothing is pending
  std::size_t pending() const { return pending_ + (tls_ ? tls_->unsent() : 0); }
  bool wants_write() const { return pending_ > 0 || (tls_ && tls_->wants_write()); }
  bool holds_input() const { return tls_ && tls_->holds_input(); }
  void finish_writing();
  void say_goodbye();  // what TLS has to say before the descriptor is closed
  Error failure() const;

 private:
  // So many pages sendfile looks up in one go.
  static constexpr std::size_t kMappedMin = 64 * 1024;

  IoResult flush_plain();
  IoResult flush_tls();
  IoResult send_mapped(MemoryPipe& pipe, std::string_view bytes);
  IoResult send_file();
  void limit_what_is_copied();
  void consume(std::size_t size);

  FileDescriptor descriptor_;
  std::unique_ptr<TlsSession> tls_;
  std::deque<Piece> out_;
  std::size_t out_offset_ = 0;  // of out_.front() already written
  std::size_t pending_ = 0;
  int error_ = 0;
  std::uint64_t sent_ = 0;
  std::size_t takes_ = kMappedMin;  // about what the socket has room for, of what lies in a file
  int copied_ahead_ = 0;            // the limit that is set; 0: none
};

}  // namespace meridian::net

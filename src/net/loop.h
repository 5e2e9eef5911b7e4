// The event loop and its sockets: how all network traffic and all timers reach the code. One loop is one
// thread; every callback of a loop's objects runs on it. The Linux implementation is epoll_loop.cc; sim/ has
// a virtual one.
//
// Ownership: the caller owns what it is given; destroying a socket or timer cancels it, and no callback
// follows. Destroy them on the loop's thread (or while it does not run), and before the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/piece.h"
#include "base/result.h"
#include "net/address.h"

namespace meridian::net {

class TlsServerContext;  // net/tls.h
class TlsClientContext;
struct CertificateSummary;  // net/certificate.h

class Timer {
 public:
  virtual ~Timer() = default;
};

class TcpConnection;

// What a connection tells its owner. `connection` may be destroyed inside any of these.
class TcpHandler {
 public:
  virtual ~TcpHandler() = default;
  virtual void on_data(TcpConnection& connection, Bytes data) = 0;
  virtual void on_drained(TcpConnection&) {}  // pending() fell to zero after having been above it
  // No more data comes. why == nullptr: the peer ended its side in order, and may still be written to;
  // a failure may follow.
  virtual void on_closed(TcpConnection& connection, const Error* why) = 0;
};

// Of a connection whose handshake is over; the views are of static text.
struct TlsFacts {
  std::string_view version, cipher;  // "TLSv1.3", OpenSSL's name: "TLS_AES_128_GCM_SHA256"; "" without TLS
  bool resumed = false;              // an earlier session
};

class TcpConnection {
 public:
  virtual ~TcpConnection() = default;
  virtual void start(
      TcpHandler& handler) = 0;               // reading begins here, after the TLS handshake if there is one
  virtual void write(std::string bytes) = 0;  // queued; see pending()
  // The same of bytes that are not copied where that can be avoided; their owner lives until they are sent.
  virtual void write_piece(Piece piece) { write(std::move(piece).take_text()); }
  virtual std::size_t pending() const = 0;  // bytes queued and not yet taken by the kernel
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  // The loop takes over what is pending, sends it (for at most 30 s) and closes; no callback follows, and
  // this object may be destroyed at once. Input is discarded meanwhile, so that no reset overtakes the last
  // reply.
  virtual void close_after_flush() = 0;
  virtual const Address& peer() const = 0;
  virtual const Address& local() const = 0;
  virtual std::string_view server_name() const = 0;  // TLS SNI; empty without TLS or SNI
  // Of the verified peer, as long as this connection lives; nullptr without TLS, when the peer showed none,
  // and before the handshake (which is over when the first data comes).
  virtual const CertificateSummary* peer_certificate() const { return nullptr; }
  virtual TlsFacts tls_facts() const { return {}; }
};

// An attempt under way; destroying it gives up.
class TcpConnect {
 public:
  virtual ~TcpConnect() = default;
};

class TcpListener {
 public:
  virtual ~TcpListener() = default;
  virtual const Address& local() const = 0;  // the real port when 0 was asked for
  // Connections closed unserved, or left in the kernel's queue for a moment, because descriptors, memory or a
  // TLS session could not be had. Thread-safe.
  virtual std::uint64_t refused() const = 0;
  // For connections accepted from now on; of a listener that was opened with TLS.
  virtual void replace_tls(std::shared_ptr<TlsServerContext> tls) = 0;
};

// One datagram and the room for its reply. `reply_size` 0 means no reply.
struct Exchange {
  const Address* peer = nullptr;
  const Address* local = nullptr;  // the destination address of the datagram
  Bytes query;
  MutableBytes reply;
  std::size_t reply_size = 0;
};

// Answers datagrams a batch at a time (recvmmsg, then sendmmsg): one virtual call a batch.
class DatagramServer {
 public:
  static constexpr std::size_t kBatchMax = 64;
  static constexpr std::size_t kDatagramBytesMax = 4096;  // queries and replies; longer queries are dropped

  virtual ~DatagramServer() = default;
  virtual void serve(std::span<Exchange> batch) = 0;
};

// Datagrams that nobody answered for a reason below the server.
struct DatagramLosses {
  std::uint64_t oversized = 0;   // longer than kDatagramBytesMax
  std::uint64_t unsent = 0;      // replies that the kernel did not take: send buffer full, or no way there
  std::uint64_t overflowed = 0;  // arrived while the receive buffer was full
};

class UdpSocket {
 public:
  virtual ~UdpSocket() = default;
  virtual const Address& local() const = 0;
  virtual DatagramLosses losses() const = 0;     // thread-safe
  virtual int receive_buffer_bytes() const = 0;  // what the kernel granted
  // A datagram of our own, such as a question; it may be lost like any other. What comes back goes to the
  // socket's DatagramServer.
  virtual void send_to(const Address& peer, Bytes datagram) = 0;
};

struct ListenOptions {
  bool reuse_port = false;  // one socket a worker on the same address
  int backlog = 1024;
  int receive_buffer_bytes = 0;  // SO_RCVBUF, 0: the system's default, which grows with a connection
  int send_buffer_bytes = 0;     // SO_SNDBUF, the same
  int incoming_cpu = -1;  // SO_INCOMING_CPU: among sockets of one port, who gets what that CPU received
};

struct ConnectOptions {
  Duration timeout{};  // of all of it, the TLS handshake included
  std::shared_ptr<TlsClientContext> tls = nullptr;
  // In place of the context's name: sent as SNI, and a context that verifies wants a certificate for it. "":
  // the context's.
  std::string server_name = "";
  std::optional<IpAddress> from = std::nullopt;  // of this machine; none: the kernel chooses
  // With `tls`: the TCP connection is made, and the handshake begins. It must not destroy the attempt.
  std::function<void()> on_handshake = nullptr;
};

class Loop {
 public:
  virtual ~Loop() = default;
  virtual const Clock& clock() const = 0;

  virtual void run() = 0;                             // until stop()
  virtual void stop() = 0;                            // thread-safe
  virtual void post(std::function<void()> task) = 0;  // thread-safe; runs the task on the loop's thread
  // Runs the task once all that this turn of the loop brought was heard, and before what connections were
  // given to write goes out; so do tasks that it asks for in turn, for a few rounds. On the loop's thread.
  virtual void at_turn_end(std::function<void()> task) = 0;

  [[nodiscard]] virtual std::unique_ptr<Timer> after(Duration delay, std::function<void()> task) = 0;

  // Accepted connections arrive not yet started. With `tls`, the handshake happens inside start().
  virtual Result<std::unique_ptr<TcpListener>> listen_tcp(
      const Address& address, const ListenOptions& options, std::shared_ptr<TlsServerContext> tls,
      std::function<void(std::unique_ptr<TcpConnection>)> on_accept) = 0;
  using OnConnected = std::function<void(Result<std::unique_ptr<TcpConnection>>)>;
  // `on_connected` is never called from inside connect_tcp. The connection arrives not yet started. With
  // `tls`, it arrives after the handshake; but in TLS 1.3 it is the first reading that fails when the server
  // refuses our certificate.
  [[nodiscard]] virtual std::unique_ptr<TcpConnect> connect_tcp(const Address& address,
                                                                const ConnectOptions& options,
                                                                OnConnected on_connected) = 0;
  [[nodiscard]] std::unique_ptr<TcpConnect> connect_tcp(const Address& address, Duration timeout,
                                                        std::shared_ptr<TlsClientContext> tls,
                                                        OnConnected on_connected) {
    return connect_tcp(address, ConnectOptions{.timeout = timeout, .tls = std::move(tls)},
                       std::move(on_connected));
  }
  [[nodiscard]] std::unique_ptr<TcpConnect> connect_tcp(const Address& address, Duration timeout,
                                                        OnConnected on_connected) {
    return connect_tcp(address, ConnectOptions{.timeout = timeout}, std::move(on_connected));
  }
  // Replies leave from the address the query came to.
  virtual Result<std::unique_ptr<UdpSocket>> serve_udp(const Address& address, const ListenOptions& options,
                                                       DatagramServer& server) = 0;
};

std::unique_ptr<Loop> make_loop();  // Linux, real clock

}  // namespace meridian::net

// TCP connections, listeners and connects on the epoll loop. Internal to net/.
#pragma once

#include <memory>

#include "net/epoll_loop.h"
#include "net/wire.h"

namespace meridian::net {

Result<std::unique_ptr<TcpListener>> open_listener(
    EpollLoop& loop, const Address& address, const ListenOptions& options,
    std::shared_ptr<TlsServerContext> tls, std::function<void(std::unique_ptr<TcpConnection>)> on_accept);
std::unique_ptr<TcpConnect> start_connect(EpollLoop& loop, const Address& address,
                                          const ConnectOptions& options, Loop::OnConnected on_connected);

// A connection whose owner said close_after_flush: sends the rest, then reads until the peer closes too.
// Closing with unread input would make the kernel send a reset, which can destroy a reply still in flight
// (RFC 9112 §9.6).
class Lingering final : public Ready {
 public:
  static constexpr Duration kFlushTime = std::chrono::seconds(30);
  static constexpr Duration kPeerCloseTime = std::chrono::seconds(2);
  static constexpr std::size_t kDiscardBytesMax = 4 * 1024 * 1024;

  Lingering(EpollLoop& loop, Wire wire);
  ~Lingering() override;
  bool watched() const { return key_ != EpollLoop::kNoKey; }
  void on_ready(std::uint32_t events) override;

 private:
  bool flush();  // false: the connection is done for
  bool discard();

  EpollLoop& loop_;
  Wire wire_;
  bool flushed_ = false;
  bool ended_ = false;  // the peer sends no more
  std::size_t discarded_ = 0;
  EpollLoop::Key key_;
  std::unique_ptr<Timer> deadline_;
};

}  // namespace meridian::net

// TCP on the epoll loop. Writes are queued and leave at the end of the loop's turn, so that many small
// writes of one turn (pipelined replies) become one system call.
// Rule: a handler may destroy its connection inside any callback; nothing of it is touched afterwards.
#include "net/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <cerrno>
#include <limits>

#include "base/check.h"
#include "net/reading_room.h"
#include "net/tls.h"

namespace meridian::net {
namespace {

constexpr int kReadsPerTurn = 8;  // of one connection, before the others get theirs
constexpr int kAcceptsPerTurn = 64;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

enum class OpenedBy : bool { Peer, Us };

class EpollConnection final : public TcpConnection, public Ready {
 public:
  EpollConnection(EpollLoop& loop, Wire wire, const Address& peer, const Address& local,
                  OpenedBy opened_by = OpenedBy::Peer)
      : loop_(loop),
        opened_by_(opened_by),
        wire_(std::move(wire)),
        peer_(peer),
        local_(local),
        ready_(wire_.established()) {}
  ~EpollConnection() override {
    forget();
    if (opened_by_ == OpenedBy::Us && !handler_) reset();
  }

  void start(TcpHandler& handler) override {
    handler_ = &handler;
    room_ = dynamic_cast<ReadingRoom*>(&handler);
    interest_ = EPOLLIN;
    key_ = loop_.watch(wire_.descriptor(), interest_, *this);
    if (key_ == EpollLoop::kNoKey) {
      // The owner may not be ready for a callback from inside its own call.
      failed_at_once_ = loop_.after(Duration::zero(), [this] { fail(system_error("epoll", ENOSPC)); });
      return;
    }
    if (wire_.pending() > 0 || (ready_ && wire_.holds_input())) ask_for_turn();
  }

  void write(std::string bytes) override { write_piece(Piece(std::move(bytes))); }
  void write_piece(Piece piece) override {
    if (closed_) return;
    wire_.queue(std::move(piece));
    ask_for_turn();
  }
  std::size_t pending() const override { return closed_ ? 0 : wire_.pending(); }

  void pause_reading() override {
    reading_ = false;
    update_interest();
  }
  void resume_reading() override {
    reading_ = true;
    update_interest();
    if (wire_.holds_input()) ask_for_turn();
  }

  void close_after_flush() override {
    if (closed_) return;
    closed_ = true;
    // Before the end of the handshake there is nothing to say and nobody to say it to.
    if (!ready_) return leave_loop();
    // The peer says no more that would have to be read first, and the kernel sends what it has.
    if (ended_ && wire_.pending() == 0) {
      wire_.say_goodbye();
      forget();
      wire_ = Wire();
      return;
    }
    leave_loop();
    loop_.linger(std::move(wire_));
  }

  const Address& peer() const override { return peer_; }
  const Address& local() const override { return local_; }
  std::string_view server_name() const override { return wire_.tls() ? wire_.tls()->server_name() : ""; }
  const CertificateSummary* peer_certificate() const override {
    return wire_.tls() ? wire_.tls()->peer_certificate() : nullptr;
  }

  TlsFacts tls_facts() const override { return wire_.tls() ? wire_.tls()->facts() : TlsFacts{}; }

  void on_ready(std::uint32_t events) override {
    if (events == 0) asked_for_turn_ = false;
    const StillWatched alive(loop_, key_);
    in_turn_ = true;
    step(alive, events);
    if (!alive) return;
    in_turn_ = false;
    update_interest();
  }

 private:
  void step(const StillWatched& alive, std::uint32_t events) {
    if (!ready_) {
      shake_hands();
      if (!alive || !ready_) return;
      if (!wire_.holds_input()) events = 0;  // the handshake took all there was
    }
    if (wire_.pending() > 0) {
      flush(alive);
      if (!alive || closed_) return;
    }
    const bool broken = events & (EPOLLERR | EPOLLHUP);
    if (broken && (!reading_ || ended_)) return fail(broken_error());
    const bool readable = wire_.tls() ? events != 0 || wire_.holds_input() : (events & ~EPOLLOUT) != 0;
    if (readable && reading_ && !ended_) read(alive);
    // An answer of TLS's own that a reading made takes along what was left.
    if (alive && !closed_ && was_blocked_ && wire_.pending() == 0) drained();
  }

  void drained() {
    was_blocked_ = false;
    handler_->on_drained(*this);
  }

  // Who opens a connection, says nothing on it and closes it only looked whether somebody listens. An orderly
  // end would keep its port for a minute (TIME_WAIT): with thousands of probes a second that is all of them.
  void reset() {
    const linger at_once{1, 0};
    setsockopt(wire_.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  void shake_hands() {
    switch (wire_.handshake().status) {
      case IoStatus::Done:
        ready_ = true;
        break;
      case IoStatus::Blocked:
        break;
      case IoStatus::Ended:
      case IoStatus::Failed:
        fail(wire_.failure());
        break;
    }
  }

  // Something is pending.
  void flush(const StillWatched& alive) {
    const IoResult result = wire_.flush();
    if (result.status == IoStatus::Done) {
      drained();
    } else if (result.status == IoStatus::Blocked) {
      was_blocked_ = true;
    } else {
      // What the peer said before it stopped listening is still there, and may say why: a refused upload.
      const Error why = wire_.failure();
      if (reading_ && !ended_) read(alive);
      if (alive && !closed_) fail(why);
    }
  }

  void read(const StillWatched& alive) {
    for (int i = 0; i < kReadsPerTurn && reading_; ++i) {
      MutableBytes room = room_ != nullptr ? room_->room() : MutableBytes();
      if (room.empty()) room = loop_.scratch();
      const IoResult result = wire_.read(room);
      if (result.status == IoStatus::Blocked) return;
      if (result.status == IoStatus::Failed) return fail(wire_.failure());
      if (result.status == IoStatus::Ended) {
        ended_ = true;
        return handler_->on_closed(*this, nullptr);
      }
      handler_->on_data(*this, room.first(result.size));
      if (!alive) return;
      // Level-triggered: what is not here yet wakes us up.
      if (wire_.tls() ? !wire_.holds_input() : result.size < room.size()) return;
    }
    if (reading_ && wire_.holds_input()) ask_for_turn();
  }

  void fail(const Error& error) {
    closed_ = true;
    leave_loop();
    handler_->on_closed(*this, &error);
  }

  Error broken_error() {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(wire_.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
    return system_error("connection", error != 0 ? error : ECONNRESET);
  }

  void ask_for_turn() {
    if (key_ == EpollLoop::kNoKey || std::exchange(asked_for_turn_, true)) return;
    loop_.soon(key_);
  }

  void update_interest() {
    if (key_ == EpollLoop::kNoKey || in_turn_) return;
    std::uint32_t wanted = 0;
    if (!ready_ || (reading_ && !ended_)) wanted |= EPOLLIN;
    const bool waiting_for_turn = asked_for_turn_ && !was_blocked_;
    const bool wants_write = ready_ ? wire_.wants_write() : wire_.tls()->wants_write();
    if (wants_write && !waiting_for_turn) wanted |= EPOLLOUT;
    if (wanted == interest_) return;
    interest_ = wanted;
    loop_.change(key_, wire_.descriptor(), wanted);
  }

  void leave_loop() {
    if (key_ != EpollLoop::kNoKey) loop_.unwatch(std::exchange(key_, EpollLoop::kNoKey), wire_.descriptor());
  }
  // In place of leave_loop() where the descriptor is closed next.
  void forget() {
    if (key_ != EpollLoop::kNoKey) loop_.forget(std::exchange(key_, EpollLoop::kNoKey));
  }

  EpollLoop& loop_;
  const OpenedBy opened_by_;
  Wire wire_;
  Address peer_, local_;
  TcpHandler* handler_ = nullptr;
  ReadingRoom* room_ = nullptr;  // the same object, if it is one
  EpollLoop::Key key_ = EpollLoop::kNoKey;
  std::uint32_t interest_ = 0;
  bool in_turn_ = false;  // on_ready is running, and updates the interest once at its end
  bool ready_;            // the handshake is over, or there is none
  bool reading_ = true;
  bool ended_ = false;  // the peer sends no more
  bool closed_ = false;
  bool was_blocked_ = false;
  bool asked_for_turn_ = false;
  std::unique_ptr<Timer> failed_at_once_;
};

// The system hands out the lowest free descriptor. A quarter of them is kept for files: clients must not be
// able to stop a store by connecting.
int descriptors_for_clients() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > std::numeric_limits<int>::max())
    return std::numeric_limits<int>::max();
  return static_cast<int>(limit.rlim_cur - limit.rlim_cur / 4);
}

class EpollListener final : public TcpListener, public Ready {
 public:
  EpollListener(EpollLoop& loop, FileDescriptor socket, std::shared_ptr<TlsServerContext> tls,
                std::function<void(std::unique_ptr<TcpConnection>)> on_accept)
      : loop_(loop),
        socket_(std::move(socket)),
        tls_(std::move(tls)),
        on_accept_(std::move(on_accept)),
        local_(local_address(socket_.get())),
        is_any_(local_.ip.bytes().find_first_not_of('\0') == std::string_view::npos),
        key_(loop_.watch(socket_.get(), EPOLLIN, *this)) {}
  ~EpollListener() override { loop_.unwatch(key_, socket_.get()); }
  bool watched() const { return key_ != EpollLoop::kNoKey; }
  const Address& local() const override { return local_; }
  std::uint64_t refused() const override { return refused_.load(std::memory_order_relaxed); }
  void replace_tls(std::shared_ptr<TlsServerContext> tls) override {
    CHECK(tls_ != nullptr && tls != nullptr);
    tls_ = std::move(tls);
  }

  void on_ready(std::uint32_t) override {
    const StillWatched alive(loop_, key_);
    for (int i = 0; i < kAcceptsPerTurn && alive; ++i)
      if (!accept_one()) break;
  }

 private:
  bool accept_one() {
    SocketAddress peer;
    peer.size = sizeof peer.storage;
    FileDescriptor accepted(::accept4(socket_.get(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() < 0) {
      const int error = errno;
      // Out of descriptors or memory: the socket stays readable, so waiting a little is all that helps.
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        refuse();
        pause();
      }
      return error == ECONNABORTED || error == EINTR;
    }
    if (accepted.get() >= descriptors_max_) return refuse();
    const Address local = is_any_ ? local_address(accepted.get()) : local_;
    std::unique_ptr<TlsSession> session;
    if (tls_) {
      auto made = accept_tls(tls_, accepted.get(), loop_.clock().now());
      if (!made) return refuse();
      session = std::move(*made);
    }
    on_accept_(std::make_unique<EpollConnection>(loop_, Wire(std::move(accepted), std::move(session)),
                                                 from_socket_address(peer.storage), local));
    return true;
  }

  bool refuse() {
    refused_.store(refused_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // one writer
    return true;
  }

  void pause() {
    loop_.change(key_, socket_.get(), 0);
    resume_ = loop_.after(kAcceptPause, [this] { loop_.change(key_, socket_.get(), EPOLLIN); });
  }

  EpollLoop& loop_;
  FileDescriptor socket_;
  std::shared_ptr<TlsServerContext> tls_;
  std::function<void(std::unique_ptr<TcpConnection>)> on_accept_;
  const Address local_;
  const bool is_any_;  // whoever connects chooses one of ours
  const int descriptors_max_ = descriptors_for_clients();
  std::atomic<std::uint64_t> refused_{0};
  EpollLoop::Key key_;
  std::unique_ptr<Timer> resume_;
};

class EpollConnect final : public TcpConnect, public Ready {
 public:
  EpollConnect(EpollLoop& loop, const Address& peer, const ConnectOptions& options,
               Loop::OnConnected on_connected)
      : loop_(loop),
        peer_(peer),
        on_connected_(std::move(on_connected)),
        on_handshake_(options.on_handshake) {
    if (auto error = begin(options)) {
      fail_at_once(*error);
      return;
    }
    key_ = loop_.watch(wire_.descriptor(), EPOLLOUT, *this);
    if (key_ == EpollLoop::kNoKey) {
      fail_at_once(system_error("epoll", ENOSPC));
      return;
    }
    deadline_ = loop_.after(options.timeout, [this] { finish(std::unexpected(connect_error(ETIMEDOUT))); });
  }
  ~EpollConnect() override { leave_loop(); }

  void on_ready(std::uint32_t) override {
    if (!connected_) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(wire_.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return finish(std::unexpected(connect_error(error)));
      connected_ = true;
      if (wire_.tls() && on_handshake_) on_handshake_();
    }
    const IoResult result = wire_.handshake();
    if (result.status == IoStatus::Blocked) {
      loop_.change(key_, wire_.descriptor(), wire_.wants_write() ? EPOLLOUT : EPOLLIN);
    } else if (result.status != IoStatus::Done) {
      finish(std::unexpected(wire_.failure()));
    } else {
      leave_loop();
      const Address local = local_address(wire_.descriptor());
      finish(std::make_unique<EpollConnection>(loop_, std::move(wire_), peer_, local, OpenedBy::Us));
    }
  }

 private:
  std::optional<Error> begin(const ConnectOptions& options) {
    const int family = peer_.ip.is_v4() ? AF_INET : AF_INET6;
    FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return system_error("socket", errno);
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options.from)
      if (auto error = bind_to(socket.get(), *options.from)) return error;
    SocketAddress to = to_socket_address(peer_);
    if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) return connect_error(errno);
    std::unique_ptr<TlsSession> session;
    if (options.tls) {
      auto made = connect_tls(options.tls, socket.get(), loop_.clock().now(), options.server_name);
      if (!made) return made.error();
      session = std::move(*made);
    }
    wire_ = Wire(std::move(socket), std::move(session));
    return std::nullopt;
  }
  // The port is chosen at connect(), so that many connections to different peers may share one.
  static std::optional<Error> bind_to(int socket, const IpAddress& from) {
    const int on = 1;
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    SocketAddress address = to_socket_address({from, 0});
    if (::bind(socket, address.get(), address.size) == 0) return std::nullopt;
    return system_error("bind " + from.to_string(), errno);
  }
  void fail_at_once(const Error& error) {
    failed_at_once_ = loop_.after(Duration::zero(), [this, error] { finish(std::unexpected(error)); });
  }
  Error connect_error(int error) const { return system_error("connect " + peer_.to_string(), error); }

  void finish(Result<std::unique_ptr<TcpConnection>> result) {
    leave_loop();
    deadline_.reset();
    auto callback = std::move(on_connected_);  // which may destroy this object
    callback(std::move(result));
  }
  void leave_loop() {
    if (key_ != EpollLoop::kNoKey) loop_.unwatch(std::exchange(key_, EpollLoop::kNoKey), wire_.descriptor());
  }

  EpollLoop& loop_;
  Address peer_;
  Loop::OnConnected on_connected_;
  std::function<void()> on_handshake_;
  Wire wire_;
  bool connected_ = false;  // TCP is; the handshake follows
  EpollLoop::Key key_ = EpollLoop::kNoKey;
  std::unique_ptr<Timer> deadline_, failed_at_once_;
};

}  // namespace

Result<std::unique_ptr<TcpListener>> open_listener(
    EpollLoop& loop, const Address& address, const ListenOptions& options,
    std::shared_ptr<TlsServerContext> tls, std::function<void(std::unique_ptr<TcpConnection>)> on_accept) {
  FileDescriptor socket = TRY(open_bound(address, SOCK_STREAM, options));
  const int on = 1;  // accepted sockets inherit it
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::listen(socket.get(), options.backlog) != 0)
    return std::unexpected(system_error("listen " + address.to_string(), errno));
  auto listener =
      std::make_unique<EpollListener>(loop, std::move(socket), std::move(tls), std::move(on_accept));
  if (!listener->watched()) return std::unexpected(system_error("epoll", ENOSPC));
  return listener;
}

std::unique_ptr<TcpConnect> start_connect(EpollLoop& loop, const Address& address,
                                          const ConnectOptions& options, Loop::OnConnected on_connected) {
  return std::make_unique<EpollConnect>(loop, address, options, std::move(on_connected));
}

Lingering::Lingering(EpollLoop& loop, Wire wire)
    : loop_(loop), wire_(std::move(wire)), key_(loop_.watch(wire_.descriptor(), EPOLLIN | EPOLLOUT, *this)) {
  deadline_ = loop_.after(kFlushTime, [this] { loop_.end_linger(*this); });
}

Lingering::~Lingering() {
  loop_.unwatch(key_, wire_.descriptor());
}

void Lingering::on_ready(std::uint32_t) {
  if (!flush() || !discard()) loop_.end_linger(*this);
}

bool Lingering::flush() {
  if (flushed_) return true;
  const IoResult result = wire_.flush();
  if (result.status == IoStatus::Blocked) return true;
  if (result.status != IoStatus::Done) return false;
  flushed_ = true;
  wire_.finish_writing();
  loop_.change(key_, wire_.descriptor(), EPOLLIN);
  deadline_ = loop_.after(kPeerCloseTime, [this] { loop_.end_linger(*this); });
  return true;
}

bool Lingering::discard() {
  if (ended_) return !flushed_;
  while (discarded_ < kDiscardBytesMax) {
    const IoResult result = wire_.read(loop_.scratch());
    if (result.status == IoStatus::Blocked) return true;
    if (result.status == IoStatus::Ended && !flushed_) {
      // The end of input stays readable for good: watching for it would spin until the peer takes the rest.
      ended_ = true;
      loop_.change(key_, wire_.descriptor(), EPOLLOUT);
      return true;
    }
    if (result.status != IoStatus::Done) return false;
    discarded_ += result.size;
  }
  return false;
}

}  // namespace meridian::net

#include "engines/dns/listen_tcp.h"

namespace meridian::engines::dns {
namespace {

constexpr std::size_t kMessageSizeMax = 65535;  // what two bytes can say

}  // namespace

class TcpListener::Connection final : public net::TcpHandler {
 public:
  Connection(TcpListener& owner, std::uint64_t number, std::unique_ptr<net::TcpConnection> socket)
      : owner_(owner),
        number_(number),
        socket_(std::move(socket)),
        active_(owner.loop_.clock().monotonic()) {}

  void start() { socket_->start(*this); }
  MonotonicTime active() const { return active_; }

  void on_data(net::TcpConnection&, Bytes data) override {
    received_.append(as_text(data));
    answer_received();
  }
  void on_drained(net::TcpConnection&) override {
    active_ = owner_.loop_.clock().monotonic();
    if (!paused_) return;
    paused_ = false;
    socket_->resume_reading();
    answer_received();
  }
  void on_closed(net::TcpConnection&, const Error* why) override {
    // A client may end its side when it has asked everything, and still wants the replies.
    if (!why) socket_->close_after_flush();
    owner_.remove(number_);
  }

 private:
  void answer_received() {
    auto snapshot = owner_.worker_.snapshot.current();
    const SystemTime now = owner_.worker_.clock.now();
    std::string replies;
    std::size_t used = 0;
    while (received_.size() - used >= 2) {
      if (socket_->pending() + replies.size() > owner_.limits_.unsent_bytes_max) {
        paused_ = true;
        break;
      }
      ByteReader reader(std::string_view(received_).substr(used));
      const std::size_t size = reader.u16();
      if (reader.remaining() < size) break;
      const std::size_t reply =
          serve_query(owner_.worker_, *snapshot, owner_.worker_.counters.tcp, Transport::Tcp, socket_->peer(),
                      now, reader.take(size), owner_.reply_);
      used += 2 + size;
      if (reply == 0) continue;
      active_ = owner_.loop_.clock().monotonic();
      append_u16(replies, static_cast<std::uint16_t>(reply));
      replies.append(reinterpret_cast<const char*>(owner_.reply_.data()), reply);
    }
    received_.erase(0, used);
    if (paused_) socket_->pause_reading();
    if (!replies.empty()) socket_->write(std::move(replies));
  }

  TcpListener& owner_;
  const std::uint64_t number_;
  std::unique_ptr<net::TcpConnection> socket_;
  std::string received_;
  bool paused_ = false;
  MonotonicTime active_;  // when a query was answered or replies were read
};

TcpListener::TcpListener(net::Loop& loop, Worker& worker, const TcpLimits& limits)
    : loop_(loop), worker_(worker), limits_(limits), reply_(kMessageSizeMax) {}

TcpListener::~TcpListener() = default;

Result<net::Address> TcpListener::listen(const net::Address& address, const net::ListenOptions& options) {
  sockets_.push_back(
      TRY(loop_.listen_tcp(address, options, nullptr, [this](auto socket) { accept(std::move(socket)); })));
  return sockets_.back()->local();
}

void TcpListener::accept(std::unique_ptr<net::TcpConnection> socket) {
  if (connections_.size() >= limits_.connections_max) {
    Counters::add(worker_.counters.tcp_refused);
    return;
  }
  const std::uint64_t number = next_number_++;
  auto& connection = connections_[number];
  connection = std::make_unique<Connection>(*this, number, std::move(socket));
  worker_.counters.tcp_connections.store(connections_.size(), std::memory_order_relaxed);
  if (!idle_check_) idle_check_ = loop_.after(limits_.idle_time_max / 4, [this] { close_idle(); });
  connection->start();
}

void TcpListener::remove(std::uint64_t number) {
  connections_.erase(number);
  worker_.counters.tcp_connections.store(connections_.size(), std::memory_order_relaxed);
}

// One timer for all connections: an idle one lives a quarter longer than its limit at most.
void TcpListener::close_idle() {
  const MonotonicTime now = loop_.clock().monotonic();
  std::erase_if(connections_,
                [&](const auto& entry) { return now - entry.second->active() >= limits_.idle_time_max; });
  worker_.counters.tcp_connections.store(connections_.size(), std::memory_order_relaxed);
  idle_check_ =
      connections_.empty() ? nullptr : loop_.after(limits_.idle_time_max / 4, [this] { close_idle(); });
}

}  // namespace meridian::engines::dns

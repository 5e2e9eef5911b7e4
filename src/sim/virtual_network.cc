#include "sim/virtual_network.h"

#include <array>

namespace meridian::sim {

// What both ends of a connection share; an end is null once its owner let go of it.
struct VirtualNetwork::Wire {
  std::array<net::Address, 2> addresses;
  std::array<Connection*, 2> ends{};
  VirtualNetwork* network = nullptr;
  bool understood = true;  // false: one side speaks TLS, the other does not
};

class VirtualNetwork::Connection final : public net::TcpConnection {
 public:
  Connection(std::shared_ptr<Wire> wire, std::size_t side) : wire_(std::move(wire)), side_(side) {
    wire_->ends[side_] = this;
  }
  ~Connection() override {
    wire_->ends[side_] = nullptr;
    end();
  }
  void start(net::TcpHandler& handler) override {
    handler_ = &handler;
    wire_->network->carry(wire_, side_, [](Connection& self) { self.hand_over(); });
  }
  void write(std::string bytes) override {
    if (ended_ || !wire_->understood) return;
    wire_->network->carry(wire_, 1 - side_, [bytes = std::move(bytes)](Connection& peer) {
      peer.received_ += bytes;
      peer.hand_over();
    });
  }
  std::size_t pending() const override { return 0; }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override {
    paused_ = false;
    wire_->network->carry(wire_, side_, [](Connection& self) { self.hand_over(); });
  }
  void close_after_flush() override {
    handler_ = nullptr;
    end();
  }
  const net::Address& peer() const override { return wire_->addresses[1 - side_]; }
  const net::Address& local() const override { return wire_->addresses[side_]; }
  std::string_view server_name() const override { return ""; }

 private:
  // The handler may destroy this in either call.
  void hand_over() {
    if (!handler_ || paused_) return;
    const auto wire = wire_;
    const auto side = side_;
    const std::string bytes = std::exchange(received_, "");
    if (!bytes.empty()) handler_->on_data(*this, as_bytes(bytes));
    if (wire->ends[side] != this || !handler_ || paused_ || !peer_ended_ || told_) return;
    told_ = true;
    handler_->on_closed(*this, nullptr);
  }
  void end() {
    if (std::exchange(ended_, true)) return;
    wire_->network->carry(wire_, 1 - side_, [](Connection& peer) {
      peer.peer_ended_ = true;
      peer.hand_over();
    });
  }

  std::shared_ptr<Wire> wire_;
  const std::size_t side_;
  net::TcpHandler* handler_ = nullptr;
  std::string received_;  // and not handed over yet
  bool paused_ = false, ended_ = false, peer_ended_ = false, told_ = false;
};

class VirtualNetwork::Listener final : public net::TcpListener {
 public:
  Listener(VirtualNetwork& network, const net::Address& address, bool tls,
           std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept)
      : network_(network), address_(address), tls_(tls), on_accept_(std::move(on_accept)) {
    network_.listeners_[address_] = this;
  }
  ~Listener() override { network_.listeners_.erase(address_); }
  const net::Address& local() const override { return address_; }
  std::uint64_t refused() const override { return 0; }
  void replace_tls(std::shared_ptr<net::TlsServerContext>) override {}

  bool tls() const { return tls_; }
  void accept(std::unique_ptr<net::TcpConnection> connection) { on_accept_(std::move(connection)); }

 private:
  VirtualNetwork& network_;
  const net::Address address_;
  const bool tls_;
  std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept_;
};

struct VirtualNetwork::Attempt {
  net::Address from, to;
  bool tls = false;
  OnConnected on_connected;  // empty: given up, or over
  std::function<void()> on_handshake;
  std::unique_ptr<net::Timer> deadline;

  void finish(Result<std::unique_ptr<net::TcpConnection>> result) {
    deadline.reset();
    if (const auto told = std::exchange(on_connected, nullptr)) told(std::move(result));
  }
};

namespace {

auto unavailable(const char* why) {
  return fail(ErrorCode::Unavailable, why, ErrorSource::Peer);
}

}  // namespace

Result<std::unique_ptr<net::TcpListener>> VirtualNetwork::listen_tcp(
    const net::Address& address, const net::ListenOptions&, std::shared_ptr<net::TlsServerContext> tls,
    std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept) {
  if (listeners_.contains(address)) return unavailable("Address already in use");
  return std::make_unique<Listener>(*this, address, tls != nullptr, std::move(on_accept));
}

std::unique_ptr<net::TcpConnect> VirtualNetwork::connect_tcp(const net::Address& address,
                                                             const net::ConnectOptions& options,
                                                             OnConnected on_connected) {
  struct Handle final : net::TcpConnect {
    explicit Handle(std::shared_ptr<Attempt> its) : attempt(std::move(its)) {}
    ~Handle() override {
      attempt->on_connected = nullptr;
      attempt->deadline.reset();
    }
    std::shared_ptr<Attempt> attempt;
  };
  last_port_ = last_port_ == 65535 ? 49152 : last_port_ + 1;
  auto attempt = std::make_shared<Attempt>();
  attempt->from = {options.from.value_or(net::IpAddress::v4({127, 0, 0, 1})), last_port_};
  attempt->to = address;
  attempt->tls = options.tls != nullptr;
  attempt->on_connected = std::move(on_connected);
  attempt->on_handshake = options.on_handshake;
  attempt->deadline = after(
      options.timeout, [attempt = attempt.get()] { attempt->finish(unavailable("Connection timed out")); });
  surely_after(kWay, [this, attempt] { knock(attempt); });
  return std::make_unique<Handle>(std::move(attempt));
}

// The first packet is there; both know of the connection when the answer is.
void VirtualNetwork::knock(const std::shared_ptr<Attempt>& attempt) {
  if (loses(attempt->from.ip, attempt->to.ip)) return;
  surely_after(kWay, [this, attempt] {
    if (!attempt->on_connected || loses(attempt->from.ip, attempt->to.ip)) return;
    if (!listeners_.contains(attempt->to)) return attempt->finish(unavailable("Connection refused"));
    if (!attempt->tls) return connected(attempt);
    if (attempt->on_handshake) attempt->on_handshake();
    surely_after(2 * kWay, [this, attempt] { connected(attempt); });  // a handshake of TLS 1.3
  });
}

void VirtualNetwork::connected(const std::shared_ptr<Attempt>& attempt) {
  if (!attempt->on_connected || loses(attempt->from.ip, attempt->to.ip)) return;
  const auto at = listeners_.find(attempt->to);
  if (at == listeners_.end()) return attempt->finish(unavailable("Connection reset by peer"));
  if (attempt->tls && !at->second->tls()) return attempt->finish(unavailable("TLS: wrong version number"));
  const auto wire = std::make_shared<Wire>();
  wire->addresses = {attempt->from, attempt->to};
  wire->network = this;
  wire->understood = attempt->tls == at->second->tls();
  auto client = std::make_unique<Connection>(wire, 0);
  at->second->accept(std::make_unique<Connection>(wire, 1));
  attempt->finish(std::move(client));
}

void VirtualNetwork::carry(const std::shared_ptr<Wire>& wire, std::size_t to,
                           std::function<void(Connection&)> arrival) {
  surely_after(kWay, [this, wire, to, arrival = std::move(arrival)] {
    if (!wire->ends[to] || loses(wire->addresses[0].ip, wire->addresses[1].ip)) return;
    arrival(*wire->ends[to]);
  });
}

void VirtualNetwork::lose(const net::IpAddress& to, const std::optional<net::IpAddress>& from) {
  lost_.emplace(to, from);
}

void VirtualNetwork::heal(const net::IpAddress& to, const std::optional<net::IpAddress>& from) {
  lost_.erase({to, from});
}

bool VirtualNetwork::loses(const net::IpAddress& one, const net::IpAddress& other) const {
  return !lost_.empty() && (lost_.contains({one, {}}) || lost_.contains({other, {}}) ||
                            lost_.contains({one, other}) || lost_.contains({other, one}));
}

}  // namespace meridian::sim

// The HTTP/1.1 server's shared state: listeners, the table of connections, their time-outs, and replies
// coming home from other threads. One connection's life is in connection.cc.
#include "http/server.h"

#include <thread>

#include "http/connection.h"

namespace meridian::http {
namespace {

constexpr Duration kSweepPeriod = std::chrono::milliseconds(500);

}  // namespace

ServerState::ServerState(net::Loop& loop, Handler& handler, const ServerLimits& limits, Metrics& metrics,
                         std::string_view name)
    : loop_(loop),
      handler_(handler),
      limits_(limits),
      metrics_(metrics),
      name_(name),
      open_(metrics.gauge("meridian_http_connections", "Open HTTP connections.", {{"server", name_}})),
      requests_(metrics.counter("meridian_http_requests_total", "HTTP requests received whole.",
                                {{"server", name_}})),
      piece_memory_(std::make_shared<PieceMemory>(limits.streamed_bytes_max)) {}

Result<net::Address> ServerState::listen(const net::Address& address, const net::ListenOptions& options,
                                         std::shared_ptr<net::TlsServerContext> tls) {
  const bool is_tls = tls != nullptr;
  auto on_accept = [this, is_tls](std::unique_ptr<net::TcpConnection> tcp) {
    accept(std::move(tcp), is_tls);
  };
  auto listener = TRY(loop_.listen_tcp(address, options, std::move(tls), std::move(on_accept)));
  const net::Address local = listener->local();
  listeners_.push_back(std::move(listener));
  return local;
}

void ServerState::accept(std::unique_ptr<net::TcpConnection> tcp, bool tls) {
  // The table may never grow beyond its limit; a client that is dropped tries again elsewhere.
  if (connections_.size() >= limits_.connections_max) {
    count_refusal(503);
    return;
  }
  loop_thread_ = std::this_thread::get_id();
  const std::uint64_t id = ++last_id_;
  auto connection = std::make_unique<Connection>(*this, id, std::move(tcp), tls);
  Connection& started = *connection;
  connections_.emplace(id, std::move(connection));
  open_.set(static_cast<double>(connections_.size()));
  started.start();
  if (!sweep_timer_) sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
}

void ServerState::sweep() {
  const MonotonicTime now = loop_.clock().monotonic();
  std::vector<Connection*> all;
  all.reserve(connections_.size());
  for (auto& [id, connection] : connections_) all.push_back(connection.get());
  for (Connection* connection : all) connection->check_time(now);
  sweep_timer_ = connections_.empty() ? nullptr : loop_.after(kSweepPeriod, [this] { sweep(); });
}

void ServerState::bury(std::uint64_t id) {
  auto node = connections_.extract(id);
  if (node.empty()) return;
  // Its own functions may still be on the stack.
  graves_.push_back(std::move(node.mapped()));
  open_.set(static_cast<double>(connections_.size()));
  if (graves_.size() == 1) loop_.post([self = shared_from_this()] { self->graves_.clear(); });
  finish_drain_if_empty();
}

bool ServerState::hold(std::size_t body_bytes) {
  if (held_ + body_bytes > limits_.bodies_bytes_max) return false;
  held_ += body_bytes;
  return true;
}

void ServerState::complete(std::uint64_t id, Response&& response) {
  if (auto found = connections_.find(id); found != connections_.end())
    found->second->reply(std::move(response));
}

void ServerState::send(std::uint64_t id, Response&& response) {
  if (std::this_thread::get_id() == loop_thread_.load()) return complete(id, std::move(response));
  loop_.post([self = shared_from_this(), id, response = std::move(response)]() mutable {
    self->complete(id, std::move(response));
  });
}

void ServerState::drain(std::function<void()> done) {
  draining_ = true;
  on_drained_ = std::move(done);
  listeners_.clear();
  std::vector<Connection*> all;
  for (auto& [id, connection] : connections_) all.push_back(connection.get());
  for (Connection* connection : all) connection->end_unless_handling();
  finish_drain_if_empty();
}

void ServerState::finish_drain_if_empty() {
  if (!draining_ || !connections_.empty() || !on_drained_) return;
  loop_.post(std::exchange(on_drained_, nullptr));
}

void ServerState::shut() {
  draining_ = true;
  on_drained_ = nullptr;
  sweep_timer_.reset();
  listeners_.clear();
  connections_.clear();
  graves_.clear();
  open_.set(0);
}

void ServerState::count_refusal(int status) {
  metrics_
      .counter("meridian_http_refused_total", "HTTP requests and connections refused by the server itself.",
               {{"server", name_}, {"status", std::to_string(status)}})
      .add();
}

const std::string& ServerState::date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(loop_.clock().now());
  if (now != date_time_ || date_.empty()) {
    date_time_ = now;
    date_ = format_http_date(now);
  }
  return date_;
}

Responder::Responder(std::shared_ptr<ServerState> state, std::uint64_t connection)
    : state_(std::move(state)), connection_(connection) {}

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(connection_, other.connection_);
  return *this;
}

Responder::~Responder() {
  if (state_) send(Response{500, {}, {}});
}

void Responder::send(Response response) {
  if (auto state = std::exchange(state_, nullptr)) state->send(connection_, std::move(response));
}

Server::Server(net::Loop& loop, Handler& handler, const ServerLimits& limits, Metrics& metrics,
               std::string_view name)
    : state_(std::make_shared<ServerState>(loop, handler, limits, metrics, name)) {}

Server::~Server() {
  state_->shut();
}

Result<net::Address> Server::listen(const net::Address& address, const net::ListenOptions& options,
                                    std::shared_ptr<net::TlsServerContext> tls) {
  return state_->listen(address, options, std::move(tls));
}

void Server::drain(std::function<void()> done) {
  state_->drain(std::move(done));
}

std::size_t Server::connections() const {
  return state_->connections();
}

}  // namespace meridian::http

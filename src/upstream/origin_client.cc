#include "upstream/origin_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "upstream/origin_connection.h"

namespace meridian::upstream {
namespace {

constexpr Duration kSweepPeriod = std::chrono::seconds(1);

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace

std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::Name:
      return "the name has no address";
    case Failure::Connect:
      return "no connection";
    case Failure::ConnectTime:
      return "no connection in time";
    case Failure::Tls:
      return "no TLS session";
    case Failure::Write:
      return "the request could not be sent";
    case Failure::ReadTime:
      return "no answer in time";
    case Failure::Closed:
      return "closed without an answer";
    case Failure::HeadTooLarge:
      return "the head of the answer is too large";
    case Failure::Malformed:
      return "the answer is not HTTP/1.1";
    case Failure::BodyCut:
      return "the body was cut short";
    case Failure::Limit:
      return "too many connections";
  }
  return "";
}

Result<TlsTrust> TlsTrust::of(const std::string& ca_pem) {
  net::TlsClientOptions options;
  options.ca_pem = ca_pem;
  options.protocols = {"http/1.1"};
  TlsTrust trust;
  trust.tls13 = TRY(net::make_tls_client_context(options));
  options.oldest = net::TlsVersion::Tls12;
  trust.tls12 = TRY(net::make_tls_client_context(options));
  return trust;
}

OriginClient::OriginClient(net::Loop& loop, Names& names, TlsTrust trust, Metrics& metrics)
    : loop_(loop),
      names_(names),
      trust_(std::move(trust)),
      opened_(metrics.counter("meridian_upstream_connections_total",
                              "Connections to origins, by how they were had", {{"how", "opened"}})),
      reused_(metrics.counter("meridian_upstream_connections_total",
                              "Connections to origins, by how they were had", {{"how", "reused"}})),
      failed_(metrics.counter("meridian_upstream_connections_total",
                              "Connections to origins, by how they were had", {{"how", "failed"}})) {}

OriginClient::~OriginClient() = default;

std::unique_ptr<Call> OriginClient::start(CallRequest request, Reply& reply) {
  return std::make_unique<OriginCall>(*this, std::move(request), reply);
}

std::size_t OriginClient::idle() const {
  std::size_t count = 0;
  for (const auto& [peer, connections] : idle_) count += connections.size();
  return count;
}

// The newest: the oldest ones then end by themselves when load falls.
std::unique_ptr<OriginConnection> OriginClient::take_idle(const Peer& peer) {
  const auto at = idle_.find(peer);
  if (at == idle_.end()) return nullptr;
  auto connection = std::move(at->second.back());
  at->second.pop_back();
  if (at->second.empty()) idle_.erase(at);
  connection->mark_reused();
  reused_.add();
  return connection;
}

void OriginClient::put_idle(std::unique_ptr<OriginConnection> connection, Duration keep_alive) {
  auto& of_peer = idle_[connection->peer()];
  if (of_peer.size() >= kIdlePerPeerMax) return bury(std::move(connection));
  connection->idle_until = loop_.clock().monotonic() + keep_alive;
  of_peer.push_back(std::move(connection));
  if (!sweep_timer_) sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
}

void OriginClient::drop_idle(const OriginConnection& connection) {
  const auto at = idle_.find(connection.peer());
  if (at == idle_.end()) return;
  const auto found =
      std::ranges::find_if(at->second, [&](const auto& each) { return each.get() == &connection; });
  if (found == at->second.end()) return;
  auto gone = std::move(*found);
  at->second.erase(found);
  if (at->second.empty()) idle_.erase(at);
  bury(std::move(gone));
}

// A connection may be on the stack.
void OriginClient::bury(std::unique_ptr<OriginConnection> connection) {
  connection->leave();
  graves_.push_back(std::move(connection));
  if (burial_) return;
  burial_ = loop_.after(Duration::zero(), [this] {
    graves_.clear();
    burial_.reset();
  });
}

void OriginClient::sweep() {
  const MonotonicTime now = loop_.clock().monotonic();
  for (auto& [peer, connections] : idle_)
    connections.remove_if([now](const auto& each) { return each->idle_until <= now; });
  std::erase_if(idle_, [](const auto& of_peer) { return of_peer.second.empty(); });
  sweep_timer_.reset();
  if (!idle_.empty()) sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
}

OriginCall::OriginCall(OriginClient& client, CallRequest request, Reply& reply)
    : client_(client), request_(std::move(request)), reply_(reply) {
  start_ = client_.loop_.after(Duration::zero(), [this] { begin(); });
}

OriginCall::~OriginCall() {
  let_go();
}

void OriginCall::let_go() {
  lookup_.reset();
  connect_.reset();
  deadline_.reset();
  if (connection_) client_.bury(std::move(connection_));
}

void OriginCall::begin() {
  if (!fresh_only_)
    if (auto kept = client_.take_idle(request_.peer)) return use(std::move(kept));
  if (client_.connections_ >= kConnectionsMax) return fail(Failure::Limit, "too many connections to origins");
  look_up();
}

void OriginCall::look_up() {
  if (const auto address = net::IpAddress::parse(request_.peer.host)) {
    address_ = {*address, request_.peer.port};
    return connect();
  }
  lookup_ = client_.names_.look_up(request_.peer.host, [this](Result<net::IpAddress> found) {
    if (!found) return fail(Failure::Name, found.error().message);
    address_ = {*found, request_.peer.port};
    const auto over = std::move(lookup_);
    connect();
  });
}

void OriginCall::connect() {
  ++attempt_;
  handshake_ = false;
  net::ConnectOptions options;
  // The deadline is ours, so that a slow peer can be told from one that refuses.
  options.timeout = request_.times.connect + std::chrono::seconds(1);
  if (request_.peer.tls) {
    options.tls =
        request_.peer.oldest == net::TlsVersion::Tls13 ? client_.trust_.tls13 : client_.trust_.tls12;
    if (!options.tls) return fail(Failure::Tls, "no certificate authorities are trusted here");
    options.server_name = request_.peer.server_name;
    options.on_handshake = [this] { handshake_ = true; };
  }
  deadline_ = client_.loop_.after(request_.times.connect, [this] {
    connect_.reset();
    attempt_failed(Failure::ConnectTime, fmt::format("{} does not answer", address_.to_string()));
  });
  connect_ = client_.loop_.connect_tcp(
      address_, options,
      [this](Result<std::unique_ptr<net::TcpConnection>> tcp) { connected(std::move(tcp)); });
}

void OriginCall::connected(Result<std::unique_ptr<net::TcpConnection>> tcp) {
  const auto over = std::move(connect_);
  deadline_.reset();
  if (!tcp) return attempt_failed(handshake_ ? Failure::Tls : Failure::Connect, tcp.error().message);
  client_.opened_.add();
  use(std::make_unique<OriginConnection>(client_, request_.peer, *std::move(tcp)));
}

void OriginCall::attempt_failed(Failure kind, std::string why) {
  client_.failed_.add();
  if (attempt_ < request_.times.attempts) return connect();
  fail(kind, std::move(why));
}

void OriginCall::use(std::unique_ptr<OriginConnection> connection) {
  connection_ = std::move(connection);
  // A copy: a connection kept from before may have ended, and the request is sent again.
  const bool may_repeat = connection_->reused();
  watch_reading();
  connection_->begin(*this, request_.method, may_repeat ? request_.head : std::move(request_.head));
  reply_.on_connected(may_repeat);
}

// One timer for many reads: it looks when the last one was.
void OriginCall::watch_reading() {
  heard_at_ = client_.loop_.clock().monotonic();
  if (!deadline_) deadline_ = client_.loop_.after(request_.times.read, [this] { check_reading(); });
}

void OriginCall::check_reading() {
  deadline_.reset();
  const Duration silent = client_.loop_.clock().monotonic() - heard_at_;
  if (paused_ || silent < request_.times.read) {
    const Duration left = paused_ ? request_.times.read : request_.times.read - silent;
    deadline_ = client_.loop_.after(left, [this] { check_reading(); });
    return;
  }
  fail(head_came_ ? Failure::BodyCut : Failure::ReadTime,
       fmt::format("nothing came for {} s",
                   std::chrono::floor<std::chrono::seconds>(request_.times.read).count()));
}

void OriginCall::heard() {
  watch_reading();
}

void OriginCall::drained() {
  if (!body_begun_ || body_sent_) return;
  watch_reading();
  reply_.on_room();
}

void OriginCall::send(std::string piece) {
  if (!connection_ || piece.empty()) return;
  body_begun_ = true;
  watch_reading();
  if (request_.body == CallRequest::Body::Chunked) {
    connection_->tcp().write(fmt::format("{:x}\r\n", piece.size()));
    piece += "\r\n";
  }
  connection_->tcp().write(std::move(piece));
}

void OriginCall::finish_sending() {
  body_sent_ = true;
  if (connection_ && request_.body == CallRequest::Body::Chunked) connection_->tcp().write("0\r\n\r\n");
}

std::size_t OriginCall::unsent() const {
  return connection_ ? connection_->tcp().pending() : 0;
}

void OriginCall::pause() {
  if (!connection_ || std::exchange(paused_, true)) return;
  connection_->tcp().pause_reading();
}

void OriginCall::resume() {
  if (!connection_ || !std::exchange(paused_, false)) return;
  watch_reading();
  connection_->tcp().resume_reading();
}

void OriginCall::done(bool reusable) {
  deadline_.reset();
  over_ = true;
  if (paused_) connection_->tcp().resume_reading();
  // What is left of the request would be read as the next one.
  if (reusable && request_sent() && connection_->tcp().pending() == 0)
    client_.put_idle(std::move(connection_), request_.times.keep_alive);
  else
    client_.bury(std::move(connection_));
  reply_.on_end();
}

void OriginCall::lost(Failure kind, std::string why) {
  const bool repeat = connection_->reused() && is_safe(request_.method) && !body_begun_ &&
                      request_.body == CallRequest::Body::None;
  if (!repeat) return fail(kind, std::move(why));
  client_.bury(std::move(connection_));
  fresh_only_ = true;
  begin();
}

void OriginCall::fail(Failure kind, std::string why) {
  let_go();
  if (std::exchange(over_, true)) return;
  reply_.on_failure({kind, std::move(why), head_came_});
}

}  // namespace meridian::upstream

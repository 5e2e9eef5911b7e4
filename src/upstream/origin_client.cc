#include "upstream/origin_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/http2/session.h"
#include "upstream/http2_connection.h"
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
      return "the answer is not HTTP";
    case Failure::BodyCut:
      return "the body was cut short";
    case Failure::Limit:
      return "too many connections";
  }
  return "";
}

std::string silence_text(Duration limit) {
  return fmt::format("nothing came for {} s", std::chrono::floor<std::chrono::seconds>(limit).count());
}

Result<TlsTrust> TlsTrust::of(const std::string& ca_pem) {
  net::TlsClientOptions options;
  options.ca_pem = ca_pem;
  const auto contexts = [&](const char* protocol) -> Result<Contexts> {
    options.protocols = {protocol};
    options.oldest = net::TlsVersion::Tls13;
    Contexts out;
    out.tls13 = TRY(net::make_tls_client_context(options));
    options.oldest = net::TlsVersion::Tls12;
    out.tls12 = TRY(net::make_tls_client_context(options));
    return out;
  };
  TlsTrust trust;
  trust.http1 = TRY(contexts("http/1.1"));
  trust.http2 = TRY(contexts("h2"));
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
                              "Connections to origins, by how they were had", {{"how", "failed"}})),
      repeated_(metrics.counter("meridian_upstream_repeated_requests_total",
                                "Requests sent to an origin again, which had not looked at them")) {
  for (std::size_t kind = 0; kind < http2::kFloods; ++kind)
    floods_.push_back(&metrics.counter(
        "meridian_upstream_http2_floods_total", "HTTP/2 connections to origins that sent more than any needs",
        {{"kind", std::string(http2::to_string(static_cast<http2::Flood>(kind)))}}));
}

OriginClient::~OriginClient() = default;

DialParts OriginClient::dial_parts(const TlsTrust::Contexts& trust) {
  return {loop_, names_, trust, failed_};
}

std::unique_ptr<Call> OriginClient::start(CallRequest request, Reply& reply) {
  if (request.http2) return std::make_unique<Http2Call>(*this, std::move(request), reply);
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
  bury_soon();
}

void OriginClient::bury_soon() {
  if (burial_) return;
  burial_ = loop_.after(Duration::zero(), [this] {
    graves_.clear();
    http2_graves_.clear();
    burial_.reset();
  });
}

Http2Connection* OriginClient::find_http2(const Peer& peer) {
  const auto at = http2_.find(peer);
  if (at == http2_.end()) return nullptr;
  const auto found = std::ranges::find_if(at->second, [](const auto& each) { return each->has_room(); });
  if (found == at->second.end()) return nullptr;
  reused_.add();
  return found->get();
}

Http2Connection& OriginClient::keep_http2(std::unique_ptr<Http2Connection> connection) {
  Http2Connection& kept = *connection;
  http2_[kept.peer()].push_back(std::move(connection));
  if (!sweep_timer_) sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
  return kept;
}

void OriginClient::drop_http2(Http2Connection& connection) {
  const auto at = http2_.find(connection.peer());
  if (at == http2_.end()) return;
  const auto found =
      std::ranges::find_if(at->second, [&](const auto& each) { return each.get() == &connection; });
  if (found == at->second.end()) return;
  http2_graves_.push_back(std::move(*found));
  at->second.erase(found);
  if (at->second.empty()) http2_.erase(at);
  bury_soon();
}

void OriginClient::sweep() {
  const MonotonicTime now = loop_.clock().monotonic();
  for (auto& [peer, connections] : idle_)
    connections.remove_if([now](const auto& each) { return each->idle_until <= now; });
  std::erase_if(idle_, [](const auto& of_peer) { return of_peer.second.empty(); });
  for (auto& [peer, connections] : http2_)
    connections.remove_if([now](const auto& each) {
      if (!each->is_over_at(now)) return false;
      each->say_goodbye();
      return true;
    });
  std::erase_if(http2_, [](const auto& of_peer) { return of_peer.second.empty(); });
  sweep_timer_.reset();
  if (!idle_.empty() || !http2_.empty()) sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
}

OriginCall::OriginCall(OriginClient& client, CallRequest request, Reply& reply)
    : client_(client), request_(std::move(request)), reply_(reply), silence_(client.loop_, [this] {
        fail(head_came_ ? Failure::BodyCut : Failure::ReadTime, silence_text(request_.times.read));
      }) {
  start_ = client_.loop_.after(Duration::zero(), [this] { begin(); });
}

OriginCall::~OriginCall() {
  let_go();
}

void OriginCall::let_go() {
  dial_.reset();
  silence_.stop();
  if (connection_) client_.bury(std::move(connection_));
}

void OriginCall::begin() {
  if (!fresh_only_)
    if (auto kept = client_.take_idle(request_.peer)) return use(std::move(kept));
  if (client_.connections_ >= kConnectionsMax) return fail(Failure::Limit, std::string(kLimitText));
  dial_ = std::make_unique<Dial>(
      client_.dial_parts(client_.trust_.http1), request_.peer, request_.times,
      [this](std::unique_ptr<net::TcpConnection> tcp) {
        const auto over = std::move(dial_);
        client_.opened_.add();
        use(std::make_unique<OriginConnection>(client_, request_.peer, std::move(tcp)));
      },
      [this](Failure kind, std::string why) { fail(kind, std::move(why)); });
}

void OriginCall::use(std::unique_ptr<OriginConnection> connection) {
  connection_ = std::move(connection);
  // A copy: a connection kept from before may have ended, and the request is sent again.
  const bool may_repeat = connection_->reused();
  heard();
  connection_->begin(*this, request_.method, may_repeat ? request_.head : std::move(request_.head));
  reply_.on_connected(may_repeat);
}

void OriginCall::heard() {
  silence_.heard(request_.times.read);
}

void OriginCall::drained() {
  if (!body_begun_ || body_sent_) return;
  heard();
  reply_.on_room();
}

void OriginCall::send(std::string piece) {
  if (!connection_ || piece.empty()) return;
  body_begun_ = true;
  heard();
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
  silence_.pause(true);
  connection_->tcp().pause_reading();
}

void OriginCall::resume() {
  if (!connection_ || !std::exchange(paused_, false)) return;
  silence_.pause(false);
  heard();
  connection_->tcp().resume_reading();
}

void OriginCall::done(bool reusable) {
  silence_.stop();
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
  client_.repeated_.add();
  fresh_only_ = true;
  begin();
}

void OriginCall::fail(Failure kind, std::string why) {
  let_go();
  if (std::exchange(over_, true)) return;
  reply_.on_failure({kind, std::move(why), head_came_});
}

}  // namespace meridian::upstream

#include "engines/cdn/viewers.h"

#include "engines/cdn/viewer_session.h"
#include "formats/http2/session.h"
#include "net/certificate.h"

namespace meridian::engines::cdn {
namespace {

constexpr Duration kSweepPeriod = std::chrono::seconds(1);

// What is spoken behind TLS shows in the first bytes: a client of HTTP/2 begins with a preface that no
// request of HTTP/1.1 can be (RFC 9113 §3.4).
class TlsDoor final : public ViewerSession {
 public:
  TlsDoor(Viewers& owner, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp)
      : owner_(owner),
        id_(id),
        tcp_(std::move(tcp)),
        deadline_(owner.loop().clock().monotonic() + owner.limits().head_time) {}
  void start() { tcp_->start(*this); }

  void on_data(net::TcpConnection& connection, Bytes data) override {
    if (inner_) return inner_->on_data(connection, data);
    early_ += as_text(data);
    if (early_.size() < kPreface.size() && kPreface.starts_with(early_)) return;
    inner_ = early_.starts_with(kPreface) ? make_http2_session(owner_, id_, std::move(tcp_))
                                          : make_http1_session(owner_, id_, std::move(tcp_), true);
    const std::string first = std::exchange(early_, {});
    inner_->on_data(connection, as_bytes(first));
  }
  void on_drained(net::TcpConnection& connection) override {
    if (inner_) inner_->on_drained(connection);
  }
  void on_closed(net::TcpConnection& connection, const Error* why) override {
    if (inner_) return inner_->on_closed(connection, why);
    owner_.bury(id_);
  }
  void check_time(MonotonicTime now) override {
    if (inner_) return inner_->check_time(now);
    if (now >= deadline_) owner_.bury(id_);
  }
  void go_on() override {
    if (inner_) inner_->go_on();
  }

 private:
  static constexpr std::string_view kPreface = "PRI ";

  Viewers& owner_;
  const std::uint64_t id_;
  std::unique_ptr<net::TcpConnection> tcp_;
  const MonotonicTime deadline_;
  std::string early_;
  std::unique_ptr<ViewerSession> inner_;
};

}  // namespace

std::string_view to_string(HttpVersion version) {
  switch (version) {
    case HttpVersion::Http10:
      return "HTTP/1.0";
    case HttpVersion::Http11:
      return "HTTP/1.1";
    case HttpVersion::Http2:
      return "HTTP/2.0";
    case HttpVersion::Http3:
      return "HTTP/3.0";
  }
  return "";
}

ViewerConnection describe(const net::TcpConnection& tcp, bool tls) {
  const net::TlsFacts facts = tcp.tls_facts();
  const net::CertificateSummary* const client = tcp.peer_certificate();
  return {.peer = tcp.peer(),
          .local = tcp.local(),
          .tls = tls,
          .server_name = std::string(tcp.server_name()),
          .tls_version = facts.version,
          .tls_cipher = facts.cipher,
          .tls_session = facts.resumed ? rules::TlsSession::SessionResumed : rules::TlsSession::FullHandshake,
          .client_name = client ? client->common_name : std::string()};
}

Viewers::Viewers(net::Loop& loop, ViewerHandler& handler, const ViewerLimits& limits, Metrics& metrics)
    : loop_(loop),
      handler_(handler),
      limits_(limits),
      open_(metrics.gauge("meridian_cdn_viewer_connections", "Connections of viewers that are open")),
      refused_(metrics.counter("meridian_cdn_refused_requests_total",
                               "Requests of viewers refused before they were any")) {
  for (std::size_t kind = 0; kind < http2::kFloods; ++kind)
    floods_.push_back(&metrics.counter(
        "meridian_cdn_http2_floods_total", "HTTP/2 connections ended for more than any viewer needs",
        {{"kind", std::string(http2::to_string(static_cast<http2::Flood>(kind)))}}));
}

Viewers::~Viewers() = default;

Result<net::Address> Viewers::listen(const net::Address& address, const net::ListenOptions& options,
                                     std::shared_ptr<net::TlsServerContext> tls) {
  const bool has_tls = tls != nullptr;
  listeners_.push_back(TRY(loop_.listen_tcp(address, options, std::move(tls),
                                            [this, has_tls](auto tcp) { accept(std::move(tcp), has_tls); })));
  if (!sweep_timer_) sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
  return listeners_.back()->local();
}

void Viewers::accept(std::unique_ptr<net::TcpConnection> tcp, bool tls) {
  if (sessions_.size() >= limits_.connections_max) return;
  const std::uint64_t id = ++last_id_;
  open_.add(1);
  if (tls) {
    auto door = std::make_unique<TlsDoor>(*this, id, std::move(tcp));
    TlsDoor& opened = *door;
    sessions_[id] = std::move(door);
    return opened.start();
  }
  net::TcpConnection& connection = *tcp;
  auto& session = *(sessions_[id] = make_http1_session(*this, id, std::move(tcp), false));
  connection.start(session);
}

ViewerSession* Viewers::find(std::uint64_t id) {
  const auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : at->second.get();
}

void Viewers::bury(std::uint64_t id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end()) return;
  graves_.push_back(std::move(at->second));
  sessions_.erase(at);
  open_.add(-1);
  if (burial_) return;
  burial_ = loop_.after(Duration::zero(), [this] {
    auto gone = std::move(graves_);
    graves_.clear();
    burial_.reset();
  });
}

void Viewers::sweep() {
  const MonotonicTime now = loop_.clock().monotonic();
  std::vector<std::uint64_t> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  for (const std::uint64_t id : ids)
    if (ViewerSession* const session = find(id)) session->check_time(now);
  sweep_timer_ = loop_.after(kSweepPeriod, [this] { sweep(); });
}

}  // namespace meridian::engines::cdn

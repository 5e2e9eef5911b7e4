#include "engines/health/probe.h"

#include <fmt/format.h>

#include "engines/health/failure_texts.h"
#include "net/certificate.h"
#include "net/public_address.h"

namespace meridian::engines::health {

Probe::Probe(net::Loop& loop, ProbeTarget target, OnResult on_result, const ProbeMeans& means)
    : loop_(loop),
      target_(std::move(target)),
      on_result_(std::move(on_result)),
      means_(means),
      judge_(target_.search_string) {
  if (tls() && target_.http->sni) sni_ = target_.http->domain_name;
  if (target_.name.empty())
    connect();
  else
    look_up();
}

Probe::~Probe() = default;

void Probe::look_up() {
  if (!means_.names) return wait(Duration::zero(), "DNS resolution failed: there is no resolver.");
  lookup_ = means_.names->look_up(target_.name, [this](Result<net::IpAddress> found) {
    lookup_.reset();
    if (!found) return finish({false, "DNS resolution failed: " + found.error().message});
    result_.resolved = target_.endpoint.ip = *found;
    if (target_.public_only && !net::is_public(*found))
      return finish({false, "The address is in a local, private, non-routable, or multicast range."});
    connect();
  });
}

void Probe::connect() {
  if (tls() && !means_.tls) return wait(Duration::zero(), "SSL handshake failed: there is no TLS here.");
  began_ = loop_.clock().monotonic();
  result_.connected.reset();
  const Duration connect_time = target_.http ? kHttpConnectTime : kTcpConnectTime;
  const net::IpAddress& ip = target_.endpoint.ip;
  const bool from_there = target_.from && ip.is_loopback() && ip.is_v4() == target_.from->is_v4();
  attempt_ = loop_.connect_tcp(target_.endpoint,
                               {.timeout = connect_time + kStatusTime,
                                .tls = tls() ? means_.tls : nullptr,
                                .server_name = sni_,
                                .from = from_there ? target_.from : std::nullopt,
                                .on_handshake = [this] { on_tcp_connected(); }},
                               [this](auto connected) { on_connected(std::move(connected)); });
  wait(connect_time, kConnectionTimedOut);
}

void Probe::on_tcp_connected() {
  result_.connected = elapsed();
  wait(kStatusTime, kHandshakeTimedOut);
}

void Probe::on_connected(Result<std::unique_ptr<net::TcpConnection>> connected) {
  attempt_.reset();
  if (!connected) return finish({false, connect_failure(connected.error())});
  if (!result_.connected) on_tcp_connected();
  if (tls()) result_.handshake = elapsed() - *result_.connected;
  result_.from = (*connected)->local().ip;
  if (!target_.http) return finish({true, "The connection was established."});
  if (shown_another_certificate(**connected)) {
    sni_.clear();
    return connect();
  }
  connection_ = *std::move(connected);
  connection_->start(*this);
  connection_->write(probe_request(*target_.http, target_.endpoint));
  const Duration left = *result_.connected + kStatusTime - elapsed();
  wait(std::max(left, Duration::zero()), kStatusTimedOut);
}

// HealthCheckConfig, EnableSNI: a certificate that is not for the name sent is no failure, but a reason to
// try once more without a name.
bool Probe::shown_another_certificate(const net::TcpConnection& connection) const {
  const net::CertificateSummary* const shown = connection.peer_certificate();
  return !sni_.empty() && shown && !shown->for_sni;
}

void Probe::on_data(net::TcpConnection&, Bytes data) {
  if (!result_.first_byte) result_.first_byte = elapsed();
  const bool had_status = judge_.has_status();
  if (auto verdict = judge_.add(data)) return finish(*std::move(verdict));
  if (!had_status && judge_.has_status()) wait(kBodyTime, kBodyTimedOut);
}

void Probe::on_closed(net::TcpConnection&, const Error*) {
  finish(judge_.ended());
}

void Probe::wait(Duration time, const char* reason) {
  deadline_ = loop_.after(time, [this, reason] { finish({false, reason}); });
}

void Probe::finish(Verdict verdict) {
  lookup_.reset();
  attempt_.reset();
  connection_.reset();
  deadline_.reset();
  if (result_.resolved)
    verdict.reason += fmt::format("{} Resolved IP: {}", verdict.reason.ends_with('.') ? "" : ".",
                                  result_.resolved->to_string());
  result_.verdict = std::move(verdict);
  // Last: it may destroy this.
  const OnResult on_result = std::exchange(on_result_, nullptr);
  on_result(std::move(result_));
}

}  // namespace meridian::engines::health

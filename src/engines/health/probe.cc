#include "engines/health/probe.h"

#include "engines/health/failure_texts.h"

namespace meridian::engines::health {

Probe::Probe(net::Loop& loop, ProbeTarget target, OnResult on_result)
    : loop_(loop),
      target_(std::move(target)),
      on_result_(std::move(on_result)),
      began_(loop.clock().monotonic()),
      connect_time_(target_.http ? kHttpConnectTime : kTcpConnectTime),
      judge_(target_.search_string) {
  attempt_ = loop_.connect_tcp(target_.endpoint, {.timeout = connect_time_, .from = target_.from},
                               [this](auto connected) { on_connected(std::move(connected)); });
}

Probe::~Probe() = default;

void Probe::on_connected(Result<std::unique_ptr<net::TcpConnection>> connected) {
  attempt_.reset();
  if (!connected) {
    if (elapsed() >= connect_time_) return finish({false, kConnectionTimedOut});
    return finish({false, connect_failure(connected.error())});
  }
  result_.connected = elapsed();
  result_.from = (*connected)->local().ip;
  if (!target_.http) return finish({true, "The connection was established."});
  connection_ = *std::move(connected);
  connection_->start(*this);
  connection_->write(probe_request(*target_.http, target_.endpoint));
  wait(kStatusTime, kStatusTimedOut);
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
  connection_.reset();
  deadline_.reset();
  result_.verdict = std::move(verdict);
  // Last: it may destroy this.
  const OnResult on_result = std::exchange(on_result_, nullptr);
  on_result(std::move(result_));
}

}  // namespace meridian::engines::health

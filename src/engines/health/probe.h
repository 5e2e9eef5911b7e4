// One probe of an endpoint: connects, asks, judges, within Route 53's times.
// Rule: a probe ends exactly once, and has at most one connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engines/health/probe_request.h"
#include "engines/health/reply_judge.h"
#include "net/loop.h"

namespace meridian::engines::health {

inline constexpr Duration kTcpConnectTime = std::chrono::seconds(10);
inline constexpr Duration kHttpConnectTime = std::chrono::seconds(4);
inline constexpr Duration kStatusTime = std::chrono::seconds(2);  // after connecting
inline constexpr Duration kBodyTime = std::chrono::seconds(2);    // after the status

struct ProbeTarget {
  net::Address endpoint;
  std::optional<HttpQuestion> http;      // without TLS; nothing: a TCP connection is enough
  std::string search_string{};           // empty: the status alone counts
  std::optional<net::IpAddress> from{};  // none: the kernel chooses
};

struct ProbeResult {
  Verdict verdict;
  std::optional<Duration> connected, first_byte;  // since the start, as far as it came
  std::optional<net::IpAddress> from{};           // of this machine; none without a connection
};

// Destroying it gives up. Of the loop's thread.
class Probe final : private net::TcpHandler {
 public:
  using OnResult = std::function<void(ProbeResult)>;  // it may destroy the probe
  Probe(net::Loop& loop, ProbeTarget target, OnResult on_result);
  ~Probe() override;

 private:
  void on_connected(Result<std::unique_ptr<net::TcpConnection>> connected);
  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;
  void wait(Duration time, const char* reason);
  void finish(Verdict verdict);
  Duration elapsed() const { return loop_.clock().monotonic() - began_; }

  net::Loop& loop_;
  ProbeTarget target_;
  OnResult on_result_;
  MonotonicTime began_;
  Duration connect_time_;
  ReplyJudge judge_;
  ProbeResult result_;
  std::unique_ptr<net::TcpConnect> attempt_;
  std::unique_ptr<net::TcpConnection> connection_;
  std::unique_ptr<net::Timer> deadline_;
};

}  // namespace meridian::engines::health

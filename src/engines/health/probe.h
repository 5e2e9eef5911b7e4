// One probe of an endpoint: looks its name up, connects, asks, judges, within Route 53's times.
// Rule: a probe ends exactly once, and has at most one connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engines/health/probe_request.h"
#include "engines/health/reply_judge.h"
#include "net/loop.h"
#include "upstream/names.h"

namespace meridian::engines::health {

inline constexpr Duration kTcpConnectTime = std::chrono::seconds(10);
inline constexpr Duration kHttpConnectTime = std::chrono::seconds(4);
inline constexpr Duration kStatusTime =
    std::chrono::seconds(2);                                    // after connecting; a TLS handshake is in it
inline constexpr Duration kBodyTime = std::chrono::seconds(2);  // after the status

struct ProbeTarget {
  net::Address endpoint;
  std::optional<HttpQuestion> http;      // nothing: a TCP connection is enough
  std::string search_string{};           // empty: the status alone counts
  std::optional<net::IpAddress> from{};  // for loopback endpoints of its family; none: the kernel chooses
  // Looked up by every probe, in place of the endpoint's address; empty: it has one.
  std::string name{};
  bool public_only = false;  // a name may not lead to a private, local or reserved address
};

// What the probes of a process share. Null: probes that need it fail.
struct ProbeMeans {
  upstream::Names* names = nullptr;
  std::shared_ptr<net::TlsClientContext> tls = nullptr;  // verifies nothing
};

struct ProbeResult {
  Verdict verdict;
  std::optional<Duration> connected, first_byte;  // since the connection was begun, as far as it came
  std::optional<net::IpAddress> from{};           // of this machine; none without a connection
  std::optional<Duration> handshake{};            // of TLS, since it was connected
  std::optional<net::IpAddress> resolved{};       // of an endpoint by name
};

// Destroying it gives up. Of the loop's thread.
class Probe final : private net::TcpHandler {
 public:
  using OnResult = std::function<void(ProbeResult)>;  // it may destroy the probe
  Probe(net::Loop& loop, ProbeTarget target, OnResult on_result, const ProbeMeans& means = {});
  ~Probe() override;

 private:
  void look_up();
  void connect();
  void on_tcp_connected();
  void on_connected(Result<std::unique_ptr<net::TcpConnection>> connected);
  bool shown_another_certificate(const net::TcpConnection& connection) const;
  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;
  void wait(Duration time, const char* reason);
  void finish(Verdict verdict);
  bool tls() const { return target_.http && target_.http->tls; }
  Duration elapsed() const { return loop_.clock().monotonic() - began_; }

  net::Loop& loop_;
  ProbeTarget target_;
  OnResult on_result_;
  const ProbeMeans means_;
  MonotonicTime began_{};
  std::string sni_;  // empty: none
  ReplyJudge judge_;
  ProbeResult result_;
  std::unique_ptr<upstream::NameLookup> lookup_;
  std::unique_ptr<net::TcpConnect> attempt_;
  std::unique_ptr<net::TcpConnection> connection_;
  std::unique_ptr<net::Timer> deadline_;
};

}  // namespace meridian::engines::health

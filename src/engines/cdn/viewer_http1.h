// Viewers over HTTP/1.0 and HTTP/1.1: sessions on a loop, one exchange at a time each, so that pipelined
// requests have their replies in order.
#pragma once

#include <unordered_map>

#include "base/metrics.h"
#include "engines/cdn/viewer.h"

namespace meridian::engines::cdn {

struct ViewerLimits {
  std::size_t connections_max = 20'000;
  std::size_t read_ahead_max = 64 * 1024;  // pipelined requests, or a body that nobody reads yet
  Duration head_time = std::chrono::seconds(30);
  Duration idle_time = std::chrono::seconds(60);
  Duration body_time = std::chrono::seconds(60);  // for the next bytes of a request's body
  Duration send_time = std::chrono::seconds(60);  // for a viewer that takes nothing
};

class Http1Session;

class Http1Viewers {
 public:
  Http1Viewers(net::Loop& loop, ViewerHandler& handler, const ViewerLimits& limits, Metrics& metrics);
  ~Http1Viewers();

  Result<net::Address> listen(const net::Address& address, const net::ListenOptions& options,
                              std::shared_ptr<net::TlsServerContext> tls);
  std::size_t connections() const { return sessions_.size(); }

 private:
  friend class Http1Session;
  void accept(std::unique_ptr<net::TcpConnection> tcp, bool tls);
  void bury(std::uint64_t id);
  void sweep();

  net::Loop& loop_;
  ViewerHandler& handler_;
  const ViewerLimits limits_;
  Gauge& open_;
  Counter& refused_;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Http1Session>> sessions_;
  std::vector<std::unique_ptr<Http1Session>> graves_;
  std::unique_ptr<net::Timer> sweep_timer_, burial_;
};

}  // namespace meridian::engines::cdn

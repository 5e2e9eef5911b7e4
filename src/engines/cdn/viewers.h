// The viewers of one location on one worker: listeners, and a session for each connection, HTTP/1.1 or, where
// TLS settled on it, HTTP/2.
#pragma once

#include <unordered_map>

#include "base/metrics.h"
#include "engines/cdn/viewer.h"

namespace meridian::engines::cdn {

struct ViewerLimits {
  std::size_t connections_max = 20'000;
  std::size_t read_ahead_max = 64 * 1024;  // pipelined requests, or a body that nobody reads yet
  std::size_t streams_max = 128;           // of one HTTP/2 connection, at one time
  Duration head_time = std::chrono::seconds(30);
  Duration idle_time = std::chrono::seconds(60);
  Duration body_time = std::chrono::seconds(60);  // for the next bytes of a request's body
  Duration send_time = std::chrono::seconds(60);  // for a viewer that takes nothing
};

class ViewerSession;

class Viewers {
 public:
  Viewers(net::Loop& loop, ViewerHandler& handler, const ViewerLimits& limits, Metrics& metrics);
  ~Viewers();

  Result<net::Address> listen(const net::Address& address, const net::ListenOptions& options,
                              std::shared_ptr<net::TlsServerContext> tls);
  std::size_t connections() const { return sessions_.size(); }

  // For sessions.
  net::Loop& loop() { return loop_; }
  ViewerHandler& handler() { return handler_; }
  const ViewerLimits& limits() const { return limits_; }
  void count_refusal() { refused_.add(); }
  void count_flood(std::size_t kind) { floods_[kind]->add(); }  // an http2::Flood
  ViewerSession* find(std::uint64_t id);
  void bury(std::uint64_t id);  // it may be on the stack

 private:
  void accept(std::unique_ptr<net::TcpConnection> tcp, bool tls);
  void sweep();

  net::Loop& loop_;
  ViewerHandler& handler_;
  const ViewerLimits limits_;
  Gauge& open_;
  Counter& refused_;
  std::vector<Counter*> floods_;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ViewerSession>> sessions_;
  std::vector<std::unique_ptr<ViewerSession>> graves_;
  std::unique_ptr<net::Timer> sweep_timer_, burial_;
};

}  // namespace meridian::engines::cdn

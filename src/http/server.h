// The HTTP/1.1 server: connections on a net::Loop, whole requests to a Handler (or their heads, and the body
// as a stream), replies from any thread. Requests of one connection are handled one after the other, in
// order; limits and time-outs are the server's own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "http/message.h"
#include "net/loop.h"

namespace meridian::http {

struct ServerLimits {
  http1::Limits head;
  std::size_t body_bytes_max = 16 * 1024 * 1024;
  std::size_t bodies_bytes_max = 512 * 1024 * 1024;  // of all requests that are not answered yet, together
  std::size_t connections_max = 10'000;
  std::size_t buffered_body_bytes_max = 64 * 1024;  // from here on a body may be a stream
  std::size_t streams_max = 1000;                   // bodies arriving as streams at one time
  std::size_t streamed_bytes_max = 256 * 1024;      // of one stream, read ahead or not yet sent
  std::size_t pipelined_bytes_max = 64 * 1024;      // read ahead while a request is being handled
  std::size_t unsent_bytes_max = 4 * 1024 * 1024;   // no further request is read while more than this waits
  Duration head_time_max = std::chrono::seconds(15);
  Duration body_time_max = std::chrono::seconds(120);  // of a stream: for its next byte
  Duration idle_time_max = std::chrono::seconds(75);
  Duration send_time_max = std::chrono::seconds(60);  // for a reply that the client does not read
};

class ServerState;

// The one reply to one request. May be kept, moved and used on any thread, while the server's loop exists.
// Dropped unused, it replies 500, so that no client waits for a bug.
class Responder {
 public:
  Responder(std::shared_ptr<ServerState> state, std::uint64_t connection);
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  void send(Response response);

 private:
  std::shared_ptr<ServerState> state_;
  std::uint64_t connection_;
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(Request request, Responder responder) = 0;  // on the loop's thread
  // Of a long body, before it arrives: whether handle() wants to read it as a stream. On the loop's thread.
  virtual bool takes_stream(const Request&) { return false; }
};

class Server {
 public:
  // `name` labels the metrics.
  Server(net::Loop& loop, Handler& handler, const ServerLimits& limits, Metrics& metrics,
         std::string_view name);
  ~Server();  // on the loop's thread, or while it does not run; drops what is open

  // The address really listened on. May be called several times.
  Result<net::Address> listen(const net::Address& address, const net::ListenOptions& options,
                              std::shared_ptr<net::TlsServerContext> tls);

  // Stops listening, closes idle connections, lets replies under way finish, then calls `done` once.
  void drain(std::function<void()> done);
  std::size_t connections() const;

 private:
  std::shared_ptr<ServerState> state_;
};

}  // namespace meridian::http

// An HTTP endpoint that behaves as it is told: over the sockets of any loop, virtual or real.
// Rule: it answers each connection once, by its manner at the moment the request is whole.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "net/loop.h"

namespace meridian::sim {

// How an endpoint behaves.
struct Manner {
  bool listens = true;     // false: connections are refused
  bool answers = true;     // false: they are accepted, and nothing is ever said
  bool speaks_tls = true;  // of an endpoint with TLS; false: it answers handshakes with plain text
  int status = 200;
  Duration status_after{};  // the request
  Duration body_after{};    // the status
  std::string body = "OK";
  bool operator==(const Manner&) const = default;
};

class PlayedEndpoint {
 public:
  static constexpr std::size_t kConnectionsMax = 256;  // at one time; more are closed
  static constexpr std::size_t kRequestBytesMax = 16 * 1024;

  // `tls` may be null: plain HTTP.
  PlayedEndpoint(net::Loop& loop, std::shared_ptr<net::TlsServerContext> tls);
  ~PlayedEndpoint();

  Result<void> open(const net::Address& address);  // port 0: the system chooses; it listens from then on
  const net::Address& address() const { return address_; }

  Result<void> behave(Manner manner);
  const Manner& manner() const { return manner_; }
  // Whoever comes from there is not answered, whatever the manner.
  void ignore(const net::IpAddress& from) { ignored_.insert(from); }
  void heed(const net::IpAddress& from) { ignored_.erase(from); }

 private:
  class Talk;
  Result<void> listen();
  void accept(std::unique_ptr<net::TcpConnection> connection);

  net::Loop& loop_;
  std::shared_ptr<net::TlsServerContext> tls_;
  net::Address address_;
  Manner manner_;
  std::set<net::IpAddress> ignored_;
  std::map<const Talk*, std::unique_ptr<Talk>> talks_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace meridian::sim

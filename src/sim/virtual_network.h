// A network in virtual time: listeners, connections between them, and packets that are lost on the way
// between two addresses. One thread; the same calls give the same run.
// Rule: nothing arrives inside the call that sent it, and what is sent on one connection arrives in order.
// TLS is a word of both sides: a client that wants it is connected only to a listener that has it, and what
// is said to such a listener without TLS is not heard.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "net/virtual_loop.h"

namespace meridian::sim {

class VirtualNetwork final : public net::VirtualLoop {
 public:
  static constexpr Duration kWay = std::chrono::milliseconds(10);  // of a packet, one way

  Result<std::unique_ptr<net::TcpListener>> listen_tcp(
      const net::Address& address, const net::ListenOptions& options,
      std::shared_ptr<net::TlsServerContext> tls,
      std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept) override;
  using Loop::connect_tcp;
  std::unique_ptr<net::TcpConnect> connect_tcp(const net::Address& address,
                                               const net::ConnectOptions& options,
                                               OnConnected on_connected) override;

  // Packets between both are lost from now on, both ways, and so is what is under way. Without `from`: those
  // between `to` and anybody.
  void lose(const net::IpAddress& to, const std::optional<net::IpAddress>& from = {});
  void heal(const net::IpAddress& to, const std::optional<net::IpAddress>& from = {});
  bool loses(const net::IpAddress& one, const net::IpAddress& other) const;

 private:
  class Listener;
  class Connection;
  struct Attempt;
  struct Wire;

  void knock(const std::shared_ptr<Attempt>& attempt);
  void connected(const std::shared_ptr<Attempt>& attempt);
  void carry(const std::shared_ptr<Wire>& wire, std::size_t to, std::function<void(Connection&)> arrival);

  std::map<net::Address, Listener*> listeners_;
  std::set<std::pair<net::IpAddress, std::optional<net::IpAddress>>> lost_;
  std::uint16_t last_port_ = 49151;  // ephemeral, RFC 6335 §6
};

}  // namespace meridian::sim

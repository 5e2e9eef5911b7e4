// DNS over TCP (RFC 7766) and, behind TLS, over TLS (RFC 7858): two-byte lengths, many queries on a
// connection, replies in the order of the queries. Rule: a client that neither asks nor reads loses its
// connection; nobody can make the server hold much for him. When all connections are taken, one of the idlest
// gives way to the newcomer: those that never asked anything before those that did, and of them one whose
// prefix has most: a flood of connections evicts itself.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engines/dns/client_prefix.h"
#include "engines/dns/worker.h"
#include "net/loop.h"

namespace meridian::engines::dns {

struct TcpLimits {
  std::size_t connections_max = 1000;            // a worker
  std::size_t connections_per_prefix_max = 200;  // a worker, of one ClientPrefix; further ones are closed
  std::size_t query_bytes_max = 4096;            // what announces more than this loses its connection
  // No further query is read while more than this waits to be sent.
  std::size_t unsent_bytes_max = 64 * 1024;
  // Of all connections of a worker. Beyond it each gets one reply at a time.
  std::size_t unsent_bytes_total_max = 16 * 1024 * 1024;
  std::size_t queries_a_turn_max = 64;                // of one connection, before everybody else gets a turn
  Duration idle_time_max = std::chrono::seconds(10);  // without a whole query, or with replies nobody reads
};

class TcpListener {
 public:
  TcpListener(net::Loop& loop, Worker& worker, Transport transport, const TcpLimits& limits);
  ~TcpListener();
  Result<net::Address> listen(const net::Address& address, const net::ListenOptions& options,
                              std::shared_ptr<net::TlsServerContext> tls = nullptr);
  void replace_tls(const std::shared_ptr<net::TlsServerContext>& tls);  // for new connections
  // Connections that the system had no descriptors or memory for. Thread-safe.
  std::uint64_t refused_by_system() const;

 private:
  class Connection;
  using Order = std::list<Connection*>;                                              // the idlest first
  using Prefixes = std::unordered_map<ClientPrefix, std::size_t, ClientPrefixHash>;  // and their connections
  static constexpr std::size_t kEvictionCandidates = 16;

  void accept(std::unique_ptr<net::TcpConnection> socket);
  static Connection& most_expendable(const Order& idlest);
  void close(Connection& connection, Counters::Closed why);
  void remove(Connection& connection);
  void close_idle();
  std::size_t unsent_max() const;

  net::Loop& loop_;
  Worker& worker_;
  const Transport transport_;
  Counters::PerStreamTransport& counters_;
  TcpLimits limits_;
  std::vector<std::unique_ptr<net::TcpListener>> sockets_;
  std::map<const Connection*, std::unique_ptr<Connection>> connections_;
  Order silent_, asking_;  // connections that never asked anything, and those that did
  Prefixes prefixes_;
  std::size_t unsent_total_ = 0;  // an upper bound: a connection tells when it has sent all
  std::unique_ptr<net::Timer> idle_check_;
  std::vector<std::uint8_t> reply_;  // room for one whole message, used by one connection at a time
};

}  // namespace meridian::engines::dns

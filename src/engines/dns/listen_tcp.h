// DNS over TCP (RFC 7766): two-byte lengths, many queries on a connection, replies in the order of the
// queries. Rule: a client that neither asks nor reads loses its connection; nobody can make the server hold
// much for him.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engines/dns/worker.h"
#include "net/loop.h"

namespace meridian::engines::dns {

struct TcpLimits {
  std::size_t connections_max = 1000;  // a worker; further ones are closed at once
  std::size_t unsent_bytes_max =
      256 * 1024;  // no further query is read while more than this waits to be sent
  Duration idle_time_max = std::chrono::seconds(10);  // without a whole query, or with replies nobody reads
};

class TcpListener {
 public:
  TcpListener(net::Loop& loop, Worker& worker, const TcpLimits& limits);
  ~TcpListener();
  Result<net::Address> listen(const net::Address& address, const net::ListenOptions& options);

 private:
  class Connection;
  void accept(std::unique_ptr<net::TcpConnection> socket);
  void remove(std::uint64_t number);
  void close_idle();

  net::Loop& loop_;
  Worker& worker_;
  TcpLimits limits_;
  std::vector<std::unique_ptr<net::TcpListener>> sockets_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_number_ = 0;
  std::unique_ptr<net::Timer> idle_check_;
  std::vector<std::uint8_t> reply_;  // room for one whole message, used by one connection at a time
};

}  // namespace meridian::engines::dns

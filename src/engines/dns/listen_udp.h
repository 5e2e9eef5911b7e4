// DNS over UDP: batches of datagrams in, replies out, one snapshot a batch.
#pragma once

#include "engines/dns/worker.h"
#include "net/loop.h"

namespace meridian::engines::dns {

class UdpListener final : public net::DatagramServer {
 public:
  explicit UdpListener(Worker& worker) : worker_(worker) {}
  void serve(std::span<net::Exchange> batch) override;

 private:
  Worker& worker_;
};

}  // namespace meridian::engines::dns

// One answered query as the log's thread reads it: views into the ring, valid while a sink takes it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "net/address.h"

namespace meridian::engines::dns::query_log {

enum class Protocol : std::uint8_t { Udp, Tcp, Tls };

struct Record {
  SystemTime time;  // when it was answered
  net::Address client;
  Protocol protocol;
  std::uint16_t rcode;       // the extended one
  std::uint32_t reply_size;  // 0: nothing was sent
  std::string_view zone_id;  // of the zone that answered; empty: none of ours
  Bytes query;
  Bytes reply;  // empty unless a sink that takes this record wants replies
};

}  // namespace meridian::engines::dns::query_log

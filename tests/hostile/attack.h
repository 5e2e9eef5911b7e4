// The attackers: datagrams from many forged prefixes, and connections that dribble, never read, or never end.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "packets.h"

namespace meridian::hostile {

struct AttackOptions {
  std::string server;  // IPv4
  std::uint16_t port = 0;
  Target target;
  std::vector<Kind> kinds;                 // of datagrams, in turns; none: no datagrams
  std::uint64_t datagrams_per_second = 0;  // 0: as many as can be
  unsigned prefixes = 65536;               // of 127.0.0.0/8 that the datagrams come from
};

struct AttackReport {
  std::atomic<std::uint64_t> datagrams{0}, connections{0}, connections_closed{0};
};

// Each runs until `stop`, on the thread that calls it.
void send_datagrams(const AttackOptions& options, const std::atomic<bool>& stop, AttackReport& report);
void dribble_and_never_read(const AttackOptions& options, const std::atomic<bool>& stop,
                            AttackReport& report);
void flood_connections(const AttackOptions& options, const std::atomic<bool>& stop, AttackReport& report);

}  // namespace meridian::hostile

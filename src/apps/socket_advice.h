// What the system does not give the server's sockets, and the command that makes it: told at the start, in
// /status and as a metric, because nothing else shows it before the first busy day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"

namespace meridian::apps {

struct SocketFacts {
  int receive_buffer_asked = 0, receive_buffer_granted = 0;  // of the UDP sockets
  int backlog = 0;                                           // asked of listen()
  std::optional<std::uint64_t> backlog_max;                  // net.core.somaxconn, where it can be read
  std::uint64_t descriptors_max = 0;
  bool root = false;       // runs as root
  bool reachable = false;  // from other hosts
};

struct Advice {
  std::string about, text;
};

inline constexpr std::uint64_t kDescriptorsWanted = 8192;

std::vector<Advice> advise(const SocketFacts& facts);

// Adds what the system says of this process and its limits.
void observe_system(SocketFacts& facts);

// Logs each, and sets meridian_advice to 1 for what there is advice about.
void tell(const std::vector<Advice>& all, Logger& logger, Metrics& metrics);

}  // namespace meridian::apps

// Asks the probes of revisions.h as fast as they are answered and judges every reply. Nothing is asked twice:
// what gets no reply in time is lost.
#pragma once

#include <functional>
#include <map>

#include "base/random.h"
#include "net/address.h"
#include "revisions.h"

namespace meridian::change_under_load {

struct Findings {
  std::uint64_t asked = 0, answered = 0, lost = 0, wrong = 0, with_additional_data = 0;
  std::map<std::string, std::uint64_t> reasons;  // why replies were wrong
  std::map<Kind, std::uint64_t> kinds;           // of the replies that were right
  std::vector<double> latencies_us;              // of a sample
  std::uint64_t highest = 0;                     // revision seen
};

struct ClientOptions {
  net::Address server;
  Origins origins;
  std::size_t sockets = 8;
  std::size_t outstanding = 8;  // of each socket
  std::uint64_t timeout_ms = 3000;
  // What is surely served when a query leaves, and what cannot be served yet when its reply has come.
  std::function<std::uint64_t()> served = [] { return std::uint64_t{0}; };
  std::function<std::uint64_t()> published = [] { return std::numeric_limits<std::uint64_t>::max(); };
};

// Until `ends` says so and what is outstanding has come.
Findings ask_until(const ClientOptions& options, Random& random, const std::function<bool()>& ends);

}  // namespace meridian::change_under_load

// RateLimit: what a worker does not answer, or not in full, so that it is no amplifier for forged queries
// (response rate limiting, as BIND, NSD and Knot have it) and no client or zone takes it all. Rule: no lock
// and no allocation; a client that proves its address (TCP, TLS, a server cookie) is never taken for a
// forger.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/siphash.h"
#include "engines/dns/answer.h"
#include "engines/dns/client_prefix.h"
#include "engines/dns/rate_table.h"

namespace meridian::engines::dns {

struct RateLimitOptions {
  static constexpr std::size_t kExemptMax = 64;

  // A second, of the whole server; 0: no limit.
  std::uint32_t responses_per_second = 0;          // alike, to one client prefix, over UDP
  std::uint32_t queries_per_second_of_prefix = 0;  // of one client prefix
  std::uint32_t queries_per_second_of_zone = 0;
  // Every slip-th answer held back goes as a truncated one, so that a client that is no forgery comes back
  // over TCP. 0: none does, 1: every one.
  std::uint32_t slip = 2;
  std::vector<net::Cidr> exempt = {};  // clients that no limit holds for; at most kExemptMax

  bool any() const {
    return responses_per_second != 0 || queries_per_second_of_prefix != 0 || queries_per_second_of_zone != 0;
  }
};

struct LimitCounters {
  enum class Reason : std::uint8_t { Response, Prefix, Zone };
  enum class Action : std::uint8_t { Drop, Slip, Refuse };
  static constexpr std::array<const char*, 3> kReasons{"response", "prefix", "zone"};
  static constexpr std::array<const char*, 3> kActions{"drop", "slip", "refuse"};

  std::array<std::array<std::atomic<std::uint64_t>, kActions.size()>, kReasons.size()> cells{};
};

class RateLimit {
 public:
  // One of `workers`; the seed is the secret of its table.
  RateLimit(const RateLimitOptions& options, unsigned workers, Random& seed);

  // Before anything of the query is read. Nothing: it may be answered; else what is sent instead, or, size 0,
  // that nothing is.
  std::optional<AnswerResult> refuse(Bytes query, const AnswerContext& context, MutableBytes out);
  // Behind the answer: leaves it, or replaces it by one without records or by nothing.
  void apply(Bytes query, const AnswerContext& context, MutableBytes out, AnswerResult& result);
  const LimitCounters& counters() const { return counters_; }

 private:
  using Reason = LimitCounters::Reason;
  using Action = LimitCounters::Action;

  void hold_back(Reason reason, std::uint32_t over, Bytes query, const AnswerContext& context,
                 MutableBytes out, AnswerResult& result);
  std::uint32_t take(Reason reason, const Rate& rate, std::uint64_t first, std::uint64_t second,
                     SystemTime now);
  bool is_exempt(const net::IpAddress& client) const;
  void count(Reason reason, Action action);

  const Rate responses_, prefix_queries_, zone_queries_;
  const std::uint32_t slip_;
  const std::vector<net::Cidr> exempt_;
  SipKey key_;
  RateTable table_;
  LimitCounters counters_;
};

}  // namespace meridian::engines::dns

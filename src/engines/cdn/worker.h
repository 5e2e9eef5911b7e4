// What one thread of the engine works with.
#pragma once

#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "engines/cdn/ask.h"
#include "engines/cdn/lookups.h"
#include "engines/cdn/rules/viewer_response_headers.h"
#include "upstream/origin_client.h"

namespace meridian::engines::cdn {

class PurgeClock;
class TierRoutes;

// Adds what an origin access control wants to the headers of a request. Signing needs the control plane's
// keys, so it comes from outside.
class OriginSigner {
 public:
  virtual ~OriginSigner() = default;
  virtual void sign(const snapshots::cdn::Distribution& distribution, const snapshots::cdn::Origin& origin,
                    std::string_view method, std::string_view target, rules::FieldList& fields) const = 0;
};

class EngineCounters {
 public:
  explicit EngineCounters(Metrics& metrics);
  Counter& result(rules::CacheResult result) { return *results_[static_cast<std::size_t>(result)]; }
  // By the first digit of a status; 0: the viewer left before any.
  static constexpr std::size_t kStatusClasses = 6;
  static std::size_t class_of(int status) {
    const auto digit = static_cast<std::size_t>(status / 100);
    return digit < kStatusClasses ? digit : 0;
  }
  Counter& responses(std::size_t status_class) { return *responses_[status_class]; }

  Counter &origin_requests, &origin_failures, &collapsed, &received_bytes, &sent_bytes;
  // Of what is asked of edges in other processes, and what they ask.
  Counter &tier_requests, &tier_ranges, &tier_failures, &tier_passed_over, &tier_continued, &tier_answers,
      &tier_parts, &tier_refusals;
  Counter& slice_runs_continued;

 private:
  std::array<Counter*, rules::kCacheResults> results_;
  std::array<Counter*, kStatusClasses> responses_;
};

class Worker {
 public:
  struct Parts {
    net::Loop& loop;
    upstream::OriginClient& origins;
    Random& random;
    EngineCounters& counters;
    TierRoutes& routes;
    const PurgeClock& purges;
    const OriginSigner* signer = nullptr;     // may be null
    std::string via_host = {};                // who we are in Via
    upstream::OriginClient* peers = nullptr;  // null: no other process is asked
    bool peers_have_tls = true;
  };
  explicit Worker(const Parts& parts)
      : loop(parts.loop),
        origins(parts.origins),
        random(parts.random),
        counters(parts.counters),
        routes(parts.routes),
        purges(parts.purges),
        signer(parts.signer),
        via_host(parts.via_host),
        peers(parts.peers),
        peers_have_tls(parts.peers_have_tls),
        lookups(parts.loop) {}
  ~Worker();

  rules::Time now() const { return std::chrono::floor<std::chrono::seconds>(loop.clock().now()); }
  // A fetch lives until it is over, whoever waits for it.
  void keep(std::shared_ptr<void> fetch);
  void release(const void* fetch);  // it may be on the stack
  std::size_t fetches() const { return fetches_.size(); }

  net::Loop& loop;
  upstream::OriginClient& origins;
  Random& random;
  EngineCounters& counters;
  TierRoutes& routes;
  const PurgeClock& purges;
  const OriginSigner* const signer;
  const std::string via_host;
  upstream::OriginClient* const peers;
  const bool peers_have_tls;
  Lookups lookups;

 private:
  std::unordered_map<const void*, std::shared_ptr<void>> fetches_;
  std::vector<std::shared_ptr<void>> over_;
};

}  // namespace meridian::engines::cdn

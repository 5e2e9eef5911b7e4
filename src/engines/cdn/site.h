// What requests at one edge location share, on one worker.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/published.h"
#include "engines/cdn/purge_log.h"
#include "engines/cdn/request_log.h"
#include "engines/cdn/request_space.h"
#include "engines/cdn/rules/behavior_match.h"
#include "engines/cdn/signing/signed_request.h"
#include "engines/cdn/tier.h"
#include "engines/cdn/trace.h"
#include "engines/cdn/viewer.h"
#include "engines/cdn/worker.h"
#include "snapshots/cdn/snapshot.h"
#include "snapshots/location/location.h"

namespace meridian::engines::cdn {

// A distribution, and what is made of it once.
struct Served {
  Served(snapshots::cdn::SharedDistribution its, std::shared_ptr<PurgeLog> log);
  const snapshots::cdn::SharedDistribution distribution;
  const rules::BehaviorMatch match;
  const std::shared_ptr<PurgeLog> purges;
  std::vector<signing::TrustedKeys> keys;  // of each behavior
};

// The distributions of the current snapshot, each looked at once. Of one thread.
class ServedTable {
 public:
  ServedTable(Published<snapshots::cdn::CdnSnapshot>& snapshot, PurgeLogs& purges)
      : reader_(snapshot), purges_(purges) {}
  // `host` in lower case, without port; null: nobody's.
  std::shared_ptr<const Served> find_host(std::string_view host);
  std::shared_ptr<const Served> find_id(std::string_view id);
  // The same as find_host() of a name that was the last one; null: it was not.
  std::shared_ptr<const Served> find_again(std::string_view host) {
    return host == last_host_ && reader_.current()->revision() == revision_ ? last_ : nullptr;
  }
  // For explain: which of the names that distributions have that is.
  std::string name_of(std::string_view host);

 private:
  std::shared_ptr<const Served> served(const snapshots::cdn::CdnSnapshot& snapshot,
                                       const snapshots::cdn::SharedDistribution* found);

  Published<snapshots::cdn::CdnSnapshot>::Reader reader_;
  PurgeLogs& purges_;
  std::uint64_t revision_ = ~std::uint64_t{0};
  // What the snapshot has no longer is let go from time to time: one part in kStaleShare at most, so that a
  // change does not cost a walk over all that is served.
  static constexpr std::size_t kStaleShare = 8;
  std::size_t changes_ = 0;  // since then
  std::unordered_map<const snapshots::cdn::Distribution*, std::shared_ptr<const Served>> served_;
  // Who was asked for last is often asked for next.
  std::string last_host_;  // "": nobody
  std::shared_ptr<const Served> last_;
};

struct SiteSettings {
  std::string pop;            // "FRA50-C1"
  std::string_view via_host;  // who we are in Via; of what the workers share
  SipKey key_secret;
  std::uint16_t https_port = 443;  // where redirects to HTTPS lead
  bool cache_status = false;       // RFC 9211
  RequestLog* log = nullptr;       // may be null
  Counter* requests = nullptr;     // of this location; null where it is the only one
};

class Site final : public ViewerHandler {
 public:
  using Locations = snapshots::location::Locations;
  Site(Worker& worker, Tier& tier, ServedTable& served, Published<Locations>::Reader& locations,
       SiteSettings settings)
      : worker(worker), tier(tier), served(served), settings(std::move(settings)), locations_(locations) {}

  std::unique_ptr<Exchange> begin(const ViewerRequest& request, ViewerStream& stream) override;
  // The same for nobody but `trace`: neither logged nor counted.
  std::unique_ptr<Exchange> explain(const ViewerRequest& request, ViewerStream& stream, Trace& trace);
  std::string refusal_page(int status, std::string_view reason) override;
  void end_turn() override;
  // Of a request that was answered in the turn in which it came: counted at the end of that.
  struct Answered {
    rules::CacheResult result;
    int status;
    std::uint64_t received_bytes, sent_bytes;
  };
  void count_soon(const Answered& answered);
  void write_request_id(std::string& id);

  Worker& worker;
  Tier& tier;
  ServedTable& served;
  SiteSettings settings;
  RequestSpaces spaces;
  // Where a viewer is, as far as that is known.
  snapshots::location::Place locate(const net::IpAddress& address);
  geo_db::Details details(const net::IpAddress& address);

 private:
  Published<Locations>::Reader& locations_;
  // Counters are shared with other threads, and cost accordingly.
  struct {
    std::array<std::uint32_t, rules::kCacheResults> results{};
    std::array<std::uint32_t, EngineCounters::kStatusClasses> responses{};
    std::uint32_t requests = 0;
    std::uint64_t received_bytes = 0, sent_bytes = 0;
  } turn_;
};

}  // namespace meridian::engines::cdn

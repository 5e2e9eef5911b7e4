// Zones that do not follow the store, because their newest state breaks engines, and the changes that did so.
// Both are resources in the store (`dns/…`), so that they survive a restart and have a place in the order of
// revisions.
//
// Rules: a zone is in quarantine from the moment put() is called, whatever the store says to it; a change
// that failed stays failed when its zone's quarantine is lifted, and those that only waited behind it do not.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/store.h"

namespace meridian::compilers::dns {

inline constexpr std::string_view kQuarantinePrefix = "dns/quarantine/";  // + zone id
inline constexpr std::string_view kFailedPrefix = "dns/failed/";          // + revision / zone id
inline constexpr std::size_t kFailedChangesMax = 1000;                    // remembered; then the oldest go

struct QuarantinedZone {
  enum class Cause : std::uint8_t {
    Examined,  // refused before anybody served it
    Served,    // an engine that served it died
    Retry,     // refused once, and to be tried again at the revision of this record
  } cause = Cause::Examined;
  std::string zone_id;
  std::string name;           // the zone's, for people
  store::Revision since = 0;  // the zone is served as it was before this one
  store::Revision tried = 0;  // the newest state that is known to break engines
  std::string reason;
  SystemTime at{};
};

class Quarantine {
 public:
  Quarantine(store::Store& store, Logger& logger, Metrics& metrics);

  // Reads what is in the store.
  Result<void> load();

  // Thread-safe.
  std::optional<QuarantinedZone> find(const std::string& zone_id) const;
  std::vector<QuarantinedZone> all() const;  // by zone id
  // Whether the change waits behind a quarantine, or failed for good.
  bool holds_back(std::string_view zone_id, store::Revision revision) const;

  // The changes from `since` to `tried` failed. Of a zone that is there already, the earlier `since` stays.
  // It holds even when the store fails, but is forgotten then at the next start. The revision of its record.
  Result<store::Revision> put(QuarantinedZone zone);
  void lift(const std::string& zone_id);
  // Lets every zone be tried again that no engine has died of.
  Result<void> retry_all();

 private:
  using Changes = std::pair<store::Revision, store::Revision>;  // first and last
  void remember(const QuarantinedZone& zone, store::Transaction& transaction);
  Result<store::Revision> commit(store::Transaction transaction);

  store::Store& store_;
  Logger& logger_;
  Gauge& zones_gauge_;
  Counter& failed_counter_;
  mutable std::mutex mutex_;
  std::map<std::string, QuarantinedZone, std::less<>> zones_;
  std::multimap<std::string, Changes, std::less<>> failed_;  // by zone id
  std::set<std::string> failed_keys_;                        // oldest first
};

std::optional<QuarantinedZone> decode_quarantined(const store::KeyValue& item);

}  // namespace meridian::compilers::dns

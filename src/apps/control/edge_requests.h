// What edges tell of the requests that they served, on its way to those who tell of this process's own:
// metrics, standard and real-time logs. Rule: an edge's piece counts once for as long as this process lives,
// however often it comes; it is answered when the readers have it.
#pragma once

#include <map>
#include <mutex>

#include "apps/cdn_traffic/traffic.h"
#include "base/log.h"
#include "engines/cdn/access_log/record_wire.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

class EdgeRequests final : public snapshots::feed::RequestListener {
 public:
  static constexpr std::size_t kWaitingBytesMax = 64 * 1024 * 1024;  // of pieces, compressed, of all edges

  // They outlive this, and their threads have ended before it does.
  EdgeRequests(snapshots::feed::FeedServer& feed, Traffic& traffic,
               engines::cdn::access_log::FindDistribution find, Logger& logger, Metrics& metrics);

  void served(const std::string& edge, snapshots::feed::Requests requests) override;

 private:
  struct Heard {
    std::uint64_t series = 0, number = 0, taken = 0;
  };
  Result<void> read(const snapshots::feed::Requests& requests);
  void taken(const std::string& edge, const snapshots::feed::Requests& requests);

  snapshots::feed::FeedServer& feed_;
  Traffic& traffic_;
  const engines::cdn::access_log::FindDistribution find_;
  Logger& logger_;
  Counter& refused_;
  Counter& unknown_;

  std::mutex mutex_;
  std::map<std::string, Heard> heard_;  // by edge
  std::size_t waiting_bytes_ = 0;
};

}  // namespace meridian::apps

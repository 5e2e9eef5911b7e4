#include "apps/control/edge_requests.h"

#include "snapshots/feed/compression.h"

namespace meridian::apps {

namespace feed = snapshots::feed;

EdgeRequests::EdgeRequests(feed::FeedServer& feed, Traffic& traffic,
                           engines::cdn::access_log::FindDistribution find, Logger& logger, Metrics& metrics)
    : feed_(feed),
      traffic_(traffic),
      find_(std::move(find)),
      logger_(logger),
      refused_(
          metrics.counter("meridian_cdn_edge_requests_refused_total",
                          "Pieces of what edges tell of their requests that were malformed, or more than "
                          "could wait.")),
      unknown_(metrics.counter("meridian_cdn_edge_requests_unknown_total",
                               "Requests to edges of distributions that are there no more.")) {}

void EdgeRequests::served(const std::string& edge, feed::Requests requests) {
  const std::lock_guard lock(mutex_);
  Heard& heard = heard_[edge];
  if (heard.series != requests.series) heard = {requests.series};
  if (requests.number <= heard.taken) return feed_.took(edge, {requests.series, requests.number});
  if (requests.number <= heard.number) return;  // it is answered soon
  heard.number = requests.number;
  if (waiting_bytes_ + requests.records.size() > kWaitingBytesMax) {
    refused_.add();
    heard.taken = requests.number;
    return feed_.took(edge, {requests.series, requests.number});
  }
  waiting_bytes_ += requests.records.size();
  traffic_.post([this, edge, requests = std::move(requests)] {
    if (const auto done = read(requests); !done) {
      refused_.add();
      logger_.error("cdn", "what an edge tells of its requests cannot be read",
                    {{"edge", edge}, {"why", done.error().message}});
    }
    taken(edge, requests);
  });
}

Result<void> EdgeRequests::read(const feed::Requests& requests) {
  const std::string plain = TRY(feed::decompress(requests.records, requests.plain_size));
  const std::size_t unknown = TRY(engines::cdn::access_log::read_records(
      as_bytes(plain), find_, [this](const auto& record) { traffic_.tell(record); }));
  if (unknown != 0) unknown_.add(unknown);
  return {};
}

void EdgeRequests::taken(const std::string& edge, const feed::Requests& requests) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ -= requests.records.size();
  if (Heard& heard = heard_[edge]; heard.series == requests.series)
    heard.taken = std::max(heard.taken, requests.number);
  feed_.took(edge, {requests.series, requests.number});
}

}  // namespace meridian::apps

#include "engines/cdn/worker.h"

#include "engines/cdn/origin_fetch.h"

namespace meridian::engines::cdn {

EngineCounters::EngineCounters(Metrics& metrics)
    : origin_requests(metrics.counter("meridian_cdn_origin_requests_total", "Requests sent to origins")),
      origin_failures(metrics.counter("meridian_cdn_origin_failures_total",
                                      "Requests to origins that got no whole response head")),
      hits(metrics.counter("meridian_cdn_requests_total", "Requests of viewers, by result",
                           {{"result", "Hit"}})),
      misses(metrics.counter("meridian_cdn_requests_total", "Requests of viewers, by result",
                             {{"result", "Miss"}})),
      refreshes(metrics.counter("meridian_cdn_requests_total", "Requests of viewers, by result",
                                {{"result", "RefreshHit"}})),
      errors(metrics.counter("meridian_cdn_requests_total", "Requests of viewers, by result",
                             {{"result", "Error"}})),
      collapsed(metrics.counter("meridian_cdn_collapsed_requests_total",
                                "Requests that waited for the answer to another one")) {}

Worker::~Worker() = default;

void Worker::keep(std::shared_ptr<OriginFetch> fetch) {
  const OriginFetch* const key = fetch.get();
  fetches_.emplace(key, std::move(fetch));
}

void Worker::release(const OriginFetch& fetch) {
  const auto at = fetches_.find(&fetch);
  if (at == fetches_.end()) return;
  over_.push_back(std::move(at->second));
  fetches_.erase(at);
  if (burial_) return;
  burial_ = loop.after(Duration::zero(), [this] {
    auto gone = std::move(over_);
    over_.clear();
    burial_.reset();
  });
}

}  // namespace meridian::engines::cdn

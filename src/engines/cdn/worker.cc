#include "engines/cdn/worker.h"

#include "engines/cdn/origin_fetch.h"

namespace meridian::engines::cdn {

EngineCounters::EngineCounters(Metrics& metrics)
    : origin_requests(metrics.counter("meridian_cdn_origin_requests_total", "Requests sent to origins")),
      origin_failures(metrics.counter("meridian_cdn_origin_failures_total",
                                      "Requests to origins that got no whole response head")),
      collapsed(metrics.counter("meridian_cdn_collapsed_requests_total",
                                "Requests that waited for the answer to another one")),
      received_bytes(metrics.counter("meridian_cdn_received_bytes_total",
                                     "Bytes of viewers' requests, with their heads")),
      sent_bytes(metrics.counter("meridian_cdn_sent_bytes_total",
                                 "Bytes of responses to viewers, with their heads")) {
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const std::string_view result = rules::result_type(static_cast<rules::CacheResult>(i));
    results_[i] = &metrics.counter("meridian_cdn_requests_total", "Requests of viewers, by result",
                                   {{"result", std::string(result)}});
  }
  for (std::size_t i = 0; i < responses_.size(); ++i)
    responses_[i] =
        &metrics.counter("meridian_cdn_responses_total", "Responses to viewers, by the class of their status",
                         {{"status", i == 0 ? "none" : std::to_string(i) + "xx"}});
}

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

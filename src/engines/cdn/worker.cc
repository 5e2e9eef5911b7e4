#include "engines/cdn/worker.h"

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
                                 "Bytes of responses to viewers, with their heads")),
      tier_requests(metrics.counter("meridian_cdn_tier_requests_total",
                                    "Questions to caches of edges in other processes")),
      tier_ranges(metrics.counter("meridian_cdn_tier_ranges_total",
                                  "Such questions for a part of an object, and not for all of it")),
      tier_failures(
          metrics.counter("meridian_cdn_tier_failures_total",
                          "Such questions that the other process failed to answer, or to answer whole")),
      tier_passed_over(
          metrics.counter("meridian_cdn_tier_passed_over_total",
                          "Such questions that the next cache, or the origin, was asked instead")),
      tier_continued(metrics.counter("meridian_cdn_tier_continued_total",
                                     "Bodies that broke off and came on from elsewhere")),
      tier_answers(metrics.counter("meridian_cdn_tier_answers_total",
                                   "Questions of edges in other processes that were answered")),
      tier_parts(
          metrics.counter("meridian_cdn_tier_parts_total", "Such answers that were a part of an object")),
      tier_refusals(
          metrics.counter("meridian_cdn_tier_refusals_total",
                          "Questions of edges in other processes that were refused: of strangers, of "
                          "what is not served here, or while invalidations were still to come")),
      slice_runs_continued(metrics.counter(
          "meridian_cdn_slice_runs_continued_total",
          "Times that the rest of a run of slices was asked for, because less had come than was asked")) {
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

void Worker::keep(std::shared_ptr<void> fetch) {
  const void* const key = fetch.get();
  fetches_.emplace(key, std::move(fetch));
}

void Worker::release(const void* fetch) {
  const auto at = fetches_.find(fetch);
  if (at == fetches_.end()) return;
  over_.push_back(std::move(at->second));
  fetches_.erase(at);
  if (over_.size() > 1) return;
  loop.at_turn_end([this] { const auto gone = std::exchange(over_, {}); });
}

}  // namespace meridian::engines::cdn

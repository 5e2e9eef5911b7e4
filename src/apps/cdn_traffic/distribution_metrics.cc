#include "apps/cdn_traffic/distribution_metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::apps {
namespace {

constexpr std::string_view kRegion = "us-east-1";  // where all metrics of CloudFront are
constexpr int kStatusesOfTheirOwn[] = {401, 403, 404, 502, 503, 504};

double errors_between(const std::map<int, double>& errors, int from, int to) {
  double sum = 0;
  for (auto at = errors.lower_bound(from); at != errors.end() && at->first < to; ++at) sum += at->second;
  return sum;
}

// One value a request, 0 or 100, so that averages over any time are right.
store::Statistics rate(double part, double all) {
  if (part == 0) return store::Statistics::of(0, all);
  store::Statistics out = store::Statistics::of(100, part);
  if (part < all) out.merge(store::Statistics::of(0, all - part));
  return out;
}

}  // namespace

void DistributionMetrics::take(const engines::cdn::RequestRecord& record) {
  const auto& distribution = *record.distribution;
  const SystemTime minute = std::chrono::floor<std::chrono::minutes>(record.began + record.time_taken);
  Counts& counts = counts_[{minute, distribution.id}];
  counts.account = distribution.account;
  counts.additional = distribution.additional_metrics;
  const auto times = static_cast<double>(record.times);
  const auto add = [&](Bytes& to, std::uint64_t bytes) {
    const auto value = static_cast<double>(bytes);
    to.sum += value * times;
    to.least = counts.requests == 0 ? value : std::min(to.least, value);
    to.most = std::max(to.most, value);
  };
  const std::string_view method = record.method;
  add(counts.downloaded, method == "GET" || method == "HEAD" ? record.sent_bytes : 0);
  add(counts.uploaded, method == "POST" || method == "PUT" ? record.received_bytes : 0);
  counts.requests += times;
  if (record.status >= 400) counts.errors[record.status] += times;
  // CF: "HTTP POST and PUT requests, and errors, are not considered cacheable requests."
  const bool hit = record.result == "Hit" || record.result == "RefreshHit";
  if (method != "POST" && method != "PUT" && (hit || record.result == "Miss")) {
    counts.cacheable += times;
    if (hit) counts.hits += times;
  }
  if (!distribution.additional_metrics || !record.origin_first_byte) return;
  const auto latency =
      store::Statistics::of(std::chrono::duration<double, std::milli>(record.to_first_byte).count());
  if (counts.origin_latency)
    counts.origin_latency->merge(latency);
  else
    counts.origin_latency = latency;
}

void DistributionMetrics::turn(SystemTime now) {
  if (told_ == SystemTime()) told_ = now;
  if (now - told_ < kTellEvery && now >= told_) return;  // the clock may jump
  told_ = now;
  tell();
}

void DistributionMetrics::add_samples(const Key& key, const Counts& counts, std::vector<store::Sample>& out) {
  const auto& [minute, id] = key;
  const auto add = [&](std::string metric, const char* unit, store::Statistics statistics) {
    out.push_back({{store::metric_scope(counts.account, kRegion),
                    "AWS/CloudFront",
                    std::move(metric),
                    {{"DistributionId", id}, {"Region", "Global"}},
                    unit},
                   minute,
                   std::move(statistics)});
  };
  const auto bytes = [&](const Bytes& of) {
    return store::Statistics::of_set(counts.requests, of.sum, of.least, of.most);
  };
  const double all_4xx = errors_between(counts.errors, 400, 500);
  const double all_5xx = errors_between(counts.errors, 500, 600);
  add("Requests", "None", store::Statistics::of(1, counts.requests));
  add("BytesDownloaded", "None", bytes(counts.downloaded));
  add("BytesUploaded", "None", bytes(counts.uploaded));
  add("TotalErrorRate", "Percent", rate(all_4xx + all_5xx, counts.requests));
  add("4xxErrorRate", "Percent", rate(all_4xx, counts.requests));
  add("5xxErrorRate", "Percent", rate(all_5xx, counts.requests));
  if (!counts.additional) return;
  if (counts.cacheable > 0) add("CacheHitRate", "Percent", rate(counts.hits, counts.cacheable));
  if (counts.origin_latency) add("OriginLatency", "Milliseconds", *counts.origin_latency);
  for (const int status : kStatusesOfTheirOwn)
    add(fmt::format("{}ErrorRate", status), "Percent",
        rate(errors_between(counts.errors, status, status + 1), counts.requests));
}

void DistributionMetrics::tell() {
  std::vector<store::Sample> samples;
  for (const auto& [key, counts] : counts_) add_samples(key, counts, samples);
  counts_.clear();
  if (samples.empty()) return;
  if (const auto added = sink_.add(samples); !added)
    logger_.warn("metrics", "metrics of distributions cannot be kept: " + added.error().message);
}

}  // namespace meridian::apps

#include "apps/zone_metrics.h"

#include "services/route53/resources.h"

namespace meridian::apps {
namespace {

constexpr std::chrono::minutes kMinute{1};
constexpr std::string_view kRegion = "us-east-1";  // where all metrics of Route 53 are

}  // namespace

void ZoneMetrics::start(net::Loop& loop) {
  const Duration since = loop.clock().now().time_since_epoch();
  timer_ = loop.after(kMinute - since % kMinute, [this, &loop] {
    publish(loop.clock().now());
    start(loop);
  });
}

void ZoneMetrics::publish(SystemTime now) {
  Counts counts = counts_();
  std::vector<store::Sample> samples;
  for (const auto& [id, count] : counts) {
    const auto told = told_.find(id);
    const std::uint64_t before = told == told_.end() ? 0 : told->second;
    if (count <= before) continue;
    const auto stored = store_.get(services::route53::zone_key(id));
    if (!stored || !*stored) continue;  // gone meanwhile
    const auto zone = services::route53::decode_hosted_zone((*stored)->value);
    if (!zone) continue;
    samples.push_back({{store::metric_scope(zone->account, kRegion),
                        "AWS/Route53",
                        "DNSQueries",
                        {{"HostedZoneId", id}},
                        "None"},
                       std::chrono::floor<std::chrono::minutes>(now) - kMinute,
                       store::Statistics::of(static_cast<double>(count - before))});
  }
  if (!samples.empty())
    if (const auto added = sink_.add(samples); !added)
      logger_.warn("metrics", "DNSQueries of hosted zones cannot be kept: " + added.error().message);
  told_ = std::move(counts);
}

}  // namespace meridian::apps

#include "apps/bill/read_usage.h"

#include <fmt/format.h>

#include <set>

#include "apps/aws_client.h"
#include "gen/cloudfront/api.h"
#include "gen/cloudwatch/api.h"
#include "gen/kinesis/api.h"
#include "gen/route53/api.h"
#include "gen/s3/api.h"

namespace meridian::apps::bill {
namespace {

namespace cf = gen::cloudfront;
namespace cw = gen::cloudwatch;
namespace kinesis = gen::kinesis;
namespace r53 = gen::route53;
namespace s3 = gen::s3;

constexpr std::int32_t kDay = 86400;
constexpr std::int32_t kFastInterval = 10;

template <typename Output, typename Input>
Result<Output> call(AwsClient& client, std::string_view operation, const Input& input) {
  auto output = client.call<Output>(operation, input);
  if (!output)
    return fail(ErrorCode::Unavailable,
                fmt::format("{}: {}: {}", operation, output.error().code, output.error().message));
  return *std::move(output);
}

// A metric over the whole time.
struct Metrics {
  AwsClient& client;
  SystemTime start, end;

  Result<double> sum(std::string_view space, std::string_view metric, std::vector<cw::Dimension> dimensions) {
    double total = 0;
    for (const cw::Datapoint& point : TRY(points(space, metric, std::move(dimensions), "Sum")))
      total += point.Sum.value_or(0);
    return total;
  }
  // Of the days that have it.
  Result<double> mean(std::string_view space, std::string_view metric,
                      std::vector<cw::Dimension> dimensions) {
    const auto found = TRY(points(space, metric, std::move(dimensions), "Average"));
    double total = 0;
    for (const cw::Datapoint& point : found) total += point.Average.value_or(0);
    return found.empty() ? 0 : total / static_cast<double>(found.size());
  }

 private:
  Result<std::vector<cw::Datapoint>> points(std::string_view space, std::string_view metric,
                                            std::vector<cw::Dimension> dimensions, const char* statistic) {
    cw::GetMetricStatisticsInput input;
    input.Namespace = space;
    input.MetricName = metric;
    input.Dimensions = std::move(dimensions);
    input.StartTime = start;
    input.EndTime = end;
    input.Period = kDay;
    input.Statistics = {statistic};
    auto found = TRY(call<cw::GetMetricStatisticsOutput>(client, "GetMetricStatistics", input));
    return found.Datapoints ? *std::move(found.Datapoints) : std::vector<cw::Datapoint>();
  }
};

Result<double> invalidated(AwsClient& client, const std::string& distribution, SystemTime start,
                           SystemTime end) {
  double paths = 0;
  cf::ListInvalidationsRequest request;
  request.DistributionId = distribution;
  for (;;) {
    const auto page = TRY(call<cf::ListInvalidationsResult>(client, "ListInvalidations", request));
    if (!page.InvalidationList) return paths;
    if (page.InvalidationList->Items)
      for (const cf::InvalidationSummary& one : *page.InvalidationList->Items) {
        if (one.CreateTime < start || one.CreateTime >= end) continue;
        cf::GetInvalidationRequest get;
        get.DistributionId = distribution;
        get.Id = one.Id;
        const auto found = TRY(call<cf::GetInvalidationResult>(client, "GetInvalidation", get));
        if (found.Invalidation) paths += found.Invalidation->InvalidationBatch.Paths.Quantity;
      }
    if (page.InvalidationList->NextMarker.value_or("").empty()) return paths;
    request.Marker = page.InvalidationList->NextMarker;
  }
}

Result<void> read_distributions(AwsClient& client, Metrics& metrics, const std::string& only, Usage& usage) {
  cf::ListDistributionsRequest request;
  for (;;) {
    const auto page = TRY(call<cf::ListDistributionsResult>(client, "ListDistributions", request));
    if (!page.DistributionList) return {};
    if (page.DistributionList->Items)
      for (const cf::DistributionSummary& one : *page.DistributionList->Items) {
        if (!only.empty() && one.Id != only) continue;
        DistributionUsage used{.id = one.Id, .name = one.DomainName};
        if (one.Aliases.Items && !one.Aliases.Items->empty()) used.name = one.Aliases.Items->front();
        const std::vector<cw::Dimension> dimensions{{"DistributionId", one.Id}, {"Region", "Global"}};
        used.requests = TRY(metrics.sum("AWS/CloudFront", "Requests", dimensions));
        used.bytes = TRY(metrics.sum("AWS/CloudFront", "BytesDownloaded", dimensions));
        used.invalidation_paths = TRY(invalidated(client, one.Id, metrics.start, metrics.end));
        usage.distributions.push_back(std::move(used));
      }
    if (page.DistributionList->NextMarker.value_or("").empty()) return {};
    request.Marker = page.DistributionList->NextMarker;
  }
}

Result<void> read_zones(AwsClient& client, Metrics& metrics, Usage& usage) {
  r53::ListHostedZonesRequest request;
  for (;;) {
    const auto page = TRY(call<r53::ListHostedZonesResponse>(client, "ListHostedZones", request));
    for (const r53::HostedZone& zone : page.HostedZones) {
      const std::string id = zone.Id.substr(zone.Id.rfind('/') + 1);
      ++usage.zones;
      usage.queries += TRY(metrics.sum("AWS/Route53", "DNSQueries", {{"HostedZoneId", id}}));
    }
    if (!page.IsTruncated) return {};
    request.Marker = page.NextMarker;
  }
}

// HTTPS, the search for a string, the fast interval and the measuring of latency are options.
double features_of(const r53::HealthCheckConfig& config) {
  return config.Type.starts_with("HTTPS") + config.Type.ends_with("STR_MATCH") +
         (config.RequestInterval.value_or(0) == kFastInterval) + config.MeasureLatency.value_or(false);
}

Result<void> read_health_checks(AwsClient& client, Usage& usage) {
  r53::ListHealthChecksRequest request;
  for (;;) {
    const auto page = TRY(call<r53::ListHealthChecksResponse>(client, "ListHealthChecks", request));
    for (const r53::HealthCheck& check : page.HealthChecks) {
      ++usage.health_checks;
      usage.health_check_features += features_of(check.HealthCheckConfig);
    }
    if (!page.IsTruncated) return {};
    request.Marker = page.NextMarker;
  }
}

// The ARNs of streams that real-time logs go to.
Result<std::set<std::string>> realtime_streams(AwsClient& client) {
  std::set<std::string> arns;
  cf::ListRealtimeLogConfigsRequest request;
  for (;;) {
    const auto page = TRY(call<cf::ListRealtimeLogConfigsResult>(client, "ListRealtimeLogConfigs", request));
    if (!page.RealtimeLogConfigs) return arns;
    if (page.RealtimeLogConfigs->Items)
      for (const cf::RealtimeLogConfig& config : *page.RealtimeLogConfigs->Items)
        for (const cf::EndPoint& end : config.EndPoints)
          if (end.KinesisStreamConfig) arns.insert(end.KinesisStreamConfig->StreamARN);
    if (page.RealtimeLogConfigs->NextMarker.value_or("").empty()) return arns;
    request.Marker = page.RealtimeLogConfigs->NextMarker;
  }
}

Result<StreamUsage> read_stream(AwsClient& client, Metrics& metrics, const std::string& name,
                                const std::set<std::string>& realtime, SystemTime now) {
  const auto found = TRY(call<kinesis::DescribeStreamSummaryOutput>(
      client, "DescribeStreamSummary", kinesis::DescribeStreamSummaryInput{.StreamName = name}));
  const kinesis::StreamDescriptionSummary& stream = found.StreamDescriptionSummary;
  StreamUsage used{.name = name};
  used.on_demand = stream.StreamModeDetails && stream.StreamModeDetails->StreamMode == "ON_DEMAND";
  used.takes_realtime_lines = realtime.contains(stream.StreamARN);
  used.shards = stream.OpenShardCount;
  used.retention_hours = stream.RetentionPeriodHours;
  const Duration there = std::min(now, metrics.end) - std::max(stream.StreamCreationTimestamp, metrics.start);
  used.hours = std::max(0.0, std::ceil(std::chrono::duration<double, std::ratio<3600>>(there).count()));
  used.records = TRY(metrics.sum("AWS/Kinesis", "IncomingRecords", {{"StreamName", name}}));
  used.bytes = TRY(metrics.sum("AWS/Kinesis", "IncomingBytes", {{"StreamName", name}}));
  return used;
}

Result<void> read_streams(AwsClient& client, AwsClient& cloudfront, Metrics& metrics, SystemTime now,
                          Usage& usage) {
  const auto realtime = TRY(realtime_streams(cloudfront));
  kinesis::ListStreamsInput request;
  for (;;) {
    const auto page = TRY(call<kinesis::ListStreamsOutput>(client, "ListStreams", request));
    for (const std::string& name : page.StreamNames) {
      usage.streams.push_back(TRY(read_stream(client, metrics, name, realtime, now)));
      request.ExclusiveStartStreamName = name;
    }
    if (!page.HasMoreStreams || page.StreamNames.empty()) return {};
  }
}

Result<void> read_buckets(AwsClient& client, Metrics& metrics, Usage& usage) {
  s3::ListBucketsRequest request;
  for (;;) {
    const auto page = TRY(call<s3::ListBucketsOutput>(client, "ListBuckets", request));
    if (page.Buckets)
      for (const s3::Bucket& bucket : *page.Buckets) {
        BucketUsage used{.name = bucket.Name.value_or("")};
        used.bytes = TRY(metrics.mean("AWS/S3", "BucketSizeBytes",
                                      {{"BucketName", used.name}, {"StorageType", "StandardStorage"}}));
        usage.buckets.push_back(std::move(used));
      }
    if (page.ContinuationToken.value_or("").empty()) return {};
    request.ContinuationToken = page.ContinuationToken;
  }
}

}  // namespace

Result<Usage> read_usage(const ClientOptions& options, const std::string& distribution, SystemTime start,
                         SystemTime end, const Clock& clock) {
  Usage usage;
  AwsClient watch = TRY(AwsClient::open(options, cw::service_model(), clock));
  Metrics metrics{watch, start, end};
  AwsClient cloudfront = TRY(AwsClient::open(options, cf::service_model(), clock));
  TRY(read_distributions(cloudfront, metrics, distribution, usage));
  if (!distribution.empty()) {
    if (usage.distributions.empty())
      return fail(ErrorCode::NotFound, fmt::format("there is no distribution {}", distribution));
    return usage;
  }
  AwsClient dns = TRY(AwsClient::open(options, r53::service_model(), clock));
  TRY(read_zones(dns, metrics, usage));
  TRY(read_health_checks(dns, usage));
  AwsClient streams = TRY(AwsClient::open(options, kinesis::service_model(), clock));
  TRY(read_streams(streams, cloudfront, metrics, clock.now(), usage));
  AwsClient buckets = TRY(AwsClient::open(options, s3::service_model(), clock));
  TRY(read_buckets(buckets, metrics, usage));
  return usage;
}

}  // namespace meridian::apps::bill

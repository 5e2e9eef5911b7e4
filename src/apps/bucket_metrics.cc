#include "apps/bucket_metrics.h"

namespace meridian::apps {
namespace {

namespace s3 = services::s3;
using std::chrono::days;

// CloudWatch's "objects" are all versions, and delete markers too, which have no bytes.
using PrefixOf = std::string (*)(std::string_view bucket);
constexpr PrefixOf kPrefixes[] = {s3::objects_prefix, s3::versions_prefix, s3::markers_prefix};

}  // namespace

void BucketMetrics::start(net::Loop& loop) {
  timer_ = loop.after(Duration::zero(), [this, &loop] {
    const Result<void> begun = begin();
    if (!begun) logger_.warn("metrics", "buckets cannot be counted: " + begun.error().message);
    look(loop);
  });
}

Result<void> BucketMetrics::begin() {
  left_.clear();
  store::RangeOptions options{.limit = kPage};
  for (bool more = true; more;) {
    const store::Range page = TRY(store_.range(s3::kBucketsPrefix, options));
    for (const store::KeyValue& item : page.items) {
      left_.push_back(TRY(s3::decode_bucket(item.value)));
      options.start_after = item.key;
    }
    more = page.more;
  }
  return {};
}

void BucketMetrics::look(net::Loop& loop) {
  const SystemTime now = loop.clock().now();
  if (left_.empty()) {
    timer_ = loop.after(std::chrono::floor<days>(now) + days(1) - now, [this, &loop] { start(loop); });
    return;
  }
  if (const auto counted = count_page(); !counted) {
    logger_.warn("metrics", "a bucket cannot be counted: " + counted.error().message);
    kind_ = std::size(kPrefixes);
  } else if (kind_ == std::size(kPrefixes)) {
    tell(now);
  }
  if (kind_ == std::size(kPrefixes)) {
    left_.pop_front();
    kind_ = bytes_ = objects_ = 0;
    after_.clear();
  }
  timer_ = loop.after(kPause, [this, &loop] { look(loop); });
}

Result<void> BucketMetrics::count_page() {
  const store::Range page =
      TRY(store_.range(kPrefixes[kind_](left_.front().name), {.limit = kPage, .start_after = after_}));
  for (const store::KeyValue& item : page.items) {
    bytes_ += TRY(s3::decode_object(item.value)).size;
    ++objects_;
    after_ = item.key;
  }
  if (page.more) return {};
  after_.clear();
  ++kind_;
  return {};
}

void BucketMetrics::tell(SystemTime now) {
  const s3::BucketResource& bucket = left_.front();
  std::vector<store::Sample> samples;
  const auto add = [&](const char* metric, const char* unit, const char* storage, std::uint64_t value) {
    samples.push_back({{store::metric_scope(bucket.account, bucket.region),
                        "AWS/S3",
                        metric,
                        {{"BucketName", bucket.name}, {"StorageType", storage}},
                        unit},
                       std::chrono::floor<days>(now),
                       store::Statistics::of(static_cast<double>(value))});
  };
  add("BucketSizeBytes", "Bytes", "StandardStorage", bytes_);
  add("NumberOfObjects", "Count", "AllStorageTypes", objects_);
  if (const auto added = sink_.add(samples); !added)
    logger_.warn("metrics", "metrics of buckets cannot be kept: " + added.error().message);
}

}  // namespace meridian::apps

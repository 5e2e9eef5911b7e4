#include "store/series/statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "store/fields.h"

namespace meridian::store {
namespace {

constexpr double kGrowth = (1 + Statistics::kAccuracy) / (1 - Statistics::kAccuracy);
constexpr std::int32_t kOffset = 20'000;  // g^-20000 is below the smallest double
constexpr std::uint8_t kVersion = 1;

struct Writer : FieldWriter<Writer> {
  Writer() : FieldWriter(kVersion) {}
  Writer& number(double value) { return u64(std::bit_cast<std::uint64_t>(value)); }
};

double read_number(FieldReader& reader) {
  return std::bit_cast<double>(reader.u64());
}

}  // namespace

std::int32_t Statistics::index_of(double value) {
  if (value == 0) return 0;
  const double exponent = std::ceil(std::log(std::abs(value)) / std::log(kGrowth));
  const auto index = std::max(1, static_cast<std::int32_t>(exponent) + kOffset);
  return value > 0 ? index : -index;
}

double Statistics::value_of(std::int32_t index) {
  if (index == 0) return 0;
  const double upper = std::pow(kGrowth, std::abs(index) - kOffset);
  const double middle = 2 * upper / (1 + kGrowth);  // equally far, relatively, from both ends
  return index > 0 ? middle : -middle;
}

Statistics Statistics::of(double value, double count) {
  return of_set(count, value * count, value, value);
}

Statistics Statistics::of_set(double count, double sum, double minimum, double maximum) {
  Statistics out;
  out.count_ = count;
  out.sum_ = sum;
  out.minimum_ = minimum;
  out.maximum_ = maximum;
  out.distributed_ = minimum == maximum;
  if (out.distributed_) out.buckets_.push_back({index_of(minimum), count});
  return out;
}

void Statistics::merge(const Statistics& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = other;
    return;
  }
  count_ += other.count_;
  sum_ += other.sum_;
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  distributed_ = distributed_ && other.distributed_;
  std::vector<Bucket> merged;
  merged.reserve(buckets_.size() + other.buckets_.size());
  if (distributed_) {
    std::ranges::merge(buckets_, other.buckets_, std::back_inserter(merged), {}, &Bucket::index,
                       &Bucket::index);
    std::size_t kept = 0;
    for (const Bucket& bucket : merged) {
      if (kept > 0 && merged[kept - 1].index == bucket.index)
        merged[kept - 1].count += bucket.count;
      else
        merged[kept++] = bucket;
    }
    merged.resize(kept);
  }
  // Those who look at percentiles look at the upper ones.
  for (std::size_t spare = merged.size() > kBucketsMax ? merged.size() - kBucketsMax : 0; spare > 0;
       --spare) {
    merged[1].count += merged[0].count;
    merged.erase(merged.begin());
  }
  buckets_ = std::move(merged);
}

double Statistics::percentile(double share) const {
  if (share >= 1) return maximum_;
  const double rank = share * count_;
  double seen = 0;
  for (const Bucket& bucket : buckets_) {
    seen += bucket.count;
    if (seen >= rank) return std::clamp(value_of(bucket.index), minimum_, maximum_);
  }
  return maximum_;
}

double Statistics::share_between(double low, double high) const {
  if (count_ == 0) return 0;
  double inside = 0;
  for (const Bucket& bucket : buckets_) {
    const double value = std::clamp(value_of(bucket.index), minimum_, maximum_);
    if (value > low && value <= high) inside += bucket.count;
  }
  return inside / count_;
}

std::string Statistics::encode() const {
  Writer out;
  out.number(count_).number(sum_).number(minimum_).number(maximum_).flag(distributed_).count(buckets_.size());
  for (const Bucket& bucket : buckets_)
    out.u32(static_cast<std::uint32_t>(bucket.index)).number(bucket.count);
  return out.take();
}

Result<Statistics> Statistics::decode(std::string_view bytes) {
  FieldReader in(bytes, kVersion);
  Statistics out;
  out.count_ = read_number(in);
  out.sum_ = read_number(in);
  out.minimum_ = read_number(in);
  out.maximum_ = read_number(in);
  out.distributed_ = in.flag();
  out.buckets_.resize(in.count(12));
  for (Bucket& bucket : out.buckets_) {
    bucket.index = static_cast<std::int32_t>(in.u32());
    bucket.count = read_number(in);
  }
  return in.finish(std::move(out), "period of a metric");
}

}  // namespace meridian::store

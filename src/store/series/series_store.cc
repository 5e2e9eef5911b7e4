#include "store/series/series_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/embedded/rocks.h"
#include "store/fields.h"

namespace meridian::store {
namespace {

using std::chrono::seconds;

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kNamesFrom = "n", kNamesEnd = "o";  // rows: n <number> → identity, last sample
constexpr std::size_t kResolutionCount = std::size(SeriesStore::kResolutions);
constexpr std::chrono::days kForgetEvery{1};

struct Writer : FieldWriter<Writer> {
  Writer() : FieldWriter(kVersion) {}
};

std::string name_key(std::uint64_t number) {
  std::string key(kNamesFrom);
  append_u64(key, number);
  return key;
}

// "d", the series, the resolution, the second: a period's rows of one series stand side by side.
std::string row_key(std::uint64_t number, std::size_t resolution, std::int64_t start) {
  std::string key = "d";
  append_u64(key, number);
  append_u8(key, static_cast<std::uint8_t>(resolution));
  append_u64(key, static_cast<std::uint64_t>(start));
  return key;
}

std::string encode(const SeriesId& id, SystemTime last) {
  Writer out;
  out.text(id.account)
      .text(id.name_space)
      .text(id.metric)
      .text(id.unit)
      .time(last)
      .count(id.dimensions.size());
  for (const auto& [name, value] : id.dimensions) out.text(name).text(value);
  return out.take();
}

Result<std::pair<SeriesId, SystemTime>> decode(std::string_view bytes) {
  FieldReader in(bytes, kVersion);
  std::pair<SeriesId, SystemTime> out;
  SeriesId& id = out.first;
  id.account = in.text();
  id.name_space = in.text();
  id.metric = in.text();
  id.unit = in.text();
  out.second = in.time();
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string name = in.text();
    id.dimensions[std::move(name)] = in.text();
  }
  return in.finish(std::move(out), "series");
}

std::int64_t second_of(SystemTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}
std::int64_t floor_to(std::int64_t second, seconds period) {
  const std::int64_t rest = second % period.count();
  return second - (rest < 0 ? rest + period.count() : rest);
}
SystemTime time_of(std::int64_t second) {
  return SystemTime(seconds(second));
}

}  // namespace

std::string metric_scope(std::string_view account, std::string_view region) {
  return fmt::format("{}/{}", account, region);
}

SeriesStore::SeriesStore(const Clock& clock, const SeriesStoreOptions& options, Metrics& metrics)
    : clock_(clock),
      options_(options),
      series_gauge_(metrics.gauge("meridian_metric_series", "Series of metrics that are kept")) {
  metrics.gauge("meridian_metric_series_max", "Series of metrics that may be kept")
      .set(static_cast<double>(options.series_max));
}
SeriesStore::~SeriesStore() = default;

Result<std::unique_ptr<SeriesStore>> SeriesStore::open(const std::string& directory, const Clock& clock,
                                                       Logger& logger, Metrics& metrics,
                                                       const SeriesStoreOptions& options) {
  std::unique_ptr<SeriesStore> store(new SeriesStore(clock, options, metrics));
  store->rocks_ = TRY(Rocks::open(directory, &logger, nullptr));
  TRY(store->load());
  const std::lock_guard lock(store->mutex_);
  TRY(store->forget_old());
  return store;
}

Result<void> SeriesStore::load() {
  const Rocks::Snapshot moment(*rocks_);
  TRY(rocks_->scan(kNamesFrom, kNamesEnd, moment,
                   [&](std::string_view key, std::string_view value) -> Result<bool> {
                     auto [id, last] = TRY(decode(value));
                     ByteReader in(key.substr(kNamesFrom.size()));
                     const std::uint64_t number = in.u64();
                     next_number_ = std::max(next_number_, number + 1);
                     known_[std::move(id)] = {number, last};
                     return true;
                   }));
  series_gauge_.set(static_cast<double>(known_.size()));
  return {};
}

// Series whose last row is older than anything that is kept.
Result<void> SeriesStore::forget_old() {
  forgot_ = clock_.now();
  const SystemTime oldest = forgot_ - kResolutions[kResolutionCount - 1].kept;
  Rocks::Batch batch;
  std::vector<SeriesId> old;
  for (const auto& [id, known] : known_) {
    if (known.last >= oldest) continue;
    batch.erase(name_key(known.number));
    batch.erase_range(row_key(known.number, 0, 0), row_key(known.number + 1, 0, 0));
    old.push_back(id);
  }
  if (old.empty()) return {};
  TRY(rocks_->write(batch, Rocks::Sync::No));
  for (const SeriesId& id : old) known_.erase(id);
  series_gauge_.set(static_cast<double>(known_.size()));
  return {};
}

// The series of the samples; those that are new have the numbers that come next.
Result<std::map<SeriesId, SeriesStore::Known>> SeriesStore::known_or_next(
    std::span<const Sample> samples) const {
  std::map<SeriesId, Known> series;
  std::size_t made = 0;
  for (const Sample& sample : samples) {
    if (series.contains(sample.series)) continue;
    const auto known = known_.find(sample.series);
    if (known == known_.end() && known_.size() + ++made > options_.series_max)
      return fail(ErrorCode::Limit,
                  fmt::format("there are {} series of metrics already", options_.series_max));
    series.emplace(sample.series, known == known_.end() ? Known{next_number_ + made - 1, {}} : known->second);
  }
  return series;
}

Result<void> SeriesStore::try_add(std::span<const Sample> samples) const {
  const std::lock_guard lock(mutex_);
  (void)TRY(known_or_next(samples));
  return {};
}

Result<void> SeriesStore::add(std::span<const Sample> samples) {
  const std::lock_guard lock(mutex_);
  const SystemTime now = clock_.now();
  if (now - forgot_ > kForgetEvery) TRY(forget_old());

  std::map<SeriesId, Known> touched = TRY(known_or_next(samples));
  std::map<std::string, Statistics> rows;
  Rocks::Batch batch;
  for (const Sample& sample : samples) {
    Known& series = touched.find(sample.series)->second;
    const std::int64_t second = second_of(sample.at);
    for (std::size_t r = sample.by_second ? 0 : 1; r < kResolutionCount; ++r) {
      if (sample.at < now - kResolutions[r].kept) continue;
      rows[row_key(series.number, r, floor_to(second, kResolutions[r].period))].merge(sample.statistics);
    }
    // Once an hour of a series, what has grown too old of it goes.
    const seconds hour = kResolutions[kResolutionCount - 1].period;
    if (series.last != SystemTime{} && floor_to(second, hour) > floor_to(second_of(series.last), hour))
      for (std::size_t r = 0; r < kResolutionCount; ++r)
        batch.erase_range(row_key(series.number, r, 0),
                          row_key(series.number, r, second_of(now - kResolutions[r].kept)));
    series.last = std::max(series.last, sample.at);
  }
  for (auto& [key, statistics] : rows) {
    if (const auto before = TRY(rocks_->get(key))) {
      Statistics sum = TRY(Statistics::decode(*before));
      sum.merge(statistics);
      batch.put(key, sum.encode());
    } else {
      batch.put(key, statistics.encode());
    }
  }
  for (const auto& [id, series] : touched) batch.put(name_key(series.number), encode(id, series.last));
  TRY(rocks_->write(batch, Rocks::Sync::No));
  for (const auto& [id, series] : touched) {
    known_[id] = series;
    next_number_ = std::max(next_number_, series.number + 1);
  }
  series_gauge_.set(static_cast<double>(known_.size()));
  return {};
}

Result<std::vector<Point>> SeriesStore::read(const SeriesId& series, SystemTime from, SystemTime to,
                                             seconds period, std::size_t limit, SystemTime origin) const {
  std::unique_lock lock(mutex_);
  const auto known = known_.find(series);
  if (known == known_.end()) return std::vector<Point>{};
  const std::uint64_t number = known->second.number;
  const SystemTime now = clock_.now();
  lock.unlock();

  // The coarsest resolution that the periods are made of has the fewest rows, and the longest memory.
  const std::int64_t phase = second_of(origin) - floor_to(second_of(origin), period);
  const auto made_of = [&](seconds row) { return period % row == seconds(0) && phase % row.count() == 0; };
  std::size_t resolution = kResolutionCount;
  while (resolution > 0 && !made_of(kResolutions[resolution - 1].period)) --resolution;
  if (resolution == 0) return invalid("a period of no whole seconds");
  --resolution;
  const std::int64_t first = std::max(second_of(from), second_of(now - kResolutions[resolution].kept));
  std::int64_t begin = floor_to(first - phase, period) + phase;
  if (begin < first) begin += period.count();
  std::vector<Point> points;
  const Rocks::Snapshot moment(*rocks_);
  TRY(rocks_->scan(row_key(number, resolution, begin), row_key(number, resolution + 1, 0), moment,
                   [&](std::string_view key, std::string_view value) -> Result<bool> {
                     ByteReader in(key.substr(key.size() - 8));
                     const std::int64_t start =
                         floor_to(static_cast<std::int64_t>(in.u64()) - phase, period) + phase;
                     if (time_of(start) >= to) return false;
                     if (points.empty() || points.back().start != time_of(start)) {
                       if (points.size() == limit) return false;
                       points.push_back({time_of(start), {}});
                     }
                     points.back().statistics.merge(TRY(Statistics::decode(value)));
                     return true;
                   }));
  return points;
}

std::vector<SeriesId> SeriesStore::units_of(const SeriesId& metric) const {
  const std::lock_guard lock(mutex_);
  std::vector<SeriesId> out;
  // The unit is what series are ordered by last.
  for (auto at = known_.lower_bound(metric); at != known_.end(); ++at) {
    SeriesId same = at->first;
    same.unit.clear();
    if (same != metric) break;
    out.push_back(at->first);
  }
  return out;
}

Result<std::vector<Point>> SeriesStore::read_any_unit(const SeriesId& metric, SystemTime from, SystemTime to,
                                                      seconds period, std::size_t limit,
                                                      SystemTime origin) const {
  if (!metric.unit.empty()) return read(metric, from, to, period, limit, origin);
  const std::vector<SeriesId> units = units_of(metric);
  if (units.size() == 1) return read(units[0], from, to, period, limit, origin);
  std::map<SystemTime, Statistics> by_time;
  for (const SeriesId& unit : units) {
    const auto points = TRY(read(unit, from, to, period, limit, origin));
    for (const Point& point : points) by_time[point.start].merge(point.statistics);
  }
  std::vector<Point> points;
  for (const auto& [start, statistics] : by_time)
    if (points.size() < limit) points.push_back({start, statistics});
  return points;
}

Result<void> SeriesStore::list(std::string_view account, const SeriesId* after,
                               const std::function<bool(const SeriesId&, SystemTime)>& visit) const {
  const std::lock_guard lock(mutex_);
  const SystemTime oldest = clock_.now() - kListedFor;
  SeriesId first;
  first.account = account;
  auto at = after ? known_.upper_bound(*after) : known_.lower_bound(first);
  for (; at != known_.end() && at->first.account == account; ++at)
    if (at->second.last >= oldest && !visit(at->first, at->second.last)) break;
  return {};
}

std::size_t SeriesStore::series_count() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

std::uint64_t SeriesStore::disk_bytes() const {
  return rocks_->disk_bytes();
}

}  // namespace meridian::store

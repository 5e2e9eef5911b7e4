#include "services/s3/lifecycle_runner.h"

#include "services/s3/listing.h"
#include "store/fields.h"

namespace meridian::services::s3 {
namespace {

constexpr std::string_view kRunKey = "s3/lifecycle-run";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBucketsPage = 100;
constexpr const char* kRemoved = "meridian_s3_lifecycle_removed_total";
constexpr const char* kRemovedHelp = "What lifecycle rules have removed.";

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

std::pair<std::string, std::string> split(std::string_view name) {
  const std::size_t end = name.find('\0');
  return {std::string(name.substr(0, end)),
          end == std::string_view::npos ? std::string() : std::string(name.substr(end + 1))};
}

}  // namespace

LifecycleRunner::LifecycleRunner(store::Store& store, S3& s3, Logger& logger, Metrics& metrics)
    : store_(store),
      s3_(s3),
      logger_(logger),
      objects_(metrics.counter(kRemoved, kRemovedHelp, {{"what", "object"}})),
      versions_(metrics.counter(kRemoved, kRemovedHelp, {{"what", "version"}})),
      markers_(metrics.counter(kRemoved, kRemovedHelp, {{"what", "delete marker"}})),
      uploads_(metrics.counter(kRemoved, kRemovedHelp, {{"what", "upload"}})),
      finished_at_(metrics.gauge("meridian_s3_lifecycle_finished_timestamp_seconds",
                                 "When the last daily run of all lifecycles ended.")) {}

std::string LifecycleRunner::encode(const Run& run) {
  Writer out;
  out.time(run.day).flag(run.finished).text(run.bucket).u8(static_cast<std::uint8_t>(run.phase));
  out.text(run.after).u64(run.buckets).u64(run.removed.objects).u64(run.removed.versions);
  return out.u64(run.removed.markers).u64(run.removed.uploads).take();
}

Result<LifecycleRunner::Run> LifecycleRunner::decode(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  Run run;
  run.day = in.time();
  run.finished = in.flag();
  run.bucket = in.text();
  run.phase = in.u8() == 0 ? Phase::Versions : Phase::Uploads;
  run.after = in.text();
  run.buckets = in.u64();
  run.removed.objects = in.u64();
  run.removed.versions = in.u64();
  run.removed.markers = in.u64();
  run.removed.uploads = in.u64();
  return in.finish(std::move(run), "run of lifecycles");
}

aws::Outcome<void> LifecycleRunner::save(const Run& run) {
  TRY(aws::or_failure(store_.commit({{}, {{std::string(kRunKey), encode(run)}}, {}})));
  return {};
}

// A run that midnight overtakes goes on to its end; the next one begins then.
aws::Outcome<bool> LifecycleRunner::advance(SystemTime now) {
  const SystemTime today = midnight_of(now);
  const auto stored = TRY(aws::read(store_, kRunKey, decode));
  if (stored && stored->value.finished && stored->value.day >= today) return false;
  Run run;
  if (stored && !stored->value.finished) {
    run = stored->value;
  } else {
    run.day = today;
  }
  TRY(step(run, now));
  if (run.finished) finish(run, now);
  TRY(save(run));
  return true;
}

void LifecycleRunner::finish(Run& run, SystemTime now) {
  finished_at_.set(std::chrono::duration<double>(now.time_since_epoch()).count());
  logger_.info("s3", "lifecycles of a day carried out",
               {{"day", format_iso8601(run.day).substr(0, 10)},
                {"buckets", run.buckets},
                {"objects", run.removed.objects},
                {"versions", run.removed.versions},
                {"delete_markers", run.removed.markers},
                {"uploads", run.removed.uploads}});
}

// False: there is none left.
aws::Outcome<bool> LifecycleRunner::next_bucket(Run& run) {
  store::RangeOptions options;
  options.limit = kBucketsPage;
  if (!run.bucket.empty()) options.start_after = bucket_key(run.bucket);
  for (bool more = true; more;) {
    const store::Range page = TRY(aws::or_failure(store_.range(kBucketsPrefix, options)));
    for (const store::KeyValue& item : page.items) {
      options.start_after = item.key;
      const BucketResource bucket = TRY(aws::or_failure(decode_bucket(item.value)));
      if (!bucket.has_lifecycle || bucket.deleting) continue;
      scan_ = Scan{};
      run.bucket = bucket.name;
      run.phase = Phase::Versions;
      run.after.clear();
      ++run.buckets;
      return true;
    }
    more = page.more;
  }
  return false;
}

aws::Outcome<void> LifecycleRunner::step(Run& run, SystemTime now) {
  const auto bucket =
      run.bucket.empty() ? std::nullopt : TRY(aws::read(store_, bucket_key(run.bucket), decode_bucket));
  const bool goes_on = bucket && !bucket->value.deleting && bucket->value.has_lifecycle;
  const LifecycleRules rules = goes_on ? TRY(s3_.lifecycle_of(bucket->value)) : LifecycleRules{};
  if (rules.empty()) {
    run.finished = !TRY(next_bucket(run));
    return {};
  }
  if (run.phase == Phase::Versions) {
    if (TRY(look_at_versions(bucket->value, rules, run, now))) return {};
    run.phase = Phase::Uploads;
    run.after.clear();
    return {};
  }
  if (!TRY(look_at_uploads(bucket->value, rules, run, now))) run.finished = !TRY(next_bucket(run));
  return {};
}

// False: that was the last page.
aws::Outcome<bool> LifecycleRunner::look_at_versions(const BucketResource& bucket,
                                                     const LifecycleRules& rules, Run& run, SystemTime now) {
  // After a restart a key is looked at from its newest version again.
  if (scan_.bucket != bucket.name) {
    scan_ = Scan{};
    scan_.bucket = bucket.name;
    if (!run.after.empty()) scan_.after = run.after + '\0' + '\xFF';
  }
  ListQuery query{objects_prefix(bucket.name), common_prefix_of(rules), "", scan_.after};
  if (bucket.versioning != Versioning::Never) {
    query.other_places = {markers_prefix(bucket.name), versions_prefix(bucket.name)};
    query.revision = store_.revision();
  }
  const ListPage page = TRY(list_page(store_, query));
  for (const store::KeyValue& item : page.items) {
    const auto [key, number] = split(item.key);
    if (!scan_.has_key || key != scan_.key) {
      end_key(rules, run);
      if (scan_.has_key) run.after = scan_.key;
      scan_.key = key;
      scan_.has_key = true;
      scan_.newer = 0;
    }
    PlacedVersion version{{}, {TRY(aws::or_failure(decode_object(item.value))), item.created, item.modified}};
    const bool head = number.empty();
    version.place = !head                                ? versions_prefix(bucket.name) + item.key
                    : version.stored.value.delete_marker ? marker_key(bucket.name, key)
                                                         : object_key(bucket.name, key);
    look_at(item, std::move(version), rules, run);
    if (found_.size() >= kTogetherMax) TRY(remove_found(bucket, run, now));
  }
  scan_.after = page.last;
  if (!page.truncated) end_key(rules, run);
  TRY(remove_found(bucket, run, now));
  return page.truncated;
}

void LifecycleRunner::look_at(const store::KeyValue& item, PlacedVersion version, const LifecycleRules& rules,
                              const Run& run) {
  const ObjectResource resource = version.stored.value;
  const bool head = item.key.find('\0') == std::string::npos;
  if (head && resource.delete_marker) {
    scan_.lone_marker = std::move(version);
  } else if (head) {
    const auto due = expiration_of(rules, scan_.key, resource);
    if (due && due->at <= run.day) found_.push_back({scan_.key, std::move(version), true});
  } else {
    scan_.lone_marker.reset();
    const auto due = noncurrent_expiration_of(rules, scan_.key, resource, scan_.since, scan_.newer++);
    if (due && due->at <= run.day) found_.push_back({scan_.key, std::move(version), false});
  }
  scan_.since = resource.modified_at;
}

void LifecycleRunner::end_key(const LifecycleRules& rules, const Run& run) {
  auto marker = std::exchange(scan_.lone_marker, std::nullopt);
  if (!marker) return;
  const auto due = lone_marker_expiration_of(rules, scan_.key, marker->stored.value);
  if (due && due->at <= run.day) found_.push_back({scan_.key, *std::move(marker), false});
}

// Together where that goes. The versions of a key whose object is hidden wait for that: both may change the
// same records. What others change meanwhile is left for the next day.
aws::Outcome<void> LifecycleRunner::remove_found(const BucketResource& bucket, Run& run, SystemTime now) {
  const std::vector<Expiry> all = std::exchange(found_, {});
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin, parts = 0;
    for (; end < all.size() && parts < kPartsTogetherMax; ++end) {
      if (end > begin && all[end - 1].hides && all[end - 1].key == all[end].key) break;
      parts += std::max<std::size_t>(1, all[end].version.stored.value.parts);
    }
    const std::span together(all.begin() + static_cast<std::ptrdiff_t>(begin), end - begin);
    const bool removed = TRY(s3_.expire(bucket, together, now));
    for (const Expiry& expiry : together)
      if (removed || TRY(s3_.expire(bucket, {&expiry, 1}, now))) count(expiry, run);
    begin = end;
  }
  return {};
}

void LifecycleRunner::count(const Expiry& expiry, Run& run) {
  const bool marker = expiry.version.stored.value.delete_marker;
  (marker ? markers_ : expiry.hides ? objects_ : versions_).add();
  ++(marker ? run.removed.markers : expiry.hides ? run.removed.objects : run.removed.versions);
}

aws::Outcome<bool> LifecycleRunner::look_at_uploads(const BucketResource& bucket, const LifecycleRules& rules,
                                                    Run& run, SystemTime now) {
  const ListQuery query{uploads_prefix(bucket.name), common_prefix_of(rules), "", run.after};
  const ListPage page = TRY(list_page(store_, query));
  for (const store::KeyValue& item : page.items) {
    const auto [key, upload_id] = split(item.key);
    const UploadResource upload = TRY(aws::or_failure(decode_upload(item.value)));
    const auto due = abortion_of(rules, key, upload.initiated_at);
    if (!due || due->at > run.day || !TRY(s3_.abort_old_upload(bucket, key, upload_id, now))) continue;
    uploads_.add();
    ++run.removed.uploads;
  }
  run.after = page.last;
  return page.truncated;
}

}  // namespace meridian::services::s3

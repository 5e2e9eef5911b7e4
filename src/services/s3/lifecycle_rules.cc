#include "services/s3/lifecycle_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/protocols/scalar_text.h"
#include "base/percent.h"
#include "store/fields.h"

namespace meridian::services::s3 {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kRuleBytesMin = 20;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
  template <typename T>
  Writer& optional(const std::optional<T>& value) {
    return flag(value.has_value()).u64(static_cast<std::uint64_t>(value.value_or(T())));
  }
};

class Reader : public store::FieldReader {
 public:
  explicit Reader(std::string_view bytes) : FieldReader(bytes, kVersion) {}
  template <typename T>
  std::optional<T> optional() {
    const bool there = flag();
    const std::uint64_t value = u64();
    return there ? std::optional(static_cast<T>(value)) : std::nullopt;
  }
};

bool has_tag(const ObjectResource& version, const std::pair<std::string, std::string>& tag) {
  const TextPairs& tags = version.metadata.tags;
  return std::ranges::find(tags, tag) != tags.end();
}

bool means_key(const LifecycleRule& rule, std::string_view key) {
  return rule.enabled && (!rule.prefix || key.starts_with(*rule.prefix));
}

// A delete marker has neither tags nor a size.
bool means(const LifecycleRule& rule, std::string_view key, const ObjectResource& version) {
  if (!means_key(rule, key)) return false;
  if (version.delete_marker) return rule.tags.empty() && !rule.greater_than && !rule.less_than;
  if (rule.greater_than && version.size <= *rule.greater_than) return false;
  if (rule.less_than && version.size >= *rule.less_than) return false;
  return std::ranges::all_of(rule.tags, [&](const auto& tag) { return has_tag(version, tag); });
}

void keep_earlier(std::optional<Due>& due, SystemTime at, const LifecycleRule& rule) {
  if (!due || at < due->at) due = Due{at, &rule};
}

}  // namespace

std::string encode_rules(const LifecycleRules& rules) {
  Writer out;
  out.count(rules.size());
  for (const LifecycleRule& rule : rules) {
    out.text(rule.id).flag(rule.enabled).u8(static_cast<std::uint8_t>(rule.form));
    out.optional_text(rule.prefix).count(rule.tags.size());
    for (const auto& [key, value] : rule.tags) out.text(key).text(value);
    out.optional(rule.greater_than).optional(rule.less_than).optional(rule.days);
    out.flag(rule.date.has_value()).time(rule.date.value_or(SystemTime()));
    out.optional(rule.lone_markers).optional(rule.noncurrent_days).optional(rule.noncurrent_kept);
    out.optional(rule.abort_days);
  }
  return out.take();
}

Result<LifecycleRules> decode_rules(std::string_view bytes) {
  Reader in(bytes);
  LifecycleRules rules(in.count(kRuleBytesMin));
  for (LifecycleRule& rule : rules) {
    rule.id = in.text();
    rule.enabled = in.flag();
    rule.form = static_cast<LifecycleRule::Form>(in.u8());
    if (rule.form > LifecycleRule::Form::And) in.spoil();
    rule.prefix = in.optional_text();
    rule.tags.resize(in.count(8));
    for (auto& [key, value] : rule.tags) {
      key = in.text();
      value = in.text();
    }
    rule.greater_than = in.optional<std::uint64_t>();
    rule.less_than = in.optional<std::uint64_t>();
    rule.days = in.optional<std::uint32_t>();
    const bool dated = in.flag();
    const SystemTime date = in.time();
    if (dated) rule.date = date;
    rule.lone_markers = in.optional<bool>();
    rule.noncurrent_days = in.optional<std::uint32_t>();
    rule.noncurrent_kept = in.optional<std::uint32_t>();
    rule.abort_days = in.optional<std::uint32_t>();
  }
  return in.finish(std::move(rules), "lifecycle");
}

SystemTime midnight_of(SystemTime time) {
  return SystemTime(std::chrono::floor<std::chrono::days>(time.time_since_epoch()));
}
SystemTime midnight_after(SystemTime time, std::uint32_t days) {
  return midnight_of(time) + std::chrono::days(days) + std::chrono::days(1);
}

std::optional<Due> expiration_of(const LifecycleRules& rules, std::string_view key,
                                 const ObjectResource& object) {
  std::optional<Due> due;
  for (const LifecycleRule& rule : rules) {
    if (!means(rule, key, object)) continue;
    if (rule.days) keep_earlier(due, midnight_after(object.modified_at, *rule.days), rule);
    if (rule.date) keep_earlier(due, *rule.date, rule);
  }
  return due;
}

std::optional<Due> abortion_of(const LifecycleRules& rules, std::string_view key, SystemTime initiated) {
  std::optional<Due> due;
  for (const LifecycleRule& rule : rules)
    if (means_key(rule, key) && rule.abort_days)
      keep_earlier(due, midnight_after(initiated, *rule.abort_days), rule);
  return due;
}

std::optional<Due> noncurrent_expiration_of(const LifecycleRules& rules, std::string_view key,
                                            const ObjectResource& version, SystemTime since,
                                            std::size_t newer) {
  std::optional<Due> due;
  for (const LifecycleRule& rule : rules)
    if (rule.noncurrent_days && newer >= rule.noncurrent_kept.value_or(0) && means(rule, key, version))
      keep_earlier(due, midnight_after(since, *rule.noncurrent_days), rule);
  return due;
}

// "If you specify Days, S3 removes them as soon as they are that old" (Lifecycle configuration elements).
std::optional<Due> lone_marker_expiration_of(const LifecycleRules& rules, std::string_view key,
                                             const ObjectResource& marker) {
  std::optional<Due> due = expiration_of(rules, key, marker);
  for (const LifecycleRule& rule : rules)
    if (rule.lone_markers.value_or(false) && means(rule, key, marker))
      keep_earlier(due, marker.modified_at, rule);
  return due;
}

std::string common_prefix_of(const LifecycleRules& rules) {
  std::optional<std::string> common;
  for (const LifecycleRule& rule : rules) {
    if (!rule.enabled) continue;
    const std::string prefix = rule.prefix.value_or("");
    if (!common) common = prefix;
    const auto [end, other] = std::ranges::mismatch(*common, prefix);
    common->erase(end, common->end());
  }
  return common.value_or("");
}

std::string expiration_header(const Due& due) {
  return fmt::format("expiry-date=\"{}\", rule-id=\"{}\"",
                     aws::timestamp_to_text(due.at, aws::TimestampFormat::Rfc822),
                     percent_encode(due.rule->id));
}

}  // namespace meridian::services::s3

#include "services/logs/resources.h"

#include <fmt/format.h>

#include <bit>

#include "store/fields.h"

namespace meridian::services::logs {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
  Writer& texts(const std::map<std::string, std::string>& texts) {
    count(texts.size());
    for (const auto& [key, value] : texts) text(key).text(value);
    return *this;
  }
};

std::map<std::string, std::string> read_texts(store::FieldReader& in) {
  std::map<std::string, std::string> texts;
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string key = in.text();
    texts[std::move(key)] = in.text();
  }
  return texts;
}

}  // namespace

std::string groups_prefix(const Place& place) {
  return fmt::format("{}{}/{}/", kGroupsPrefix, place.account, place.region);
}
std::string group_key(const Place& place, std::string_view name) {
  return groups_prefix(place) += name;
}
std::string group_count_key(const Place& place) {
  return fmt::format("logs/index/group-counts/{}/{}", place.account, place.region);
}
std::string streams_prefix(std::uint64_t group) {
  return fmt::format("logs/streams/{:016x}/", group);
}
std::string stream_key(std::uint64_t group, std::string_view name) {
  return streams_prefix(group) += name;
}
std::string stream_count_key(std::uint64_t group) {
  return fmt::format("logs/index/stream-counts/{:016x}", group);
}
std::string metric_filters_prefix(std::uint64_t group) {
  return fmt::format("logs/metric-filters/{:016x}/", group);
}
std::string metric_filter_key(std::uint64_t group, std::string_view name) {
  return metric_filters_prefix(group) += name;
}
std::string account_policies_prefix(const Place& place) {
  return fmt::format("logs/policies/{}/{}/", place.account, place.region);
}
std::string account_policy_key(const Place& place, std::string_view name) {
  return account_policies_prefix(place) += name;
}
std::string group_policy_key(std::uint64_t group) {
  return fmt::format("logs/group-policies/{:016x}", group);
}

std::string group_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:logs:{}:{}:log-group:{}", place.region, place.account, name);
}
std::string stream_arn(const Place& place, std::string_view group, std::string_view stream) {
  return fmt::format("{}:log-stream:{}", group_arn(place, group), stream);
}

std::string encode(const GroupResource& group) {
  Writer out;
  out.text(group.place.account).text(group.place.region).text(group.name).u64(group.id);
  out.time(group.created_at).u32(static_cast<std::uint32_t>(group.retention_days));
  return out.u32(group.metric_filters).flag(group.deletion_protected).texts(group.tags).take();
}

Result<GroupResource> decode_group(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  GroupResource group;
  group.place.account = in.text();
  group.place.region = in.text();
  group.name = in.text();
  group.id = in.u64();
  group.created_at = in.time();
  group.retention_days = static_cast<std::int32_t>(in.u32());
  group.metric_filters = in.u32();
  group.deletion_protected = in.flag();
  group.tags = read_texts(in);
  return in.finish(std::move(group), "log group");
}

std::string encode(const StreamResource& stream) {
  return Writer().text(stream.name).u64(stream.id).time(stream.created_at).take();
}

Result<StreamResource> decode_stream(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  StreamResource stream;
  stream.name = in.text();
  stream.id = in.u64();
  stream.created_at = in.time();
  return in.finish(std::move(stream), "log stream");
}

std::string encode(const MetricFilterResource& filter) {
  Writer out;
  out.text(filter.name).text(filter.pattern).text(filter.metric_name).text(filter.metric_namespace);
  out.text(filter.metric_value).flag(filter.default_value.has_value());
  out.u64(std::bit_cast<std::uint64_t>(filter.default_value.value_or(0)));
  return out.texts(filter.dimensions).text(filter.unit).time(filter.created_at).take();
}

Result<MetricFilterResource> decode_metric_filter(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  MetricFilterResource filter;
  filter.name = in.text();
  filter.pattern = in.text();
  filter.metric_name = in.text();
  filter.metric_namespace = in.text();
  filter.metric_value = in.text();
  const bool has_default = in.flag();
  const double default_value = std::bit_cast<double>(in.u64());
  if (has_default) filter.default_value = default_value;
  filter.dimensions = read_texts(in);
  filter.unit = in.text();
  filter.created_at = in.time();
  return in.finish(std::move(filter), "metric filter");
}

std::string encode(const PolicyResource& policy) {
  Writer out;
  out.text(policy.name).text(policy.resource_arn).text(policy.document).text(policy.revision);
  return out.time(policy.updated_at).take();
}

Result<PolicyResource> decode_policy(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  PolicyResource policy;
  policy.name = in.text();
  policy.resource_arn = in.text();
  policy.document = in.text();
  policy.revision = in.text();
  policy.updated_at = in.time();
  return in.finish(std::move(policy), "resource policy");
}

std::string encode(const CountResource& count) {
  return Writer().u64(count.count).take();
}

Result<CountResource> decode_count(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  const CountResource count{in.u64()};
  return in.finish(count, "count");
}

}  // namespace meridian::services::logs

// The keys and bytes of alarms, their states and history.
#include <fmt/format.h>

#include <bit>

#include "services/cloudwatch/resources.h"
#include "store/fields.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr std::uint8_t kVersion = 1;

struct Writer : store::FieldWriter<Writer> {
  Writer() : FieldWriter(kVersion) {}
  Writer& number(double value) { return u64(std::bit_cast<std::uint64_t>(value)); }
  Writer& texts(const std::vector<std::string>& list) {
    count(list.size());
    for (const std::string& each : list) text(each);
    return *this;
  }
  template <typename Pairs>
  Writer& pairs(const Pairs& list) {
    count(list.size());
    for (const auto& [name, value] : list) text(name).text(value);
    return *this;
  }
};

struct Reader : store::FieldReader {
  explicit Reader(std::string_view bytes) : FieldReader(bytes, kVersion) {}
  double number() { return std::bit_cast<double>(u64()); }
  std::vector<std::string> texts() {
    std::vector<std::string> list(count(4));
    for (std::string& each : list) each = text();
    return list;
  }
  template <typename Pairs>
  Pairs pairs() {
    Pairs list;
    for (std::size_t left = count(8); left > 0; --left) {
      std::string name = text();
      list.insert(list.end(), {std::move(name), text()});
    }
    return list;
  }
  // One of the values up to `last`.
  template <typename Enum>
  Enum choice(Enum last) {
    const std::uint8_t value = u8();
    if (value > static_cast<std::uint8_t>(last)) spoil();
    return static_cast<Enum>(value);
  }
};

void write(Writer& out, const store::MetricQuery& query) {
  out.text(query.metric.account).text(query.metric.name_space).text(query.metric.metric);
  out.pairs(query.metric.dimensions).text(query.metric.unit).text(query.statistic);
  out.u32(static_cast<std::uint32_t>(query.period.count()));
}

store::MetricQuery read_metric_query(Reader& in) {
  store::MetricQuery query;
  query.metric.account = in.text();
  query.metric.name_space = in.text();
  query.metric.metric = in.text();
  query.metric.dimensions = in.pairs<std::map<std::string, std::string>>();
  query.metric.unit = in.text();
  query.statistic = in.text();
  query.period = std::chrono::seconds(in.u32());
  return query;
}

void write(Writer& out, const AlarmQuery& query) {
  out.text(query.id).text(query.expression).optional_text(query.label);
  out.u32(query.period ? static_cast<std::uint32_t>(query.period->count()) : 0);
  out.u8(query.return_data ? (*query.return_data ? 2 : 1) : 0);
  out.flag(query.metric.has_value());
  if (query.metric) write(out, *query.metric);
}

AlarmQuery read_alarm_query(Reader& in) {
  AlarmQuery query;
  query.id = in.text();
  query.expression = in.text();
  query.label = in.optional_text();
  if (const std::uint32_t period = in.u32()) query.period = std::chrono::seconds(period);
  if (const std::uint8_t returned = in.u8()) query.return_data = returned == 2;
  if (in.flag()) query.metric = read_metric_query(in);
  return query;
}

void write(Writer& out, const MetricAlarmSettings& settings) {
  out.flag(settings.metric.has_value());
  if (settings.metric) write(out, *settings.metric);
  out.count(settings.queries.size());
  for (const AlarmQuery& query : settings.queries) write(out, query);
  const store::ThresholdRule& rule = settings.rule;
  out.u8(static_cast<std::uint8_t>(rule.comparison)).number(rule.threshold);
  out.u32(rule.evaluation_periods).u32(rule.datapoints_to_alarm).u8(static_cast<std::uint8_t>(rule.missing));
  out.u32(settings.datapoints_to_alarm.value_or(0));
  out.text(settings.treat_missing_data).text(settings.evaluate_low_sample_count_percentile);
}

MetricAlarmSettings read_metric_settings(Reader& in) {
  MetricAlarmSettings settings;
  if (in.flag()) settings.metric = read_metric_query(in);
  for (std::size_t left = in.count(16); left > 0; --left) settings.queries.push_back(read_alarm_query(in));
  store::ThresholdRule& rule = settings.rule;
  rule.comparison = in.choice(store::Comparison::LessThanOrEqualToThreshold);
  rule.threshold = in.number();
  rule.evaluation_periods = in.u32();
  rule.datapoints_to_alarm = in.u32();
  rule.missing = in.choice(store::MissingData::NotBreaching);
  if (const std::uint32_t datapoints = in.u32()) settings.datapoints_to_alarm = datapoints;
  settings.treat_missing_data = in.text();
  settings.evaluate_low_sample_count_percentile = in.text();
  return settings;
}

}  // namespace

std::string_view to_string(AlarmValue value) {
  static constexpr std::string_view kNames[] = {"OK", "ALARM", "INSUFFICIENT_DATA"};
  return kNames[static_cast<std::size_t>(value)];
}

std::optional<AlarmValue> parse_alarm_value(std::string_view text) {
  for (const AlarmValue value : {AlarmValue::Ok, AlarmValue::Alarm, AlarmValue::InsufficientData})
    if (to_string(value) == text) return value;
  return std::nullopt;
}

std::chrono::seconds MetricAlarmSettings::period() const {
  if (metric) return metric->period;
  for (const AlarmQuery& query : queries)
    if (query.metric) return query.metric->period;
  return std::chrono::minutes(1);
}

const std::vector<std::string>& AlarmResource::actions(AlarmValue value) const {
  if (value == AlarmValue::Ok) return ok_actions;
  return value == AlarmValue::Alarm ? alarm_actions : insufficient_data_actions;
}

std::string alarms_prefix(std::string_view account, std::string_view region) {
  return fmt::format("{}{}/{}/", kAlarmsPrefix, account, region);
}
std::string alarm_key(std::string_view account, std::string_view region, std::string_view name) {
  return alarms_prefix(account, region).append(name);
}
std::string alarm_state_key(std::string_view account, std::string_view region, std::string_view name) {
  return fmt::format("{}{}/{}/{}", kAlarmStatesPrefix, account, region, name);
}
std::string alarm_history_prefix(std::string_view account, std::string_view region) {
  return fmt::format("cloudwatch/alarm-history/{}/{}/", account, region);
}
std::string alarm_history_key(std::string_view account, std::string_view region, std::uint64_t number) {
  std::string key = alarm_history_prefix(account, region);
  append_u64(key, ~number);
  return key;
}
std::string alarm_history_ends_key(std::string_view account, std::string_view region) {
  return fmt::format("cloudwatch/alarm-history-ends/{}/{}", account, region);
}
std::string alarm_arn(std::string_view account, std::string_view region, std::string_view name) {
  return fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", region, account, name);
}

std::string encode(const AlarmResource& alarm) {
  Writer out;
  out.text(alarm.account).text(alarm.region).text(alarm.name).optional_text(alarm.description);
  out.flag(alarm.actions_enabled).texts(alarm.ok_actions).texts(alarm.alarm_actions);
  out.texts(alarm.insufficient_data_actions).pairs(alarm.tags).time(alarm.updated_at);
  out.flag(alarm.composite() != nullptr);
  if (const auto* composite = alarm.composite())
    out.text(composite->rule);
  else
    write(out, *alarm.metric());
  return out.take();
}

Result<AlarmResource> decode_alarm(std::string_view bytes) {
  Reader in(bytes);
  AlarmResource alarm;
  alarm.account = in.text();
  alarm.region = in.text();
  alarm.name = in.text();
  alarm.description = in.optional_text();
  alarm.actions_enabled = in.flag();
  alarm.ok_actions = in.texts();
  alarm.alarm_actions = in.texts();
  alarm.insufficient_data_actions = in.texts();
  alarm.tags = in.pairs<std::vector<std::pair<std::string, std::string>>>();
  alarm.updated_at = in.time();
  if (in.flag())
    alarm.settings = CompositeAlarmSettings{in.text()};
  else
    alarm.settings = read_metric_settings(in);
  return in.finish(std::move(alarm), "alarm");
}

std::string encode(const AlarmStateResource& state) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(state.value)).text(state.reason).text(state.reason_data);
  return out.time(state.updated_at).time(state.transitioned_at).take();
}

Result<AlarmStateResource> decode_alarm_state(std::string_view bytes) {
  Reader in(bytes);
  AlarmStateResource state;
  state.value = in.choice(AlarmValue::InsufficientData);
  state.reason = in.text();
  state.reason_data = in.text();
  state.updated_at = in.time();
  state.transitioned_at = in.time();
  return in.finish(std::move(state), "alarm's state");
}

std::string encode(const AlarmHistoryResource& item) {
  Writer out;
  out.text(item.alarm).flag(item.composite).u8(static_cast<std::uint8_t>(item.kind)).time(item.at);
  return out.text(item.summary).text(item.data).take();
}

Result<AlarmHistoryResource> decode_alarm_history(std::string_view bytes) {
  Reader in(bytes);
  AlarmHistoryResource item;
  item.alarm = in.text();
  item.composite = in.flag();
  item.kind = in.choice(AlarmHistoryResource::Kind::Action);
  item.at = in.time();
  item.summary = in.text();
  item.data = in.text();
  return in.finish(std::move(item), "alarm's history");
}

std::string encode(const AlarmHistoryEnds& ends) {
  return Writer().u64(ends.first).u64(ends.next).take();
}

Result<AlarmHistoryEnds> decode_alarm_history_ends(std::string_view bytes) {
  Reader in(bytes);
  AlarmHistoryEnds ends;
  ends.first = in.u64();
  ends.next = in.u64();
  return in.finish(ends, "end of a history");
}

}  // namespace meridian::services::cloudwatch

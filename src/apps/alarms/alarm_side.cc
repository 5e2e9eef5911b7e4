#include "apps/alarms/alarm_side.h"

#include "services/cloudwatch/resources.h"

namespace meridian::apps {

namespace cloudwatch = services::cloudwatch;
using cloudwatch::AlarmEvaluator;

namespace {

Result<http::Response> post(const http::ClientRequest& request) {
  http::ClientOptions options;
  options.timeout = AlarmWebhook::kTimeout;
  return http::fetch(request, options);
}

}  // namespace

Result<std::unique_ptr<AlarmSide>> AlarmSide::open(store::Store& store, const store::SeriesStore& series,
                                                   const std::string& webhook, const World& world) {
  std::optional<http::Url> url;
  if (!webhook.empty()) {
    auto parsed = http::Url::parse(webhook);
    if (!parsed) return invalid("--alarm-webhook: " + parsed.error().message);
    url = *std::move(parsed);
  }
  return std::unique_ptr<AlarmSide>(new AlarmSide(store, series, std::move(url), world));
}

AlarmSide::AlarmSide(store::Store& store, const store::SeriesStore& series, std::optional<http::Url> webhook,
                     const World& world)
    : store_(store),
      world_(world),
      loop_(net::make_loop(), "alarms"),
      webhook_loop_(net::make_loop(), "alarm-webhook"),
      webhook_(webhook
                   ? std::make_unique<AlarmWebhook>(
                         webhook_loop_.loop(), world_.random, *std::move(webhook), &post,
                         [this](const cloudwatch::AlarmAction& action, std::string_view error) {
                           if (!error.empty())
                             world_.logger.warn("alarms", fmt::format("an action of alarm '{}' failed: {}",
                                                                      action.alarm.name, error));
                           (void)cloudwatch::record_action(store_, action, error, world_.clock.now());
                         })
                   : nullptr),
      evaluator_(store, series, webhook_.get(), world_.logger, world_.metrics) {}

void AlarmSide::start() {
  loop_.loop().post([this] {
    follow();
    evaluate_all();
  });
  loop_.start();
  webhook_loop_.start();
}

void AlarmSide::stop() {
  loop_.stop();
  alarms_.reset();
  states_.reset();
  webhook_loop_.stop();
  if (webhook_) webhook_->close();
}

void AlarmSide::evaluate_all() {
  evaluator_.evaluate(world_.clock.now());
  evaluate_later();
}

// kDelay after the next multiple of kInterval of the clock.
void AlarmSide::evaluate_later() {
  const Duration since = world_.clock.now().time_since_epoch() - AlarmEvaluator::kDelay;
  const Duration wait = AlarmEvaluator::kInterval - since % AlarmEvaluator::kInterval;
  timer_ = loop_.loop().after(wait, [this] { evaluate_all(); });
}

void AlarmSide::follow() {
  const auto lost = [this](Error) { loop_.loop().post([this] { follow(); }); };
  const store::Revision from = store_.revision();
  auto alarms = store_.watch(
      std::string(cloudwatch::kAlarmsPrefix), from, [this](const store::EventBatch& batch) { put(batch); },
      lost);
  auto states = store_.watch(
      std::string(cloudwatch::kAlarmStatesPrefix), from, [this](const auto&) { states_changed(); }, lost);
  if (!alarms || !states)
    return world_.logger.warn("alarms", "changes of alarms are seen at their next evaluation only");
  alarms_ = *std::move(alarms);
  states_ = *std::move(states);
}

void AlarmSide::put(const store::EventBatch& batch) {
  for (const store::Event& event : batch.events) {
    if (event.kind != store::Event::Kind::Put) continue;
    auto alarm = cloudwatch::decode_alarm(event.item.value);
    if (!alarm || alarm->metric() == nullptr) continue;
    loop_.loop().post([this, alarm = *std::move(alarm)] {
      evaluator_.evaluate_alarm(alarm.account, alarm.region, alarm.name, world_.clock.now());
    });
  }
  states_changed();  // or the rule of a composite alarm
}

void AlarmSide::states_changed() {
  if (composites_due_.exchange(true)) return;
  loop_.loop().post([this] {
    composites_due_ = false;
    evaluator_.evaluate_composites(world_.clock.now());
  });
}

}  // namespace meridian::apps

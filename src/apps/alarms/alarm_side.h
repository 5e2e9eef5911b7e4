// Alarms in a control's process: evaluated every ten seconds, and when alarms or their states change, on a
// loop of their own; their actions go to the operator's webhook, on another.
#pragma once

#include <memory>
#include <string>

#include "apps/alarms/webhook.h"
#include "apps/loop_thread.h"
#include "apps/world.h"
#include "services/cloudwatch/alarm_evaluator.h"
#include "store/series/series_store.h"
#include "store/store.h"

namespace meridian::apps {

class AlarmSide {
 public:
  // `webhook` "": every action fails, and says so in its alarm's history. Invalid: no URL.
  static Result<std::unique_ptr<AlarmSide>> open(store::Store& store, const store::SeriesStore& series,
                                                 const std::string& webhook, const World& world);
  ~AlarmSide() { stop(); }

  void start();
  void stop();
  services::cloudwatch::AlarmActions* actions() { return webhook_.get(); }
  LoopThread& loop() { return loop_; }

 private:
  AlarmSide(store::Store& store, const store::SeriesStore& series, std::optional<http::Url> webhook,
            const World& world);
  void evaluate_all();
  void evaluate_later();
  void follow();
  void put(const store::EventBatch& batch);
  void states_changed();

  store::Store& store_;
  World world_;
  LoopThread loop_, webhook_loop_;
  std::unique_ptr<AlarmWebhook> webhook_;
  services::cloudwatch::AlarmEvaluator evaluator_;
  std::unique_ptr<net::Timer> timer_;
  std::atomic<bool> composites_due_{false};
  std::unique_ptr<store::Watch> alarms_, states_;
};

}  // namespace meridian::apps

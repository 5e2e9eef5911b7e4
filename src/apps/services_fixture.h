// For tests: all services of this binary over a store in memory, under a clock that stands still.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "apps/services.h"
#include "base/fake_disk.h"
#include "store/embedded/scratch_directory.h"
#include "store/memory/memory_store.h"
#include "store/objects/local_objects.h"

namespace meridian::apps {

class NothingServed final : public services::route53::Acknowledgements {
 public:
  bool serves(std::string_view, store::Revision) const override { return false; }
};

class NoAnswers final : public services::route53::DnsAnswers {
 public:
  Result<Answer> answer(const Question&) const override { return invalid("nothing answers"); }
};

class ServicesTest : public testing::Test {
 protected:
  ServicesTest() { call.account_id = "111122223333"; }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SeededRandom random{1};
  Metrics metrics;
  NothingServed nothing_served;
  NoAnswers no_answers;
  store::MemoryStore store{clock, store::Delivery::Pumped};
  store::ScratchDirectory directory;
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  std::unique_ptr<store::SeriesStore> series =
      store::SeriesStore::open(directory.path(), clock, logger, metrics).value();
  FakeDisk disk;
  std::unique_ptr<LogsSide> logs =
      LogsSide::open("data", 1 << 30, store, *series, {clock, random, disk, logger, metrics}).value();
  std::unique_ptr<StreamsSide> streams =
      StreamsSide::open("data", store, *series, {clock, random, disk, logger, metrics}).value();
  store::objects::Secrets secrets{std::string(32, 'k'), random};
  std::unique_ptr<store::objects::LocalObjects> objects =
      store::objects::LocalObjects::open({disk, store, random, logger}, "objects").value();
  Services services{store,
                    *series,
                    *logs,
                    *streams,
                    secrets,
                    nullptr,
                    *objects,
                    clock,
                    random,
                    nothing_served,
                    no_answers,
                    {},
                    services::route53::HealthCheckTargets::Public,
                    services::route53::QueryLogDelivery::Here};
  aws::Call call;
};

}  // namespace meridian::apps

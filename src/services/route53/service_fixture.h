// For this room's tests: a Route 53 over a store in memory, under a clock that stands still, and short ways
// to call it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/route53/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::route53 {

class AcknowledgedRevision final : public Acknowledgements {
 public:
  bool serves(std::string_view zone_id, store::Revision asked) const override {
    return asked <= revision && (failed_zone.empty() || zone_id != failed_zone);
  }
  store::Revision revision = 0;
  std::string failed_zone;
};

inline aws::Call call_of(std::string account) {
  aws::Call call;
  call.account_id = account;
  call.principal_arn = "arn:aws:iam::" + account + ":root";
  return call;
}

class ServiceTest : public testing::Test {
 protected:
  static Quotas small_quotas() {
    return {.hosted_zones_max = 8,
            .record_sets_max = 2000,
            .delegation_sets_max = 3,
            .delegation_set_zones_max = 2,
            .health_checks_max = 4,
            .traffic_policies_max = 4,
            .traffic_policy_instances_max = 2};
  }

  api::CreateHostedZoneResponse make_zone(const std::string& name) {
    api::CreateHostedZoneRequest input;
    input.Name = name;
    input.CallerReference = "reference " + std::to_string(++references_);
    return route53_.CreateHostedZone(call_, input).value();
  }
  std::string make_zone_id(const std::string& name) { return make_zone(name).HostedZone.Id; }

  static api::ResourceRecordSet records(std::string name, std::string type, std::vector<std::string> values,
                                        std::int64_t ttl = 300) {
    api::ResourceRecordSet set;
    set.Name = std::move(name);
    set.Type = std::move(type);
    set.TTL = ttl;
    auto& list = set.ResourceRecords.emplace();
    for (std::string& value : values) list.push_back({.Value = std::move(value)});
    return set;
  }
  static api::Change change(std::string action, api::ResourceRecordSet set) {
    return {.Action = std::move(action), .ResourceRecordSet = std::move(set)};
  }
  aws::Outcome<api::ChangeResourceRecordSetsResponse> apply(const std::string& zone,
                                                            std::vector<api::Change> changes) {
    api::ChangeResourceRecordSetsRequest input;
    input.HostedZoneId = zone;
    input.ChangeBatch.Changes = std::move(changes);
    return route53_.ChangeResourceRecordSets(call_, input);
  }
  aws::ServiceError refusal(const std::string& zone, std::vector<api::Change> changes) {
    auto outcome = apply(zone, std::move(changes));
    EXPECT_FALSE(outcome.has_value());
    return outcome ? aws::ServiceError() : outcome.error();
  }
  api::ListResourceRecordSetsResponse list(const std::string& zone) {
    return route53_.ListResourceRecordSets(call_, {.HostedZoneId = zone}).value();
  }
  std::vector<std::string> listed_names(const std::string& zone) {
    std::vector<std::string> names;
    for (const auto& set : list(zone).ResourceRecordSets) names.push_back(set.Name + " " + set.Type);
    return names;
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'700'000'000))};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  SeededRandom random_{1};
  AcknowledgedRevision acknowledged_;
  Route53 route53_{store_, clock_, random_, acknowledged_, small_quotas()};
  aws::Call call_ = call_of("111122223333");
  aws::Call stranger_ = call_of("444455556666");
  int references_ = 0;
};

}  // namespace meridian::services::route53

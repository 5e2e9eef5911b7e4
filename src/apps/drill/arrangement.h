// What a drill arranges through Route 53's API: a hosted zone of its own, health checks and records.
// Rule: what was made can be removed, however far the making came.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/drill/scenario.h"
#include "apps/drill/stage.h"
#include "base/random.h"
#include "gen/route53/types.h"

namespace meridian::apps::drill {

class Arrangement {
 public:
  // `endpoints` are where the scenario's are played. Both outlive the arrangement.
  Arrangement(const Scenario& scenario, Stage& stage, Random& random)
      : scenario_(scenario), stage_(stage), random_(random), records_(scenario.records) {}

  Result<void> make(const std::vector<net::Address>& endpoints);
  Result<void> remove();  // an error says what is left

  Result<void> change_record(const Step& step);
  Result<void> change_check(const Step& step);

  std::string full_name(const std::string& name) const {
    return name == "@" ? stage_.zone_name() : name + "." + stage_.zone_name();
  }
  const std::string& check_id(std::size_t check) const { return check_ids_[check]; }

 private:
  Result<void> make_zone();
  Result<void> make_check(const Check& check);
  Result<void> put_records(const std::vector<std::size_t>& which);
  gen::route53::ResourceRecordSet record_set(const Record& record) const;
  Result<void> remove_zone();
  Result<void> remove_check(const std::string& id);
  // Of this drill alone: Route 53 remembers references for ever.
  std::string reference() { return stage_.zone_name() + "-" + random_.text(16, "0123456789abcdef"); }

  const Scenario& scenario_;
  Stage& stage_;
  Random& random_;
  std::vector<net::Address> endpoints_;
  std::string zone_id_;  // empty: not made yet
  std::vector<std::string> check_ids_;
  std::vector<Record> records_;  // as they are now
};

}  // namespace meridian::apps::drill

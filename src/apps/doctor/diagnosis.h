// All rules over one picture, with what was asked to be left out left out. Pure.
#pragma once

#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/doctor/budget.h"
#include "apps/doctor/finding.h"
#include "apps/doctor/picture.h"
#include "apps/doctor/rule.h"

namespace meridian::apps::doctor {

struct DiagnosisOptions {
  std::string zone_id = {};            // only what concerns this hosted zone; empty: everything
  std::set<std::string> ignored = {};  // ids of rules
};

struct Diagnosis {
  struct Part {
    Rule rule;
    std::vector<Finding> findings;  // at least one
  };
  std::vector<Part> parts;  // errors first, then as the rules stand
  std::vector<FailoverBudget> budgets;
  std::map<std::string, std::size_t> ignored;  // findings by rule
  std::size_t zones = 0, record_sets = 0, checks = 0;

  std::size_t count(Severity severity) const;
  bool any(Severity at_least) const;
};

Diagnosis diagnose(const Picture& picture, std::span<const Rule> rules, const DiagnosisOptions& options);

}  // namespace meridian::apps::doctor

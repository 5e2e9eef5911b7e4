// A rule finds one trap. The doctor goes through tables of rules, one a service; nothing registers itself.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "apps/doctor/finding.h"
#include "apps/doctor/picture.h"

namespace meridian::apps::doctor {

struct Rule {
  std::string_view id;  // what --ignore takes
  Severity severity;
  std::string_view title;
  std::vector<Finding> (*find)(const Picture&);
};

std::span<const Rule> route53_rules();
std::span<const Rule> cloudfront_rules();
// Those of every service.
std::vector<Rule> all_rules();

}  // namespace meridian::apps::doctor

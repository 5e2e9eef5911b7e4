// What CloudWatch keeps in the store beside its series: dashboards.
// Rule: keys hold account and name, so that one account's list is one range.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::services::cloudwatch {

struct DashboardResource {
  std::string account;
  std::string name;
  std::string body;  // JSON, as it was put
  SystemTime modified_at;
};

std::string dashboards_prefix(std::string_view account);
std::string dashboard_key(std::string_view account, std::string_view name);
std::string dashboard_arn(const DashboardResource& dashboard);

std::string encode(const DashboardResource& dashboard);
Result<DashboardResource> decode_dashboard(std::string_view bytes);

}  // namespace meridian::services::cloudwatch

#include "services/cloudwatch/resources.h"

#include <fmt/format.h>

#include "store/fields.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr std::uint8_t kVersion = 1;

struct Writer : store::FieldWriter<Writer> {
  Writer() : FieldWriter(kVersion) {}
};

}  // namespace

std::string dashboards_prefix(std::string_view account) {
  return fmt::format("cloudwatch/dashboard/{}/", account);
}

std::string dashboard_key(std::string_view account, std::string_view name) {
  return dashboards_prefix(account).append(name);
}

std::string dashboard_arn(const DashboardResource& dashboard) {
  return fmt::format("arn:aws:cloudwatch::{}:dashboard/{}", dashboard.account, dashboard.name);
}

std::string encode(const DashboardResource& dashboard) {
  return Writer()
      .text(dashboard.account)
      .text(dashboard.name)
      .text(dashboard.body)
      .time(dashboard.modified_at)
      .take();
}

Result<DashboardResource> decode_dashboard(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  DashboardResource dashboard;
  dashboard.account = in.text();
  dashboard.name = in.text();
  dashboard.body = in.text();
  dashboard.modified_at = in.time();
  return in.finish(std::move(dashboard), "dashboard");
}

}  // namespace meridian::services::cloudwatch

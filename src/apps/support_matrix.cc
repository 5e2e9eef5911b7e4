#include "apps/support_matrix.h"

#include <fmt/format.h>

#include "apps/services.h"

namespace meridian::apps {
namespace {

std::string json_of(const std::vector<ServiceSupport>& services, bool absent_only) {
  std::string out = "[";
  for (const ServiceSupport& service : services) {
    out += fmt::format("{}{{\"service\":\"{}\",\"operations\":[", out.size() > 1 ? "," : "",
                       service.model->name);
    bool first = true;
    for (const aws::Operation& operation : service.model->operations) {
      if (absent_only && service.implemented[operation.index]) continue;
      out += fmt::format("{}{{\"name\":\"{}\",\"supported\":{}}}", first ? "" : ",", operation.name,
                         static_cast<bool>(service.implemented[operation.index]));
      first = false;
    }
    out += "]}";
  }
  return out + "]\n";
}

}  // namespace

int support_matrix(const SupportMatrixOptions& options) {
  std::vector<ServiceSupport> services;
  for (ServiceSupport& service : supported_services())
    if (options.service.empty() || options.service == service.model->name)
      services.push_back(std::move(service));
  if (services.empty()) {
    fmt::print(stderr, "meridian: there is no service '{}'\n", options.service);
    return 1;
  }
  if (options.output == Output::Json) {
    fmt::print("{}", json_of(services, options.absent_only));
    return 0;
  }
  for (const ServiceSupport& service : services) {
    std::size_t count = 0;
    for (bool there : service.implemented) count += there;
    fmt::print("{} ({}): {} of {} operations\n", service.model->name, service.model->service_id, count,
               service.implemented.size());
    for (const aws::Operation& operation : service.model->operations) {
      bool there = service.implemented[operation.index];
      if (!(there && options.absent_only))
        fmt::print("  {:7} {}\n", there ? "yes" : "absent", operation.name);
    }
  }
  return 0;
}

}  // namespace meridian::apps

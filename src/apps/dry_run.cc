#include "apps/dry_run.h"

#include <fmt/format.h>

#include "base/log.h"
#include "services/route53/resources.h"

namespace meridian::apps {
namespace {

namespace route53 = services::route53;

bool is_bookkeeping(std::string_view key) {
  return key.starts_with(route53::kChangesPrefix) || key.find("/index/") != key.npos;
}

std::string resource_of(std::string_view key) {
  std::string out;
  if (const auto place = route53::parse_record_set_key(key)) {
    out = R"("hosted_zone_id":)";
    append_json_string(out, place->zone_id);
    out += R"(,"name":)";
    append_json_string(out, route53::aws_name(place->id.name));
    out += fmt::format(R"(,"type":"{}")", dns::to_string(place->id.type));
    if (place->id.set_identifier.empty()) return out;
    out += R"(,"set_identifier":)";
    append_json_string(out, place->id.set_identifier);
    return out;
  }
  out = R"("resource":)";
  append_json_string(out, key);
  return out;
}

}  // namespace

std::string describe(const store::DryRunStore::Changes& changes) {
  std::string out = "[";
  std::size_t count = 0;
  for (const auto& [key, item] : changes) {
    if (is_bookkeeping(key) || ++count > kWouldChangeMax) continue;
    out += fmt::format(R"({}{{"action":"{}",{}}})", out.size() > 1 ? "," : "", item ? "put" : "delete",
                       resource_of(key));
  }
  if (count > kWouldChangeMax) out += fmt::format(R"(,{{"more":{}}})", count - kWouldChangeMax);
  return out + "]";
}

}  // namespace meridian::apps

#include "apps/command_line_health.h"

#include <CLI/CLI.hpp>
#include <map>

namespace meridian::apps {
namespace {

using engines::health::WhenSilent;
const std::map<std::string, WhenSilent> kWhenSilent{
    {"keep", WhenSilent::Keep}, {"healthy", WhenSilent::Healthy}, {"unhealthy", WhenSilent::Unhealthy}};

void add_resolvers(CLI::App& app, std::vector<std::string>& resolvers) {
  app.add_option("--health-resolver", resolvers,
                 "DNS servers that look up the endpoints of health checks by name, in this order: one that "
                 "refuses or fails gives way to the next (by default the first of /etc/resolv.conf)")
      ->envname("MERIDIAN_HEALTH_RESOLVER")
      ->type_name("ADDR[:PORT]")
      ->delimiter(',');
}

}  // namespace

void add_health_options(CLI::App& app, HealthOptions& options) {
  app.add_option("--check-from", options.check_from,
                 "The Regions whose health checkers run here, or none: only edges probe (by default all of "
                 "AWS's eight)")
      ->envname("MERIDIAN_CHECK_FROM")
      ->type_name("REGION")
      ->delimiter(',');
  options.checker_live_time_s = 15;
  app.add_option("--checker-live-time", options.checker_live_time_s,
                 "Seconds for which a checker at an edge that is no longer heard counts with what it said "
                 "last")
      ->envname("MERIDIAN_CHECKER_LIVE_TIME")
      ->check(CLI::Range(0, 86400).description(""))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option("--health-hold-time", options.hold_time_s,
                 "Seconds for which a health check that changed stays as it is; 0: not held")
      ->envname("MERIDIAN_HEALTH_HOLD_TIME")
      ->check(CLI::Range(0, 86400).description(""))
      ->type_name("SECONDS");
  app.add_option(
         "--health-flaps-max", options.flaps_max,
         "Changes of a health check within --health-flap-time; one that changes more is unhealthy until "
         "it is quiet for that time; 0: no limit")
      ->envname("MERIDIAN_HEALTH_FLAPS_MAX")
      ->check(CLI::Range(0, 1000).description(""))
      ->type_name("N");
  options.flap_time_s = 300;
  app.add_option("--health-flap-time", options.flap_time_s, "The seconds for --health-flaps-max")
      ->envname("MERIDIAN_HEALTH_FLAP_TIME")
      ->check(CLI::Range(1, 86400).description(""))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option(
         "--health-when-silent", options.when_silent,
         "What a health check is while no checker of it is heard: keep (what was found last), healthy "
         "(fail open) or unhealthy (fail closed)")
      ->envname("MERIDIAN_HEALTH_WHEN_SILENT")
      ->transform(CLI::CheckedTransformer(kWhenSilent).description(""))
      ->type_name("keep|healthy|unhealthy");
  add_resolvers(app, options.resolvers);
}

void add_checker_options(CLI::App& edge, std::string& check_from, std::vector<std::string>& resolvers) {
  edge.add_option("--check-from", check_from,
                  "Probe health checks as one of this AWS Region's checkers, and report to the control (off "
                  "by default)")
      ->envname("MERIDIAN_CHECK_FROM")
      ->type_name("REGION");
  add_resolvers(edge, resolvers);
}

}  // namespace meridian::apps

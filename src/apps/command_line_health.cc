#include "apps/command_line_health.h"

#include <CLI/CLI.hpp>

namespace meridian::apps {

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
}

void add_checker_option(CLI::App& edge, std::string& check_from) {
  edge.add_option("--check-from", check_from,
                  "Probe health checks as one of this AWS Region's checkers, and report to the control (off "
                  "by default)")
      ->envname("MERIDIAN_CHECK_FROM")
      ->type_name("REGION");
}

}  // namespace meridian::apps

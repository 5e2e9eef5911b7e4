#include "apps/doctor/doctor_words.h"

#include <map>

#include "apps/client_words.h"

namespace meridian::apps {
namespace {
const std::map<std::string, FailOn> kSeverities{
    {"hint", FailOn::Hint}, {"warning", FailOn::Warning}, {"error", FailOn::Error}};
}  // namespace

void add_doctor(CLI::App& root, DoctorOptions& options) {
  CLI::App& doctor = *root.add_subcommand(
      "doctor", "What is wrong with the configuration: traps of DNS, TTLs, health checks and failover");
  doctor.add_option("--zone", options.zone, "Only what concerns this hosted zone, by its name or id")
      ->type_name("NAME|ID");
  doctor.add_option("--ignore", options.ignored, "Leave this rule out")->type_name("RULE")->delimiter(',');
  doctor
      .add_option("--fail-on", options.fail_on, "Exit with 1 for findings as severe as this (default error)")
      ->transform(silent(CLI::CheckedTransformer(kSeverities)))
      ->type_name("error|warning|hint");
  doctor.add_flag("--no-live", options.no_live,
                  "Look at the configuration alone, not at health, edges and quarantine");
  doctor.add_flag("--list-rules", options.list_rules, "Print every rule, and look at nothing");
  add_admin(doctor, options.client);
  add_endpoint(doctor, options.client);
}

}  // namespace meridian::apps

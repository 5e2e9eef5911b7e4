#include "apps/doctor/doctor_command.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "apps/doctor/diagnosis.h"
#include "apps/doctor/read_picture.h"
#include "apps/doctor/report_words.h"
#include "apps/doctor/rule.h"
#include "services/route53/validate.h"

namespace meridian::apps::doctor {
namespace {

constexpr int kNothing = 0, kFound = 1, kCouldNotLook = 2;

int say(const std::string& message) {
  fmt::print(stderr, "meridian: {}\n", message);
  return kCouldNotLook;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Paper terminal() {
  Paper paper;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) paper.columns = size.ws_col;
  const std::string_view columns = environment("COLUMNS");
  std::from_chars(columns.data(), columns.data() + columns.size(), paper.columns);
  paper.colours =
      isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return paper;
}

Severity severity_of(FailOn fail_on) {
  return fail_on == FailOn::Hint      ? Severity::Hint
         : fail_on == FailOn::Warning ? Severity::Warning
                                      : Severity::Error;
}

Result<DiagnosisOptions> read_options(const DoctorOptions& options, const Picture& picture,
                                      const std::vector<Rule>& rules) {
  DiagnosisOptions out;
  for (const std::string& id : options.ignored) {
    if (std::ranges::find(rules, id, &Rule::id) == rules.end())
      return invalid(fmt::format("there is no rule '{}'; --list-rules shows them", id));
    out.ignored.insert(id);
  }
  if (options.zone.empty()) return out;
  if (const Zone* zone = picture.zone(options.zone)) {
    out.zone_id = zone->id;
    return out;
  }
  const auto name = parse_name(options.zone);
  for (const Zone& zone : picture.zones()) {
    if (!name || zone.name != *name) continue;
    if (!out.zone_id.empty())
      return invalid(fmt::format("several hosted zones are called {}: name one by its id", options.zone));
    out.zone_id = zone.id;
  }
  if (out.zone_id.empty()) return invalid(fmt::format("there is no hosted zone {}", options.zone));
  return out;
}

// The commands are for the server that was looked at.
void address_commands(Diagnosis& diagnosis, const ClientOptions& client) {
  for (Diagnosis::Part& part : diagnosis.parts)
    for (Finding& finding : part.findings)
      for (auto* commands : {&finding.fix.commands, &finding.fix.look})
        for (ShellCommand& command : *commands) command.address_to(client.endpoint, client.admin);
}

// Where the commands find the credentials that were used here, when their environment has none.
std::string credentials_note(const DoctorOptions& options, const Diagnosis& diagnosis) {
  if (diagnosis.parts.empty() || !environment("AWS_ACCESS_KEY_ID").empty() ||
      !environment("AWS_SHARED_CREDENTIALS_FILE").empty())
    return "";
  return fmt::format(
      "For the commands: export AWS_SHARED_CREDENTIALS_FILE={}/credentials AWS_PROFILE=meridian "
      "AWS_DEFAULT_REGION=us-east-1\n",
      options.client.data_dir);
}

int list_rules(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules)
    fmt::print("{:<8} {:<34} {}\n", to_string(rule.severity), rule.id, rule.title);
  return kNothing;
}

}  // namespace

int run_doctor(const DoctorOptions& options, const Clock& clock) {
  const std::vector<Rule> rules = all_rules();
  if (options.list_rules) return list_rules(rules);
  auto facts = read_facts(options.client, !options.no_live, clock);
  if (!facts) return say(facts.error().message);
  const Picture picture(*std::move(facts));
  const auto chosen = read_options(options, picture, rules);
  if (!chosen) return say(chosen.error().message);
  Diagnosis diagnosis = diagnose(picture, rules, *chosen);
  address_commands(diagnosis, options.client);
  if (options.client.output == Output::Json)
    fmt::print("{}", to_json(diagnosis));
  else
    fmt::print("{}{}", to_text(diagnosis, terminal()), credentials_note(options, diagnosis));
  return diagnosis.any(severity_of(options.fail_on)) ? kFound : kNothing;
}

}  // namespace meridian::apps::doctor

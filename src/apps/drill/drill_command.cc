#include "apps/drill/drill_command.h"

#include <fmt/format.h>

#include "apps/drill/drill.h"
#include "apps/drill/real_stage.h"
#include "apps/drill/report.h"
#include "apps/drill/shipped.h"
#include "apps/drill/virtual_stage.h"
#include "apps/input.h"
#include "formats/json/json.h"

namespace meridian::apps {
namespace {

constexpr int kMet = 0, kNotMet = 1, kBad = 2;

int say(const std::string& message) {
  fmt::print(stderr, "meridian: {}\n", message);
  return kBad;
}

int list(const DrillOptions& options) {
  std::string out;
  json::Writer writer(out);
  const bool as_json = options.client.output == Output::Json;
  if (as_json) writer.begin_array();
  for (const drill::Shipped& each : drill::shipped()) {
    const auto scenario = drill::parse_scenario(each.text);
    if (!scenario) return say(fmt::format("{}: {}", each.name, scenario.error().message));
    if (!as_json) {
      out += fmt::format("{:<24} {}\n", each.name, scenario->title);
      continue;
    }
    writer.begin_object();
    writer.key("name");
    writer.string(each.name);
    writer.key("title");
    writer.string(scenario->title);
    writer.end_object();
  }
  if (as_json) {
    writer.end_array();
    out += '\n';
  }
  fmt::print("{}", out);
  return kMet;
}

// A name of ours, or a file.
Result<std::string> read_scenario(const std::string& name) {
  for (const drill::Shipped& each : drill::shipped())
    if (each.name == name) return std::string(each.text);
  return read_input(name);
}

Result<std::unique_ptr<drill::Stage>> make_stage(const DrillOptions& options, const drill::Scenario& scenario,
                                                 const Clock& clock, Random& random) {
  if (options.real) return drill::make_real_stage(options, scenario, clock, random);
  return drill::make_virtual_stage(options.seed);
}

int run(const DrillOptions& options, const Clock& clock, Random& random) {
  const auto text = read_scenario(options.scenario);
  if (!text) return say(text.error().message + "; `meridian drill list` names those that are there");
  const auto scenario = drill::parse_scenario(*text);
  if (!scenario) return say(fmt::format("{}: {}", options.scenario, scenario.error().message));
  const auto stage = make_stage(options, *scenario, clock, random);
  if (!stage) return say(fmt::format("{}: {}", options.scenario, stage.error().message));
  if (options.real)
    fmt::print(stderr, "{} of real time begin when every checker has probed\n",
               drill::print_duration(scenario->duration));
  const auto recording = drill::play(*scenario, **stage, options.seed);
  if (!recording) return say(fmt::format("{}: {}", options.scenario, recording.error().message));
  const auto measures = drill::measure(*scenario, *recording);
  const auto report = options.client.output == Output::Json ? drill::report_json : drill::report_text;
  fmt::print("{}", report(*scenario, *recording, measures, {options.real, options.seed}));
  return measures.all_met() ? kMet : kNotMet;
}

}  // namespace

int play_drill(const DrillOptions& options, const Clock& clock, Random& random) {
  using Action = DrillOptions::Action;
  if (options.action == Action::List) return list(options);
  if (options.action == Action::Run) return run(options, clock, random);
  for (const drill::Shipped& each : drill::shipped())
    if (each.name == options.scenario) {
      fmt::print("{}", each.text);
      return kMet;
    }
  return say(fmt::format("there is no drill '{}'; `meridian drill list` names those that are there",
                         options.scenario));
}

}  // namespace meridian::apps

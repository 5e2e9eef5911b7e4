#include "apps/drill/drill_words.h"

#include "apps/client_words.h"

namespace meridian::apps {

void add_drill(CLI::App& root, DrillOptions& options) {
  CLI::App& drill = *root.add_subcommand("drill", "Rehearse a failover: faults, who notices, who suffers");
  drill.require_subcommand(1);
  add_output(*drill.add_subcommand("list", "The scenarios that this binary has"), options.client.output);
  drill.add_subcommand("show", "Print a scenario, to make another of it")
      ->add_option("scenario", options.scenario, "Its name")
      ->required()
      ->type_name("NAME");
  CLI::App& run =
      *drill.add_subcommand("run", "Play a scenario: exit code 0 when it comes as it expects, else 1");
  run.add_option("scenario", options.scenario, "One that `drill list` has, or a file; - for standard input")
      ->required()
      ->type_name("NAME|FILE");
  options.seed = 1;
  run.add_option("--seed", options.seed, "The same seed gives the same drill in virtual time")
      ->type_name("N")
      ->capture_default_str();
  run.add_flag("--real", options.real,
               "Against a running server, in real time and over real sockets, in a hosted zone of its own");
  options.dns = "127.0.0.1:5300";
  run.add_option("--dns", options.dns, "With --real: where the server answers DNS")
      ->type_name("ADDR:PORT")
      ->capture_default_str();
  add_admin(run, options.client);
  add_endpoint(run, options.client);
}

void choose_drill(const CLI::App& root, DrillOptions& options) {
  const CLI::App& drill = *root.get_subcommand("drill");
  options.action = drill.got_subcommand("list")   ? DrillOptions::Action::List
                   : drill.got_subcommand("show") ? DrillOptions::Action::Show
                                                  : DrillOptions::Action::Run;
}

}  // namespace meridian::apps

// CLI11 costs seconds a file, so it stays in this one.
#include "apps/invalidate/invalidate_words.h"

#include <CLI/CLI.hpp>

#include "apps/client_words.h"

namespace meridian::apps {

void add_invalidate(CLI::App& root, InvalidateOptions& options) {
  CLI::App& invalidate =
      *root.add_subcommand("invalidate", "Have every edge forget objects of a distribution, or renew them");
  invalidate.add_option("distribution", options.distribution, "The distribution")
      ->required()
      ->type_name("ID");
  invalidate.add_option("path", options.paths, "What: /index.html, /images/*; with its query string")
      ->type_name("PATH");
  invalidate.add_option("--tag", options.tags, "All objects with this tag")->type_name("TAG");
  invalidate.add_flag("--soft", options.soft,
                      "Copies are not gone but expired: renewed by a conditional request, and good for "
                      "stale-while-revalidate and for an origin that fails");
  invalidate.add_flag("--wait", options.wait, "Return when every edge has acknowledged it");
  add_endpoint(invalidate, options.client);
  add_output(invalidate, options.client.output);
}

}  // namespace meridian::apps

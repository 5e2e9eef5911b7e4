#include "apps/control/edge_commands.h"

#include <fmt/format.h>

#include "apps/control/edge_registry.h"

namespace meridian::apps {
namespace {

int refused(const Error& error) {
  fmt::print(stderr, "meridian: {}\n", error.message);
  return 1;
}

}  // namespace

int edges_token(const EdgesTokenOptions& options, const Clock& clock, Random& random, Disk& disk) {
  const TokenTerms terms{options.name, options.feed_address, std::chrono::seconds(options.valid_s)};
  const auto token = make_edge_token(disk, clock, random, options.data_dir + "/feed", terms);
  if (!token) return refused(token.error());
  fmt::print("{}\n", *token);
  return 0;
}

int edges_remove(const EdgesRemoveOptions& options, Disk& disk) {
  if (auto removed = remove_edge(disk, options.data_dir + "/feed", options.name); !removed)
    return refused(removed.error());
  fmt::print("edge '{}' is cut off within a second, or when the control starts\n", options.name);
  return 0;
}

}  // namespace meridian::apps

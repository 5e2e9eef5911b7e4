// The executable `meridian-edge`: what `meridian edge` does, without the rest. The real clock, randomness and
// disk enter here.
#include <fmt/format.h>

#include <vector>

#include "apps/edge/edge.h"
#include "engines/dns/canary/keeper.h"

int main(int count, char** words) {
  using namespace meridian;
  using namespace meridian::apps;
  // No command for people: a server starts it.
  if (count == 2 && words[1] == engines::dns::kCanaryCommand) return engines::dns::run_canary_keeper();
  RealClock clock;
  SystemRandom random;
  RealDisk disk;
  std::vector<const char*> all{words[0], "edge"};
  all.insert(all.end(), words + 1, words + count);
  const Command command = parse_command_line(static_cast<int>(all.size()), all.data());
  if (const auto* options = std::get_if<EdgeOptions>(&command)) return edge(*options, clock, random, disk);
  if (const auto* options = std::get_if<EdgeJoinOptions>(&command)) return edge_join(*options, clock, disk);
  const auto& print = std::get<PrintOptions>(command);
  fmt::print(print.to_stderr ? stderr : stdout, "{}", print.text);
  return print.exit_code;
}

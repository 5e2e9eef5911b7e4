// The DNS engine by itself: zone files in, answers out, until SIGTERM. No store, no compiler, no API.
//
// usage: dns_serve_zone --listen ADDR:PORT --zone FILE --origin NAME [--zone FILE --origin NAME …]
#include <malloc.h>

#include <csignal>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "engines/dns/dns_engine.h"
#include "net/loop.h"
#include "zone_delta.h"

namespace meridian::differential {
namespace {

struct Options {
  net::Address listen;
  std::vector<std::pair<std::string, std::string>> zones;  // file, origin
};

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view flag = argv[n];
    const std::string value = argv[n + 1];
    if (flag == "--listen")
      options.listen = TRY(net::Address::parse(value));
    else if (flag == "--zone")
      options.zones.emplace_back(value, "");
    else if (flag == "--origin" && !options.zones.empty())
      options.zones.back().second = value;
    else
      return invalid(fmt::format("unknown option {}", flag));
  }
  if (options.zones.empty()) return invalid("no --zone");
  return options;
}

Result<std::unique_ptr<const snapshots::dns::DnsSnapshot>> load(const Options& options, Random& random) {
  const auto nothing = snapshots::dns::DnsSnapshot::empty(random);
  snapshots::dns::Delta delta{.from = 0, .to = 1, .zones = {}};
  for (const auto& [file, origin] : options.zones)
    delta.zones.push_back(
        to_zone_change(TRY(read_zone(file, origin)), fmt::format("Z{}", delta.zones.size())));
  TRY(snapshots::dns::check(delta));
  auto snapshot = snapshots::dns::apply(*nothing, delta);
  delta = {};
  malloc_trim(0);  // what reading the files took is not the engine's memory (bench/dns measures that)
  return snapshot;
}

Result<void> run(int argc, char** argv) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the engine's threads, so that they inherit it

  const Options options = TRY(parse_options(argc, argv));
  SystemRandom random;
  RealClock clock;
  Metrics metrics;
  engines::dns::DnsEngineOptions engine_options;
  engine_options.addresses = {options.listen};
  engines::dns::DnsEngine engine(std::move(engine_options), TRY(load(options, random)), clock, random,
                                 metrics, net::make_loop);
  TRY(engine.start());
  int signal = 0;
  sigwait(&ends, &signal);
  return {};
}

}  // namespace
}  // namespace meridian::differential

int main(int argc, char** argv) {
  const auto result = meridian::differential::run(argc, argv);
  if (!result) fmt::print(stderr, "dns_serve_zone: {}\n", result.error().message);
  return result ? 0 : 1;
}

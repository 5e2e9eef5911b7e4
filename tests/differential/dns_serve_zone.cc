// The DNS engine by itself: zone files in, answers out, until SIGTERM. No store, no compiler, no API.
//
// usage: dns_serve_zone --listen ADDR:PORT [--workers N] --zones LIST [--save DIR]
//        dns_serve_zone --listen ADDR:PORT [--workers N] --load DIR
//   LIST: a line `FILE ORIGIN` a zone. --save writes the snapshot to DIR as an edge keeps it, --load starts
//   from that.
#include <malloc.h>

#include <csignal>
#include <fstream>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/metrics.h"
#include "base/random.h"
#include "engines/dns/dns_engine.h"
#include "net/loop.h"
#include "snapshots/dns/disk_log.h"
#include "zone_delta.h"

namespace meridian::differential {
namespace {

struct Options {
  net::Address listen;
  unsigned workers = 1;
  std::string zones, save, load;
};

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view flag = argv[n];
    const std::string value = argv[n + 1];
    if (flag == "--listen")
      options.listen = TRY(net::Address::parse(value));
    else if (flag == "--workers")
      options.workers = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    else if (flag == "--zones")
      options.zones = value;
    else if (flag == "--save")
      options.save = value;
    else if (flag == "--load")
      options.load = value;
    else
      return invalid(fmt::format("unknown option {}", flag));
  }
  if (options.zones.empty() == options.load.empty()) return invalid("either --zones or --load");
  return options;
}

using Snapshot = std::unique_ptr<const snapshots::dns::DnsSnapshot>;

Result<Snapshot> read_zones(const Options& options, Disk& disk, Random& random) {
  std::ifstream list(options.zones);
  if (!list) return fail(ErrorCode::Unavailable, "cannot read " + options.zones);
  snapshots::dns::Delta delta{.from = 0, .to = 1, .zones = {}};
  for (std::string file, origin; list >> file >> origin;)
    delta.zones.push_back(
        to_zone_change(TRY(read_zone(file, origin)), fmt::format("Z{}", delta.zones.size())));
  TRY(snapshots::dns::check(delta));
  const auto nothing = snapshots::dns::DnsSnapshot::empty(random);
  Snapshot snapshot = TRY(snapshots::dns::apply(*nothing, delta));
  if (!options.save.empty()) {
    auto opened = TRY(snapshots::dns::DnsDiskLog::open(disk, options.save, random));
    TRY(opened.log->append(delta, *snapshot));
  }
  return snapshot;
}

Result<Snapshot> load(const Options& options, Random& random) {
  RealDisk disk;
  if (!options.load.empty()) {
    auto opened = TRY(snapshots::dns::DnsDiskLog::open(disk, options.load, random));
    return std::move(opened.snapshot);
  }
  auto snapshot = read_zones(options, disk, random);
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
  engine_options.workers = options.workers;
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

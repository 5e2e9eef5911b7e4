// The DNS engine by itself: zone files in, answers out, until SIGTERM. No store, no compiler, no API.
//
// usage: dns_serve_zone --listen ADDR:PORT [--workers N] --zones LIST [--policies FILE] [--geo-database MMDB]
//        [--save DIR]
//        dns_serve_zone --listen ADDR:PORT [--workers N] --load DIR
//   LIST: a line `FILE ORIGIN` a zone. --save writes the snapshot to DIR as an edge keeps it, --load starts
//   from that. --policies: see policy_lines.h.
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/spare_memory.h"
#include "engines/dns/dns_engine.h"
#include "formats/dns/rdata.h"
#include "net/loop.h"
#include "policy_lines.h"
#include "snapshots/dns/disk_log.h"
#include "zone_delta.h"

namespace meridian::differential {
namespace {

using dns::Name;

struct Options {
  net::Address listen;
  unsigned workers = 1;
  std::string zones, policies, geo_database, save, load;
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
    else if (flag == "--policies")
      options.policies = value;
    else if (flag == "--geo-database")
      options.geo_database = value;
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

using snapshots::location::Locations;
using Snapshot = std::unique_ptr<const snapshots::dns::DnsSnapshot>;

using snapshots::health::HealthTable;

Result<Snapshot> read_zones(const Options& options, Disk& disk, Random& random) {
  const auto health_table = std::make_shared<HealthTable>();
  std::ifstream list(options.zones);
  if (!list) return fail(ErrorCode::Unavailable, "cannot read " + options.zones);
  snapshots::dns::Delta delta{.from = 0, .to = 1, .zones = {}};
  for (std::string file, origin; list >> file >> origin;)
    delta.zones.push_back(
        to_zone_change(TRY(read_zone(file, origin)), fmt::format("Z{}", delta.zones.size())));
  if (!options.policies.empty()) {
    std::ifstream lines(options.policies);
    TRY(add_policies(lines, delta));
  }
  TRY(snapshots::dns::check(delta));
  const auto nothing = snapshots::dns::DnsSnapshot::empty(random, health_table);
  Snapshot snapshot = TRY(snapshots::dns::apply(*nothing, delta));
  if (!options.save.empty()) {
    auto opened = TRY(snapshots::dns::DnsDiskLog::open(disk, options.save, random, health_table));
    TRY(opened.log->append(delta, *snapshot));
  }
  return snapshot;
}

Result<Snapshot> load(const Options& options, Random& random) {
  RealDisk disk;
  if (!options.load.empty()) {
    const auto health_table = std::make_shared<HealthTable>();
    auto opened = TRY(snapshots::dns::DnsDiskLog::open(disk, options.load, random, health_table));
    return std::move(opened.snapshot);
  }
  auto snapshot = read_zones(options, disk, random);
  meridian::give_back_memory();  // what reading the files took is not the engine's memory (bench/dns measures
                                 // that)
  return snapshot;
}

Result<std::unique_ptr<const Locations>> read_locations(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return std::make_unique<const Locations>(
      Locations::Sources{.databases = {TRY(snapshots::location::Database::compile("the bench's", bytes))}});
}

// Lines from standard input, whole ones only.
class Lines {
 public:
  // False at the end of input.
  bool read_some() {
    std::array<char, 65536> buffer;
    const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size > 0) text_.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
  }
  std::optional<std::string> next() {
    const std::size_t end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

 private:
  std::string text_;
};

Result<void> change(engines::dns::DnsEngine& engine, const std::map<std::string, std::string>& zone_ids,
                    const std::string& line) {
  std::istringstream words(line);
  std::string origin, name, type_text, value;
  words >> origin >> name >> type_text;
  std::getline(words >> std::ws, value);
  const auto type = dns::parse_type(type_text);
  const std::string apex(TRY(Name::parse(origin)).lower().wire());
  const auto zone = zone_ids.find(apex);
  if (!type || zone == zone_ids.end()) return invalid("no such type or zone: " + line);
  snapshots::dns::RecordSet set{.owner = std::string(TRY(Name::parse(name)).lower().wire()),
                                .type = *type,
                                .set_identifier = "",
                                .ttl = 60,
                                .rdata = {TRY(dns::parse_rdata(*type, value))},
                                .alias_target = ""};
  const std::uint64_t revision = engine.latest().revision();
  snapshots::dns::Delta delta{.from = revision, .to = revision + 1, .zones = {}};
  delta.zones.push_back({.kind = snapshots::dns::ZoneChange::Kind::Edit,
                         .zone_id = zone->second,
                         .apex = apex,
                         .puts = {std::move(set)},
                         .removes = {}});
  TRY(snapshots::dns::check(delta));
  engine.publish(TRY(snapshots::dns::apply(engine.latest(), delta)));
  return {};
}

Result<void> apply_changes_until_signal(engines::dns::DnsEngine& engine, const sigset_t& ends) {
  std::map<std::string, std::string> zone_ids;
  engine.latest().for_each_zone([&](const auto& zone) { zone_ids.emplace(zone.apex(), zone.id()); });
  std::array<pollfd, 2> fds{pollfd{signalfd(-1, &ends, SFD_CLOEXEC), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  Lines lines;
  for (;;) {
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents) return {};
    if (fds[1].revents && !lines.read_some()) fds[1].fd = -1;
    while (const auto line = lines.next()) TRY(change(engine, zone_ids, *line));
  }
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
  if (!options.geo_database.empty()) engine.publish_locations(TRY(read_locations(options.geo_database)));
  TRY(engine.start());
  return apply_changes_until_signal(engine, ends);
}

}  // namespace
}  // namespace meridian::differential

int main(int argc, char** argv) {
  const auto result = meridian::differential::run(argc, argv);
  if (!result) fmt::print(stderr, "dns_serve_zone: {}\n", result.error().message);
  return result ? 0 : 1;
}

// For tests: caches in tiers over several processes, in one network in virtual time.
#pragma once

#include <gtest/gtest.h>

#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {

inline constexpr std::size_t kLocations = 20;

// Twenty locations of two regional caches, which are in as many processes as the test wants.
class VirtualEdges : public testing::Test {
 protected:
  struct Process {
    Metrics metrics;
    engines::cdn::CdnEngineOptions options;
    std::unique_ptr<engines::cdn::EngineShared> shared;
    std::unique_ptr<engines::cdn::EngineWorker> worker;
    double count(const std::string& name) {
      const std::string text = metrics.prometheus_text();
      const std::size_t at = text.find("\n" + name + " ");
      return at == text.npos ? 0 : std::stod(text.substr(at + name.size() + 2));
    }
  };
  static net::Address viewers_at(std::size_t location) {
    return {net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(location + 1)}), 80};
  }
  static net::Address tiers_at(std::size_t process) {
    return {net::IpAddress::v4({10, 1, 0, static_cast<std::uint8_t>(process + 1)}), 7443};
  }

  void make(std::size_t count) {
    processes.resize(count);
    for (std::size_t i = 0; i < count; ++i) start(i);
    publish();
  }
  void start(std::size_t index) {
    Process& process = *(processes[index] = std::make_unique<Process>());
    process.options.location_cache_bytes = process.options.regional_cache_bytes = memory.cache_bytes;
    process.options.slice_bytes = memory.slice_bytes;
    process.options.tiers.edge = "edge" + std::to_string(index);
    process.options.tiers.listen = tiers_at(index);
    process.options.tiers.has_tls = false;
    process.options.via_host = process.options.tiers.edge + ".cloudfront.net";
    for (std::size_t i = index; i < kLocations; i += processes.size())
      process.options.locations.push_back({"TST" + std::to_string(i) + "-C1",
                                           {viewers_at(i)},
                                           {},
                                           i < kLocations / 2 ? "eu-west-1" : "us-east-1"});
    process.shared = std::make_unique<engines::cdn::EngineShared>(
        process.options, std::make_unique<const snapshots::cdn::CdnSnapshot>(), world.random,
        process.metrics);
    if (key_secret) process.shared->key_secret = *key_secret;
    process.worker = std::make_unique<engines::cdn::EngineWorker>(
        world.network, process.options, *process.shared, upstream::TlsTrust{}, &world.names, world.random,
        process.metrics);
    for (std::size_t i = 0; i < process.options.locations.size(); ++i)
      ASSERT_TRUE(process.worker->listen(i, process.options.locations[i].http[0], {}, nullptr));
    ASSERT_TRUE(process.worker->listen_to_tiers(tiers_at(index), {}, nullptr));
  }
  // The map and the distribution, to all that run.
  void publish() {
    snapshots::cdn::TierMap map;
    for (std::size_t i = 0; i < processes.size(); ++i)
      map.edges.push_back({"edge" + std::to_string(i), tiers_at(i).to_string(),
                           i < rings.size() ? rings[i] : std::vector<std::string>{"eu-west-1", "us-east-1"}});
    const snapshots::cdn::SharedDistribution puts[] = {
        std::make_shared<const snapshots::cdn::Distribution>(world.distribution)};
    ++revision;
    for (const auto& process : processes) {
      if (!process->worker) continue;
      process->shared->rings.publish(
          std::make_unique<const engines::cdn::TierRings>(map, process->options.tiers.edge));
      process->shared->snapshot.publish(process->shared->snapshot.latest().next(revision, puts, {}));
    }
  }
  void purge(std::size_t process, const std::string& path, std::uint64_t to,
             engines::cdn::StaleSince stale_since = {}) {
    auto& shared = *processes[process]->shared;
    shared.purge_clock.begin({"store", to});
    shared.purges.of("E1")->purge(path, stale_since);
    shared.purge_clock.finish({"store", to});
  }
  void kill(std::size_t process) { processes[process]->worker.reset(); }
  std::size_t process_of(std::size_t location) const { return location % processes.size(); }

  PlayedViewer& ask(std::size_t location, const std::string& target, const std::string& fields = "",
                    const std::string& method = "GET") {
    viewers.push_back(std::make_unique<PlayedViewer>(world.network, viewers_at(location)));
    viewers.back()->send(method + " " + target + " HTTP/1.1\r\nHost: d1.cloudfront.net\r\n" + fields +
                         "\r\n");
    return *viewers.back();
  }
  PlayedViewer& get(std::size_t location, const std::string& target, const std::string& fields = "",
                    const std::string& method = "GET") {
    PlayedViewer& viewer = ask(location, target, fields, method);
    world.network.advance(std::chrono::seconds(2));
    return viewer;
  }
  void play(PlayedOrigin::OnRequest how) {
    origin.reset();
    origin = std::make_unique<PlayedOrigin>(world.network, VirtualCdn::kFirst, std::move(how));
  }
  std::string explain(std::size_t location, const std::string& target, const std::string& fields = "") {
    engines::cdn::ExplainAsk ask;
    ask.head = "GET " + target + " HTTP/1.1\r\nHost: d1.cloudfront.net\r\n" + fields + "\r\n";
    ask.viewer = viewers_at(0);
    ask.location = "TST" + std::to_string(location) + "-C1";
    std::string told;
    processes[process_of(location)]->worker->explain(std::move(ask),
                                                     [&](Result<engines::cdn::Explanation> got) {
                                                       ASSERT_TRUE(got);
                                                       told = got->trace.to_json();
                                                     });
    world.network.advance(std::chrono::seconds(2));
    return told;
  }
  // A process that answers the origin's shield for this path, and a location of another process.
  std::size_t owner_of(const std::string& target) {
    for (std::size_t i = 0; i < processes.size(); ++i) before_.resize(processes.size());
    for (std::size_t i = 0; i < processes.size(); ++i)
      before_[i] = processes[i]->count("meridian_cdn_origin_requests_total");
    get(0, target);
    for (std::size_t i = 0; i < processes.size(); ++i)
      if (processes[i]->count("meridian_cdn_origin_requests_total") > before_[i]) return i;
    ADD_FAILURE() << "nobody asked for " << target;
    return 0;
  }
  double total(const std::string& name) {
    double sum = 0;
    for (const auto& process : processes) sum += process->count(name);
    return sum;
  }

  VirtualCdn world;
  Memory memory;                                // of each process
  std::optional<SipKey> key_secret;             // as its disk would tell
  std::vector<std::vector<std::string>> rings;  // that each process is in; of those behind: all
  std::vector<std::unique_ptr<Process>> processes;
  std::unique_ptr<PlayedOrigin> origin;
  std::deque<std::unique_ptr<PlayedViewer>> viewers;
  std::uint64_t revision = 0;

 private:
  std::vector<double> before_;
};

}  // namespace meridian::sim

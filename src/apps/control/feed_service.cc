#include "apps/control/feed_service.h"

#include <fmt/format.h>

#include "apps/version.h"
#include "base/log.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

double seconds_behind(const feed::EdgeState& edge, const Clock& clock) {
  if (!edge.behind_since) return 0;
  return std::chrono::duration<double>(clock.monotonic() - *edge.behind_since).count();
}

// "live", or since when it is not.
std::string state_of(const feed::EdgeState& edge) {
  if (edge.connected) return edge.refusal.empty() ? "live" : "refuses";
  if (!edge.heard_at) return edge.waited_for ? "expected" : "not seen";
  return (edge.waited_for ? "silent since " : "lost since ") + format_iso8601(*edge.heard_at);
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

using engines::health::CheckerState;

// Null: the edge is no checker.
const CheckerState* checker_of(const feed::EdgeState& edge, const std::vector<CheckerState>& checkers) {
  const auto at = std::ranges::find(checkers, edge.name, &CheckerState::name);
  return at == checkers.end() ? nullptr : &*at;
}

std::string checks_from(const CheckerState* checker) {
  if (!checker) return "-";
  return checker->region + (checker->counted ? "" : " (silent)");
}

std::string json_of(const feed::EdgeState& edge, const CheckerState* checker, std::uint64_t newest,
                    const Clock& clock) {
  const std::string checks = checker ? fmt::format(R"({{"region":"{}","counted":{},"checks":{}}})",
                                                   checker->region, checker->counted, checker->checks)
                                     : "null";
  return fmt::format(
      R"({{"name":{},"state":{},"connected":{},"waited_for":{},"revision":{},"lag_revisions":{},)"
      R"("lag_seconds":{:.3f},"version":{},"address":{},"last_heard":{},"queries_per_second":{},)"
      R"("cpu_permille":{},"memory_bytes":{},"checker":{},"refusal":{}}})",
      json_string(edge.name), json_string(state_of(edge)), edge.connected, edge.waited_for, edge.revision,
      newest - std::min(newest, edge.revision), seconds_behind(edge, clock), json_string(edge.software),
      json_string(edge.peer), edge.heard_at ? json_string(format_iso8601(*edge.heard_at)) : "null",
      edge.load.queries_per_s, edge.load.cpu_permille, edge.load.memory_bytes, checks,
      json_string(edge.refusal));
}

}  // namespace

std::string describe_edges(const std::vector<feed::EdgeState>& edges,
                           const std::vector<CheckerState>& checkers, std::uint64_t newest,
                           const Clock& clock, Output output) {
  if (output == Output::Json) {
    std::string list;
    for (const feed::EdgeState& edge : edges)
      list += (list.empty() ? "" : ",") + json_of(edge, checker_of(edge, checkers), newest, clock);
    return fmt::format("{{\"newest_revision\":{},\"edges\":[{}]}}\n", newest, list);
  }
  if (edges.empty()) return "no edges; `meridian edges token` makes a token for one\n";
  std::string out =
      fmt::format("{:<20} {:>10} {:>6} {:>8} {:<10} {:>10} {:>5} {:>8}  {:<23}  {}\n", "NAME", "REVISION",
                  "LAG", "SECONDS", "VERSION", "QUERIES/S", "CPU%", "MEMORY", "CHECKS FROM", "STATE");
  for (const feed::EdgeState& edge : edges)
    out += fmt::format("{:<20} {:>10} {:>6} {:>8.1f} {:<10} {:>10} {:>5.1f} {:>6}MB  {:<23}  {}\n", edge.name,
                       edge.revision, newest - std::min(newest, edge.revision), seconds_behind(edge, clock),
                       edge.software, edge.load.queries_per_s, edge.load.cpu_permille / 10.0,
                       edge.load.memory_bytes >> 20, checks_from(checker_of(edge, checkers)), state_of(edge));
  for (const feed::EdgeState& edge : edges)
    if (!edge.refusal.empty()) out += fmt::format("\n{} refuses: {}\n", edge.name, edge.refusal);
  return out;
}

Result<std::unique_ptr<FeedService>> FeedService::open(const FeedOptions& options,
                                                       const std::string& data_dir,
                                                       const feed::Position& newest,
                                                       feed::ImageSource& images, const World& world) {
  auto registry = TRY(EdgeRegistry::open(world.disk, world.clock, world.random, data_dir + "/feed"));
  std::unique_ptr<FeedService> service(new FeedService(world, data_dir + "/feed", std::move(registry)));
  feed::FeedServerOptions server;
  server.newest = newest;
  server.software = MERIDIAN_VERSION;
  server.edge_live_time = std::chrono::seconds(options.edge_live_time_s);
  for (const std::string& name : options.canary_edges)
    if (!feed::is_edge_name(name)) return invalid(fmt::format("'{}' is not a name of an edge", name));
  server.canaries = {{options.canary_edges.begin(), options.canary_edges.end()},
                     std::chrono::seconds(options.canary_soak_s)};
  service->server_ = std::make_unique<feed::FeedServer>(service->loop(), world.logger, world.metrics,
                                                        *service->registry_, images, server);
  service->edge_live_time_ = server.edge_live_time;
  service->server_->expect(service->registry_->names());
  return service;
}

feed::FeedServer& FeedService::serve_distributions(const snapshots::StoreId& store,
                                                   feed::ImageSource& images) {
  feed::FeedServerOptions options;
  options.newest = {store, 0};
  options.software = MERIDIAN_VERSION;
  options.edge_live_time = edge_live_time_;
  options.metrics = "meridian_cdn_feed";
  cdn_server_ = std::make_unique<feed::FeedServer>(loop(), world_.logger, world_.metrics, *registry_, images,
                                                   std::move(options));
  cdn_server_->expect(registry_->names());
  server_->also(feed::Subject::Cdn, *cdn_server_);
  return *cdn_server_;
}

Result<std::unique_ptr<EdgeLocations>> FeedService::locate_edges(std::vector<ServedLocation> own) {
  auto locations = TRY(EdgeLocations::open(world_, loop(), directory_ + "/locations", registry_->names(),
                                           edge_live_time_, std::move(own)));
  cdn_server_->listen_to_locations(*locations);
  return locations;
}

Result<net::Address> FeedService::listen(const std::string& address) {
  const auto certificate = TRY(registry_->control_certificate());
  net::TlsServerOptions tls;
  tls.certificate_pem = certificate.certificate_pem;
  tls.key_pem = certificate.key_pem;
  tls.oldest = net::TlsVersion::Tls13;
  tls.clients = net::ClientCertificates::Optional;  // who enrols has none yet
  tls.client_ca_pem = registry_->authority_pem();
  auto context = TRY(net::make_tls_server_context(tls));
  const net::Address bound = TRY(server_->listen(TRY(net::Address::parse(address)), std::move(context)));
  thread_.start();
  return bound;
}

std::string FeedService::describe(Output output, const std::vector<CheckerState>& checkers) const {
  return describe_edges(server_->edges(), checkers, server_->newest(), world_.clock, output);
}

}  // namespace meridian::apps

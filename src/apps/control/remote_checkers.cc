#include "apps/control/remote_checkers.h"

#include <fmt/format.h>

#include <sstream>

#include "base/log.h"
#include "engines/health/report_wire.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;
namespace health = engines::health;

constexpr std::string_view kForm = "meridian checkers 1";

Result<std::map<std::string, std::string>> read_checkers(const std::string& path, Disk& disk) {
  std::istringstream lines(TRY(disk.read(path)));
  std::string line;
  if (!std::getline(lines, line) || line != kForm)
    return fail(ErrorCode::Corrupt, path + " is no list of checkers");
  std::map<std::string, std::string> checkers;
  for (std::string name, region; lines >> name >> region && checkers.size() < health::kCheckersMax;)
    checkers[name] = region;
  return checkers;
}

}  // namespace

RemoteCheckers::RemoteCheckers(health::Panel& panel, net::Loop& loop, const std::string& data_dir,
                               const World& world)
    : panel_(panel),
      loop_(loop),
      world_(world),
      path_(data_dir + "/health-checkers"),
      reports_(world.metrics.counter("meridian_health_reports_total", "Reports of checkers at edges.")),
      dropped_(world.metrics.counter("meridian_health_reports_dropped_total",
                                     "Reports that came faster than they could be counted.")),
      malformed_(world.metrics.counter("meridian_health_reports_malformed_total",
                                       "Reports in no form that is known here.")) {
  world.metrics.on_scrape([this] {
    for (const health::CheckerState& checker : panel_.checkers()) {
      if (checker.name.empty()) continue;
      world_.metrics
          .gauge("meridian_health_checker_counted", "1 while what the edge reports of health checks counts.",
                 {{"edge", checker.name}, {"region", checker.region}})
          .set(checker.counted);
    }
  });
}

void RemoteCheckers::expect() {
  auto checkers = read_checkers(path_, world_.disk);
  if (!checkers) {
    if (checkers.error().code != ErrorCode::NotFound)
      world_.logger.error("health", "checkers at edges are not waited for",
                          {{"why", checkers.error().message}});
    return;
  }
  kept_ = *std::move(checkers);
  for (const auto& [edge, region] : kept_) panel_.expect(edge, region);
}

Result<void> RemoteCheckers::joined(const std::string& edge, const std::string& region) {
  TRY(health::vantages_of({region}));
  loop_.post([this, edge, region] {
    if (!panel_.join(edge, region))
      return world_.logger.error("health", "a checker does not count: there are too many", {{"edge", edge}});
    std::string& kept = kept_[edge];
    if (std::exchange(kept, region) != region) keep();
  });
  return {};
}

void RemoteCheckers::reported(const std::string& edge, std::vector<feed::CheckBytes> reports) {
  reports_.add(reports.size());
  if (waiting_ + reports.size() > kReportsWaitingMax) return dropped_.add(reports.size());
  waiting_ += reports.size();
  loop_.post([this, edge, reports = std::move(reports)] {
    waiting_ -= reports.size();
    take(edge, reports);
  });
}

void RemoteCheckers::take(const std::string& edge, const std::vector<feed::CheckBytes>& reports) {
  for (const feed::CheckBytes& one : reports) {
    auto report = health::read_report(as_bytes(one.bytes), world_.clock.now());
    if (report)
      panel_.report(edge, one.id, *std::move(report));
    else
      malformed_.add();
  }
}

void RemoteCheckers::lost(const std::string& edge, Duration silent_for) {
  loop_.post([this, edge, silent_for] { panel_.lose(edge, silent_for); });
}

void RemoteCheckers::removed(const std::string& edge) {
  loop_.post([this, edge] {
    panel_.expel(edge);
    if (kept_.erase(edge) != 0) keep();
  });
}

void RemoteCheckers::keep() {
  std::string text = fmt::format("{}\n", kForm);
  for (const auto& [edge, region] : kept_) text += fmt::format("{} {}\n", edge, region);
  if (auto kept = world_.disk.replace(path_, as_bytes(text)); !kept)
    world_.logger.error("health", "after a restart, checkers at edges would not be waited for",
                        {{"why", kept.error().message}});
}

}  // namespace meridian::apps

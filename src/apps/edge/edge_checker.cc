#include "apps/edge/edge_checker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "engines/health/report_wire.h"

namespace meridian::apps {

namespace feed = snapshots::feed;
namespace health = engines::health;

Result<std::unique_ptr<EdgeChecker>> EdgeChecker::make(const std::string& region,
                                                       const std::vector<net::Address>& resolvers,
                                                       const World& world, std::unique_ptr<net::Loop> loop) {
  const auto vantage = TRY(health::vantages_of({region}));
  return std::unique_ptr<EdgeChecker>(new EdgeChecker(vantage.front(), resolvers, world, std::move(loop)));
}

EdgeChecker::EdgeChecker(health::Vantage vantage, const std::vector<net::Address>& resolvers,
                         const World& world, std::unique_ptr<net::Loop> loop)
    : world_(world),
      vantage_(std::move(vantage)),
      loop_(std::move(loop), "health"),
      support_(loop_.loop(), resolvers, world),
      meter_(world.metrics, {vantage_}),
      checker_(loop_.loop(), world.random, *this, health::Checker::kProbesMax, support_.means()) {
  Gauge& checks =
      world.metrics.gauge("meridian_health_checker_checks", "Health checks that this edge probes.");
  Gauge& waiting = world.metrics.gauge("meridian_health_checker_reports_waiting",
                                       "Checks with a report that the control has not taken yet.");
  world.metrics.on_scrape([this, &checks, &waiting] {
    checks.set(static_cast<double>(told_count_));
    waiting.set(static_cast<double>(book_.news()));
  });
}

void EdgeChecker::set_check(const std::string& id, std::string_view bytes) {
  auto settings = health::read_settings(as_bytes(bytes));
  if (!settings) {
    remove_check(id);
    told_.insert(id);
    count();
    world_.logger.error("health", "a health check is not probed from here",
                        {{"id", id}, {"why", settings.error().message}});
    loop().post([this, id] { book_.put(id, {}); });
    return;
  }
  told_.insert(id);
  count();
  loop().post([this, id, settings = health::seen_from(vantage_, *std::move(settings))] {
    checks_[id].endpoint = settings.target.endpoint.ip;
    checker_.set(id, settings);
  });
}

void EdgeChecker::remove_check(const std::string& id) {
  told_.erase(id);
  count();
  loop().post([this, id] {
    checker_.remove(id);
    checks_.erase(id);
    book_.remove(id);
  });
}

void EdgeChecker::forget_checks_but(const std::set<std::string>& ids) {
  std::vector<std::string> gone;
  for (const std::string& id : told_)
    if (!ids.contains(id)) gone.push_back(id);
  for (const std::string& id : gone) remove_check(id);
}

void EdgeChecker::probed(const std::string& id, const health::ProbeResult& result,
                         const health::Streak& streak) {
  meter_.add(vantage_.region, result);
  Check& check = checks_.at(id);
  health::note(check.report, vantage_.region, check.endpoint, result, streak, world_.clock.now());
  book_.put(id, check.report);
}

std::vector<feed::CheckBytes> EdgeChecker::take_reports(std::size_t most) {
  std::vector<feed::CheckBytes> taken;
  for (const auto& [id, report] : book_.take(most))
    taken.push_back({id, health::write_report(report, world_.clock.now())});
  return taken;
}

}  // namespace meridian::apps

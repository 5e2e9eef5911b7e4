#include "engines/health/panel.h"

#include <algorithm>

#include "engines/health/quorum.h"

namespace meridian::engines::health {

class Panel::Seat final : private CheckObserver {
 public:
  Seat(Panel& panel, std::size_t index, Vantage vantage, net::Loop& loop, Random& random,
       std::size_t probes_max)
      : panel_(panel),
        index_(index),
        vantage_(std::move(vantage)),
        checker_(loop, random, *this, probes_max) {}

  const Vantage& vantage() const { return vantage_; }
  Checker& checker() { return checker_; }
  CheckSettings as_seen_from_here(CheckSettings settings) const {
    const net::IpAddress& endpoint = settings.target.endpoint.ip;
    if (vantage_.loopback && endpoint.is_loopback() && endpoint.is_v4() == vantage_.loopback->is_v4())
      settings.target.from = vantage_.loopback;
    return settings;
  }

 private:
  void probed(const std::string& id, const ProbeResult& result) override {
    panel_.probed(index_, id, result);
  }
  void changed(const std::string& id, bool healthy) override { panel_.changed(index_, id, healthy); }

  Panel& panel_;
  const std::size_t index_;
  const Vantage vantage_;
  Checker checker_;
};

Panel::Panel(net::Loop& loop, Random& random, PanelSink& sink, const std::vector<Vantage>& vantages,
             std::size_t probes_max)
    : clock_(loop.clock()), sink_(sink) {
  for (const Vantage& vantage : vantages)
    seats_.push_back(std::make_unique<Seat>(*this, seats_.size(), vantage, loop, random, probes_max));
}

Panel::~Panel() = default;

void Panel::set(const std::string& id, const CheckSettings& settings,
                const std::vector<std::string>& regions) {
  Checks::iterator at;
  {
    std::lock_guard lock(mutex_);
    at = checks_.try_emplace(id).first;
    Check& check = at->second;
    check.endpoint = settings.target.endpoint.ip;
    check.seen.resize(seats_.size());
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      const bool seated =
          regions.empty() || std::ranges::find(regions, seats_[i]->vantage().region) != regions.end();
      if (!seated) check.seen[i] = {};
      check.seen[i].seated = seated;
    }
  }
  for (std::size_t i = 0; i < seats_.size(); ++i)
    if (at->second.seen[i].seated)
      seats_[i]->checker().set(id, seats_[i]->as_seen_from_here(settings));
    else
      seats_[i]->checker().remove(id);
  settle(*at);
}

void Panel::remove(std::string_view id) {
  for (const auto& seat : seats_) seat->checker().remove(id);
  std::lock_guard lock(mutex_);
  if (const auto at = checks_.find(id); at != checks_.end()) checks_.erase(at);
}

void Panel::probed(std::size_t seat, const std::string& id, const ProbeResult& result) {
  std::lock_guard lock(mutex_);
  Check& check = checks_.at(id);
  Seen& seen = check.seen[seat];
  std::optional<net::IpAddress> from = result.from;
  if (!from && seen.last) from = seen.last->from;
  seen.last = {seats_[seat]->vantage().region, from, check.endpoint, result.verdict, clock_.now()};
  if (!result.verdict.healthy) seen.last_failure = seen.last;
}

void Panel::changed(std::size_t seat, const std::string& id, bool healthy) {
  const auto at = checks_.find(id);
  at->second.seen[seat].mind = healthy;
  settle(*at);
}

void Panel::settle(Checks::value_type& check) {
  std::size_t healthy = 0, unhealthy = 0, silent = 0;
  for (const Seen& seen : check.second.seen)
    if (seen.seated) ++(!seen.mind ? silent : *seen.mind ? healthy : unhealthy);
  const std::optional<bool> found = early_quorum(healthy, unhealthy, silent);
  if (!found || found == check.second.found) return;
  check.second.found = found;
  sink_.found(check.first, *found);
}

std::vector<Observation> Panel::observations(std::string_view id) const {
  return seen_of(id, &Seen::last);
}

std::vector<Observation> Panel::last_failures(std::string_view id) const {
  return seen_of(id, &Seen::last_failure);
}

std::vector<Observation> Panel::seen_of(std::string_view id, std::optional<Observation> Seen::*which) const {
  std::lock_guard lock(mutex_);
  std::vector<Observation> observations;
  if (const auto at = checks_.find(id); at != checks_.end())
    for (const Seen& seen : at->second.seen)
      if (seen.*which) observations.push_back(*(seen.*which));
  return observations;
}

}  // namespace meridian::engines::health

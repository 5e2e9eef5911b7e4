#include "engines/health/panel.h"

#include <algorithm>

#include "engines/health/quorum.h"

namespace meridian::engines::health {

// A checker's place: one of this process has a Checker of its own, one elsewhere a connection that comes and
// goes.
class Panel::Seat final : private CheckObserver {
 public:
  Seat(Panel& panel, std::size_t index, Vantage vantage, Random& random, const Options& options)
      : panel_(panel),
        index_(index),
        vantage_(std::move(vantage)),
        checker_(std::make_unique<Checker>(panel.loop_, random, static_cast<CheckObserver&>(*this),
                                           options.probes_max, options.means)) {}
  Seat(Panel& panel, std::size_t index, std::string name, std::string region)
      : panel_(panel), index_(index), name_(std::move(name)), vantage_{std::move(region)} {}

  std::size_t index() const { return index_; }
  const std::string& name() const { return name_; }
  const Vantage& vantage() const { return vantage_; }
  Checker* checker() { return checker_.get(); }  // null: elsewhere

  bool connected = true, excluded = false;
  std::optional<SystemTime> lost_at;
  std::unique_ptr<net::Timer> exclusion;

 private:
  void probed(const std::string& id, const ProbeResult& result, const Streak& streak) override {
    panel_.probed(index_, id, result, streak);
  }

  Panel& panel_;
  const std::size_t index_;
  const std::string name_;
  const Vantage vantage_;
  std::unique_ptr<Checker> checker_;
};

Panel::Panel(net::Loop& loop, Random& random, PanelSink& sink, const std::vector<Vantage>& here,
             Options options)
    : loop_(loop), sink_(sink), options_(std::move(options)) {
  for (const Vantage& vantage : here)
    seats_.push_back(std::make_unique<Seat>(*this, seats_.size(), vantage, random, options_));
}

Panel::Panel(net::Loop& loop, Random& random, PanelSink& sink, const std::vector<Vantage>& here)
    : Panel(loop, random, sink, here, Options{}) {}

Panel::~Panel() = default;

void Panel::set(const std::string& id, const CheckSettings& settings,
                const std::vector<std::string>& regions) {
  Checks::iterator at;
  {
    std::lock_guard lock(mutex_);
    at = checks_.try_emplace(id).first;
    Check& check = at->second;
    check.interval = settings.interval;
    check.endpoint = settings.target.endpoint.ip;
    check.regions = regions;
    for (std::size_t i = 0; i < seats_.size(); ++i) seat_at(i, check);
  }
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Checker* const checker = seats_[i] ? seats_[i]->checker() : nullptr;
    if (!checker) continue;
    if (at->second.seen[i].seated)
      checker->set(id, seen_from(seats_[i]->vantage(), settings));
    else
      checker->remove(id);
  }
  settle(*at);
}

// With the mutex held.
void Panel::seat_at(std::size_t index, Check& check) {
  if (check.seen.size() < seats_.size()) check.seen.resize(seats_.size());
  Seen& seen = check.seen[index];
  const bool seated = seats_[index] && (check.regions.empty() ||
                                        std::ranges::find(check.regions, seats_[index]->vantage().region) !=
                                            check.regions.end());
  if (!seated) seen = {};
  if (seated && !seen.seated) seen.heard = loop_.clock().monotonic();
  seen.seated = seated;
}

void Panel::remove(std::string_view id) {
  for (const auto& seat : seats_)
    if (seat && seat->checker()) seat->checker()->remove(id);
  std::lock_guard lock(mutex_);
  if (const auto at = checks_.find(id); at != checks_.end()) checks_.erase(at);
}

void Panel::probed(std::size_t seat, const std::string& id, const ProbeResult& result, const Streak& streak) {
  sink_.probed(id, seats_[seat]->vantage().region, result);
  const auto at = checks_.find(id);
  {
    std::lock_guard lock(mutex_);
    auto& report = at->second.seen[seat].report;
    const std::optional<bool> before = report ? report->mind : std::nullopt;
    if (!report) report.emplace();
    note(*report, seats_[seat]->vantage().region, at->second.endpoint, result, streak, loop_.clock().now());
    if (report->mind == before) return;
  }
  settle(*at);
}

Panel::Seat* Panel::find(std::string_view name) {
  const auto at = std::ranges::find_if(
      seats_, [&](const auto& seat) { return seat && !seat->checker() && seat->name() == name; });
  return at == seats_.end() ? nullptr : at->get();
}

// Null: there are too many.
Panel::Seat* Panel::seat_for(const std::string& name, const std::string& region) {
  if (Seat* const seat = find(name)) {
    if (seat->vantage().region == region) return seat;
    expel(name);
  }
  std::lock_guard lock(mutex_);
  auto free = std::ranges::find_if(seats_, [](const auto& seat) { return !seat; });
  if (free == seats_.end()) {
    if (seats_.size() == kCheckersMax) return nullptr;
    free = seats_.insert(free, nullptr);
  }
  const auto index = static_cast<std::size_t>(free - seats_.begin());
  *free = std::make_unique<Seat>(*this, index, name, region);
  for (auto& [id, check] : checks_) seat_at(index, check);
  return free->get();
}

bool Panel::join(const std::string& name, const std::string& region) {
  Seat* const seat = seat_for(name, region);
  if (!seat) return false;
  seat->exclusion.reset();
  if (!sweep_timer_) sweep();
  bool again;
  {
    std::lock_guard lock(mutex_);
    seat->connected = true;
    again = std::exchange(seat->excluded, false);
    seat->lost_at.reset();
    for (auto& [id, check] : checks_) check.seen[seat->index()].heard = loop_.clock().monotonic();
  }
  if (again) sink_.counts(state_of(*seat));
  return true;
}

void Panel::expect(const std::string& name, const std::string& region) {
  if (seat_for(name, region)) lose(name, Duration::zero());
}

void Panel::lose(std::string_view name, Duration silent_for) {
  Seat* const seat = find(name);
  if (!seat) return;
  {
    std::lock_guard lock(mutex_);
    seat->connected = false;
    seat->lost_at = loop_.clock().now();
  }
  seat->exclusion = loop_.after(std::max(Duration::zero(), options_.live_time - silent_for),
                                [this, seat] { exclude(*seat); });
}

void Panel::exclude(Seat& seat) {
  {
    std::lock_guard lock(mutex_);
    seat.excluded = true;
    for (auto& [id, check] : checks_) check.seen[seat.index()].report.reset();
  }
  sink_.counts(state_of(seat));
  settle_all();
}

void Panel::expel(std::string_view name) {
  const Seat* const seat = find(name);
  if (!seat) return;
  {
    std::lock_guard lock(mutex_);
    const std::size_t index = seat->index();
    seats_[index].reset();
    for (auto& [id, check] : checks_) check.seen[index] = {};
  }
  settle_all();
}

void Panel::report(std::string_view name, const std::string& id, Report report) {
  const Seat* const seat = find(name);
  const auto at = checks_.find(id);
  if (!seat || at == checks_.end()) return;
  Seen& seen = at->second.seen[seat->index()];
  if (!seen.seated) return;
  {
    std::lock_guard lock(mutex_);
    const bool same = !seen.stale && seen.report && seen.report->mind == report.mind;
    for (auto* observation : {&report.last, &report.last_failure})
      if (*observation) (*observation)->region = seat->vantage().region;
    if (!report.last_failure && seen.report) report.last_failure = std::move(seen.report->last_failure);
    seen.report = std::move(report);
    seen.stale = false;
    seen.heard = loop_.clock().monotonic();
    if (same) return;
  }
  settle(*at);
}

// What a checker is connected for and does not do: its machine may be well and its probes stuck.
void Panel::sweep() {
  sweep_timer_ = loop_.after(kSweepTime, [this] { sweep(); });
  const MonotonicTime now = loop_.clock().monotonic();
  for (auto& check : checks_) {
    bool changed = false;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      Seen& seen = check.second.seen[i];
      if (!seats_[i] || seats_[i]->checker() || !seen.seated || seen.stale) continue;
      if (now - seen.heard <= check.second.interval + kReportSlack) continue;
      std::lock_guard lock(mutex_);
      seen.stale = changed = true;
      seen.report.reset();
    }
    if (changed) settle(check);
  }
}

bool Panel::counts(std::size_t index, const Seen& seen) const {
  return seats_[index] && !seats_[index]->excluded && seen.seated && !seen.stale &&
         !(seen.report && !seen.report->mind);
}

void Panel::settle(Checks::value_type& check) {
  std::size_t healthy = 0, unhealthy = 0, awaited = 0;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const Seen& seen = check.second.seen[i];
    if (counts(i, seen)) ++(!seen.report ? awaited : *seen.report->mind ? healthy : unhealthy);
  }
  if (healthy + unhealthy + awaited == 0) {
    if (!std::exchange(check.second.silent, true)) sink_.silent(check.first);
    return;
  }
  const std::optional<bool> found = early_quorum(healthy, unhealthy, awaited);
  if (!found || (found == check.second.found && !check.second.silent)) return;
  check.second.silent = false;
  check.second.found = found;
  sink_.found(check.first, *found);
}

void Panel::settle_all() {
  for (auto& check : checks_) settle(check);
}

std::vector<Observation> Panel::observations(std::string_view id) const {
  return seen_of(id, &Report::last);
}

std::vector<Observation> Panel::last_failures(std::string_view id) const {
  return seen_of(id, &Report::last_failure);
}

std::vector<Observation> Panel::seen_of(std::string_view id,
                                        std::optional<Observation> Report::*which) const {
  std::lock_guard lock(mutex_);
  std::vector<Observation> observations;
  if (const auto at = checks_.find(id); at != checks_.end())
    for (const Seen& seen : at->second.seen)
      if (seen.report && (*seen.report).*which) observations.push_back(*((*seen.report).*which));
  return observations;
}

CheckerState Panel::state_of(const Seat& seat) const {
  return {seat.name(), seat.vantage().region, seat.connected, !seat.excluded, seat.lost_at, 0};
}

std::vector<Opinion> Panel::opinions(std::string_view id) const {
  std::lock_guard lock(mutex_);
  std::vector<Opinion> all;
  const auto at = checks_.find(id);
  if (at == checks_.end()) return all;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const Seen& seen = at->second.seen[i];
    if (!seen.seated) continue;
    all.push_back({state_of(*seats_[i]), counts(i, seen), seen.report.value_or(Report{})});
  }
  return all;
}

std::vector<CheckerState> Panel::checkers() const {
  std::lock_guard lock(mutex_);
  std::vector<CheckerState> all;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (!seats_[i]) continue;
    CheckerState state = state_of(*seats_[i]);
    for (const auto& [id, check] : checks_) state.checks += check.seen[i].seated;
    all.push_back(std::move(state));
  }
  return all;
}

}  // namespace meridian::engines::health

#include "apps/drill/drill.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/drill/arrangement.h"
#include "engines/health/streak.h"
#include "sim/played_endpoint.h"

namespace meridian::apps::drill {
namespace {

constexpr Duration kWaitTime = std::chrono::seconds(1);
constexpr Duration kSampleTimeMin = std::chrono::milliseconds(100), kSampleTimeMax = std::chrono::seconds(1);
constexpr int kSamplesMin = 60;  // of a drill, where that is not too often
constexpr Duration kFirstProbesSlack = std::chrono::seconds(20);
constexpr Duration kFirstAnswersTime = std::chrono::seconds(5);
constexpr std::size_t kMultivalueAnswers = 8;

class Drill {
 public:
  Drill(const Scenario& scenario, Stage& stage, std::uint64_t seed)
      : scenario_(scenario), stage_(stage), random_(seed) {}
  ~Drill() { stage_.watch(nullptr); }

  Result<Recording> play() {
    TRY(open_endpoints());
    TRY(arrangement_.make(addresses()));
    TRY(wait_for_first_probes());
    TRY(wait_for_first_answers());
    begin();
    const bool whole = stage_.pass(scenario_.duration);
    populations_.clear();
    if (!whole) return interrupted();
    if (failed_) return std::unexpected(*failed_);
    std::ranges::stable_sort(recording_.minds, {}, &Recording::Mind::at);
    return std::move(recording_);
  }

  Result<void> remove() {
    stage_.watch(nullptr);
    return arrangement_.remove();
  }

 private:
  struct Played {
    std::unique_ptr<sim::PlayedEndpoint> endpoint;
    bool lost = false;  // for everybody
    std::unique_ptr<net::Timer> flap;
  };
  struct Witness {  // of one check in one Region
    engines::health::Streak streak;
    SystemTime last{};
  };

  static std::unexpected<Error> interrupted() { return fail(ErrorCode::Unavailable, "interrupted"); }
  Duration now() const { return stage_.loop().clock().monotonic() - began_; }

  Result<void> open_endpoints() {
    for (std::size_t i = 0; i < scenario_.endpoints.size(); ++i) {
      const Endpoint& each = scenario_.endpoints[i];
      auto endpoint =
          std::make_unique<sim::PlayedEndpoint>(stage_.loop(), each.tls ? TRY(stage_.tls()) : nullptr);
      if (auto opened = endpoint->open(stage_.endpoint_address(i, each.tls)); !opened)
        return invalid(fmt::format("the endpoint '{}': {}", each.name, opened.error().message));
      TRY(endpoint->behave(well(each)));
      places_[endpoint->address().ip] = i;
      played_.push_back({std::move(endpoint), false, nullptr});
    }
    return {};
  }
  std::vector<net::Address> addresses() const {
    std::vector<net::Address> all;
    for (const Played& each : played_) all.push_back(each.endpoint->address());
    return all;
  }
  static sim::Manner well(const Endpoint& endpoint) {
    sim::Manner manner;
    manner.body = endpoint.body;
    manner.status_after = endpoint.answers_after;
    return manner;
  }

  // A drill begins when every checker has an opinion, as it is with checks that have been there for long.
  Result<void> wait_for_first_probes() {
    for (std::size_t i = 0; i < scenario_.checks.size(); ++i) {
      const Check& check = scenario_.checks[i];
      if (!check.endpoint || check.disabled) continue;
      const std::size_t checkers = check.regions.empty() ? checker_regions().size() : check.regions.size();
      const Duration limit = std::chrono::seconds(check.interval_s) + kFirstProbesSlack;
      for (Duration waited{}; stage_.seen(arrangement_.check_id(i)).size() < checkers; waited += kWaitTime) {
        if (waited > limit)
          return invalid(
              fmt::format("the check '{}' is not probed by each of its {} checkers", check.name, checkers));
        if (!stage_.pass(kWaitTime)) return interrupted();
      }
    }
    return {};
  }

  Result<void> wait_for_first_answers() {
    for (const Clients& each : scenario_.clients) {
      const Question question{each.asks, each.region};
      if (std::ranges::find(recording_.questions, question) == recording_.questions.end())
        recording_.questions.push_back(question);
    }
    mixes_.resize(recording_.questions.size());
    const auto is_silent = [this](const Question& question) { return shares(question).empty(); };
    for (Duration waited{};
         waited < kFirstAnswersTime && std::ranges::any_of(recording_.questions, is_silent);
         waited += kWaitTime)
      if (!stage_.pass(kWaitTime)) return interrupted();
    return {};
  }
  Shares shares(const Question& question) {
    return stage_.shares({arrangement_.full_name(question.name), question.region}, is_drawn(question.name));
  }

  void begin() {
    began_ = stage_.loop().clock().monotonic();
    began_system_ = stage_.loop().clock().now();
    stage_.watch([this] { look(now()); });
    look(Duration::zero());
    for (const Step& step : scenario_.steps)
      timers_.push_back(stage_.loop().after(step.at, [this, &step] { take(step); }));
    for (const Clients& each : scenario_.clients) {
      populations_.push_back(std::make_unique<Population>(each, world_of(each)));
      before_.emplace_back();
    }
    for (const auto& population : populations_) population->start();
    timers_.push_back(stage_.loop().after(sample_time_, [this] { sample(); }));
    sample_at_ = timers_.size() - 1;
  }

  Population::World world_of(const Clients& clients) {
    const Question question{arrangement_.full_name(clients.asks), clients.region};
    const auto at = std::ranges::find(recording_.questions, Question{clients.asks, clients.region}) -
                    recording_.questions.begin();
    return {stage_.loop(), random_,
            [this, question](std::function<void(std::optional<Reply>)> on_reply) {
              if (!dns_answers_) return on_reply(std::nullopt);
              stage_.ask(question, std::move(on_reply));
            },
            [this, at, patience = clients.patience](const net::IpAddress& address) {
              return judge(static_cast<std::size_t>(at), address, patience);
            }};
  }

  // What comes of connecting there now.
  Outcome judge(std::size_t question, const net::IpAddress& address, Duration patience) const {
    const auto place = places_.find(address);
    const bool given = place != places_.end() && mixes_[question].contains(place->second);
    if (place != places_.end() && works(place->second, patience))
      return given ? Outcome::Well : Outcome::Behind;
    return given ? Outcome::Misled : Outcome::Stranded;
  }
  bool works(std::size_t endpoint, Duration patience) const {
    const Played& played = played_[endpoint];
    const sim::Manner& manner = played.endpoint->manner();
    return !played.lost && manner.listens && manner.answers && manner.speaks_tls && manner.status < 400 &&
           manner.body == scenario_.endpoints[endpoint].body &&
           manner.status_after + manner.body_after <= patience;
  }

  // What checkers, checks and DNS say at this moment.
  void look(Duration at) {
    hear_checkers();
    for (std::size_t i = 0; i < scenario_.checks.size(); ++i) {
      const bool healthy = stage_.healthy(arrangement_.check_id(i));
      if (std::exchange(statuses_[i], healthy) != healthy) recording_.statuses.push_back({at, i, healthy});
    }
    for (std::size_t i = 0; i < recording_.questions.size(); ++i) {
      Mix mix;
      for (const auto& [address, share] : shares(recording_.questions[i]))
        if (const auto place = places_.find(address); place != places_.end()) mix[place->second] += share;
      if (mix == mixes_[i] && !recording_.answers.empty()) continue;
      mixes_[i] = mix;
      recording_.answers.push_back({at, i, std::move(mix)});
    }
  }

  // More records than one answer holds, or weights, decide by chance.
  bool is_drawn(const std::string& name) const {
    std::size_t many = 0;
    bool weighted = false;
    for (const Record& record : scenario_.records)
      if (record.name == name) {
        many += record.policy.multivalue;
        weighted |= record.policy.weight.has_value() || !record.alias.empty();
      }
    return weighted || many > kMultivalueAnswers;
  }

  void hear_checkers() {
    for (std::size_t i = 0; i < scenario_.checks.size(); ++i)
      if (scenario_.checks[i].endpoint)
        for (const Seen& seen : stage_.seen(arrangement_.check_id(i))) hear(i, seen);
  }
  void hear(std::size_t check, const Seen& seen) {
    const auto [at, is_new] = witnesses_.try_emplace(
        {check, seen.region}, Witness{engines::health::Streak(scenario_.checks[check].threshold)});
    Witness& witness = at->second;
    if (!is_new && seen.checked <= witness.last) return;
    witness.last = seen.checked;
    if (!witness.streak.add(seen.healthy)) return;
    recording_.minds.push_back({std::max(Duration::zero(), seen.checked - began_system_), check, seen.region,
                                seen.healthy, seen.reason});
  }

  void sample() {
    hear_checkers();
    Recording::Sample taken{now(), {}};
    for (std::size_t i = 0; i < populations_.size(); ++i) {
      const Tally& tally = populations_[i]->tally();
      Recording::Group group;
      group.clients = tally.clients;
      for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome)
        group.attempts[outcome] = tally.attempts[outcome] - before_[i].attempts[outcome];
      group.endpoints.resize(scenario_.endpoints.size());
      for (const auto& [address, attempts] : tally.addresses)
        if (const auto place = places_.find(address); place != places_.end())
          group.endpoints[place->second] = attempts - before_[i].addresses[address];
      before_[i] = tally;
      taken.groups.push_back(std::move(group));
    }
    recording_.samples.push_back(std::move(taken));
    timers_[sample_at_] = stage_.loop().after(sample_time_, [this] { sample(); });
  }

  void take(const Step& step) {
    const auto done = [&]() -> Result<void> {
      if (step.dns_answers) dns_answers_ = *step.dns_answers;
      for (const std::size_t each : step.endpoints) TRY(strike(each, step));
      if (step.record) TRY(arrangement_.change_record(step));
      if (step.check) TRY(arrangement_.change_check(step));
      return {};
    }();
    if (!done && !failed_)
      failed_ = Error{done.error().code,
                      fmt::format("the step at {}: {}", print_duration(step.at), done.error().message)};
    look(now());
  }

  Result<void> strike(std::size_t which, const Step& step) {
    Played& played = played_[which];
    sim::PlayedEndpoint& endpoint = *played.endpoint;
    played.flap.reset();
    lose(played, {}, false);
    for (const std::string& region : checker_regions()) lose(played, checker_address(region), false);
    played.lost = step.fault == Fault::Lose;
    sim::Manner manner = well(scenario_.endpoints[which]);
    switch (step.fault) {
      case Fault::None:
        break;
      case Fault::Refuse:
        manner.listens = false;
        break;
      case Fault::Hang:
        manner.answers = false;
        break;
      case Fault::Lose:
        manner.answers = lose(played, {}, true);
        break;
      case Fault::Slow:
        manner.status_after = step.delay;
        break;
      case Fault::SlowBody:
        manner.body_after = step.delay;
        break;
      case Fault::Body:
        manner.body = step.body;
        break;
      case Fault::Status:
        manner.status = static_cast<int>(step.status);
        break;
      case Fault::Tls:
        manner.speaks_tls = false;
        break;
      case Fault::Flap:
        flap(which, step, false);
        return {};
      case Fault::Partition:
        for (const std::string& region : step.checkers.empty() ? checker_regions() : step.checkers)
          lose(played, checker_address(region), true);
        break;
    }
    return endpoint.behave(std::move(manner));
  }

  void flap(std::size_t which, const Step& step, bool up) {
    sim::Manner manner = well(scenario_.endpoints[which]);
    manner.listens = up;
    if (auto done = played_[which].endpoint->behave(std::move(manner)); !done && !failed_)
      failed_ = done.error();
    played_[which].flap = stage_.loop().after(up ? step.flap_up : step.flap_down,
                                              [this, which, &step, up] { flap(which, step, !up); });
  }

  // False: the endpoint must do its part.
  bool lose(Played& played, const std::optional<net::IpAddress>& checker, bool lost) {
    if (stage_.lose(played.endpoint->address().ip, checker, lost)) return true;
    if (checker) lost ? played.endpoint->ignore(*checker) : played.endpoint->heed(*checker);
    return false;
  }

  const Scenario& scenario_;
  Stage& stage_;
  SeededRandom random_;
  Arrangement arrangement_{scenario_, stage_, random_};
  std::vector<Played> played_;
  std::map<net::IpAddress, std::size_t> places_;  // of endpoints
  bool dns_answers_ = true;

  MonotonicTime began_{};
  SystemTime began_system_{};
  Recording recording_;
  std::map<std::size_t, std::optional<bool>> statuses_;
  std::vector<Mix> mixes_;  // by question
  std::map<std::pair<std::size_t, std::string>, Witness> witnesses_;
  std::optional<Error> failed_;
  std::vector<Tally> before_;
  std::vector<std::unique_ptr<Population>> populations_;
  const Duration sample_time_ =
      std::clamp<Duration>(scenario_.duration / kSamplesMin, kSampleTimeMin, kSampleTimeMax);
  std::size_t sample_at_ = 0;
  std::vector<std::unique_ptr<net::Timer>> timers_;
};

}  // namespace

Result<Recording> play(const Scenario& scenario, Stage& stage, std::uint64_t seed) {
  Drill drill(scenario, stage, seed);
  auto recording = drill.play();
  const auto removed = drill.remove();
  if (!removed)
    return invalid(fmt::format("{}not all that the drill made could be removed: {}",
                               recording ? "" : recording.error().message + "; ", removed.error().message));
  return recording;
}

}  // namespace meridian::apps::drill

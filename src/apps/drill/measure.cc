#include "apps/drill/measure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace meridian::apps::drill {
namespace {

using Kind = Expectation::Kind;

std::size_t failing(const Recording::Group& group) {
  std::size_t clients = 0;
  for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome)
    if (is_wrong(static_cast<Outcome>(outcome))) clients += group.clients[outcome];
  return clients;
}
std::uint64_t failures(const Recording::Group& group) {
  std::uint64_t attempts = 0;
  for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome)
    if (is_wrong(static_cast<Outcome>(outcome))) attempts += group.attempts[outcome];
  return attempts;
}
std::size_t clients(const Recording::Group& group, Outcome outcome) {
  return group.clients[static_cast<std::size_t>(outcome)];
}

std::vector<Detection> detections(const Recording& recording, Duration at, Duration until) {
  std::vector<Detection> all;
  const auto of = [&](std::size_t check, bool healthy) -> Detection* {
    for (Detection& each : all)
      if (each.check == check) return each.healthy == healthy ? &each : nullptr;
    return &all.emplace_back(Detection{check, healthy, {}, {}});
  };
  for (const auto& mind : recording.minds) {
    if (mind.at < at || mind.at >= until || mind.at == Duration::zero()) continue;
    Detection* found = of(mind.check, mind.healthy);
    if (!found || std::ranges::find(found->checkers, mind.region,
                                    [](const auto& each) { return each.first; }) != found->checkers.end())
      continue;
    found->checkers.emplace_back(mind.region, mind.at - at);
  }
  for (const auto& status : recording.statuses) {
    if (status.at < at || status.at >= until || status.at == Duration::zero()) continue;
    Detection* found = of(status.check, status.healthy);
    if (found && !found->status) found->status = status.at - at;
  }
  return all;
}

std::vector<Incident::Change> changes(const Recording& recording, Duration at, Duration until) {
  std::vector<Incident::Change> all;
  for (const auto& answer : recording.answers) {
    if (answer.at < at || answer.at >= until || answer.at == Duration::zero()) continue;
    const auto known = std::ranges::find(all, answer.question, &Incident::Change::question);
    if (known == all.end())
      all.push_back({answer.question, answer.at - at, answer.mix});
    else
      known->mix = answer.mix;
  }
  return all;
}

void follow_clients(const Recording& recording, Incident& incident) {
  for (const auto& sample : recording.samples) {
    if (sample.at <= incident.at || sample.at > incident.until) continue;
    std::size_t failing_now = 0, misled = 0, stranded = 0, unanswered = 0;
    for (const auto& group : sample.groups) {
      for (const std::uint64_t attempts : group.attempts) incident.answers += attempts;
      incident.wrong += failures(group);
      failing_now += failing(group);
      misled += clients(group, Outcome::Misled);
      stranded += clients(group, Outcome::Stranded);
      unanswered += clients(group, Outcome::Unanswered);
    }
    incident.misled_most = std::max(incident.misled_most, misled);
    incident.stranded_most = std::max(incident.stranded_most, stranded);
    incident.unanswered_most = std::max(incident.unanswered_most, unanswered);
    if (failing_now > 0) incident.all_well = sample.at - incident.at;
    incident.ends_badly = failing_now > 0;
  }
  if (incident.ends_badly) incident.all_well.reset();
}

std::vector<Incident> incidents(const Scenario& scenario, const Recording& recording) {
  std::vector<Incident> all;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    if (all.empty() || all.back().at != scenario.steps[i].at) {
      if (!all.empty()) all.back().until = scenario.steps[i].at;
      all.emplace_back().at = scenario.steps[i].at;
    }
    all.back().steps.push_back(i);
  }
  if (!all.empty()) all.back().until = scenario.duration;
  for (Incident& incident : all) {
    incident.detections = detections(recording, incident.at, incident.until);
    incident.changes = changes(recording, incident.at, incident.until);
    follow_clients(recording, incident);
  }
  return all;
}

std::string names(const Scenario& scenario, const std::vector<std::size_t>& endpoints) {
  std::vector<std::string_view> all;
  for (const std::size_t each : endpoints) all.push_back(scenario.endpoints[each].name);
  return fmt::format("{}", fmt::join(all, " and "));
}

// One expectation, against what was recorded.
class Judge {
 public:
  Judge(const Scenario& scenario, const Recording& recording, const Expectation& expectation)
      : scenario_(scenario), recording_(recording), expected_(expectation) {}

  Verdict judge() {
    switch (expected_.kind) {
      case Kind::CheckBecomes:
        return becomes(check_states(), check_words("becomes"));
      case Kind::CheckStays:
        return stays(check_states(), check_words("stays"));
      case Kind::AnswerBecomes:
        return becomes(answer_states(), answer_words("becomes"));
      case Kind::AnswerStays:
        return stays(answer_states(), answer_words("stays"));
      case Kind::AnswerNever:
        return stays(answer_states(), answer_words("is never"));
      case Kind::ClientsWell:
        return clients_well();
      case Kind::StrandedAtMost:
        return stranded();
      case Kind::WrongAtMost:
        return wrong();
      case Kind::ShareBetween:
        return share();
    }
    return {};
  }

 private:
  // As expected from that moment on, or not; and how it then is.
  struct State {
    Duration at{};
    bool good = false;
    std::string words;
  };
  using States = std::vector<State>;

  States check_states() const {
    States all;
    for (const auto& status : recording_.statuses)
      if (status.check == expected_.check)
        all.push_back(
            {status.at, status.healthy == expected_.healthy, status.healthy ? "healthy" : "unhealthy"});
    return all;
  }
  States answer_states() const {
    States all;
    const auto question = static_cast<std::size_t>(
        std::ranges::find(recording_.questions, Question{expected_.answer, expected_.region}) -
        recording_.questions.begin());
    for (const auto& answer : recording_.answers)
      if (answer.question == question)
        all.push_back({answer.at, fits(answer.mix), in_words(scenario_, answer.mix)});
    return all;
  }
  bool fits(const Mix& mix) const {
    if (expected_.kind == Kind::AnswerNever)
      return std::ranges::none_of(expected_.endpoints, [&](std::size_t each) { return mix.contains(each); });
    std::vector<std::size_t> given;
    for (const auto& [endpoint, share] : mix) given.push_back(endpoint);
    return given == expected_.endpoints;
  }

  std::string span() const {
    const bool all = expected_.from == Duration::zero() && expected_.until == scenario_.duration;
    return all ? ""
               : fmt::format(" from {} to {}", print_duration(expected_.from),
                             print_duration(expected_.until));
  }
  std::string deadline() const {
    std::string out;
    if (expected_.not_before) out = fmt::format("not before {} and ", print_duration(*expected_.not_before));
    return fmt::format("{}within {} of {}", out, print_duration(expected_.within.value_or(Duration{})),
                       print_duration(expected_.from));
  }
  std::string check_words(const char* verb) const {
    return fmt::format("{} {} {}", scenario_.checks[expected_.check].name, verb,
                       expected_.healthy ? "healthy" : "unhealthy");
  }
  std::string answer_words(const char* verb) const {
    return fmt::format("{}{} {} {}", expected_.answer,
                       expected_.region.empty() ? "" : " from " + expected_.region, verb,
                       names(scenario_, expected_.endpoints));
  }

  Verdict becomes(const States& states, const std::string& words) const {
    Verdict out{false, words + " " + deadline(), "it never is"};
    bool before = false;
    for (const State& state : states) {
      if (state.at > expected_.until) break;
      if (state.at < expected_.from) {
        before = state.good;
        continue;
      }
      if (!state.good) {
        before = false;
        continue;
      }
      const Duration after = state.at - expected_.from;
      out.met = after <= *expected_.within && after >= expected_.not_before.value_or(Duration{});
      out.found = "after " + print_duration(after);
      return out;
    }
    if (before) return {!expected_.not_before, out.expected, "it was so already"};
    return out;
  }

  Verdict stays(const States& states, const std::string& words) const {
    Verdict out{true, words + span(), "it did"};
    for (std::size_t i = 0; i < states.size(); ++i) {
      const Duration until = i + 1 < states.size() ? states[i + 1].at : scenario_.duration;
      if (states[i].good || until <= expected_.from || states[i].at > expected_.until) continue;
      return {
          false, out.expected,
          fmt::format("{} at {}", states[i].words, print_duration(std::max(states[i].at, expected_.from)))};
    }
    return out;
  }

  std::string whose() const {
    return expected_.clients ? fmt::format("clients '{}'", scenario_.clients[*expected_.clients].name)
                             : std::string("all clients");
  }
  template <typename Visit>
  void for_samples(Visit visit) const {
    for (const auto& sample : recording_.samples) {
      if (sample.at <= expected_.from || sample.at > expected_.until) continue;
      for (std::size_t i = 0; i < sample.groups.size(); ++i)
        if (!expected_.clients || *expected_.clients == i) visit(sample.at, sample.groups[i]);
    }
  }

  Verdict clients_well() const {
    Duration last = expected_.from;
    bool any = false;
    for_samples([&](Duration at, const Recording::Group& group) {
      if (failing(group) == 0) return;
      last = at;
      any = true;
    });
    const Duration after = last - expected_.from;
    const std::string until =
        expected_.until == scenario_.duration ? "" : " to " + print_duration(expected_.until);
    return {after <= *expected_.within, fmt::format("{} are well {}{}", whose(), deadline(), until),
            any ? fmt::format("the last failed after {}", print_duration(after)) : "none failed"};
  }

  Verdict stranded() const {
    std::map<Duration, std::size_t> at;
    for_samples(
        [&](Duration when, const Recording::Group& group) { at[when] += clients(group, Outcome::Stranded); });
    std::size_t most = 0;
    for (const auto& [when, count] : at) most = std::max(most, count);
    return {static_cast<double>(most) <= expected_.most,
            fmt::format("of {} at most {:.0f} are stranded at one time{}", whose(), expected_.most, span()),
            fmt::format("{} were", most)};
  }

  Verdict wrong() const {
    std::uint64_t sum = 0;
    for_samples([&](Duration, const Recording::Group& group) { sum += failures(group); });
    return {static_cast<double>(sum) <= expected_.most,
            fmt::format("{} fail at most {:.0f} times{}", whose(), expected_.most, span()),
            fmt::format("{} times", sum)};
  }

  Verdict share() const {
    std::uint64_t there = 0, all = 0;
    for_samples([&](Duration, const Recording::Group& group) {
      for (std::size_t i = 0; i < group.endpoints.size(); ++i) {
        all += group.endpoints[i];
        if (std::ranges::find(expected_.endpoints, i) != expected_.endpoints.end())
          there += group.endpoints[i];
      }
    });
    const double share = all == 0 ? 0 : static_cast<double>(there) / static_cast<double>(all);
    return {all > 0 && share >= expected_.least && share <= expected_.most,
            fmt::format("{} of {} connect to {}{}",
                        expected_.most < 1
                            ? fmt::format("{:.1f} to {:.1f}%", 100 * expected_.least, 100 * expected_.most)
                            : fmt::format("at least {:.1f}%", 100 * expected_.least),
                        whose(), names(scenario_, expected_.endpoints), span()),
            fmt::format("{:.1f}%", 100 * share)};
  }

  const Scenario& scenario_;
  const Recording& recording_;
  const Expectation& expected_;
};

}  // namespace

bool Measures::all_met() const {
  return std::ranges::all_of(verdicts, &Verdict::met);
}

Measures measure(const Scenario& scenario, const Recording& recording) {
  Measures out;
  out.incidents = incidents(scenario, recording);
  for (const Expectation& each : scenario.expectations)
    out.verdicts.push_back(Judge(scenario, recording, each).judge());
  for (const auto& sample : recording.samples)
    for (const auto& group : sample.groups)
      for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
        out.attempts[outcome] += group.attempts[outcome];
        out.answers += group.attempts[outcome];
      }
  return out;
}

std::string in_words(const Scenario& scenario, const Mix& mix) {
  if (mix.empty()) return "nothing";
  std::vector<std::pair<double, std::size_t>> by_share;
  for (const auto& [endpoint, share] : mix) by_share.emplace_back(-share, endpoint);
  std::ranges::sort(by_share);
  const bool even = by_share.back().first - by_share.front().first < 0.005;
  std::string out;
  for (const auto& [share, endpoint] : by_share)
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", scenario.endpoints[endpoint].name,
                       even ? "" : fmt::format(" {:.0f}%", -100 * share));
  return out;
}

std::string in_words(const Scenario& scenario, const Step& step) {
  if (step.dns_answers) return *step.dns_answers ? "DNS answers again" : "DNS is silent";
  if (step.record) {
    const std::string& id = scenario.records[*step.record].id;
    std::string out = "record " + id + ":";
    if (step.weight) out += fmt::format(" weight {}", *step.weight);
    if (step.ttl_s) out += fmt::format(" TTL {}", *step.ttl_s);
    return out;
  }
  if (step.check) {
    std::string out = fmt::format("check {}:", scenario.checks[*step.check].name);
    if (step.check_disabled) out += *step.check_disabled ? " disabled" : " enabled";
    if (step.check_inverted) out += *step.check_inverted ? " inverted" : " not inverted";
    return out;
  }
  const std::string who = names(scenario, step.endpoints);
  switch (step.fault) {
    case Fault::None:
      return who + " well again";
    case Fault::Refuse:
      return who + " refusing connections";
    case Fault::Hang:
      return who + " accepting and saying nothing";
    case Fault::Lose:
      return who + " losing every packet";
    case Fault::Slow:
      return fmt::format("{} answering after {}", who, print_duration(step.delay));
    case Fault::SlowBody:
      return fmt::format("{} sending its body after {}", who, print_duration(step.delay));
    case Fault::Body:
      return fmt::format("{} sending another body", who);
    case Fault::Status:
      return fmt::format("{} answering {}", who, step.status);
    case Fault::Tls:
      return who + " with broken TLS";
    case Fault::Flap:
      return fmt::format("{} flapping: {} up, {} down", who, print_duration(step.flap_up),
                         print_duration(step.flap_down));
    case Fault::Partition:
      return step.checkers.empty() ? fmt::format("all checkers cut off from {}", who)
                                   : fmt::format("{} checkers cut off from {}", step.checkers.size(), who);
  }
  return who;
}

}  // namespace meridian::apps::drill

// Asks our engine, Knot and NSD the same questions and says where the answers differ: counts by class with
// one example each, and a JSON report. Exit 1 when a difference is not among the justified ones.
//
// usage: compare_answers --zone FILE --origin NAME … --ours ADDR:PORT --knot ADDR:PORT --nsd ADDR:PORT
//                        [--every-name] [--random N] [--seed S] [--report FILE]
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "asker.h"
#include "comparison.h"
#include "questions.h"

namespace meridian::differential {
namespace {

struct Options {
  std::vector<std::pair<std::string, std::string>> zones;  // file, origin
  std::array<net::Address, kServerCount> servers;
  bool every_name = false;
  std::uint64_t random = 0, seed = 1;
  std::string report;
};

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int n = 1; n < argc; ++n) {
    const std::string_view flag = argv[n];
    if (flag == "--every-name") {
      options.every_name = true;
      continue;
    }
    if (n + 1 == argc) return invalid(fmt::format("{} needs a value", flag));
    const std::string value = argv[++n];
    if (flag == "--zone")
      options.zones.emplace_back(value, "");
    else if (flag == "--origin" && !options.zones.empty())
      options.zones.back().second = value;
    else if (flag == "--random")
      options.random = std::stoull(value);
    else if (flag == "--seed")
      options.seed = std::stoull(value);
    else if (flag == "--report")
      options.report = value;
    else {
      const auto server =
          std::ranges::find_if(kServers, [&](const char* name) { return flag == fmt::format("--{}", name); });
      if (server == kServers.end()) return invalid(fmt::format("unknown option {}", flag));
      options.servers[static_cast<std::size_t>(server - kServers.begin())] = TRY(net::Address::parse(value));
    }
  }
  return options;
}

struct DifferenceClass {
  std::string reason;  // empty: not justified
  std::size_t count = 0;
  std::string example;
  std::string questions;  // the first few
};
constexpr std::size_t kQuestionsShown = 12;

class Report {
 public:
  void add(const Comparison& comparison) {
    ++asked_;
    if (comparison.tcp) ++tcp_;
    const std::vector<Difference> found = differences(comparison);
    if (!found.empty()) ++different_;
    for (const auto& [facet, peer] : found) {
      const auto& all = justifications();
      const auto rule = std::ranges::find_if(
          all, [&](const Justification& j) { return j.applies(comparison, facet, peer); });
      DifferenceClass& entry =
          classes_[rule == all.end() ? unjustified_name(comparison, facet, peer) : rule->name];
      if (rule != all.end()) entry.reason = rule->reason;
      if (entry.count < kQuestionsShown) entry.questions += to_string(*comparison.asked) + '\n';
      if (entry.count++ == 0) entry.example = describe(comparison, facet);
    }
  }

  bool all_justified() const {
    return std::ranges::all_of(classes_, [](const auto& entry) { return !entry.second.reason.empty(); });
  }

  std::string text() const {
    std::string out;
    for (const bool justified : {true, false})
      for (const auto& [name, entry] : classes_)
        if (entry.reason.empty() != justified)
          out += fmt::format("{:>8}  {}: {}\n", entry.count, justified ? "justified" : "UNJUSTIFIED", name);
    for (const auto& [name, entry] : classes_)
      if (entry.reason.empty())
        out += fmt::format("\n== {}, for example\n{}-- asked, among others\n{}", name, entry.example,
                           entry.questions);
    return out +
           fmt::format("{} answers compared ({} of them over TCP), {} differ, {}\n", asked_, tcp_, different_,
                       all_justified() ? "each for a justified reason" : "NOT ALL FOR A JUSTIFIED REASON");
  }

  std::string json() const {
    std::string classes;
    for (const auto& [name, entry] : classes_)
      classes += fmt::format(
          "{}\n    {{\"class\": {}, \"justified\": {}, \"reason\": {}, \"count\": {}, \"example\": {}}}",
          classes.empty() ? "" : ",", quoted(name), !entry.reason.empty(), quoted(entry.reason), entry.count,
          quoted(entry.example));
    return fmt::format(
        "{{\n  \"compared\": {}, \"over_tcp\": {}, \"different\": {}, \"all_justified\": {},\n"
        "  \"classes\": [{}\n  ]\n}}\n",
        asked_, tcp_, different_, all_justified(), classes);
  }

 private:
  static std::string unjustified_name(const Comparison& comparison, Facet facet, Server peer) {
    if (peer == kOurs) return fmt::format("{}: ours is wrong", to_string(facet));
    const bool alone = !same(comparison, facet, kKnot) && !same(comparison, facet, kNsd);
    const bool has_short_values = facet != Facet::Question && facet <= Facet::Edns;
    return fmt::format("{}: {} differs{}{}", to_string(facet), kServers[peer],
                       has_short_values ? fmt::format(", ours [{}], {} [{}]", comparison.ours()[facet],
                                                      kServers[peer], comparison.answers[peer][facet])
                                        : "",
                       alone ? "; ours stands alone" : "");
  }

  static std::string describe(const Comparison& comparison, Facet facet) {
    std::string out = fmt::format("{} over {}: {}\n", to_string(facet), comparison.tcp ? "TCP" : "UDP",
                                  to_string(*comparison.asked));
    for (std::size_t n = 0; n < kServerCount; ++n) {
      const Answer& answer = comparison.answers[n];
      out += fmt::format("-- {} ({} bytes) {}\n{}", kServers[n], answer.raw.size(), answer[Facet::Reply],
                         answer[Facet::Reply].empty() ? dns::to_string(answer.message) : "");
    }
    return out;
  }

  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n')
        out += "\\n";
      else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
        out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
      else
        out += c;
    }
    return out + '"';
  }

  std::size_t asked_ = 0, tcp_ = 0, different_ = 0;
  std::map<std::string, DifferenceClass> classes_;
};

class Comparer {
 public:
  Comparer(const Options& options, const Truth& truth, Report& report) : truth_(truth), report_(report) {
    for (const net::Address& server : options.servers) askers_.push_back(std::make_unique<Asker>(server));
  }

  // Whatever someone truncates is asked of everyone again over TCP.
  void compare(std::span<const Asked> questions) {
    std::vector<Asked> again;
    round(questions, false, &again);
    round(again, true, nullptr);
  }

 private:
  void round(std::span<const Asked> questions, bool tcp, std::vector<Asked>* truncated) {
    std::array<std::vector<std::string>, kServerCount> replies;
    for (std::size_t n = 0; n < kServerCount; ++n)
      replies[n] = tcp ? askers_[n]->ask_tcp(questions) : askers_[n]->ask_udp(questions);
    for (std::size_t q = 0; q < questions.size(); ++q) {
      Comparison comparison{.asked = &questions[q], .truth = &truth_, .tcp = tcp, .answers = {}};
      bool tc = false;
      for (std::size_t n = 0; n < kServerCount; ++n) {
        comparison.answers[n] = read_answer(std::move(replies[n][q]), truth_);
        tc |= comparison.answers[n].tc;
      }
      report_.add(comparison);
      if (tc && truncated) truncated->push_back(questions[q]);
    }
  }

  std::vector<std::unique_ptr<Asker>> askers_;
  const Truth& truth_;
  Report& report_;
};

Result<bool> run(int argc, char** argv) {
  const Options options = TRY(parse_options(argc, argv));
  std::vector<ZoneData> zones;
  for (const auto& [file, origin] : options.zones) zones.push_back(TRY(read_zone(file, origin)));
  const Truth truth(zones);
  Report report;
  Comparer comparer(options, truth, report);

  if (options.every_name) {
    const std::vector<Asked> questions = questions_for_every_name(zones);
    for (std::span<const Asked> rest = questions; !rest.empty();) {
      const std::size_t size = std::min(rest.size(), Asker::kBatchMax);
      comparer.compare(rest.first(size));
      rest = rest.subspan(size);
    }
    fmt::print("{} questions for every name\n", questions.size());
  }
  NearMisses near_misses(zones, options.seed);
  for (std::uint64_t left = options.random; left > 0;) {
    std::vector<Asked> batch;
    for (; left > 0 && batch.size() < Asker::kBatchMax; --left) batch.push_back(near_misses.next());
    comparer.compare(batch);
  }
  fmt::print("{} random and near-miss questions, seed {}\n{}", options.random, options.seed, report.text());
  if (!options.report.empty()) std::ofstream(options.report) << report.json();
  return report.all_justified();
}

}  // namespace
}  // namespace meridian::differential

int main(int argc, char** argv) {
  const auto result = meridian::differential::run(argc, argv);
  if (!result) fmt::print(stderr, "compare_answers: {}\n", result.error().message);
  return result ? (*result ? 0 : 1) : 2;
}

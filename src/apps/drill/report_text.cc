#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/drill/report.h"

namespace meridian::apps::drill {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kChartColumns = 56;
constexpr std::size_t kTimelineMax = 80;  // lines
constexpr std::size_t kTimelineLabel = 10;

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string after(Duration time) {
  return "+" + print_duration(time);
}

// Words in lines of at most kColumns, of which the first begins at `column` and the others at `indent`.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t column) {
  std::string out;
  bool begins = true;  // a line
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size());
    if (!begins && column + 1 + size > kColumns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!begins) {
      out += ' ';
      ++column;
    }
    begins = false;
    out += text.substr(0, size);
    column += size;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return out + "\n";
}

std::string counted(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", grouped(number), what, number == 1 ? "" : "s");
}

std::string question_name(const Question& question) {
  return question.region.empty() ? question.name : question.name + " from " + question.region;
}

std::string title(const Scenario& scenario, const Circumstances& circumstances) {
  std::size_t clients = 0, resolvers = 0;
  for (const Clients& each : scenario.clients) {
    clients += each.count;
    resolvers += each.resolvers;
  }
  std::string out = scenario.title + "\n";
  if (!scenario.story.empty()) out += wrapped(scenario.story, 0, 0);
  out += wrapped(fmt::format("{} of {}; {} behind {}; {}; {}; seed {}", print_duration(scenario.duration),
                             circumstances.real ? "real time" : "virtual time", counted(clients, "client"),
                             counted(resolvers, "resolver"), counted(scenario.endpoints.size(), "endpoint"),
                             counted(scenario.checks.size(), "health check"), circumstances.seed),
                 0, 0);
  return out;
}

// What happened, in order.
class Timeline {
 public:
  Timeline(const Scenario& scenario, const Recording& recording, const Measures& measures)
      : scenario_(scenario) {
    for (const Incident& incident : measures.incidents) {
      for (const std::size_t step : incident.steps) {
        const std::string& name = scenario.steps[step].name;
        add(incident.at, 0,
            fmt::format("* {}{}", name.empty() ? "" : name + ": ", in_words(scenario, scenario.steps[step])));
      }
      for (const Detection& detection : incident.detections) add_checkers(incident, detection);
      if (incident.all_well)
        add(incident.at + *incident.all_well, 3, "  no client fails any more " + after(*incident.all_well));
    }
    for (const auto& status : recording.statuses)
      if (status.at > Duration::zero())
        add(status.at, 1,
            fmt::format("  {} is {} {}", scenario.checks[status.check].name,
                        status.healthy ? "healthy" : "unhealthy", since(measures, status.at)));
    for (const auto& answer : recording.answers)
      if (answer.at > Duration::zero())
        add(answer.at, 2,
            fmt::format("  {} -> {} {}", question_name(recording.questions[answer.question]),
                        in_words(scenario, answer.mix), since(measures, answer.at)));
    std::ranges::stable_sort(lines_, {}, [](const Line& line) { return std::pair(line.at, line.order); });
  }

  std::string text() const {
    std::string out = "\nTIMELINE\n";
    for (std::size_t i = 0; i < std::min(lines_.size(), kTimelineMax); ++i)
      out += fmt::format("{:>{}}  ", print_duration(lines_[i].at), kTimelineLabel - 2) +
             wrapped(lines_[i].text, kTimelineLabel + 4, kTimelineLabel);
    if (lines_.size() > kTimelineMax)
      out += fmt::format("{:>{}}  and {} more\n", "...", kTimelineLabel - 2, lines_.size() - kTimelineMax);
    return out;
  }

 private:
  struct Line {
    Duration at{};
    int order = 0;  // among those of one moment
    std::string text;
  };
  void add(Duration at, int order, std::string text) { lines_.push_back({at, order, std::move(text)}); }

  // The first one only, and the last one when there are several: the rest is in the measures.
  void add_checkers(const Incident& incident, const Detection& detection) {
    const auto& checkers = detection.checkers;
    const char* state = detection.healthy ? "healthy" : "unhealthy";
    const std::string& name = scenario_.checks[detection.check].name;
    if (checkers.empty()) return;
    add(incident.at + checkers.front().second, 0,
        fmt::format("  {}: {} is the first to say {} {}", name, checkers.front().first, state,
                    after(checkers.front().second)));
    if (checkers.size() > 1)
      add(incident.at + checkers.back().second, 0,
          fmt::format("  {}: {} is the last to, of {} {}", name, checkers.back().first, checkers.size(),
                      after(checkers.back().second)));
  }
  static std::string since(const Measures& measures, Duration at) {
    std::optional<Duration> began;
    for (const Incident& incident : measures.incidents)
      if (incident.at <= at) began = incident.at;
    return began ? after(at - *began) : "";
  }

  const Scenario& scenario_;
  std::vector<Line> lines_;
};

constexpr std::array<const char*, kOutcomes> kRows{"well", "behind", "misled", "stranded", "unanswered"};

// Clients by what came of their last attempt, each row a chart of its own up to all clients.
std::string chart(const Scenario& scenario, const Recording& recording) {
  static constexpr std::array<const char*, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::size_t all = 0;
  for (const Clients& each : scenario.clients) all += each.count;
  std::string out = fmt::format(
      "\nCLIENTS  {:<{}}at most\n",
      fmt::format("one column is {}", print_duration(scenario.duration / kChartColumns)), kChartColumns + 4);
  for (std::size_t row = 0; row < kOutcomes; ++row) {
    std::array<std::size_t, kChartColumns> heights{};
    std::size_t most = 0;
    for (const auto& sample : recording.samples) {
      std::size_t clients = 0;
      for (const auto& group : sample.groups) clients += group.clients[row];
      const auto column = std::min<std::size_t>(
          static_cast<std::size_t>((sample.at - Duration(1)) * static_cast<Duration::rep>(kChartColumns) /
                                   scenario.duration),
          kChartColumns - 1);
      heights[column] = std::max(heights[column], clients);
      most = std::max(most, clients);
    }
    if (most == 0 && row != 0) continue;
    out += fmt::format("{:<11}", kRows[row]);
    for (const std::size_t clients : heights) out += kBlocks[(clients * 8 + all - 1) / all];
    out += fmt::format(" {:>11}\n", grouped(most));
  }
  // The moments of steps beneath the columns.
  std::string marks(kChartColumns, ' ');
  for (const Step& step : scenario.steps)
    marks[std::min<std::size_t>(
        static_cast<std::size_t>(step.at * static_cast<Duration::rep>(kChartColumns) / scenario.duration),
        kChartColumns - 1)] = '*';
  while (marks.ends_with(' ')) marks.pop_back();
  if (!marks.empty()) out += fmt::format("{:<11}{}\n", "", marks);
  return out;
}

std::string row(std::string_view what, std::string_view text) {
  return fmt::format("  {:<12}", what) + wrapped(text, 14, 14);
}

std::string measured(const Scenario& scenario, const Recording& recording, const Incident& incident) {
  std::vector<std::string> steps;
  for (const std::size_t step : incident.steps) steps.push_back(in_words(scenario, scenario.steps[step]));
  std::string out =
      "\n" + wrapped(fmt::format("{}  {}", print_duration(incident.at), fmt::join(steps, "; ")), 4, 0);
  for (const Detection& detection : incident.detections) {
    const std::string& name = scenario.checks[detection.check].name;
    const char* state = detection.healthy ? "healthy" : "unhealthy";
    out += row("detected", detection.status
                               ? fmt::format("{} {} after {}", name, state, print_duration(*detection.status))
                               : fmt::format("{}: only some checkers say {}", name, state));
    std::vector<std::string> checkers;
    for (const auto& [region, time] : detection.checkers)
      checkers.push_back(fmt::format("{} {}", region, print_duration(time)));
    if (!checkers.empty()) out += row("  checkers", fmt::format("{}", fmt::join(checkers, ", ")));
  }
  for (const auto& change : incident.changes)
    out += row("new answer",
               fmt::format("{} after {}, then {}", question_name(recording.questions[change.question]),
                           print_duration(change.after), in_words(scenario, change.mix)));
  out += row("answers", incident.wrong == 0 ? grouped(incident.answers) + ", none wrong"
                                            : fmt::format("{}, {} wrong ({:.1f}%)", grouped(incident.answers),
                                                          grouped(incident.wrong),
                                                          100 * static_cast<double>(incident.wrong) /
                                                              static_cast<double>(incident.answers)));
  if (incident.wrong == 0) return out;
  std::string clients;
  for (const auto& [most, word] :
       {std::pair(incident.misled_most, "misled"), std::pair(incident.stranded_most, "stranded"),
        std::pair(incident.unanswered_most, "unanswered")})
    if (most > 0)
      clients += fmt::format("{}{} {}", clients.empty() ? "at one time at most " : ", ", grouped(most), word);
  out +=
      row("clients", fmt::format("{}{}", clients,
                                 incident.all_well ? "; all well after " + print_duration(*incident.all_well)
                                 : incident.ends_badly ? "; not all well at the end"
                                                       : ""));
  return out;
}

std::string expectations(const Measures& measures) {
  if (measures.verdicts.empty()) return "";
  std::string out = "\nEXPECTED\n";
  std::size_t met = 0;
  for (const Verdict& verdict : measures.verdicts) {
    met += verdict.met;
    out += (verdict.met ? "  met      " : "  NOT MET  ") +
           wrapped(fmt::format("{}: {}", verdict.expected, verdict.found), 13, 11);
  }
  return out + fmt::format("\n{} of {} expectations met\n", met, measures.verdicts.size());
}

}  // namespace

std::string report_text(const Scenario& scenario, const Recording& recording, const Measures& measures,
                        const Circumstances& circumstances) {
  std::string out = title(scenario, circumstances) + Timeline(scenario, recording, measures).text() +
                    chart(scenario, recording);
  if (!measures.incidents.empty()) out += "\nMEASURED";
  for (const Incident& incident : measures.incidents) out += measured(scenario, recording, incident);
  return out + expectations(measures);
}

}  // namespace meridian::apps::drill

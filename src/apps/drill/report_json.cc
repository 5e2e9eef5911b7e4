#include "apps/drill/report.h"
#include "formats/json/json.h"

namespace meridian::apps::drill {
namespace {

constexpr std::array<const char*, kOutcomes> kKeys{"well", "behind", "misled", "stranded", "unanswered"};

class JsonReport {
 public:
  JsonReport(const Scenario& scenario, const Recording& recording, const Measures& measures)
      : scenario_(scenario), recording_(recording), measures_(measures) {}

  std::string write(const Circumstances& circumstances) {
    out_.begin_object();
    text("title", scenario_.title);
    text("time", circumstances.real ? "real" : "virtual");
    number("seed", circumstances.seed);
    seconds("duration", scenario_.duration);
    flag("met", measures_.all_met());
    number("answers", measures_.answers);
    list("expectations", measures_.verdicts, [this](const Verdict& verdict) {
      flag("met", verdict.met);
      text("expected", verdict.expected);
      text("found", verdict.found);
    });
    list("incidents", measures_.incidents, [this](const Incident& each) { incident(each); });
    list("checks", recording_.statuses, [this](const auto& status) {
      seconds("at", status.at);
      text("check", scenario_.checks[status.check].name);
      flag("healthy", status.healthy);
    });
    list("checkers", recording_.minds, [this](const auto& mind) {
      seconds("at", mind.at);
      text("check", scenario_.checks[mind.check].name);
      text("region", mind.region);
      flag("healthy", mind.healthy);
      text("reason", mind.reason);
    });
    list("dns", recording_.answers, [this](const auto& answer) {
      seconds("at", answer.at);
      question(answer.question);
      mix(answer.mix);
    });
    list("clients", recording_.samples, [this](const auto& sample) { clients(sample); });
    out_.end_object();
    return text_ + "\n";
  }

 private:
  void text(const char* key, std::string_view value) {
    out_.key(key);
    out_.string(value);
  }
  void number(const char* key, std::uint64_t value) {
    out_.key(key);
    out_.unsigned_integer(value);
  }
  void flag(const char* key, bool value) {
    out_.key(key);
    out_.boolean(value);
  }
  void seconds(const char* key, std::optional<Duration> value) {
    out_.key(key);
    if (value)
      out_.number(static_cast<double>(std::chrono::round<std::chrono::milliseconds>(*value).count()) / 1000);
    else
      out_.null();
  }
  template <typename Items, typename Write>
  void list(const char* key, const Items& items, Write write) {
    out_.key(key);
    out_.begin_array();
    for (const auto& item : items) {
      out_.begin_object();
      write(item);
      out_.end_object();
    }
    out_.end_array();
  }
  void question(std::size_t which) {
    text("name", recording_.questions[which].name);
    text("region", recording_.questions[which].region);
  }
  void mix(const Mix& mix) {
    out_.key("shares");
    out_.begin_object();
    for (const auto& [endpoint, share] : mix) {
      out_.key(scenario_.endpoints[endpoint].name);
      out_.number(share);
    }
    out_.end_object();
  }

  void incident(const Incident& incident) {
    seconds("at", incident.at);
    out_.key("steps");
    out_.begin_array();
    for (const std::size_t step : incident.steps) out_.string(in_words(scenario_, scenario_.steps[step]));
    out_.end_array();
    list("detected", incident.detections, [this](const Detection& detection) {
      text("check", scenario_.checks[detection.check].name);
      flag("healthy", detection.healthy);
      seconds("after", detection.status);
      out_.key("checkers");
      out_.begin_object();
      for (const auto& [region, time] : detection.checkers) seconds(region.c_str(), time);
      out_.end_object();
    });
    list("new_answers", incident.changes, [this](const Incident::Change& change) {
      question(change.question);
      seconds("after", change.after);
      mix(change.mix);
    });
    number("answers", incident.answers);
    number("wrong", incident.wrong);
    number("misled_most", incident.misled_most);
    number("stranded_most", incident.stranded_most);
    number("unanswered_most", incident.unanswered_most);
    seconds("all_well_after", incident.all_well);
    flag("ends_badly", incident.ends_badly);
  }

  void clients(const Recording::Sample& sample) {
    seconds("at", sample.at);
    out_.key("groups");
    out_.begin_object();
    for (std::size_t i = 0; i < sample.groups.size(); ++i) {
      out_.key(scenario_.clients[i].name);
      out_.begin_object();
      for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome)
        number(kKeys[outcome], sample.groups[i].clients[outcome]);
      out_.end_object();
    }
    out_.end_object();
  }

  const Scenario& scenario_;
  const Recording& recording_;
  const Measures& measures_;
  std::string text_;
  json::Writer out_{text_};
};

}  // namespace

std::string report_json(const Scenario& scenario, const Recording& recording, const Measures& measures,
                        const Circumstances& circumstances) {
  return JsonReport(scenario, recording, measures).write(circumstances);
}

}  // namespace meridian::apps::drill

#include "apps/doctor/report_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "formats/json/json.h"

namespace meridian::apps::doctor {
namespace {

constexpr std::size_t kShownMax = 20;  // findings of a rule, in text
constexpr std::size_t kBudgetsShownMax = 50;
constexpr std::size_t kColumnsMin = 40;
constexpr std::size_t kProseColumnsMax = 100;    // longer lines are hard to read
constexpr std::size_t kCommandColumnsMax = 120;  // so are they in JSON
constexpr std::size_t kNumbersWidth = 51;        // of a budget's columns behind the name

// Text broken at blanks, every line behind `indent` blanks.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  std::string out, line(indent, ' ');
  bool begun = false;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (begun && line.size() + 1 + word.size() > columns) {
      out += line + "\n";
      line.assign(indent, ' ');
      begun = false;
    }
    line += (begun ? " " : "") + std::string(word);
    begun = true;
  }
  return out + line + "\n";
}

class Text {
 public:
  explicit Text(const Paper& paper)
      : columns_(std::max(paper.columns, kColumnsMin)),
        prose_(std::min(columns_, kProseColumnsMax)),
        colours_(paper.colours) {}

  std::string part(const Diagnosis::Part& part) const {
    std::string out = heading(part.rule);
    std::size_t shown = 0;
    for (const Finding& finding : part.findings) {
      if (++shown > kShownMax) break;
      out += "\n" + this->finding(finding);
    }
    if (part.findings.size() > kShownMax)
      out +=
          fmt::format("\n  and {} more; --output json has all of them\n", part.findings.size() - kShownMax);
    return out;
  }

  std::string budgets(std::vector<FailoverBudget> all) const {
    if (all.empty()) return "";
    // Those who wait longest first, and before them those who wait for ever.
    std::ranges::stable_sort(all, std::ranges::greater(), [](const FailoverBudget& each) {
      return each.fails_over ? each.total_s().value_or(0) : UINT64_MAX;
    });
    std::string out = paint(kBold, "FAILOVER BUDGET") + "\n";
    out += wrapped(
        "Seconds that clients can stay with a dead endpoint: until its check fails (interval x threshold), "
        "until "
        "every edge answers by that, until resolvers forget.",
        prose_, 2);
    const std::size_t name_width = name_column(all);
    out += fmt::format("\n  {:<{}}  {:<5}  {:<12}  {:>6}  {:>5}  {:>6}  TOTAL\n", "NAME", name_width, "TYPE",
                       "POLICY", "DETECT", "EDGES", "TTL");
    std::size_t shown = 0;
    for (const FailoverBudget& each : all)
      if (++shown <= kBudgetsShownMax) out += row(each, name_width);
    if (all.size() > kBudgetsShownMax)
      out += fmt::format("  and {} more; --output json has all of them\n", all.size() - kBudgetsShownMax);
    return out;
  }

  std::string summary(const Diagnosis& diagnosis) const {
    const auto counted = [](std::size_t count, std::string_view what) {
      return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    const std::string looked_at =
        fmt::format("{}, {}, {}", counted(diagnosis.zones, "hosted zone"),
                    counted(diagnosis.record_sets, "record set"), counted(diagnosis.checks, "health check"));
    std::string out;
    if (diagnosis.parts.empty()) {
      out = fmt::format("Nothing found in {}.", looked_at);
    } else {
      out = fmt::format("{}, {} and {} in {}.", counted(diagnosis.count(Severity::Error), "error"),
                        counted(diagnosis.count(Severity::Warning), "warning"),
                        counted(diagnosis.count(Severity::Hint), "hint"), looked_at);
    }
    out = wrapped(out, prose_, 0);
    std::string ignored;
    for (const auto& [rule, count] : diagnosis.ignored)
      ignored += fmt::format("{} {} ({})", ignored.empty() ? "Ignored:" : ",", rule, count);
    return ignored.empty() ? out : out + wrapped(ignored, prose_, 0);
  }

 private:
  static constexpr std::string_view kBold = "1", kDim = "2", kRed = "1;31", kYellow = "1;33", kCyan = "1;36";

  std::string paint(std::string_view colour, std::string_view text) const {
    return colours_ ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
  }

  std::string heading(const Rule& rule) const {
    const std::string_view word = rule.severity == Severity::Error     ? "ERROR"
                                  : rule.severity == Severity::Warning ? "WARNING"
                                                                       : "HINT";
    const std::string_view colour = rule.severity == Severity::Error     ? kRed
                                    : rule.severity == Severity::Warning ? kYellow
                                                                         : kCyan;
    const std::size_t used = 9 + rule.title.size() + rule.id.size();
    const std::string gap(used + 2 <= prose_ ? prose_ - used : 2, ' ');
    return paint(colour, word) + std::string(9 - word.size(), ' ') + paint(kBold, rule.title) + gap +
           paint(kDim, rule.id) + "\n";
  }

  std::string finding(const Finding& finding) const {
    std::string out = paint(kBold, "  " + finding.resource.label) + "\n";
    out += wrapped(finding.why, prose_, 4);
    if (!finding.fix.words.empty()) out += wrapped("Fix: " + finding.fix.words, prose_, 4);
    for (const ShellCommand& command : finding.fix.commands)
      out += command.folded(std::min(columns_, kCommandColumnsMax), 6);
    if (!finding.fix.look.empty()) out += "    Look:\n";
    for (const ShellCommand& command : finding.fix.look)
      out += command.folded(std::min(columns_, kCommandColumnsMax), 6);
    return out;
  }

  std::size_t name_column(const std::vector<FailoverBudget>& all) const {
    std::size_t longest = 4;
    for (const FailoverBudget& each : all)
      longest = std::max(longest, shown_name(each.group->first().name).size());
    const std::size_t room = columns_ > kNumbersWidth + 2 ? columns_ - kNumbersWidth - 2 : 0;
    return std::min(longest, std::max<std::size_t>(room, 4));
  }

  std::string row(const FailoverBudget& budget, std::size_t name_width) const {
    const RecordSet& first = budget.group->first();
    std::string name = shown_name(first.name), out;
    if (name.size() > name_width) {
      out = "  " + name + "\n";
      name.clear();
    }
    const auto number = [](const auto& value) {
      return value ? fmt::format("{}", *value) : std::string("?");
    };
    const bool alias = first.policy == Policy::Simple;
    out += fmt::format(
        "  {:<{}}  {:<5}  {:<12}  {:>6}  {:>5}  {:>6}  ", name, name_width, first.shown.Type,
        alias ? "alias" : to_string(first.policy), budget.fails_over ? number(budget.detection_s) : "-",
        budget.fails_over ? fmt::format("{}", kPropagationSeconds) : "-", number(budget.ttl_s));
    if (!budget.fails_over) return out + paint(kRed, "never") + "\n";
    return out + fmt::format("{:>5}", number(budget.total_s())) + "\n";
  }

  std::size_t columns_, prose_;
  bool colours_;
};

void write_commands(json::Writer& writer, std::string_view name, const std::vector<ShellCommand>& commands) {
  writer.key(name);
  writer.begin_array();
  for (const ShellCommand& command : commands) writer.string(command.line());
  writer.end_array();
}

void write_text(json::Writer& writer, std::string_view name, std::string_view text) {
  writer.key(name);
  writer.string(text);
}

void write_resource(json::Writer& writer, const Resource& resource) {
  writer.key("resource");
  writer.begin_object();
  write_text(writer, "kind", resource.kind);
  write_text(writer, "label", resource.label);
  if (!resource.id.empty()) write_text(writer, "id", resource.id);
  if (!resource.name.empty()) {
    write_text(writer, "name", resource.name);
    write_text(writer, "type", resource.type);
  }
  if (!resource.set_identifier.empty()) write_text(writer, "set_identifier", resource.set_identifier);
  writer.key("hosted_zone_ids");
  writer.begin_array();
  for (const std::string& id : resource.zone_ids) writer.string(id);
  writer.end_array();
  writer.end_object();
}

void write_finding(json::Writer& writer, const Rule& rule, const Finding& finding) {
  writer.begin_object();
  write_text(writer, "severity", to_string(rule.severity));
  write_text(writer, "rule", rule.id);
  write_text(writer, "title", rule.title);
  write_resource(writer, finding.resource);
  write_text(writer, "why", finding.why);
  writer.key("fix");
  writer.begin_object();
  write_text(writer, "words", finding.fix.words);
  write_commands(writer, "commands", finding.fix.commands);
  write_commands(writer, "look", finding.fix.look);
  writer.end_object();
  writer.end_object();
}

void write_budget(json::Writer& writer, const FailoverBudget& budget) {
  const auto number = [&](std::string_view name, const auto& value) {
    writer.key(name);
    if (value)
      writer.integer(static_cast<std::int64_t>(*value));
    else
      writer.null();
  };
  const RecordSet& first = budget.group->first();
  writer.begin_object();
  write_text(writer, "hosted_zone_id", first.zone->id);
  write_text(writer, "name", shown_name(first.name));
  write_text(writer, "type", first.shown.Type);
  write_text(writer, "policy", first.policy == Policy::Simple ? "alias" : to_string(first.policy));
  writer.key("fails_over");
  writer.boolean(budget.fails_over);
  number("detection_seconds", budget.detection_s);
  number("propagation_seconds", std::optional(kPropagationSeconds));
  number("ttl_seconds", budget.ttl_s);
  number("total_seconds", budget.total_s());
  writer.end_object();
}

}  // namespace

std::string to_text(const Diagnosis& diagnosis, const Paper& paper) {
  const Text text(paper);
  std::string out;
  for (const Diagnosis::Part& part : diagnosis.parts) out += text.part(part) + "\n";
  if (const std::string table = text.budgets(diagnosis.budgets); !table.empty()) out += table + "\n";
  return out + text.summary(diagnosis);
}

std::string to_json(const Diagnosis& diagnosis) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Hint}) {
    writer.key(fmt::format("{}s", to_string(severity)));
    writer.unsigned_integer(diagnosis.count(severity));
  }
  writer.key("findings");
  writer.begin_array();
  for (const Diagnosis::Part& part : diagnosis.parts)
    for (const Finding& finding : part.findings) write_finding(writer, part.rule, finding);
  writer.end_array();
  writer.key("budgets");
  writer.begin_array();
  for (const FailoverBudget& budget : diagnosis.budgets) write_budget(writer, budget);
  writer.end_array();
  writer.key("ignored");
  writer.begin_object();
  for (const auto& [rule, count] : diagnosis.ignored) {
    writer.key(rule);
    writer.unsigned_integer(count);
  }
  writer.end_object();
  for (const auto& [name, count] : {std::pair<std::string_view, std::size_t>{"hosted_zones", diagnosis.zones},
                                    {"record_sets", diagnosis.record_sets},
                                    {"health_checks", diagnosis.checks}}) {
    writer.key(name);
    writer.unsigned_integer(count);
  }
  writer.end_object();
  return out + "\n";
}

}  // namespace meridian::apps::doctor

#include "apps/diff/difference_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aws/protocols/json_body.h"
#include "formats/json/json.h"
#include "services/route53/resources.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;
namespace route53 = services::route53;

constexpr std::size_t kAnswersShownMax = 20;  // of a question, in text
constexpr std::size_t kMovesShownMax = 10;

const std::string* text_at(const json::Value& tree, std::string_view name) {
  const json::Value* found = tree.find(name);
  return found ? found->get<std::string>() : nullptr;
}

Result<std::string> find_zone(store::Store& store, std::string_view name) {
  const dns::Name wanted = TRY(dns::Name::parse(name)).lower();
  std::vector<std::string> found;
  const auto zones = TRY(store.range(route53::kZonesPrefix));
  for (const store::KeyValue& item : zones.items)
    if (const auto zone = route53::decode_hosted_zone(item.value); zone && zone->name == wanted)
      found.push_back(zone->id);
  if (found.empty())
    return fail(ErrorCode::NotFound, fmt::format("there is no hosted zone {}", wanted.to_string()));
  if (found.size() == 1) return found[0];
  return invalid(fmt::format("{} hosted zones are called {}: name one by its id, of {}", found.size(),
                             wanted.to_string(), fmt::join(found, ", ")));
}

// As the API reads and checks it.
Result<r53::ChangeBatch> read_batch(const json::Value& tree, const std::string& zone_id) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  writer.key("Id");
  writer.string(zone_id);
  writer.key("ChangeBatch");
  writer.value(tree);
  writer.end_object();
  r53::ChangeResourceRecordSetsRequest request;
  const aws::Shape& shape = shape_of(&request);
  const aws::Patterns patterns;
  aws::Violations violations(patterns);
  const auto decoded = aws::decode_json(body, shape, &request, aws::Members::All, &violations, {});
  if (!decoded) return invalid("the change batch: " + decoded.error().message);
  violations.check(shape, &request);
  if (!violations.empty()) return invalid("the change batch: " + violations.message());
  return std::move(request.ChangeBatch);
}

Result<DiffRequest::LoggedQuery> read_logged(const json::Value& tree) {
  DiffRequest::LoggedQuery out;
  const std::string *name = text_at(tree, "name"), *type = text_at(tree, "type"),
                    *resolver = text_at(tree, "resolver"), *subnet = text_at(tree, "subnet");
  if (!name || !type || !resolver) return invalid("a line of the log needs name, type and resolver");
  out.question.name = TRY(dns::Name::parse(*name, dns::Name(), dns::Escapes::Octal));
  const auto known = dns::parse_type(*type);
  if (!known) return invalid(fmt::format("'{}' is not a record type", *type));
  out.question.type = *known;
  out.client.address = TRY(net::IpAddress::parse(*resolver));
  if (subnet) out.client.subnet = TRY(parse_client_subnet(*subnet));
  if (const json::Value* count = tree.find("count"); count && count->get<std::int64_t>())
    out.client.weight = static_cast<double>(*count->get<std::int64_t>());
  if (!(out.client.weight > 0)) return invalid("a count must be more than 0");
  return out;
}

std::vector<std::size_t> read_lines(const json::Value& tree) {
  std::vector<std::size_t> out;
  if (const auto* lines = tree.get<json::Array>())
    for (const json::Value& line : *lines)
      out.push_back(line.get<std::int64_t>() ? static_cast<std::size_t>(*line.get<std::int64_t>()) : 0);
  return out;
}

// "line 7" of a zone file, else the place in the batch.
std::optional<std::size_t> line_of(const DiffProblem& problem, const DiffQuery& query) {
  if (!problem.batch || !problem.change || *problem.batch >= query.lines.size()) return std::nullopt;
  const auto& lines = query.lines[*problem.batch];
  return *problem.change < lines.size() ? std::optional(lines[*problem.change]) : std::nullopt;
}

std::string place_of(const DiffProblem& problem, const DiffQuery& query) {
  if (const auto line = line_of(problem, query)) return fmt::format("line {}: ", *line);
  if (problem.change) return fmt::format("Changes[{}]: ", *problem.change);
  return "";
}

std::string percent(double share) {
  // What is there is never shown as nothing.
  if (share > 0 && share < 0.0005) return "<0.1 %";
  return fmt::format("{:.1f} %", 100 * share);
}

std::string changes_in_words(const std::string& would_change) {
  const auto tree = json::parse(would_change);
  const auto* changes = tree ? tree->get<json::Array>() : nullptr;
  std::string out;
  for (const json::Value& change : changes ? *changes : json::Array()) {
    if (const json::Value* more = change.find("more"); more && more->get<std::int64_t>())
      out += fmt::format("  and {} more\n", *more->get<std::int64_t>());
    const auto word = [&](std::string_view name) {
      const std::string* text = text_at(change, name);
      return text ? *text : "";
    };
    if (word("name").empty()) continue;  // the zone itself, which every change writes
    out +=
        fmt::format("  {:6}  {} {}  {}", word("action"), word("name"), word("type"), word("set_identifier"));
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

std::string question_in_words(const QuestionDifference& each) {
  std::string out = fmt::format("\n{} {}: {} would change\n", each.question.name.to_string(),
                                dns::to_string(each.question.type), percent(each.changed_share));
  out += "    before     after\n";
  std::size_t shown = 0;
  for (const auto& [answer, shares] : each.answers)
    if (++shown <= kAnswersShownMax)
      out += fmt::format("  {:>8}  {:>8}  {}\n", percent(shares.before), percent(shares.after), answer);
  if (shown > kAnswersShownMax) out += fmt::format("  and {} other answers\n", shown - kAnswersShownMax);
  shown = 0;
  for (const AnswerMove& move : each.moves)
    if (++shown <= kMovesShownMax)
      out += fmt::format("  {:>8} from {}\n           to   {}   (such as {})\n", percent(move.share),
                         move.from, move.to, fmt::join(move.clients, ", "));
  if (shown > kMovesShownMax) out += fmt::format("  and {} other moves\n", shown - kMovesShownMax);
  return out;
}

void write_question(json::Writer& writer, const QuestionDifference& each) {
  writer.begin_object();
  writer.key("name");
  writer.string(each.question.name.to_string());
  writer.key("type");
  writer.string(dns::to_string(each.question.type));
  writer.key("weight");
  writer.number(each.weight);
  writer.key("changed_share");
  writer.number(each.changed_share);
  writer.key("answers");
  writer.begin_array();
  for (const auto& [answer, shares] : each.answers) {
    writer.begin_object();
    writer.key("answer");
    writer.string(answer);
    writer.key("before");
    writer.number(shares.before);
    writer.key("after");
    writer.number(shares.after);
    writer.end_object();
  }
  writer.end_array();
  writer.key("moves");
  writer.begin_array();
  for (const AnswerMove& move : each.moves) {
    writer.begin_object();
    writer.key("from");
    writer.string(move.from);
    writer.key("to");
    writer.string(move.to);
    writer.key("share");
    writer.number(move.share);
    writer.key("clients");
    writer.begin_array();
    for (const std::string& client : move.clients) writer.string(client);
    writer.end_array();
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
}

}  // namespace

Result<DiffQuery> read_diff_query(std::string_view body, store::Store& store) {
  const json::Value tree = TRY(json::parse(body));
  DiffQuery out;
  if (const std::string* id = text_at(tree, "hosted_zone_id")) {
    out.request.zone_id = id->starts_with("/hostedzone/") ? id->substr(12) : *id;
  } else if (const std::string* name = text_at(tree, "zone")) {
    out.request.zone_id = TRY(find_zone(store, *name));
  } else {
    return invalid("which zone: hosted_zone_id, or zone");
  }
  if (const json::Value* batches = tree.find("batches"); batches && batches->get<json::Array>())
    for (const json::Value& batch : *batches->get<json::Array>())
      out.request.batches.push_back(TRY(read_batch(batch, out.request.zone_id)));
  if (const json::Value* lines = tree.find("lines"); lines && lines->get<json::Array>())
    for (const json::Value& batch : *lines->get<json::Array>()) out.lines.push_back(read_lines(batch));
  const json::Value* independent = tree.find("independent");
  out.request.independent = independent && independent->get<bool>() && *independent->get<bool>();
  const std::string *instance = text_at(tree, "traffic_policy_instance"),
                    *document = text_at(tree, "document");
  if (instance && document) out.request.traffic_policy = {*instance, *document};
  if (out.request.batches.empty() && !out.request.traffic_policy)
    return invalid("what to try: batches, or traffic_policy_instance with a document");
  if (const json::Value* log = tree.find("log"); log && log->get<json::Array>())
    for (const json::Value& line : *log->get<json::Array>())
      if (const std::string* zone = text_at(line, "zone"); !zone || *zone == out.request.zone_id)
        out.request.log.push_back(TRY(read_logged(line)));
  if (const json::Value* log = tree.find("log"); log && out.request.log.empty())
    return invalid("the query log has no line of this hosted zone");
  if (out.request.log.size() > kDiffClientsMax)
    return invalid(fmt::format("a log has at most {} lines here", kDiffClientsMax));
  if (const json::Value* clients = tree.find("clients"); clients && clients->get<std::int64_t>()) {
    const std::int64_t count = *clients->get<std::int64_t>();
    if (count < 1 || count > static_cast<std::int64_t>(kDiffClientsMax))
      return invalid(fmt::format("clients are 1 to {}", kDiffClientsMax));
    out.request.clients = static_cast<std::size_t>(count);
  }
  return out;
}

const char* verdict(const DiffReport& report) {
  if (!report.problems.empty()) return "errors";
  return report.changes_answers() ? "changes" : "same";
}

std::string to_text(const DiffReport& report, const DiffQuery& query) {
  std::string out;
  for (const DiffProblem& problem : report.problems)
    out += fmt::format("{}{}: {}\n", place_of(problem, query), problem.code, problem.message);
  if (!report.problems.empty())
    out += fmt::format("{} error{}; {}\n", report.problems.size(), report.problems.size() == 1 ? "" : "s",
                       query.request.independent ? "the rest would be done" : "nothing would be done");
  if (report.would_change.empty()) return out;
  if (!out.empty()) out += "\n";
  out += fmt::format("At revision {} it would\n{}\n", report.revision, changes_in_words(report.would_change));
  out += fmt::format("{} of the answers would change, asked by {}{}.\n", percent(report.changed_share),
                     report.population, report.whole ? "" : " as far as was looked");
  for (const QuestionDifference& each : report.questions)
    if (each.changed_share > 0) out += question_in_words(each);
  return out;
}

std::string to_json(const DiffReport& report, const DiffQuery& query) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("verdict");
  writer.string(verdict(report));
  writer.key("revision");
  writer.unsigned_integer(report.revision);
  writer.key("errors");
  writer.begin_array();
  for (const DiffProblem& problem : report.problems) {
    writer.begin_object();
    if (const auto line = line_of(problem, query)) {
      writer.key("line");
      writer.unsigned_integer(*line);
    } else if (problem.change) {
      writer.key("index");
      writer.unsigned_integer(*problem.change);
    }
    writer.key("code");
    writer.string(problem.code);
    writer.key("message");
    writer.string(problem.message);
    writer.end_object();
  }
  writer.end_array();
  if (!report.would_change.empty()) {
    writer.key("would_change");
    writer.value(json::parse(report.would_change).value_or(json::Value()));
    writer.key("population");
    writer.string(report.population);
    writer.key("clients");
    writer.unsigned_integer(report.clients);
    writer.key("whole");
    writer.boolean(report.whole);
    writer.key("changed_share");
    writer.number(report.changed_share);
    writer.key("questions");
    writer.begin_array();
    for (const QuestionDifference& each : report.questions) write_question(writer, each);
    writer.end_array();
  }
  writer.end_object();
  return out + "\n";
}

}  // namespace meridian::apps

// toml++ stays behind this file: it throws, and is slow to compile.
#include "apps/drill/scenario.h"

#include <array>
#include <charconv>
#include <cmath>

#include "engines/health/vantage.h"
#include "formats/dns/name.h"
#include "formats/regions/regions.h"
#include "formats/toml/section.h"

namespace meridian::apps::drill {
namespace {

using toml_reader::Section;

constexpr std::array<std::pair<std::string_view, Fault>, 11> kFaults{{{"none", Fault::None},
                                                                      {"refuse", Fault::Refuse},
                                                                      {"hang", Fault::Hang},
                                                                      {"lose", Fault::Lose},
                                                                      {"slow", Fault::Slow},
                                                                      {"slow-body", Fault::SlowBody},
                                                                      {"body", Fault::Body},
                                                                      {"status", Fault::Status},
                                                                      {"tls", Fault::Tls},
                                                                      {"flap", Fault::Flap},
                                                                      {"partition", Fault::Partition}}};
constexpr std::array<std::string_view, 6> kTypes{"HTTP", "HTTPS",     "HTTP_STR_MATCH", "HTTPS_STR_MATCH",
                                                 "TCP",  "CALCULATED"};

struct Unit {
  std::string_view name;
  Duration of;
};
constexpr std::array<Unit, 4> kUnits{{{"ms", std::chrono::milliseconds(1)},
                                      {"s", std::chrono::seconds(1)},
                                      {"m", std::chrono::minutes(1)},
                                      {"h", std::chrono::hours(1)}}};

constexpr std::size_t kCheckerRegionsMin = 3;  // that a check may be limited to (CreateHealthCheck)

bool is_checker_region(std::string_view region) {
  return std::ranges::any_of(engines::health::vantages(),
                             [&](const auto& each) { return each.region == region; });
}

// Reads one list of tables after the other; each may name what those before it made.
class Reader {
 public:
  Result<Scenario> read(const toml::table& file) {
    const auto top = TRY(Section::of(
        file, "drill",
        {"title", "story", "duration", "endpoint", "check", "record", "clients", "step", "expect"}));
    made_.title = TRY(top.required_text("title"));
    made_.story = TRY(top.text("story")).value_or("");
    made_.duration = TRY(required_time(top, "duration"));
    if (made_.duration <= Duration::zero() || made_.duration > kDurationMax)
      return top.refuse("duration", "'duration' is at most 168h");
    TRY(list(top, "endpoint", kEndpointsMax, [this](const auto& node) { return endpoint(node); }));
    TRY(list(top, "check", kChecksMax, [this](const auto& node) { return check(node); }));
    TRY(list(top, "record", kRecordsMax, [this](const auto& node) { return record(node); }));
    TRY(list(top, "clients", kClientGroupsMax, [this](const auto& node) { return clients(node); }));
    TRY(list(top, "step", kStepsMax, [this](const auto& node) { return step(node); }));
    TRY(list(top, "expect", kExpectationsMax, [this](const auto& node) { return expectation(node); }));
    for (const auto& [section, missing] :
         {std::pair("endpoint", made_.endpoints.empty()), std::pair("record", made_.records.empty()),
          std::pair("clients", made_.clients.empty())})
      if (missing) return top.refuse(fmt::format("a drill needs at least one [[{}]]", section));
    TRY(bounded(top));
    return std::move(made_);
  }

 private:
  template <typename Read>
  Result<void> list(const Section& top, std::string_view name, std::size_t max, Read read) {
    const toml::node* node = top.member(name);
    if (!node) return {};
    if (!node->is_array())
      return top.refuse(name, fmt::format("'{}' is a list of tables: [[{}]]", name, name));
    if (node->as_array()->size() > max)
      return top.refuse(name, fmt::format("more than {} [[{}]]", max, name));
    for (const toml::node& item : *node->as_array()) TRY(read(item));
    return {};
  }

  // What `key` says, or why that is no time.
  static Result<std::optional<Duration>> time(const Section& section, std::string_view key) {
    const auto text = TRY(section.text(key));
    if (!text) return std::nullopt;
    const auto parsed = parse_duration(*text);
    if (!parsed)
      return section.refuse(key, fmt::format("'{}' is a time such as \"1m30s\" or \"500ms\"", key));
    return parsed;
  }
  static Result<Duration> required_time(const Section& section, std::string_view key) {
    const auto found = TRY(time(section, key));
    if (!found) return section.refuse(fmt::format("[[{}]] needs '{}'", section.name(), key));
    return *found;
  }

  template <typename Named>
  static std::optional<std::size_t> find(const std::vector<Named>& all, std::string_view name) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].name == name) return i;
    return std::nullopt;
  }
  template <typename Named>
  static Result<std::optional<std::size_t>> one_of(const std::vector<Named>& all, std::string_view what,
                                                   const Section& section, std::string_view key) {
    const auto name = TRY(section.text(key));
    if (!name) return std::nullopt;
    const auto found = find(all, *name);
    if (!found) return section.refuse(key, fmt::format("'{}': there is no {} '{}'", key, what, *name));
    return found;
  }
  template <typename Named>
  static Result<std::vector<std::size_t>> some_of(const std::vector<Named>& all, std::string_view what,
                                                  const Section& section, std::string_view key) {
    std::vector<std::size_t> out;
    for (const std::string& name : TRY(section.texts(key))) {
      const auto found = find(all, name);
      if (!found) return section.refuse(key, fmt::format("'{}': there is no {} '{}'", key, what, name));
      out.push_back(*found);
    }
    return out;
  }
  template <typename Named>
  static Result<std::string> new_name(const std::vector<Named>& all, const Section& section) {
    std::string name = TRY(section.required_text("name"));
    if (find(all, name))
      return section.refuse("name", fmt::format("there are two [[{}]] '{}'", section.name(), name));
    return name;
  }
  static Result<std::vector<std::string>> some_regions(const Section& section, std::string_view key) {
    auto all = TRY(section.texts(key));
    for (const std::string& region : all)
      if (!is_checker_region(region))
        return section.refuse(key, fmt::format("'{}': '{}' has no checkers", key, region));
    return all;
  }
  static Result<std::string> one_region(const Section& section, std::string_view key) {
    auto region = TRY(section.text(key)).value_or("");
    if (!region.empty() && regions::find(region) == regions::kNoRegion)
      return section.refuse(key, fmt::format("'{}': '{}' is no AWS Region", key, region));
    return region;
  }

  Result<void> endpoint(const toml::node& node) {
    const auto section = TRY(Section::of(node, "endpoint", {"name", "body", "tls", "answers-after"}));
    Endpoint made;
    made.name = TRY(new_name(made_.endpoints, section));
    made.body = TRY(section.text("body")).value_or(made.body);
    made.tls = TRY(section.flag("tls")).value_or(false);
    made.answers_after = TRY(time(section, "answers-after")).value_or(Duration{});
    made_.endpoints.push_back(std::move(made));
    return {};
  }

  Result<void> check(const toml::node& node) {
    const auto section =
        TRY(Section::of(node, "check",
                        {"name", "type", "endpoint", "path", "search", "interval", "threshold", "regions",
                         "inverted", "disabled", "children", "healthy-children"}));
    Check made;
    made.name = TRY(new_name(made_.checks, section));
    made.type = TRY(section.text("type")).value_or("HTTP");
    if (std::ranges::find(kTypes, made.type) == kTypes.end())
      return section.refuse("type", fmt::format("'type' is one of {}", fmt::join(kTypes, ", ")));
    const bool calculated = made.type == "CALCULATED", matches = made.type.ends_with("_STR_MATCH");
    made.endpoint = TRY(one_of(made_.endpoints, "endpoint", section, "endpoint"));
    made.children = TRY(some_of(made_.checks, "check before this one", section, "children"));
    if (calculated ? made.endpoint || made.children.empty() : !made.endpoint || !made.children.empty())
      return section.refuse("type", calculated ? "a CALCULATED check has 'children', and no 'endpoint'"
                                               : "a check that probes has an 'endpoint', and no 'children'");
    made.path = TRY(section.text("path")).value_or(made.path);
    made.search_string = TRY(section.text("search")).value_or("");
    if (matches == made.search_string.empty())
      return section.refuse("search", "'search' goes with HTTP_STR_MATCH and HTTPS_STR_MATCH");
    made.interval_s = static_cast<unsigned>(TRY(section.integer("interval", 10, 30)).value_or(30));
    if (made.interval_s != 10 && made.interval_s != 30)
      return section.refuse("interval", "'interval' is 10 or 30 seconds");
    made.threshold = static_cast<unsigned>(TRY(section.integer("threshold", 1, 10)).value_or(3));
    made.regions = TRY(some_regions(section, "regions"));
    if (!made.regions.empty() && made.regions.size() < kCheckerRegionsMin)
      return section.refuse("regions", "'regions' are at least 3");
    made.inverted = TRY(section.flag("inverted")).value_or(false);
    made.disabled = TRY(section.flag("disabled")).value_or(false);
    made.healthy_children_min =
        static_cast<unsigned>(TRY(section.integer("healthy-children", 0, 256)).value_or(1));
    made_.checks.push_back(std::move(made));
    return {};
  }

  Result<void> record(const toml::node& node) {
    const auto section =
        TRY(Section::of(node, "record",
                        {"name", "id", "ttl", "endpoint", "alias", "evaluate-target-health", "check",
                         "weight", "failover", "region", "country", "continent", "multivalue"}));
    Record made;
    made.name = TRY(section.required_text("name"));
    if (made.name != "@" && !dns::Name::parse(made.name + ".drill.test."))
      return section.refuse("name", fmt::format("'{}' is no name", made.name));
    made.ttl_s = static_cast<unsigned>(TRY(section.integer("ttl", 0, 2'147'483'647)).value_or(60));
    made.endpoints = TRY(some_of(made_.endpoints, "endpoint", section, "endpoint"));
    made.alias = TRY(section.text("alias")).value_or("");
    if (made.endpoints.empty() == made.alias.empty())
      return section.refuse("a [[record]] has 'endpoint' or 'alias'");
    made.evaluates_target = TRY(section.flag("evaluate-target-health")).value_or(false);
    made.check = TRY(one_of(made_.checks, "check", section, "check"));
    Policy& policy = made.policy;
    if (const auto weight = TRY(section.integer("weight", 0, 255)))
      policy.weight = static_cast<unsigned>(*weight);
    policy.failover = TRY(section.text("failover")).value_or("");
    if (!policy.failover.empty() && policy.failover != "PRIMARY" && policy.failover != "SECONDARY")
      return section.refuse("failover", "'failover' is PRIMARY or SECONDARY");
    policy.region = TRY(one_region(section, "region"));
    policy.country = TRY(section.text("country")).value_or("");
    policy.continent = TRY(section.text("continent")).value_or("");
    policy.multivalue = TRY(section.flag("multivalue")).value_or(false);
    if (policy.weight.has_value() + policy.multivalue + !policy.failover.empty() + !policy.region.empty() +
            !(policy.country.empty() && policy.continent.empty()) >
        1)
      return section.refuse("a [[record]] has at most one policy");
    made.id = TRY(section.text("id")).value_or(default_id(made));
    for (const Record& other : made_.records)
      if (other.name == made.name && other.id == made.id)
        return section.refuse("there are two such [[record]]: give each an 'id'");
    made_.records.push_back(std::move(made));
    return {};
  }
  std::string default_id(const Record& record) const {
    if (!record.policy.any()) return record.name;
    return record.alias.empty() ? made_.endpoints[record.endpoints.front()].name : record.alias;
  }
  bool is_record_name(std::string_view name) const { return find(made_.records, name).has_value(); }

  Result<void> clients(const toml::node& node) {
    const auto section = TRY(Section::of(node, "clients",
                                         {"name", "ask", "region", "count", "resolvers", "every", "patience",
                                          "keep", "ttl-min", "ttl-max", "serve-stale", "stale-first"}));
    Clients made;
    made.name = TRY(new_name(made_.clients, section));
    made.asks = TRY(section.required_text("ask"));
    if (!is_record_name(made.asks))
      return section.refuse("ask", fmt::format("'ask': there is no record '{}'", made.asks));
    made.region = TRY(one_region(section, "region"));
    made.count = static_cast<std::size_t>(TRY(section.integer("count", 1, kClientsMax)).value_or(1000));
    made.resolvers = static_cast<std::size_t>(
        TRY(section.integer("resolvers", 1, kClientsMax))
            .value_or(static_cast<std::int64_t>(std::min<std::size_t>(10, made.count))));
    if (made.resolvers > made.count)
      return section.refuse("resolvers", "there are more resolvers than clients");
    made.every = TRY(time(section, "every")).value_or(made.every);
    if (made.every < std::chrono::milliseconds(100))
      return section.refuse("every", "'every' is at least 100ms");
    made.patience = TRY(time(section, "patience")).value_or(made.patience);
    made.keeps = TRY(time(section, "keep")).value_or(Duration{});
    made.ttl_min = TRY(time(section, "ttl-min"));
    made.ttl_max = TRY(time(section, "ttl-max"));
    made.stale = TRY(time(section, "serve-stale")).value_or(Duration{});
    made.stale_first = TRY(section.flag("stale-first")).value_or(false);
    if (made.stale_first && made.stale == Duration::zero())
      return section.refuse("stale-first", "'stale-first' goes with 'serve-stale'");
    made_.clients.push_back(std::move(made));
    return {};
  }

  Result<void> step(const toml::node& node) {
    const auto section =
        TRY(Section::of(node, "step",
                        {"name", "at", "endpoint", "fault", "delay", "up", "down", "status", "body",
                         "checkers", "dns", "record", "weight", "ttl", "check", "disabled", "inverted"}));
    Step made;
    made.at = TRY(required_time(section, "at"));
    if (made.at >= made_.duration) return section.refuse("at", "'at' is after the end of the drill");
    if (!made_.steps.empty() && made.at < made_.steps.back().at)
      return section.refuse("at", "steps are listed by time: this one is before the one above it");
    made.endpoints = TRY(some_of(made_.endpoints, "endpoint", section, "endpoint"));
    made.record = TRY(record_of(section));
    made.check = TRY(one_of(made_.checks, "check", section, "check"));
    if (const auto dns = TRY(section.text("dns"))) {
      if (*dns != "answers" && *dns != "silent")
        return section.refuse("dns", "'dns' is \"answers\" or \"silent\"");
      made.dns_answers = *dns == "answers";
    }
    if (!made.endpoints.empty() + made.record.has_value() + made.check.has_value() +
            made.dns_answers.has_value() !=
        1)
      return section.refuse("a [[step]] is about an 'endpoint', a 'record', a 'check' or 'dns': one of them");
    TRY(fault(section, made));
    TRY(change(section, made));
    made.name = TRY(section.text("name")).value_or("");
    if (!made.name.empty() && find(made_.steps, made.name))
      return section.refuse("name", fmt::format("there are two [[step]] '{}'", made.name));
    made_.steps.push_back(std::move(made));
    return {};
  }

  Result<std::optional<std::size_t>> record_of(const Section& section) const {
    const auto id = TRY(section.text("record"));
    if (!id) return std::nullopt;
    for (std::size_t i = 0; i < made_.records.size(); ++i)
      if (made_.records[i].id == *id) return i;
    return section.refuse("record", fmt::format("'record': there is no record with the id '{}'", *id));
  }

  Result<void> fault(const Section& section, Step& made) const {
    const auto name = TRY(section.text("fault"));
    if (name.has_value() != !made.endpoints.empty())
      return section.refuse("fault", "'fault' goes with 'endpoint'");
    if (!name) return {};
    const auto at = std::ranges::find(kFaults, *name, [](const auto& each) { return each.first; });
    if (at == kFaults.end())
      return section.refuse("fault", fmt::format("'fault' is one of {}", fault_names()));
    made.fault = at->second;
    const bool slow = made.fault == Fault::Slow || made.fault == Fault::SlowBody;
    const bool flaps = made.fault == Fault::Flap;
    TRY(goes_with(section, "delay", slow, "slow and slow-body"));
    TRY(goes_with(section, "up", flaps, "flap"));
    TRY(goes_with(section, "down", flaps, "flap"));
    TRY(goes_with(section, "status", made.fault == Fault::Status, "status"));
    TRY(goes_with(section, "body", made.fault == Fault::Body, "body"));
    if (slow) made.delay = TRY(required_time(section, "delay"));
    if (flaps) {
      made.flap_up = TRY(required_time(section, "up"));
      made.flap_down = TRY(required_time(section, "down"));
      if (made.flap_up + made.flap_down < std::chrono::milliseconds(100))
        return section.refuse("up", "an endpoint flaps at most ten times a second");
    }
    if (made.fault == Fault::Status)
      made.status = static_cast<unsigned>(TRY(section.integer("status", 100, 599)).value_or(503));
    if (made.fault == Fault::Body) made.body = TRY(section.text("body")).value_or("something else");
    made.checkers = TRY(some_regions(section, "checkers"));
    if (!made.checkers.empty() && made.fault != Fault::Partition)
      return section.refuse("checkers", "'checkers' goes with the fault partition");
    if (made.fault == Fault::Tls)
      for (const std::size_t each : made.endpoints)
        if (!made_.endpoints[each].tls)
          return section.refuse(
              "fault", fmt::format("the endpoint '{}' has no TLS to break", made_.endpoints[each].name));
    return {};
  }
  static Result<void> goes_with(const Section& section, std::string_view key, bool applies,
                                std::string_view fault) {
    if (section.member(key) && !applies)
      return section.refuse(key, fmt::format("'{}' goes with the fault {}", key, fault));
    return {};
  }
  static std::string fault_names() {
    std::string all;
    for (const auto& [name, fault] : kFaults) all += fmt::format("{}{}", all.empty() ? "" : ", ", name);
    return all;
  }

  Result<void> change(const Section& section, Step& made) const {
    if (const auto weight = TRY(section.integer("weight", 0, 255)))
      made.weight = static_cast<unsigned>(*weight);
    if (const auto ttl = TRY(section.integer("ttl", 0, 2'147'483'647)))
      made.ttl_s = static_cast<unsigned>(*ttl);
    made.check_disabled = TRY(section.flag("disabled"));
    made.check_inverted = TRY(section.flag("inverted"));
    if ((made.weight || made.ttl_s) != made.record.has_value())
      return section.refuse("record", "a step of a 'record' has 'weight' or 'ttl', and only such a step has");
    if (made.weight && !made_.records[*made.record].policy.weight)
      return section.refuse("weight", "that record is not weighted");
    if ((made.check_disabled || made.check_inverted) != made.check.has_value())
      return section.refuse("check",
                            "a step of a 'check' has 'disabled' or 'inverted', and only such a step has");
    return {};
  }

  // A moment: a time, or the name of a step.
  Result<std::optional<Duration>> moment(const Section& section, std::string_view key) const {
    const auto text = TRY(section.text(key));
    if (!text) return std::nullopt;
    if (const auto step = find(made_.steps, *text)) return made_.steps[*step].at;
    const auto time = parse_duration(*text);
    if (!time)
      return section.refuse(key, fmt::format("'{}' is a time or a step's name; '{}' is neither", key, *text));
    return time;
  }

  Result<void> expectation(const toml::node& node) {
    const auto section =
        TRY(Section::of(node, "expect",
                        {"check", "answer", "clients", "becomes", "stays", "never", "from", "until", "within",
                         "not-before", "well", "stranded", "wrong", "share", "least", "most", "region"}));
    Expectation made;
    made.line = section.line();
    made.from = TRY(moment(section, "from")).value_or(Duration{});
    made.until = TRY(moment(section, "until")).value_or(made_.duration);
    if (made.until <= made.from || made.until > made_.duration)
      return section.refuse("until", "'until' is after 'from', and not after the end of the drill");
    made.within = TRY(time(section, "within"));
    made.not_before = TRY(time(section, "not-before"));
    made.region = TRY(one_region(section, "region"));
    if (section.member("check"))
      TRY(of_check(section, made));
    else if (section.member("answer"))
      TRY(of_answer(section, made));
    else
      TRY(of_clients(section, made));
    if (made.within && made.from + *made.within > made.until)
      return section.refuse("within", "'within' is longer than the time from 'from' to 'until'");
    made_.expectations.push_back(std::move(made));
    return {};
  }

  Result<void> only(const Section& section, std::initializer_list<std::string_view> allowed) const {
    for (const std::string_view key :
         {"check", "answer", "clients", "becomes", "stays", "never", "within", "not-before", "well",
          "stranded", "wrong", "share", "least", "most", "region"})
      if (section.member(key) && std::ranges::find(allowed, key) == allowed.end())
        return section.refuse(key, fmt::format("'{}' does not go with the rest of this [[expect]]", key));
    return {};
  }

  Result<void> of_check(const Section& section, Expectation& made) const {
    using Kind = Expectation::Kind;
    made.check = *TRY(one_of(made_.checks, "check", section, "check"));
    made.kind = section.member("stays") ? Kind::CheckStays : Kind::CheckBecomes;
    const char* key = made.kind == Kind::CheckStays ? "stays" : "becomes";
    const auto state = TRY(section.required_text(key));
    if (state != "healthy" && state != "unhealthy")
      return section.refuse(key, fmt::format("'{}' is healthy or unhealthy", key));
    made.healthy = state == "healthy";
    if (made.kind == Kind::CheckStays) return only(section, {"check", "stays"});
    if (!made.within) return section.refuse("[[expect]] needs 'within'");
    return only(section, {"check", "becomes", "within", "not-before"});
  }

  Result<void> of_answer(const Section& section, Expectation& made) const {
    using Kind = Expectation::Kind;
    made.answer = TRY(section.required_text("answer"));
    if (std::ranges::none_of(made_.clients, [&](const Clients& each) {
          return each.asks == made.answer && each.region == made.region;
        }))
      return section.refuse("answer", fmt::format("'answer': no clients ask for '{}'{}", made.answer,
                                                  made.region.empty() ? "" : " from " + made.region));
    made.kind = section.member("stays")   ? Kind::AnswerStays
                : section.member("never") ? Kind::AnswerNever
                                          : Kind::AnswerBecomes;
    const char* key = made.kind == Kind::AnswerStays   ? "stays"
                      : made.kind == Kind::AnswerNever ? "never"
                                                       : "becomes";
    made.endpoints = TRY(some_of(made_.endpoints, "endpoint", section, key));
    if (made.endpoints.empty()) return section.refuse("[[expect]] needs 'becomes', 'stays' or 'never'");
    std::ranges::sort(made.endpoints);
    if (made.kind != Kind::AnswerBecomes) return only(section, {"answer", key, "region"});
    if (!made.within) return section.refuse("[[expect]] needs 'within'");
    return only(section, {"answer", "becomes", "within", "not-before", "region"});
  }

  Result<void> of_clients(const Section& section, Expectation& made) const {
    using Kind = Expectation::Kind;
    if (!section.member("clients"))
      return section.refuse("an [[expect]] is about a 'check', an 'answer' or 'clients'");
    if (TRY(section.text("clients")) != "all")
      made.clients = TRY(one_of(made_.clients, "clients", section, "clients"));
    if (TRY(section.flag("well")).value_or(false)) {
      made.kind = Kind::ClientsWell;
      if (!made.within) made.within = Duration::zero();
      return only(section, {"clients", "well", "within"});
    }
    for (const auto& [key, kind] :
         {std::pair("stranded", Kind::StrandedAtMost), std::pair("wrong", Kind::WrongAtMost)})
      if (section.member(key)) {
        made.kind = kind;
        made.most = static_cast<double>(*TRY(section.integer(key, 0, 1'000'000'000)));
        return only(section, {"clients", key});
      }
    made.kind = Kind::ShareBetween;
    made.endpoints = TRY(some_of(made_.endpoints, "endpoint", section, "share"));
    if (made.endpoints.empty())
      return section.refuse("an [[expect]] of clients has 'well', 'stranded', 'wrong' or 'share'");
    made.least = TRY(section.number("least", 0, 1)).value_or(0);
    made.most = TRY(section.number("most", 0, 1)).value_or(1);
    return only(section, {"clients", "share", "least", "most"});
  }

  Result<void> bounded(const Section& top) const {
    std::size_t clients = 0;
    double asks = 0;
    for (const Clients& each : made_.clients) {
      clients += each.count;
      asks += static_cast<double>(each.count) * (made_.duration / each.every);
    }
    if (clients > static_cast<std::size_t>(kClientsMax))
      return top.refuse("clients", fmt::format("more than {} clients", kClientsMax));
    if (asks > kAsksMax)
      return top.refuse(
          "clients",
          fmt::format("they would ask more than {:.0f} times: fewer clients, or less often", kAsksMax));
    for (const Record& record : made_.records)
      if (!record.alias.empty() && !is_record_name(record.alias))
        return top.refuse("record", fmt::format("the record '{}' is an alias of '{}', which is not there",
                                                record.id, record.alias));
    return {};
  }

  Scenario made_;
};

}  // namespace

std::string_view to_string(Fault fault) {
  return std::ranges::find(kFaults, fault, [](const auto& each) { return each.second; })->first;
}

Result<Scenario> parse_scenario(std::string_view text) {
  if (text.size() > kFileBytesMax) return fail(ErrorCode::Limit, "a scenario has at most 1 MiB");
  return toml_reader::parse(text, [](const toml::table& file) { return Reader().read(file); });
}

std::optional<Duration> parse_duration(std::string_view text) {
  Duration sum{};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count > 10'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789"));
    const auto at = std::ranges::find(kUnits, unit, &Unit::name);
    if (at == kUnits.end()) return std::nullopt;
    sum += at->of * count;
    text.remove_prefix(unit.size());
  }
  return sum;
}

std::string print_duration(Duration time) {
  const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(time).count();
  if (tenths < 600)
    return tenths % 10 == 0 ? fmt::format("{}s", tenths / 10)
                            : fmt::format("{}.{}s", tenths / 10, tenths % 10);
  const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
  std::string out;
  if (seconds >= 3600) out += fmt::format("{}h", seconds / 3600);
  if (seconds % 3600 >= 60) out += fmt::format("{}m", seconds % 3600 / 60);
  if (seconds % 60 != 0) out += fmt::format("{:02}s", seconds % 60);
  return out;
}

}  // namespace meridian::apps::drill

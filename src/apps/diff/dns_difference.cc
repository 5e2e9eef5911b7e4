#include "apps/diff/dns_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

#include "compilers/dns/compile.h"
#include "services/route53/resources.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;
namespace route53 = services::route53;
using engines::dns::AskedOf;
using route53::HostedZoneResource;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::RecordSet;

// A zone of the store by itself, as DNS has it.
struct ZoneImage {
  Delta delta;
  std::unique_ptr<const DnsSnapshot> snapshot;
};

Result<ZoneImage> compile_zone(store::Store& store, const std::string& zone_id, const DiffParts& parts) {
  const auto zone = TRY(store.get(route53::zone_key(zone_id)));
  if (!zone) return fail(ErrorCode::NotFound, "there is no hosted zone " + zone_id);
  auto record_sets = TRY(store.range(route53::record_sets_prefix(zone_id)));
  auto hidden = TRY(store.range(route53::hidden_record_sets_prefix(zone_id)));
  std::ranges::move(hidden.items, std::back_inserter(record_sets.items));
  const auto collections = TRY(store.range(route53::kCidrCollectionsPrefix));
  compilers::dns::ZoneIndex index;
  ZoneImage out;
  out.delta = compilers::dns::compile_image({std::span(&*zone, 1), record_sets.items, collections.items},
                                            store.revision(), index)
                  .delta;
  TRY(snapshots::dns::check(out.delta));
  const auto nothing = DnsSnapshot::empty(parts.random, parts.health_table);
  out.snapshot = TRY(apply(*nothing, out.delta));
  return out;
}

class Trial {
 public:
  Trial(const DiffRequest& request, const DiffParts& parts, const std::string& account)
      : request_(request), parts_(parts), store_(parts.store), service_(parts.route53.over(store_)) {
    call_.account_id = account;
    call_.time = parts.clock.now();
    call_.dry_run = true;
  }

  std::vector<DiffProblem> run() {
    if (request_.traffic_policy) try_policy(*request_.traffic_policy);
    for (std::size_t i = 0; i < request_.batches.size(); ++i) try_batch(i);
    return std::move(problems_);
  }
  store::DryRunStore& store() { return store_; }

 private:
  void refused(const aws::ServiceError& error, std::optional<std::size_t> batch = std::nullopt,
               std::optional<std::size_t> change = std::nullopt) {
    problems_.push_back({batch, change, error.code, error.message});
  }

  aws::Outcome<void> apply_batch(const r53::ChangeBatch& batch) {
    r53::ChangeResourceRecordSetsRequest input;
    input.HostedZoneId = request_.zone_id;
    input.ChangeBatch = batch;
    call_.refused_items.clear();
    auto done = service_->ChangeResourceRecordSets(call_, input);
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  void try_batch(std::size_t number) {
    r53::ChangeBatch batch = request_.batches[number];
    std::vector<std::size_t> places;  // of the changes that are left
    for (std::size_t i = 0; i < batch.Changes.size(); ++i) places.push_back(i);
    for (;;) {
      const auto applied = apply_batch(batch);
      if (applied) return;
      const std::set<std::size_t> guilty = report(number, batch, places, applied.error());
      if (!request_.independent || guilty.empty()) return;
      for (auto at = guilty.rbegin(); at != guilty.rend(); ++at) {
        batch.Changes.erase(batch.Changes.begin() + static_cast<std::ptrdiff_t>(*at));
        places.erase(places.begin() + static_cast<std::ptrdiff_t>(*at));
      }
      if (batch.Changes.empty()) return;
    }
  }

  // Every change that the refusal is about, by its place in `batch`.
  std::set<std::size_t> report(std::size_t number, const r53::ChangeBatch& batch,
                               const std::vector<std::size_t>& places, const aws::ServiceError& error) {
    std::set<std::size_t> guilty;
    const bool of_batch = error.code == "InvalidChangeBatch" && !error.details.empty();
    if (const auto* details = of_batch ? &error.details.as<r53::InvalidChangeBatch>() : nullptr;
        details && details->messages && details->messages->size() == call_.refused_items.size()) {
      const std::vector<std::size_t> items = call_.refused_items;
      for (std::size_t i = 0; i < items.size(); ++i) {
        const bool of_one = items[i] < places.size();
        problems_.push_back({number, of_one ? std::optional(places[items[i]]) : std::nullopt, error.code,
                             (*details->messages)[i]});
        if (of_one) guilty.insert(items[i]);
      }
      return guilty;
    }
    // A refusal that ends the call at its first cause: each change by itself shows its own.
    for (std::size_t i = 0; i < places.size() && places.size() > 1; ++i) {
      r53::ChangeBatch alone;
      alone.Changes = {batch.Changes[i]};
      const store::DryRunStore::Changes before = store_.changes();
      const auto applied = apply_batch(alone);
      if (applied) {
        store_.set_changes(before);
      } else if (applied.error().code != "InvalidChangeBatch") {
        refused(applied.error(), number, places[i]);
        guilty.insert(i);
      }
    }
    if (guilty.empty()) refused(error, number, places.size() == 1 ? std::optional(places[0]) : std::nullopt);
    return guilty;
  }

  void try_policy(const DiffRequest::TrafficPolicy& policy) {
    r53::GetTrafficPolicyInstanceRequest asked;
    asked.Id = policy.instance_id;
    const auto instance = service_->GetTrafficPolicyInstance(call_, asked);
    if (!instance) return refused(instance.error());
    const r53::TrafficPolicyInstance& found = instance->TrafficPolicyInstance;
    r53::CreateTrafficPolicyVersionRequest version;
    version.Id = found.TrafficPolicyId;
    version.Document = policy.document;
    const auto made = service_->CreateTrafficPolicyVersion(call_, version);
    if (!made) return refused(made.error());
    r53::UpdateTrafficPolicyInstanceRequest update;
    update.Id = policy.instance_id;
    update.TTL = found.TTL;
    update.TrafficPolicyId = found.TrafficPolicyId;
    update.TrafficPolicyVersion = made->TrafficPolicy.Version;
    if (const auto done = service_->UpdateTrafficPolicyInstance(call_, update); !done) refused(done.error());
  }

  const DiffRequest& request_;
  const DiffParts& parts_;
  store::DryRunStore store_;
  std::unique_ptr<route53::Route53> service_;
  aws::Call call_;
  std::vector<DiffProblem> problems_;
};

// Those of each question side by side, in the order of the questions' first lines.
std::vector<std::pair<DiffQuestion, std::vector<DiffClient>>> by_question(
    const std::vector<DiffRequest::LoggedQuery>& log) {
  std::vector<std::pair<DiffQuestion, std::vector<DiffClient>>> out;
  std::map<std::pair<std::string, dns::Type>, std::size_t> places;
  for (const auto& query : log) {
    const std::string name(query.question.name.lower().wire());
    const auto [found, fresh] = places.try_emplace({name, query.question.type}, out.size());
    if (fresh) out.push_back({query.question, {}});
    out[found->second].second.push_back(query.client);
  }
  return out;
}

Result<void> compare(const DiffRequest& request, Trial& trial, const ZoneImage& before,
                     const ZoneImage& after, const AskedOf& now, DiffReport& report) {
  auto asked = by_question(request.log);
  if (request.log.empty()) {
    const std::vector<DiffClient> clients = everybody(now.locations, request.clients);
    report.population = now.locations.databases().empty()
                            ? fmt::format("{} addresses", clients.size())
                            : fmt::format("{} of the world's prefixes", clients.size());
    report.clients = clients.size();
    for (DiffQuestion& question : questions_touched(trial.store().changes(), before.delta, after.delta))
      asked.push_back({std::move(question), clients});
  } else {
    report.population = "the query log";
    report.clients = request.log.size();
  }
  report.whole = asked.size() <= kDiffQuestionsMax;
  asked.resize(std::min(asked.size(), kDiffQuestionsMax));
  std::size_t answers_left = kDiffAnswersMax;
  AnswerDifference difference({*before.snapshot, now.locations, now.identity, now.now},
                              {*after.snapshot, now.locations, now.identity, now.now}, kDiffDraws);
  for (auto& [question, clients] : asked) {
    QuestionDifference& out = report.questions.emplace_back();
    report.whole &= TRY(difference.ask(question, clients, answers_left, out));
    report.weight += out.weight;
    report.changed_share += out.weight * out.changed_share;
  }
  if (report.weight > 0) report.changed_share /= report.weight;
  std::ranges::stable_sort(report.questions, std::ranges::greater(),
                           [](const auto& each) { return each.weight * each.changed_share; });
  return {};
}

}  // namespace

std::vector<DiffClient> everybody(const snapshots::location::Locations& locations, std::size_t count) {
  std::vector<DiffClient> out;
  for (const net::IpAddress& address : locations.spread_clients(count)) out.push_back({address, {}, 1});
  if (!out.empty()) return out;
  constexpr std::uint64_t kFirst = 1u << 24, kBehind = 224u << 24;  // unicast
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t at = kFirst + (kBehind - kFirst) * i / count;
    out.push_back(
        {net::IpAddress::v4({static_cast<std::uint8_t>(at >> 24), static_cast<std::uint8_t>(at >> 16),
                             static_cast<std::uint8_t>(at >> 8), static_cast<std::uint8_t>(at)}),
         {},
         1});
  }
  return out;
}

std::vector<DiffQuestion> questions_touched(const store::DryRunStore::Changes& changes, const Delta& before,
                                            const Delta& after) {
  using Key = std::tuple<std::string, dns::Type, bool>;  // name, type, whether hidden
  std::map<Key, std::vector<Key>> aliases;               // by what they lead to
  std::map<std::string, std::vector<std::string>> cnames;
  for (const Delta* delta : {&before, &after})
    for (const auto& zone : delta->zones)
      for (const RecordSet& set : zone.puts) {
        if (!set.alias_target.empty())
          aliases[{set.alias_target, set.type, set.target_is_hidden}].push_back(
              {set.owner, set.type, set.hidden});
        else if (set.type == dns::Type::CNAME && !set.hidden)
          if (const auto target = dns::Name::from_wire(set.rdata[0]))
            cnames[std::string(target->lower().wire())].push_back(set.owner);
      }
  std::deque<Key> found;
  std::set<Key> seen;
  const auto add = [&](Key key) {
    if (seen.insert(key).second) found.push_back(std::move(key));
  };
  for (const auto& [key, item] : changes)
    if (const auto place = route53::parse_record_set_key(key))
      add({std::string(place->id.name.lower().wire()), place->id.type, place->id.hidden});
  std::vector<DiffQuestion> out;
  for (; !found.empty(); found.pop_front()) {
    const auto [name, type, hidden] = found.front();
    for (const Key& alias : aliases[found.front()]) add(alias);
    // A CNAME is asked for on the way to an address.
    const dns::Type wanted = type == dns::Type::CNAME ? dns::Type::A : type;
    if (hidden) continue;
    for (const std::string& owner : cnames[name]) add({owner, wanted, false});
    if (type != wanted) add({name, wanted, false});
    if (type == wanted && out.size() <= kDiffQuestionsMax)
      out.push_back({dns::Name::from_wire(name).value(), type});
  }
  return out;
}

Result<DiffReport> dns_difference(const DiffRequest& request, const DiffParts& parts) {
  const auto item = TRY(parts.store.get(route53::zone_key(request.zone_id)));
  if (!item) return fail(ErrorCode::NotFound, "there is no hosted zone " + request.zone_id);
  const HostedZoneResource zone = TRY(route53::decode_hosted_zone(item->value));

  Trial trial(request, parts, zone.account);
  const ZoneImage before = TRY(compile_zone(trial.store(), zone.id, parts));
  DiffReport report;
  report.revision = trial.store().base();
  report.problems = trial.run();
  if (!report.problems.empty() && !request.independent) return report;
  report.would_change = describe(trial.store().changes());
  const ZoneImage after = TRY(compile_zone(trial.store(), zone.id, parts));
  Result<void> compared;
  parts.engine.with_current(
      [&](const AskedOf& now) { compared = compare(request, trial, before, after, now, report); });
  TRY(compared);
  return report;
}

}  // namespace meridian::apps

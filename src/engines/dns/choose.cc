#include "engines/dns/choose.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace meridian::engines::dns {

void Chooser::choose(RecordsView records, Chosen& chosen) {
  const DnsZone* zone = &zone_;
  for (std::size_t hops = 0;; ++hops) {
    if (trace_) trace_->set_depth(hops);
    if (records.is_group) {
      const RecordGroup group(records);
      const Decision decision = decide(group, *zone, hops);
      notes_.add(group.kind(), decision.failed_open);
      if (trace_) explain(group, *zone, decision, hops);
      if (decision.chosen.size == 0) return;
      records = group.records(decision.chosen.order[0]);
      // Of multivalue groups, in which nobody is an alias.
      for (std::size_t i = 1; i < decision.chosen.size; ++i)
        chosen.add(group.records(decision.chosen.order[i]));
    }
    if (!records.is_alias) {
      chosen.add(records);
      if (hops > 0) chosen.forget_links();  // to the end of this name, which is not the one asked for
      return;
    }
    if (hops == kAliasHopsMax) {
      if (trace_) trace_->add("alias", fmt::format("more than {} aliases in a row: no data", kAliasHopsMax));
      return;
    }
    const auto target = find_target(snapshot_, zone, records, trace_);
    if (!target) return;
    records = *target;
  }
}

Chooser::Decision Chooser::decide(const RecordGroup& group, const DnsZone& zone, std::size_t hops) {
  Decision decision;
  if (group.kind() == PolicyKind::Weighted || group.kind() == PolicyKind::Multivalue) {
    decide_by_draw(group, zone, hops, decision);
    return decision;
  }
  Ranking ranking;
  rank(group, ranking);
  if (ranking.size == 0) return decision;
  const auto order = std::span(ranking.order).first(ranking.size);
  const auto first =
      std::ranges::find_if(order, [&](std::uint8_t i) { return is_healthy(group, i, zone, hops); });
  decision.failed_open = first == order.end();
  decision.chosen.add(decision.failed_open ? order.front() : *first);
  return decision;
}

void Chooser::decide_by_draw(const RecordGroup& group, const DnsZone& zone, std::size_t hops,
                             Decision& decision) {
  CandidateSet among;
  for (std::size_t i = 0; i < group.size(); ++i) among[i] = is_healthy(group, i, zone, hops);
  decision.failed_open = among.none();
  if (decision.failed_open)
    for (std::size_t i = 0; i < group.size(); ++i) among[i] = true;
  if (group.kind() == PolicyKind::Multivalue) return draw_multivalue(group, among, random_, decision.chosen);
  decision.draw = draw_weighted(group, among, random_);
  decision.chosen.add(decision.draw.candidate);
}

void Chooser::rank(const RecordGroup& group, Ranking& ranking) {
  switch (group.kind()) {
    case PolicyKind::Failover:
      return rank_failover(group, ranking);
    case PolicyKind::Latency:
      return rank_latency(group, client_, ranking);
    case PolicyKind::Geolocation:
      return rank_geolocation(group, client_, ranking);
    case PolicyKind::Geoproximity:
      return rank_geoproximity(group, client_, ranking);
    case PolicyKind::IpBased:
      return rank_ip_based(group, snapshot_, client_, ranking);
    case PolicyKind::Simple:
      return ranking.add(0);
    case PolicyKind::Weighted:
    case PolicyKind::Multivalue:
      CHECK(!"they draw");
  }
}

// Who comes first is then of no interest, and nothing that the answer depends on.
void Chooser::list_serving(const RecordGroup& group, Ranking& serving) {
  if (group.kind() == PolicyKind::Geolocation || group.kind() == PolicyKind::IpBased)
    return rank(group, serving);
  for (std::size_t i = 0; i < group.size(); ++i) serving.add(i);
}

bool Chooser::is_healthy(const RecordGroup& group, std::size_t candidate, const DnsZone& zone,
                         std::size_t hops) {
  ++notes_.evaluations;
  const snapshots::health::Slot check = group.health(candidate);
  if (check != snapshots::health::kNoCheck && !snapshot_.health_table().healthy(check)) return false;
  if (!group.evaluates_target_health(candidate)) return true;
  return finds_healthy(group.records(candidate), &zone, hops);
}

// Deeper than choose() goes there is nothing, as where a target has no records.
bool Chooser::finds_healthy(const RecordsView& alias, const DnsZone* zone, std::size_t hops) {
  if (hops == kAliasHopsMax) return false;
  if (++notes_.evaluations > kEvaluationsMax) return notes_.gave_up = true;
  const auto target = find_target(snapshot_, zone, alias, nullptr);
  if (!target) return false;
  const auto known = std::span(verdicts_).first(verdict_count_);
  const auto verdict = std::ranges::find(known, target->data.data(), &Verdict::target);
  if (verdict != known.end()) return verdict->healthy;
  const bool healthy = holds_healthy(*target, *zone, hops + 1);
  if (verdict_count_ < verdicts_.size()) verdicts_[verdict_count_++] = {target->data.data(), healthy};
  return healthy;
}

bool Chooser::holds_healthy(const RecordsView& records, const DnsZone& zone, std::size_t hops) {
  if (!records.is_group)
    return !records.is_alias || !records.evaluate_target_health || finds_healthy(records, &zone, hops);
  const RecordGroup group(records);
  Ranking serving;
  list_serving(group, serving);
  return std::ranges::any_of(std::span(serving.order).first(serving.size),
                             [&](std::uint8_t i) { return is_healthy(group, i, zone, hops); });
}

std::optional<RecordsView> choose_for_nobody(const DnsSnapshot& snapshot, const DnsZone& zone,
                                             const NameNode& node, Type type, Random& random) {
  const auto records = node.find(type);
  if (!records) return std::nullopt;
  ClientPlace nobody;
  ChoiceNotes notes;
  Chosen chosen;
  Chooser(snapshot, zone, nobody, random, notes, nullptr).choose(*records, chosen);
  if (chosen.sets().empty()) return std::nullopt;
  return chosen.sets()[0];
}

}  // namespace meridian::engines::dns

#include "services/route53/traffic_policy_record_sets.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::services::route53 {
namespace {

// Of an id in a name or a set identifier, where it only helps to read a trace.
constexpr std::size_t kRuleLettersMax = 24, kTargetLettersMax = 100;

std::string letters_of(std::string_view id, std::size_t most) {
  std::string out(id.substr(0, most));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!plain) c = '-';
  }
  return out;
}

std::unexpected<std::string> name_too_long(const HostedZoneResource& zone) {
  return std::unexpected(fmt::format(
      "The name of the hosted zone {} leaves no room for record sets of a traffic policy below it.",
      aws_name(zone.name)));
}

class Maker {
 public:
  Maker(const HostedZoneResource& zone, const TrafficPolicyInstanceResource& instance,
        const TrafficPolicyDocument& document)
      : zone_(zone), instance_(instance), document_(document), made_(document.rules.size(), false) {}

  Checked<TrafficPolicyRecordSets> make() {
    TrafficPolicyRecordSets out;
    out.root = empty(instance_.name);
    TRY(lead(out.root, document_.start, true));
    // Every round adds the rules that it finds; what no rule leads to is never made.
    for (std::size_t next = 0; next < to_make_.size(); ++next) {
      const TrafficRule& rule = document_.rules[to_make_[next]];
      const dns::Name name = TRY(name_of(to_make_[next]));
      for (std::size_t i = 0; i < rule.items.size(); ++i)
        out.hidden.push_back(TRY(candidate(name, rule.type, rule.items[i], i)));
    }
    return out;
  }

 private:
  RecordSetResource empty(const dns::Name& name) const {
    RecordSetResource set;
    set.id.name = name;
    set.id.type = instance_.type;
    set.traffic_policy_instance_id = instance_.id;
    return set;
  }

  // The index keeps rules apart whose ids look alike.
  Checked<dns::Name> name_of(std::size_t rule) const {
    const std::string label =
        fmt::format("{}-{}", rule, letters_of(document_.rules[rule].id, kRuleLettersMax));
    auto below = zone_.name.prepend(instance_.id);
    auto name = below ? below->prepend(label) : below;
    if (!name) return name_too_long(zone_);
    return *name;
  }

  Checked<void> lead(RecordSetResource& set, const TrafficReference& target, bool evaluate_target_health) {
    if (!target.is_rule) {
      set.ttl = instance_.ttl;
      set.records = {document_.endpoints[target.index].record};
      return {};
    }
    if (!made_[target.index]) to_make_.push_back(target.index);
    made_[target.index] = true;
    const dns::Name name = TRY(name_of(target.index));
    set.alias = AliasTarget{zone_.id, name, evaluate_target_health, true};
    return {};
  }

  Checked<RecordSetResource> candidate(const dns::Name& name, RuleType type, const TrafficRuleItem& item,
                                       std::size_t index) {
    RecordSetResource set = empty(name);
    const std::string& target = item.target.is_rule ? document_.rules[item.target.index].id
                                                    : document_.endpoints[item.target.index].id;
    set.id.hidden = true;
    set.id.set_identifier = fmt::format("{:02}-{}", index, letters_of(target, kTargetLettersMax));
    set.health_check_id = item.health_check_id;
    TRY(lead(set, item.target, item.evaluate_target_health));
    switch (type) {
      case RuleType::Failover:
        set.failover = item.primary ? "PRIMARY" : "SECONDARY";
        break;
      case RuleType::Geo:
        set.geo_location = item.geo_location;
        break;
      case RuleType::Geoproximity:
        set.geo_proximity = item.geo_proximity;
        break;
      case RuleType::Latency:
        set.region = item.region;
        break;
      case RuleType::Multivalue:
        set.multi_value_answer = true;
        break;
      case RuleType::Weighted:
        set.weight = item.weight;
        break;
    }
    return set;
  }

  const HostedZoneResource& zone_;
  const TrafficPolicyInstanceResource& instance_;
  const TrafficPolicyDocument& document_;
  std::vector<bool> made_;  // by rule
  std::vector<std::size_t> to_make_;
};

}  // namespace

Checked<TrafficPolicyRecordSets> traffic_policy_record_sets(const HostedZoneResource& zone,
                                                            const TrafficPolicyInstanceResource& instance,
                                                            const TrafficPolicyDocument& document) {
  return Maker(zone, instance, document).make();
}

Checked<std::string> hidden_record_sets_prefix(const HostedZoneResource& zone, std::string_view instance_id) {
  auto name = zone.name.prepend(instance_id);
  if (!name) return name_too_long(zone);
  return hidden_record_sets_prefix(zone.id) + reversed_name(*name);
}

}  // namespace meridian::services::route53

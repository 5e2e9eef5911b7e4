#include "snapshots/dns/record_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "snapshots/dns/wire_records.h"

namespace meridian::snapshots::dns {
namespace {

std::string_view bytes_of(const auto& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

location::Point point_of(double latitude, double longitude) {
  return location::Point::of(latitude, longitude);
}

}  // namespace

Policy RecordGroup::policy(std::size_t i) const {
  const Entry entry = this->entry(i);
  const std::string_view text = body(entry).substr(entry.identifier_size, entry.text_size);
  const Candidate candidate = at(i);
  switch (kind()) {
    case PolicyKind::Simple:
      break;
    case PolicyKind::Weighted:
      return Weighted{candidate.weight};
    case PolicyKind::Failover:
      return Failover{candidate.primary};
    case PolicyKind::Latency:
      return Latency{std::string(text)};
    case PolicyKind::Geolocation:
      return Geolocation{std::string(candidate.continent.text()), std::string(candidate.country.text()),
                         std::string(candidate.subdivision.text())};
    case PolicyKind::Geoproximity: {
      Geoproximity policy;
      policy.bias = candidate.bias;
      if (entry.flags & kHasCoordinates) {
        std::memcpy(&policy.latitude, text.data(), sizeof policy.latitude);
        std::memcpy(&policy.longitude, text.data() + sizeof policy.latitude, sizeof policy.longitude);
      } else {
        policy.region = text;
      }
      return policy;
    }
    case PolicyKind::Multivalue:
      return Multivalue{};
    case PolicyKind::IpBased:
      return IpBased{std::string(collection_id()), std::string(text)};
  }
  return Simple{};
}

// Candidates as they are taken out of a group and put into the next.
class GroupBuilder {
 public:
  explicit GroupBuilder(const RecordGroup& group)
      : kind_(group.kind()), collection_id_(group.collection_id()), hash_(group.collection_hash()) {
    parts_.reserve(group.size() + 1);
    for (std::size_t i = 0; i < group.size(); ++i) {
      const Entry entry = group.entry(i);
      parts_.push_back({entry, group.body(entry)});
    }
  }
  explicit GroupBuilder(const RecordSet& first) : kind_(static_cast<PolicyKind>(first.policy.index())) {
    if (const auto* policy = std::get_if<IpBased>(&first.policy)) collection_id_ = policy->collection_id;
  }

  Result<void> put(const RecordSet& set, const PutContext& context) {
    if (static_cast<PolicyKind>(set.policy.index()) != kind_)
      return invalid("record sets of one name and type have several routing policies");
    std::string text;
    Entry entry = of_policy(set.policy, text);
    if (const auto* policy = std::get_if<IpBased>(&set.policy)) {
      if (policy->collection_id != collection_id_)
        return invalid("record sets of one name and type are of several CIDR collections");
      hash_ = hash_of(context.key, collection_id_);
    }
    const WireRecords records(set, context.apex_labels, context.key);
    entry.health = context.health_table.slot_of(set.health_check_id);
    entry.records_size = records.records_size();
    entry.count = records.count();
    entry.identifier_size = static_cast<std::uint8_t>(set.set_identifier.size());
    entry.text_size = static_cast<std::uint8_t>(text.size());
    if (records.is_alias()) entry.flags |= RecordGroup::kAlias;
    if (records.has_links()) entry.flags |= RecordGroup::kHasLinks;
    if (set.evaluate_target_health) entry.flags |= RecordGroup::kEvaluateTargetHealth;
    if (set.target_is_hidden) entry.flags |= RecordGroup::kTargetIsHidden;
    added_ = set.set_identifier + text;
    added_.resize(added_.size() + records.size());
    records.write(added_.data() + added_.size() - records.size());

    const auto place = std::ranges::lower_bound(parts_, set.set_identifier, {}, &Part::identifier);
    if (place != parts_.end() && place->identifier() == set.set_identifier)
      *place = {entry, added_};
    else if (parts_.size() == kGroupSizeMax)
      return fail(ErrorCode::Limit,
                  fmt::format("more than {} record sets of one name and type", kGroupSizeMax));
    else
      parts_.insert(place, {entry, added_});
    return {};
  }

  void remove(std::string_view set_identifier) {
    std::erase_if(parts_, [&](const Part& part) { return part.identifier() == set_identifier; });
  }

  GroupBytes finish() {
    if (parts_.empty()) return {};
    RecordGroup::Head head;
    head.kind = kind_;
    head.collection_size = static_cast<std::uint8_t>(collection_id_.size());
    head.collection_hash = hash_;
    std::size_t body = sizeof head + parts_.size() * sizeof(Entry) + collection_id_.size();
    std::string entries, bodies;
    for (Part& part : parts_) {
      part.entry.body = static_cast<std::uint32_t>(body + bodies.size());
      if (kind_ == PolicyKind::Weighted)
        head.weight_sum = static_cast<std::uint16_t>(head.weight_sum + part.entry.number);
      if (part.entry.health != health::kNoCheck) head.has_health_checks = true;
      entries += bytes_of(part.entry);
      bodies += part.body;
    }
    GroupBytes out{std::string(bytes_of(head)), parts_.size()};
    for (const std::string_view piece : {std::string_view(entries), collection_id_, std::string_view(bodies)})
      out.bytes += piece;
    return out;
  }

 private:
  using Entry = RecordGroup::Entry;
  struct Part {
    Entry entry;
    std::string_view body;
    std::string_view identifier() const { return body.substr(0, entry.identifier_size); }
  };

  // What the policy alone says; `text` is what its body keeps of it.
  static Entry of_policy(const Policy& policy, std::string& text) {
    Entry entry;
    const auto put_point = [&entry](const location::Point& point) {
      entry.flags |= RecordGroup::kHasPoint;
      std::memcpy(entry.place.data(), &point, sizeof point);
    };
    if (const auto* weighted = std::get_if<Weighted>(&policy)) {
      entry.number = weighted->weight;
    } else if (const auto* failover = std::get_if<Failover>(&policy)) {
      if (failover->primary) entry.flags |= RecordGroup::kPrimary;
    } else if (const auto* latency = std::get_if<Latency>(&policy)) {
      entry.number = regions::find(latency->region);
      text = latency->region;
    } else if (const auto* geo = std::get_if<Geolocation>(&policy)) {
      const RecordGroup::Codes codes{location::Code::of(geo->continent), location::Code::of(geo->country),
                                     location::Code::of(geo->subdivision)};
      std::memcpy(entry.place.data(), codes.data(), sizeof codes);
    } else if (const auto* near = std::get_if<Geoproximity>(&policy)) {
      entry.number = static_cast<std::uint8_t>(near->bias);
      if (near->region.empty()) {
        entry.flags |= RecordGroup::kHasCoordinates;
        text.append(bytes_of(near->latitude)).append(bytes_of(near->longitude));
        put_point(point_of(near->latitude / 100.0, near->longitude / 100.0));
      } else {
        text = near->region;
        if (const auto index = regions::find(near->region); index != regions::kNoRegion)
          put_point(point_of(regions::all()[index].latitude, regions::all()[index].longitude));
      }
    } else if (const auto* block = std::get_if<IpBased>(&policy)) {
      text = block->location;
    }
    return entry;
  }

  PolicyKind kind_;
  std::string_view collection_id_;
  std::uint64_t hash_ = 0;
  std::vector<Part> parts_;
  std::string added_;  // the body of what put() added; it is called once
};

Result<GroupBytes> group_with(const RecordGroup* before, const RecordSet& set, const PutContext& context) {
  GroupBuilder builder = before ? GroupBuilder(*before) : GroupBuilder(set);
  TRY(builder.put(set, context));
  return builder.finish();
}

GroupBytes group_without(const RecordGroup& before, std::string_view set_identifier) {
  GroupBuilder builder(before);
  builder.remove(set_identifier);
  return builder.finish();
}

}  // namespace meridian::snapshots::dns

#include "snapshots/dns/referral.h"

#include <algorithm>
#include <array>
#include <vector>

#include "snapshots/dns/snapshot.h"

namespace meridian::snapshots::dns {
namespace {

class Composer {
 public:
  Composer(const DnsZone& zone, const NameNode& node, const RecordsView& ns)
      : zone_(zone), ns_(ns), owner_(std::string(node.relative_name()) + std::string(zone.apex())) {}

  void add_ns() {
    std::array<std::size_t, kLinkedValuesMax> values_at;
    std::size_t from = 0;
    for (std::size_t i = 0; i < ns_.count; ++i) {
      const NameLink link = ns_.link(i);
      const char* record = ns_.data.data() + from;
      const std::string_view name = ns_.next(from);
      // The root label is shorter than a pointer to it.
      if (owner_.size() == 1)
        records.push_back('\0');
      else
        add_pointer(0, owner_pointers);
      records.append(record + kOwnerPointerSize, kRecordHeadSize - kOwnerPointerSize);
      const std::size_t at = records.size();
      targets_at_.push_back(at);
      if (i < values_at.size()) values_at[i] = at;
      if (link.to == NameLink::To::Nothing) {
        records += name;
        continue;
      }
      records += name.substr(0, link.keep);
      if (link.to == NameLink::To::Owner)
        add_pointer(owner_.size() - link.offset, owner_pointers);
      else
        add_pointer(values_at[link.value] + link.offset, own_pointers);
      store_u16(reinterpret_cast<std::uint8_t*>(records.data()) + at - 2,
                static_cast<std::uint16_t>(records.size() - at));
    }
  }

  // In-domain glue first, as replies have it; false when it cannot be composed.
  bool add_addresses(bool glue) {
    std::size_t from = 0;
    for (std::size_t i = 0; i < ns_.count; ++i) {
      const std::string_view name = ns_.next(from);
      const std::uint64_t hash = ns_.link(i).target_hash;
      if (hash == 0 || is_under_owner(name) != glue) continue;
      const NsTarget* target = zone_.find_ns_target(hash, name);
      if (!target || target->is_crowded()) return false;
      const NameNode* node = zone_.find(hash, name);
      if (!node) continue;
      for (const Type type : {Type::A, Type::AAAA}) {
        const auto records_there = node->find(type);
        if (!records_there) continue;
        // What they answer with depends on the client.
        if (records_there->is_alias || records_there->is_group) return false;
        if (std::ranges::find(added_, records_there->data.data()) != added_.end()) continue;
        added_.push_back(records_there->data.data());
        add_set(*records_there, targets_at_[i]);
        if (records.size() > kReferralBytesMax) return false;  // many large sets would cost much for nothing
      }
    }
    return true;
  }

  std::string records;
  std::vector<std::uint16_t> owner_pointers, own_pointers;  // where they stand in `records`
  std::size_t additional_count = 0;

 private:
  void add_pointer(std::size_t to, std::vector<std::uint16_t>& pointers) {
    pointers.push_back(static_cast<std::uint16_t>(records.size()));
    append_u16(records, static_cast<std::uint16_t>(0xc000 | to));
  }

  bool is_under_owner(std::string_view name) const {
    while (name.size() > owner_.size()) name.remove_prefix(static_cast<std::uint8_t>(name[0]) + 1u);
    return meridian::dns::same_name(name, owner_);
  }

  void add_set(const RecordsView& set, std::size_t owner_at) {
    for (std::size_t from = 0; from < set.data.size();) {
      const char* record = set.data.data() + from;
      const std::size_t rdata_size = set.next(from).size();
      add_pointer(owner_at, own_pointers);
      records.append(record + kOwnerPointerSize, kRecordHeadSize - kOwnerPointerSize + rdata_size);
      ++additional_count;
    }
  }

  const DnsZone& zone_;
  const RecordsView& ns_;
  std::string owner_;
  std::vector<std::size_t> targets_at_;  // where the RDATA of each value stands in `records`
  std::vector<const char*> added_;
};

}  // namespace

std::string compose_referral(const DnsZone& zone, const NameNode& node) {
  const auto ns = node.find(Type::NS);
  // What a wildcard's NS set is the authority of has another owner each time.
  if (!ns || ns->is_alias || ns->data.size() > 4 * kReferralBytesMax ||
      node.relative_name().starts_with(std::string_view("\1*", 2)))
    return {};
  Composer composer(zone, node, *ns);
  composer.add_ns();
  const bool is_apex = node.relative_name().empty();
  if (!is_apex && !(composer.add_addresses(true) && composer.add_addresses(false))) return {};
  if (composer.records.size() > kReferralBytesMax) return {};

  Referral::Head head;
  head.authority_count = ns->count;
  head.additional_count = static_cast<std::uint16_t>(composer.additional_count);
  head.owner_pointers = static_cast<std::uint16_t>(composer.owner_pointers.size());
  head.own_pointers = static_cast<std::uint16_t>(composer.own_pointers.size());
  head.size = static_cast<std::uint16_t>(composer.records.size());
  std::string encoded(reinterpret_cast<const char*>(&head), sizeof head);
  for (const auto* pointers : {&composer.owner_pointers, &composer.own_pointers})
    encoded.append(reinterpret_cast<const char*>(pointers->data()), pointers->size() * 2);
  return encoded + composer.records;
}

}  // namespace meridian::snapshots::dns

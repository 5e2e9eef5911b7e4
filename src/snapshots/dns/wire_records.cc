#include "snapshots/dns/wire_records.h"

#include "snapshots/dns/name_links.h"

namespace meridian::snapshots::dns {

WireRecords::WireRecords(const RecordSet& set, std::size_t apex_labels, const HashKey& key) : set_(set) {
  if (is_alias()) {
    records_size_ = kRecordHeadSize + set.alias_target.size();
    return;
  }
  links_ = link_names(set, apex_labels, key);
  for (const std::string& value : set.rdata) records_size_ += kRecordHeadSize + value.size();
}

void WireRecords::write(char* out) const {
  if (has_links()) std::memcpy(out, links_.data(), links_.size() * sizeof(NameLink));
  out += links_.size() * sizeof(NameLink);
  if (is_alias()) write_record(out, set_.alias_target);
  for (const std::string& value : set_.rdata) write_record(out, value);
}

void WireRecords::write_record(char*& out, std::string_view rdata) const {
  std::uint8_t head[kRecordHeadSize];
  store_u16(head, kPointerToQuestion);
  store_u16(head + 2, static_cast<std::uint16_t>(set_.type));
  store_u16(head + 4, static_cast<std::uint16_t>(meridian::dns::Class::IN));
  store_u32(head + 6, set_.ttl);
  store_u16(head + 10, static_cast<std::uint16_t>(rdata.size()));
  std::memcpy(out, head, sizeof head);
  std::memcpy(out + sizeof head, rdata.data(), rdata.size());
  out += sizeof head + rdata.size();
}

}  // namespace meridian::snapshots::dns

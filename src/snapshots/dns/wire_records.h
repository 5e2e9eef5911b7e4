// The records of a record set as they go on the wire, with the links of their names: what a simple set and a
// candidate of a group are stored as. An alias is one record whose RDATA is the target's owner name.
#pragma once

#include <vector>

#include "snapshots/dns/name_node.h"

namespace meridian::snapshots::dns {

class WireRecords {
 public:
  // `apex_labels`: of the zone. `set` is borrowed.
  WireRecords(const RecordSet& set, std::size_t apex_labels, const HashKey& key);

  bool is_alias() const { return !set_.alias_target.empty(); }
  std::uint16_t count() const { return static_cast<std::uint16_t>(is_alias() ? 1 : set_.rdata.size()); }
  bool has_links() const { return !links_.empty(); }
  std::uint32_t records_size() const { return static_cast<std::uint32_t>(records_size_); }
  std::size_t size() const { return links_.size() * sizeof(NameLink) + records_size_; }
  void write(char* out) const;  // size() bytes: the links, the records

 private:
  void write_record(char*& out, std::string_view rdata) const;

  const RecordSet& set_;
  std::vector<NameLink> links_;
  std::size_t records_size_ = 0;
};

}  // namespace meridian::snapshots::dns

// Zones for tests, written as master-file lines.
#pragma once

#include <string>
#include <string_view>

#include "formats/dns/name.h"
#include "snapshots/dns/delta.h"

namespace meridian::snapshots::dns {

inline std::string wire(std::string_view name) {
  return std::string(meridian::dns::Name::parse(name)->wire());
}

inline RecordSet record_set(std::string_view owner, Type type, std::uint32_t ttl,
                            std::vector<std::string> rdata) {
  return {wire(owner), type, "", ttl, std::move(rdata), ""};
}
inline RecordSet alias(std::string_view owner, Type type, std::string_view target) {
  return {wire(owner), type, "", 0, {}, wire(target)};
}
// RDATA of ns.<apex> hostmaster.<apex> and numbers whose last, the negative TTL, is 60.
inline RecordSet soa(std::string_view apex) {
  const std::string below = apex == "." ? "." : "." + std::string(apex);
  std::string rdata = wire("ns" + below) + wire("hostmaster" + below);
  rdata.append(19, '\0');
  rdata += '\x3c';
  return record_set(apex, Type::SOA, 900, {rdata});
}
inline RecordSet address(std::string_view owner, char last = 1) {
  return record_set(owner, Type::A, 300, {std::string("\x0a\0\0", 3) + last});
}
// The record set as one of several, under a policy.
inline RecordSet under(RecordSet set, std::string set_identifier, Policy policy,
                       std::string health_check_id = "") {
  set.set_identifier = std::move(set_identifier);
  set.policy = std::move(policy);
  set.health_check_id = std::move(health_check_id);
  return set;
}

}  // namespace meridian::snapshots::dns

// Questions to recursive resolvers, and what the answer to that for IPv4 addresses says. Pure.
// Rule: bytes that do not answer the very question that was asked say nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "formats/dns/message.h"
#include "net/address.h"

namespace meridian::upstream {

inline constexpr std::size_t kAnswerBytesMax = 1232;  // what a server may send us in one datagram
inline constexpr std::size_t kAddressesMax = 64;      // of one name
inline constexpr std::size_t kAliasesMax = 16;        // CNAMEs followed

struct AddressAnswer {
  meridian::dns::Rcode rcode = meridian::dns::Rcode::NoError;
  std::vector<net::IpAddress> addresses;
  Duration lives{};  // the smallest TTL on the way to them
  std::optional<meridian::dns::Name>
      at{};  // the CNAMEs end there, and the answer does not go on: to be asked next
};

std::string question_bytes(std::uint16_t id, const meridian::dns::Name& name, meridian::dns::Type type);
// Nothing: it is no answer to this question.
std::optional<AddressAnswer> read_address_answer(Bytes message, std::uint16_t id,
                                                 const meridian::dns::Name& name);

// As Route 53 shows it: "Rcode NXDomain(3)".
std::string shown(meridian::dns::Rcode rcode);

}  // namespace meridian::upstream

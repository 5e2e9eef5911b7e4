// Referral: an owner's NS set and the addresses of its targets, composed in advance as they go into a
// message: one copy, and pointers to move to where the message has the names. It is what most replies carry,
// as the referral of a delegated name or as the authority of a positive answer.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "snapshots/dns/name_node.h"

namespace meridian::snapshots::dns {

class DnsZone;

inline constexpr std::size_t kReferralBytesMax =
    1232;  // longer ones do not fit a datagram, and are not composed

class Referral {
 public:
  // What NameNode::referral() holds; not empty.
  explicit Referral(std::string_view encoded) : positions_(encoded.data() + sizeof head_) {
    std::memcpy(&head_, encoded.data(), sizeof head_);
    records_ = encoded.substr(encoded.size() - head_.size);
  }

  std::size_t authority_count() const { return head_.authority_count; }
  std::size_t additional_count() const { return head_.additional_count; }
  std::size_t size() const { return head_.size; }

  // Writes size() bytes to `message` + `at`; the owner stands, in one piece, at `owner_at`. Neither may lie
  // beyond what a pointer reaches.
  void write(std::uint8_t* message, std::size_t at, std::size_t owner_at) const {
    std::uint8_t* out = message + at;
    std::memcpy(out, records_.data(), records_.size());
    const char* position = move(out, positions_, head_.owner_pointers, owner_at);
    move(out, position, head_.own_pointers, at);
  }

 private:
  friend std::string compose_referral(const DnsZone& zone, const NameNode& node);
  struct Head {
    std::uint16_t authority_count = 0, additional_count = 0;  // records
    std::uint16_t owner_pointers = 0;                         // relative to the owner
    std::uint16_t own_pointers = 0;                           // relative to the first record
    std::uint16_t size = 0;                                   // of the records
  };

  static const char* move(std::uint8_t* out, const char* positions, std::size_t count, std::size_t by) {
    for (; count > 0; --count, positions += 2) {
      std::uint16_t position;
      std::memcpy(&position, positions, sizeof position);
      store_u16(out + position, static_cast<std::uint16_t>(load_u16(out + position) + by));
    }
    return positions;
  }

  Head head_;
  const char* positions_;
  std::string_view records_;
};

// Empty when it cannot be composed: a target is an alias or crowded, or it would be longer than
// kReferralBytesMax. Then a reply finds the addresses for itself.
std::string compose_referral(const DnsZone& zone, const NameNode& node);

}  // namespace meridian::snapshots::dns

// ClientPlace: who a query is answered for, and how much of that the answer depends on. Answers that are the
// same for everybody pay nothing: the client is located when the first policy asks.
//
// Rule: whoever chooses by what stands here says so with depend_on(), so that a resolver which keeps the
// answer for the prefix in the reply (RFC 7871 §7.3.1) is never wrong for another client in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "snapshots/location/location.h"

namespace meridian::engines::dns {

// One address, or all that share its first bits; the bits behind them are zero.
struct ClientBlock {
  net::IpAddress address;
  unsigned bits = 0;
  unsigned mapped_bits = 0;  // 96: it was an IPv4 address inside IPv6 (RFC 4291 §2.5.5.2)
  bool is_client_subnet = false;
};

class ClientPlace {
 public:
  // The client subnet of the query when it tells one, else the address that the query came from. A subnet of
  // no bits asks that the client be kept out of it (RFC 7871 §7.1.2); its resolver is not kept out.
  ClientPlace(const meridian::dns::Query& query, const AnswerContext& context)
      : context_(&context),
        subnet_(query.edns && query.edns->client_subnet ? &*query.edns->client_subnet : nullptr) {}
  // Nobody in particular: every address there is, of which nothing is known.
  ClientPlace() = default;

  const ClientBlock& block() {
    if (!block_) read_block();
    return *block_;
  }
  const snapshots::location::Located& located() {
    if (!located_) locate();
    return *located_;
  }
  // Null: nothing is known of any client.
  const snapshots::location::Locations* locations() const { return context_ ? context_->locations : nullptr; }

  // The answer holds for the clients that share the first `prefix_bits` bits of block().address.
  void depend_on(unsigned prefix_bits) {
    depends_ = true;
    depends_on_ = std::max(depends_on_, prefix_bits + block().mapped_bits);
  }
  bool depends() const { return depends_; }
  // For a reply to a query with a client subnet: 0 when the answer holds for everybody, else 1 or more.
  std::uint8_t scope_bits() const;

  void explain(Trace& trace);  // says it once
  // Takes back what explaining looked at, as it is more than the answer depends on; what is said stays said.
  void reset_to(const ClientPlace& before) {
    const bool explained = explained_;
    *this = before;
    explained_ = explained;
  }

 private:
  void read_block();
  void locate();

  const AnswerContext* context_ = nullptr;
  const meridian::dns::ClientSubnet* subnet_ = nullptr;
  bool depends_ = false, explained_ = false;
  unsigned depends_on_ = 0;
  std::optional<ClientBlock> block_;
  std::optional<snapshots::location::Located> located_;
};

}  // namespace meridian::engines::dns

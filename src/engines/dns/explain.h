// Questions asked of a snapshot outside the wire: why it answers as it does, and how often it gives which
// answer. Both go through answer(), as every query does, so that they cannot tell another story than DNS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "snapshots/location/place.h"

namespace meridian::engines::dns {

// A question and who asks it.
struct Asked {
  meridian::dns::Name name;
  meridian::dns::Type type = meridian::dns::Type::A;
  net::Address client{};
  std::optional<meridian::dns::ClientSubnet> subnet{};
  // As if the client were there, whatever its address; nothing is known of its address then.
  const snapshots::location::Place* place = nullptr;
  Transport transport = Transport::Tcp;
};

// What questions are asked of.
struct AskedOf {
  const snapshots::dns::DnsSnapshot& snapshot;
  const snapshots::location::Locations& locations;
  const ServerIdentity& identity;
  SystemTime now;
};

struct Explanation {
  Trace trace;
  meridian::dns::Message reply;
  meridian::dns::Rcode rcode{};
  AnswerKind kind = AnswerKind::Malformed;
  std::string zone_id;            // that answered; of a CNAME chain the last; empty: none did
  std::optional<unsigned> scope;  // bits of the client subnet that the answer holds for, when one was told
};
Result<Explanation> explain(const Asked& asked, const AskedOf& of, Random& random);

// An answer of a random policy, or of a simple one, whose share is 1.
struct AnswerShare {
  std::string answer;  // "A 192.0.2.1, A 192.0.2.2, TTL 60", "no data, TTL 900", …
  double share = 0;
  bool operator==(const AnswerShare&) const = default;
};

// How often each answer comes, over draws that are spread evenly instead of being random: what one draw
// decides comes out to within 1 / draws, and the same question always gives the same shares. Answers are
// remembered, so that asking for many clients costs little more than answering does.
class AnswerShares {
 public:
  static constexpr unsigned kDrawsMax = 100'000;

  AnswerShares(AskedOf of, unsigned draws) : of_(of), draws_(draws), reply_(kTcpSizeMax) {}

  // The greatest share first.
  Result<std::vector<AnswerShare>> ask(const Asked& asked);
  // Whether the last question's answer was the same for every client there is.
  bool same_for_all() const { return same_for_all_; }
  unsigned answers() const { return answers_; }  // that it took

 private:
  const std::string& text_of(Bytes reply);

  AskedOf of_;
  unsigned draws_;
  bool same_for_all_ = false;
  unsigned answers_ = 0;
  std::vector<std::uint8_t> reply_;
  std::unordered_map<std::string, std::string> texts_;  // by the reply's bytes; at most kRemembered
};

// The reply's answers as AnswerShare has them.
std::string text_of(const meridian::dns::Message& reply);

}  // namespace meridian::engines::dns

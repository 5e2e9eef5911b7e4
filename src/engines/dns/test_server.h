// A served world for tests: zones written as lines "owner ttl TYPE rdata" (names relative to the apex, "@"
// for it; "owner ttl ALIAS TYPE target" for an alias), questions in, parsed replies out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "snapshots/dns/snapshot.h"
#include "snapshots/location/location.h"

namespace meridian::engines::dns {

struct Ask {
  std::string name;
  std::string type = "A";
  Transport transport = Transport::Udp;
  std::optional<std::uint16_t> edns_size = std::nullopt;  // none: no EDNS
  std::uint16_t klass = 1;
  std::uint8_t edns_version = 0;
  bool dnssec_ok = false;
  std::string options = "";  // EDNS options as bytes
  bool rd = false, cd = false;
  std::uint8_t opcode = 0;
};
std::string make_query(const Ask& ask);

// An EDNS option: the client subnet "192.0.2.0/24" or "2001:db8::/56".
std::string client_subnet(std::string_view block);

// Record sets with a policy, at a name with its trailing dot: an address of TTL 60, or an alias.
snapshots::dns::RecordSet candidate(std::string_view owner, std::string set_identifier,
                                    snapshots::dns::Policy policy, std::string_view address,
                                    std::string health_check_id = "");
snapshots::dns::RecordSet alias_candidate(std::string_view owner, std::string set_identifier,
                                          snapshots::dns::Policy policy, std::string_view target,
                                          bool evaluate_target_health, std::string health_check_id = "");

class TestServer {
 public:
  TestServer();
  // Fails the test when the lines cannot be read or applied. An SOA is added when the lines have none.
  void add_zone(std::string_view apex, std::string_view lines, std::string zone_id = "");
  // Puts what lines cannot say into the zone added last.
  void put(std::vector<snapshots::dns::RecordSet> sets);
  void put(const snapshots::dns::CidrCollection& collection);

  // The reply, which must be well-formed; nothing when there was none.
  std::optional<meridian::dns::Message> ask(const Ask& ask);
  std::string ask_bytes(std::string_view query, Transport transport = Transport::Udp);

  SeededRandom random{1};
  Random* draws = &random;  // for answers
  std::shared_ptr<snapshots::health::HealthTable> health = std::make_shared<snapshots::health::HealthTable>();
  const snapshots::location::Locations* locations = nullptr;
  ServerIdentity identity;
  net::Address client{net::IpAddress::v4({192, 0, 2, 7}), 5353};
  SystemTime now{std::chrono::seconds(1'700'000'000)};
  std::unique_ptr<const snapshots::dns::DnsSnapshot> snapshot;
  Trace* trace = nullptr;
  AnswerResult result;  // of the answer given last

 private:
  void apply(snapshots::dns::Delta delta);

  std::string zone_id_, apex_;  // of the zone added last
  int zones_ = 0;
};

// "owner ttl TYPE rdata" of each record, sorted; OPT left out.
std::vector<std::string> lines_of(const std::vector<meridian::dns::Record>& records);
// One such line of a case or a test, in the same canonical form.
std::string canonical_line(std::string_view line, std::string_view apex);

}  // namespace meridian::engines::dns

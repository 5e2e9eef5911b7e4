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

class TestServer {
 public:
  TestServer();
  // Fails the test when the lines cannot be read or applied. An SOA is added when the lines have none.
  void add_zone(std::string_view apex, std::string_view lines, std::string zone_id = "");

  // The reply, which must be well-formed; nothing when there was none.
  std::optional<meridian::dns::Message> ask(const Ask& ask);
  std::string ask_bytes(std::string_view query, Transport transport = Transport::Udp);

  SeededRandom random{1};
  ServerIdentity identity;
  net::Address client{net::IpAddress::v4({192, 0, 2, 7}), 5353};
  SystemTime now{std::chrono::seconds(1'700'000'000)};
  std::unique_ptr<const snapshots::dns::DnsSnapshot> snapshot;
  Trace* trace = nullptr;

 private:
  int zones_ = 0;
};

// "owner ttl TYPE rdata" of each record, sorted; OPT left out.
std::vector<std::string> lines_of(const std::vector<meridian::dns::Record>& records);
// One such line of a case or a test, in the same canonical form.
std::string canonical_line(std::string_view line, std::string_view apex);

}  // namespace meridian::engines::dns

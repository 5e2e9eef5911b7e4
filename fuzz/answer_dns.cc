// Any bytes as a question to a small world that has every shape of data. The first byte chooses the transport
// and how the bytes behind it are taken: as a whole message, or as a question to which a proper header is
// added.
#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "base/random.h"
#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "formats/dns/rdata.h"
#include "snapshots/location/location.h"

namespace {

using namespace meridian;
using namespace meridian::engines::dns;
using namespace meridian::snapshots::dns;
using meridian::dns::Name;
using snapshots::location::Locations;
using snapshots::location::Place;

struct Line {
  std::string_view owner;
  Type type;
  std::string_view rdata;
};

constexpr Line kLines[] = {
    {"a.", Type::SOA, "ns.a. h.a. 1 2 3 4 5"},
    {"a.", Type::NS, "ns.a."},
    {"a.", Type::MX, "1 ns.a."},
    {"ns.a.", Type::A, "192.0.2.1"},
    {"ns.a.", Type::AAAA, "2001:db8::1"},
    {"*.a.", Type::CNAME, "b.w.b."},
    {"c.a.", Type::NS, "n.c.a."},
    {"c.a.", Type::DS, "1 13 99 aa"},
    {"n.c.a.", Type::A, "192.0.2.2"},
    {"x.y.z.a.", Type::TXT, "\"x\""},
    {"l.a.", Type::CNAME, "l.a."},
    {"s.a.", Type::SRV, "1 1 1 ns.a."},
    {"b.", Type::SOA, "ns.a. h.a. 1 2 3 4 5"},
    {"*.w.b.", Type::CNAME, "c.a."},
    {"h.b.", Type::HTTPS, "1 . alpn=h2"},
    {"b.", Type::NS, "ns.a."},
};

std::string wire(std::string_view name) {
  const Result<Name> parsed = Name::parse(name);
  CHECK(parsed);
  return std::string(parsed->wire());
}

RecordSet alias(std::string_view owner, std::string_view target) {
  return {wire(owner), Type::A, "", 0, {}, wire(target)};
}

RecordSet one_of(RecordSet set, std::string id, Policy policy, std::string check = "") {
  set.set_identifier = std::move(id);
  set.policy = std::move(policy);
  set.health_check_id = std::move(check);
  return set;
}

// A tree: p.b. fails over to a group by place whose branches are weighted or of several values.
std::vector<RecordSet> policies() {
  const RecordSet value{wire("v.b."), Type::A, "", 60, {"\1\2\3\4"}, ""};
  RecordSet first = one_of(alias("p.b.", "q.b."), "a", Failover{true});
  first.evaluate_target_health = true;
  std::vector<RecordSet> sets{first,
                              one_of(alias("p.b.", "g.b."), "b", Failover{false}),
                              one_of(alias("q.b.", "v.b."), "a", Geolocation{"EU", "", ""}),
                              one_of(alias("q.b.", "w.w.b."), "b", Geolocation{"", "*", ""}),
                              one_of(value, "a", Weighted{1}, "down"),
                              one_of(value, "b", Weighted{0})};
  for (int i = 0; i < 12; ++i) {
    RecordSet several = one_of(value, fmt::to_string(i), Multivalue{}, i < 2 ? "down" : "");
    several.owner = wire("w.w.b.");
    several.rdata = {{1, 2, 3, static_cast<char>(i)}};
    sets.push_back(several);
  }
  return sets;
}

Locations make_locations() {
  Place place;
  place.continent = snapshots::location::Code::of("EU");
  return Locations({.networks = {{*net::Cidr::parse("192.0.2.0/24"), place}}});
}

std::unique_ptr<const DnsSnapshot> make_world() {
  Delta delta{0, 1, {}};
  for (const char* apex : {"a.", "b."}) {
    delta.zones.push_back({ZoneChange::Kind::Replace, apex, wire(apex), {}, {}});
    for (const Line& line : kLines) {
      if (!line.owner.ends_with(apex)) continue;
      const Result<std::string> rdata = meridian::dns::parse_rdata(line.type, line.rdata);
      CHECK(rdata);
      delta.zones.back().puts.push_back({wire(line.owner), line.type, "", 60, {*rdata}, ""});
    }
  }
  RecordSet big{wire("g.b."), Type::A, "", 60, {}, ""};
  for (int i = 0; i < 200; ++i) big.rdata.push_back({10, 0, 0, static_cast<char>(i)});
  delta.zones.back().puts.push_back(big);
  for (const auto& set : {alias("k.b.", "g.b."), alias("i.b.", "j.b."), alias("j.b.", "i.b.")})
    delta.zones.back().puts.push_back(set);
  for (const RecordSet& set : policies()) delta.zones.back().puts.push_back(set);
  CHECK(check(delta));
  SeededRandom random(1);
  auto health = std::make_shared<snapshots::health::HealthTable>();
  health->set("down", false);
  auto snapshot = apply(*DnsSnapshot::empty(random, health), delta);
  CHECK(snapshot);
  return std::move(*snapshot);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto world = make_world();
  static const Locations locations = make_locations();
  if (size == 0) return 0;
  const Transport transport = (data[0] & 1) == 0   ? Transport::Udp
                              : (data[0] & 2) == 0 ? Transport::Tcp
                                                   : Transport::Tls;
  std::string query(as_text({data + 1, size - 1}));
  if (data[0] & 2) query.insert(0, std::string("\1\2\0\0\0\1\0\0\0\0\0", 11) + (data[0] & 4 ? '\1' : '\0'));

  SeededRandom random(size);
  ServerIdentity identity{.nsid = "fuzz"};
  const net::Address client{net::IpAddress::v4({192, 0, 2, 1}), 53};
  const AnswerContext context{client, transport, random, identity, SystemTime(), &locations};
  std::string out(transport == Transport::Udp ? 1232 : kTcpSizeMax, '\0');
  Trace trace;
  const AnswerResult result = answer(as_bytes(query), *world, context,
                                     {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}, &trace);
  if (result.size == 0) return 0;
  CHECK(result.size <= out.size() && trace.to_json().size() > 2);
  out.resize(result.size);
  const auto reply = meridian::dns::parse_message(as_bytes(out));
  CHECK(reply);
  CHECK(reply->header.qr && out.substr(0, 2) == query.substr(0, 2));
  CHECK(reply->header.rcode == (result.rcode & 15) && reply->header.tc == result.truncated);
  const bool has_opt = !reply->additionals.empty() && reply->additionals.back().type == Type::OPT;
  CHECK(transport != Transport::Udp || has_opt || result.size <= kUdpSizeMin);
  return 0;
}

// What an answer costs that a routing policy chooses, beside a plain one of the same zone: nanoseconds in the
// engine alone, the best of several rounds. A kind as argument asks for that one only, long enough for a
// profiler.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/check.h"
#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "snapshots/dns/snapshot.h"
#include "snapshots/dns/test_zone.h"
#include "snapshots/location/location.h"

namespace {

using namespace meridian;
using namespace meridian::snapshots::dns;
using snapshots::location::Code;
using snapshots::location::Locations;
using snapshots::location::Place;

constexpr int kNames = 1000;  // of each kind
constexpr int kRounds = 40;

std::string owner_of(std::string_view kind, int number) {
  return fmt::format("{}-{}.example.com.", kind, number);
}

RecordSet set_of(const std::string& owner, std::string id, Policy policy, int value, std::string check = "") {
  RecordSet set = address(owner, static_cast<char>(value));
  set.set_identifier = std::move(id);
  set.policy = std::move(policy);
  set.health_check_id = std::move(check);
  return set;
}

RecordSet alias_of(const std::string& owner, std::string id, Policy policy, const std::string& target) {
  RecordSet set = alias(owner, Type::A, target);
  set.set_identifier = std::move(id);
  set.policy = std::move(policy);
  set.evaluate_target_health = true;
  return set;
}

void add_name(std::vector<RecordSet>& sets, int n) {
  const auto put = [&](RecordSet set) { sets.push_back(std::move(set)); };
  put(address(owner_of("plain", n)));
  std::string owner = owner_of("weighted", n);
  put(set_of(owner, "a", Weighted{80}, 1, "ca"));
  put(set_of(owner, "b", Weighted{20}, 2, "cb"));
  owner = owner_of("failover", n);
  put(set_of(owner, "a", Failover{true}, 1, "ca"));
  put(set_of(owner, "b", Failover{false}, 2));
  owner = owner_of("latency", n);
  for (const char* region : {"us-east-1", "eu-west-1", "ap-northeast-1"})
    put(set_of(owner, region, Latency{region}, 1, "ca"));
  owner = owner_of("geolocation", n);
  put(set_of(owner, "a", Geolocation{"EU", "", ""}, 1, "ca"));
  put(set_of(owner, "b", Geolocation{"", "US", ""}, 2, "cb"));
  put(set_of(owner, "c", Geolocation{"", "*", ""}, 3));
  owner = owner_of("geoproximity", n);
  for (const char* region : {"us-east-1", "eu-west-1", "ap-northeast-1"})
    put(set_of(owner, region, Geoproximity{region, 0, 0, 10}, 1, "ca"));
  owner = owner_of("multivalue", n);
  for (int i = 0; i < 8; ++i) put(set_of(owner, fmt::to_string(i), Multivalue{}, i, "ca"));
  owner = owner_of("ip_based", n);
  put(set_of(owner, "a", IpBased{"c", "office"}, 1, "ca"));
  put(set_of(owner, "b", IpBased{"c", "*"}, 2));
  put(alias(owner_of("alias", n), Type::A, owner_of("plain", n)));
  owner = owner_of("tree", n);  // latency over two weighted groups
  put(alias_of(owner, "a", Latency{"us-east-1"}, owner_of("weighted", n)));
  put(alias_of(owner, "b", Latency{"eu-west-1"}, owner_of("weighted", (n + 1) % kNames)));
}

std::unique_ptr<const DnsSnapshot> make_world(Random& random) {
  Delta delta{0, 1, {{ZoneChange::Kind::Replace, "Z1", wire("example.com."), {soa("example.com.")}, {}}}};
  std::vector<RecordSet>& sets = delta.zones[0].puts;
  sets.push_back(record_set("example.com.", Type::NS, 172800, {wire("ns.example.org.")}));
  for (int n = 0; n < kNames; ++n) add_name(sets, n);
  delta.collection_puts.push_back({"c", {{"office", {*net::Cidr::parse("192.0.2.0/24")}}}});
  CHECK(check(delta));
  auto snapshot = apply(*DnsSnapshot::empty(random), delta);
  CHECK(snapshot);
  return std::move(*snapshot);
}

Locations make_locations() {
  Place berlin;
  berlin.continent = Code::of("EU");
  berlin.country = Code::of("DE");
  berlin.set_point(52.5, 13.4);
  return Locations({.networks = {{*net::Cidr::parse("192.0.2.0/24"), berlin}}});
}

double best_ns(std::string_view kind, const DnsSnapshot& snapshot, const Locations& locations,
               Random& random) {
  std::vector<std::string> queries;
  for (int n = 0; n < kNames; ++n) {
    std::array<std::uint8_t, 512> bytes;
    meridian::dns::MessageWriter writer(bytes, bytes.size());
    writer.set_header({});
    writer.add_question(wire(owner_of(kind, n)), Type::A, meridian::dns::Class::IN);
    queries.emplace_back(reinterpret_cast<char*>(bytes.data()), writer.finish());
  }
  const engines::dns::ServerIdentity identity;
  const net::Address client{net::IpAddress::v4({192, 0, 2, 1}), 53};
  const engines::dns::AnswerContext context{
      client, engines::dns::Transport::Udp, random, identity, SystemTime(), &locations};
  std::array<std::uint8_t, 4096> out;
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (const std::string& query : queries)
      CHECK(answer(as_bytes(query), snapshot, context, out).kind == engines::dns::AnswerKind::Positive);
    const std::chrono::duration<double, std::nano> all = std::chrono::steady_clock::now() - start;
    best = std::min(best, all.count() / kNames);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  SeededRandom random(1);
  const auto snapshot = make_world(random);
  const Locations locations = make_locations();
  if (argc > 1) {
    for (int i = 0; i < 300; ++i) best_ns(argv[1], *snapshot, locations, random);
    return 0;
  }
  const double plain = best_ns("plain", *snapshot, locations, random);
  for (const char* kind : {"plain", "alias", "weighted", "failover", "latency", "geolocation", "geoproximity",
                           "ip_based", "multivalue", "tree"}) {
    const double ns = best_ns(kind, *snapshot, locations, random);
    fmt::print("{:<13}{:6.0f} ns  {:+6.0f}\n", kind, ns, ns - plain);
  }
  return 0;
}

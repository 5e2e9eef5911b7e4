// The engine against a reading of the rules that is as simple as can be: no order of candidates is prepared,
// nothing is remembered, nothing is fast. Random trees of aliases, policies, health and clients; the draws of
// the engine are enumerated, so that what may be answered and what is answered are compared as sets.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "engines/dns/test_server.h"

namespace meridian::engines::dns {
namespace {

using snapshots::dns::CidrCollection;
using snapshots::dns::Failover;
using snapshots::dns::Geolocation;
using snapshots::dns::Geoproximity;
using snapshots::dns::IpBased;
using snapshots::dns::Latency;
using snapshots::dns::Multivalue;
using snapshots::dns::Policy;
using snapshots::dns::RecordSet;
using snapshots::dns::Simple;
using snapshots::dns::Weighted;
using snapshots::location::Code;
using snapshots::location::Locations;
using snapshots::location::Place;

struct Network {
  net::Cidr block;
  std::string continent, country, subdivision;
  double latitude = 0, longitude = 0;
};

const std::vector<Network>& networks() {
  const auto block = [](std::string_view text) { return *net::Cidr::parse(text); };
  static const std::vector<Network> all{{block("10.0.0.0/8"), "NA", "US", "", 39.8, -98.6},
                                        {block("10.1.0.0/16"), "EU", "DE", "BE", 52.5, 13.4},
                                        {block("10.1.128.0/18"), "AS", "JP", "13", 35.7, 139.7},
                                        {block("10.2.0.0/15"), "NA", "US", "CA", 34.1, -118.2},
                                        {block("2001:db8::/33"), "OC", "AU", "", -33.9, 151.2},
                                        {block("2001:db8:1::/48"), "NA", "CA", "ON", 43.7, -79.4}};
  return all;
}

Locations known_clients() {
  Locations::Sources sources;
  for (const Network& network : networks()) {
    Place place;
    place.continent = Code::of(network.continent);
    place.country = Code::of(network.country);
    place.subdivision = Code::of(network.subdivision);
    place.set_point(network.latitude, network.longitude);
    sources.networks.push_back({network.block, place});
  }
  return Locations(std::move(sources));
}

CidrCollection collection() {
  const auto blocks = [](std::initializer_list<const char*> texts) {
    std::vector<net::Cidr> out;
    for (const char* text : texts) out.push_back(*net::Cidr::parse(text));
    return out;
  };
  return {"c",
          {{"l1", blocks({"10.1.0.0/17", "2001:db8::/32"})}, {"l2", blocks({"10.0.0.0/8", "10.1.2.0/24"})}}};
}

template <typename Blocks, typename BlockOf>
const typename Blocks::value_type* innermost(const Blocks& blocks, const net::IpAddress& client,
                                             BlockOf block_of) {
  const typename Blocks::value_type* best = nullptr;
  for (const auto& candidate : blocks)
    if (block_of(candidate).contains(client) && (!best || block_of(candidate).bits > block_of(*best).bits))
      best = &candidate;
  return best;
}

double haversine_km(double latitude, double longitude, double other_latitude, double other_longitude) {
  const double radian = std::acos(-1.0) / 180;
  const double a = std::pow(std::sin((other_latitude - latitude) * radian / 2), 2) +
                   std::cos(latitude * radian) * std::cos(other_latitude * radian) *
                       std::pow(std::sin((other_longitude - longitude) * radian / 2), 2);
  return 2 * 6371.0088 * std::asin(std::sqrt(a));
}

using Values = std::set<std::string>;  // RDATA of one answer
// One way in which a name may be answered: so many of these.
struct Outcome {
  Values from;
  std::size_t count = 0;
  auto operator<=>(const Outcome&) const = default;
  bool allows(const Values& answer) const {
    return answer.size() == count && std::ranges::includes(from, answer);
  }
};
using Outcomes = std::set<Outcome>;

class Reference {
 public:
  using Group = std::vector<const RecordSet*>;  // by set identifier

  Reference(const std::vector<RecordSet>& sets, const std::set<std::string>& unhealthy,
            const net::IpAddress& client)
      : unhealthy_(unhealthy) {
    for (const RecordSet& set : sets) groups_[{set.owner, set.hidden}].push_back(&set);
    for (auto& [name, group] : groups_) std::ranges::sort(group, {}, &RecordSet::set_identifier);
    network_ = innermost(networks(), client, [](const Network& network) { return network.block; });
    std::vector<std::pair<net::Cidr, std::string>> blocks;
    for (const auto& location : collection().locations)
      for (const net::Cidr& block : location.blocks) blocks.emplace_back(block, location.name);
    if (const auto* found = innermost(blocks, client, [](const auto& block) { return block.first; }))
      location_ = found->second;
  }

  Outcomes outcomes(const std::string& owner, bool hidden = false) const {
    const Group all = serving(owner, hidden);
    if (all.empty()) return {Outcome{}};
    if (std::holds_alternative<Multivalue>(all[0]->policy)) return {several(all)};
    Outcomes out;
    choose(all, all, out);
    return out;
  }

 private:
  // Choose by policy; test health; when unhealthy drop it and choose again; none left: as if all were
  // healthy.
  void choose(const Group& left, const Group& all, Outcomes& out) const {
    for (const RecordSet* pick : picks(left.empty() ? all : left)) {
      if (left.empty() || is_healthy(*pick)) {
        out.merge(answer_of(*pick));
        continue;
      }
      Group rest = left;
      std::erase(rest, pick);
      choose(rest, all, out);
    }
  }

  // Whom the policy may choose of these.
  Group picks(const Group& group) const {
    if (!std::holds_alternative<Weighted>(group[0]->policy))
      return {*std::ranges::min_element(group, {}, [this](const RecordSet* set) { return rank(*set); })};
    Group weighty;
    for (const RecordSet* set : group)
      if (std::get<Weighted>(set->policy).weight > 0) weighty.push_back(set);
    return weighty.empty() ? group : weighty;
  }

  // Less is better.
  double rank(const RecordSet& set) const {
    if (const auto* failover = std::get_if<Failover>(&set.policy)) return failover->primary ? 0 : 1;
    if (const auto* latency = std::get_if<Latency>(&set.policy)) {
      const regions::Region& region = regions::all()[regions::find(latency->region)];
      return network_
                 ? haversine_km(network_->latitude, network_->longitude, region.latitude, region.longitude)
                 : 0;
    }
    if (const auto* near = std::get_if<Geoproximity>(&set.policy)) {
      if (!network_) return 0;
      const double km = haversine_km(network_->latitude, network_->longitude, near->latitude / 100.0,
                                     near->longitude / 100.0);
      return near->bias > 0 ? km * (1 - near->bias / 100.0) : km / (1 + near->bias / 100.0);
    }
    if (const auto* place = std::get_if<Geolocation>(&set.policy))
      return !place->subdivision.empty() ? 0 : place->country == "*" ? 3 : !place->country.empty() ? 1 : 2;
    if (const auto* ip_based = std::get_if<IpBased>(&set.policy)) return ip_based->location == "*" ? 1 : 0;
    return 0;
  }

  bool serves(const RecordSet& set) const {
    if (const auto* ip_based = std::get_if<IpBased>(&set.policy))
      return ip_based->location == "*" || ip_based->location == location_;
    const auto* place = std::get_if<Geolocation>(&set.policy);
    if (!place || place->country == "*") return true;
    if (!network_) return false;
    if (!place->continent.empty()) return place->continent == network_->continent;
    return place->country == network_->country &&
           (place->subdivision.empty() || place->subdivision == network_->subdivision);
  }
  Group serving(const std::string& owner, bool hidden) const {
    Group out;
    const auto group = groups_.find({owner, hidden});
    if (group == groups_.end()) return out;
    for (const RecordSet* set : group->second)
      if (serves(*set)) out.push_back(set);
    return out;
  }

  bool is_healthy(const RecordSet& set) const {
    if (unhealthy_.contains(set.health_check_id)) return false;
    if (set.alias_target.empty() || !set.evaluate_target_health) return true;
    return std::ranges::any_of(serving(set.alias_target, set.target_is_hidden),
                               [this](const RecordSet* below) { return is_healthy(*below); });
  }

  Outcomes answer_of(const RecordSet& set) const {
    if (set.alias_target.empty()) return {Outcome{{set.rdata[0]}, 1}};
    return outcomes(set.alias_target, set.target_is_hidden);
  }

  Outcome several(const Group& all) const {
    Outcome healthy, any;
    for (const RecordSet* set : all) {
      any.from.insert(set->rdata[0]);
      if (is_healthy(*set)) healthy.from.insert(set->rdata[0]);
    }
    Outcome& out = healthy.from.empty() ? any : healthy;
    out.count = std::min<std::size_t>(8, out.from.size());
    return out;
  }

  std::map<std::pair<std::string, bool>, Group> groups_;
  const std::set<std::string>& unhealthy_;
  const Network* network_ = nullptr;  // of the client; null: nothing is known of it
  std::string location_;              // of the client in the CIDR collection
};

// Every sequence of draws, each draw in one of kGrid equal parts: as fine as the smallest odds there are
// here.
class EveryDraw final : public Random {
 public:
  static constexpr unsigned kGrid = 6;

  std::uint64_t next() override {
    if (at_ == script_.size()) script_.push_back(0);
    const unsigned __int128 middle = 2 * script_[at_++] + 1;
    return static_cast<std::uint64_t>((middle << 64) / (2 * kGrid));
  }
  void fill(MutableBytes out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(next() >> 56);
  }
  // To the next sequence; false behind the last.
  bool advance() {
    script_.resize(at_);
    at_ = 0;
    while (!script_.empty() && ++script_.back() == kGrid) script_.pop_back();
    return !script_.empty();
  }

 private:
  std::vector<unsigned> script_;
  std::size_t at_ = 0;
};

int pick(int below) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, below));
}
const char* pick(std::initializer_list<const char*> from) {
  return from.begin()[pick(static_cast<int>(from.size()))];
}

constexpr int kNames = 7;
std::string name(int number) {
  return fmt::format("n{}.example.com.", number);
}

Policy any_policy(int kind, int set) {
  switch (kind) {
    case 1:
      return Weighted{static_cast<std::uint8_t>(pick(3))};
    case 2:
      return Failover{set == 0};
    case 3:
      return Latency{pick({"us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1", "sa-east-1"})};
    case 4: {
      static const std::vector<Geolocation> kPlaces{{"", "US", "CA"}, {"", "US", ""}, {"NA", "", ""},
                                                    {"", "DE", ""},   {"EU", "", ""}, {"", "CA", ""},
                                                    {"", "*", ""}};
      return kPlaces[static_cast<std::size_t>(pick(static_cast<int>(kPlaces.size())))];
    }
    case 5:
      return Geoproximity{"", (pick(170) - 85) * 100, (pick(360) - 180) * 100,
                          static_cast<std::int8_t>(pick(199) - 99)};
    case 6:
      return Multivalue{};
    case 7:
      return IpBased{"c", pick({"l1", "l2", "*"})};
    default:
      return Simple{};
  }
}

// Aliases lead to names of higher numbers, or to nothing.
std::vector<RecordSet> any_group(int number, bool hidden, const std::vector<bool>& hidden_names) {
  const int kind = pick(8);
  const int most = kind == 0 ? 1 : kind == 1 ? 3 : kind == 2 ? 2 : kind == 6 && pick(8) == 0 ? 12 : 4;
  std::vector<RecordSet> sets;
  for (int i = 0, count = 1 + pick(most); i < count; ++i) {
    const Policy policy = any_policy(kind, i);
    const std::string id = kind == 0 ? "" : fmt::format("s{:02}", i);
    const std::string check = kind != 0 && pick(2) == 0 ? fmt::format("check{}", pick(6)) : "";
    if (kind != 6 && pick(3) > 0) {
      const int target = number + 1 + pick(kNames - number);
      sets.push_back(alias_candidate(name(number), id, policy, name(target), pick(3) > 0, check));
      sets.back().target_is_hidden = target < kNames && hidden_names[static_cast<std::size_t>(target)];
    } else {
      sets.push_back(candidate(name(number), id, policy, fmt::format("10.0.{}.{}", number, i), check));
    }
    sets.back().hidden = hidden;
  }
  return sets;
}

std::vector<RecordSet> any_world() {
  std::vector<bool> hidden_names{false};
  for (int i = 1; i < kNames; ++i) hidden_names.push_back(pick(4) == 0);
  std::vector<RecordSet> sets;
  for (int i = 0; i < kNames; ++i)
    for (RecordSet& set : any_group(i, hidden_names[static_cast<std::size_t>(i)], hidden_names))
      sets.push_back(std::move(set));
  return sets;
}

class PolicyProperty {
 public:
  PolicyProperty() : sets_(any_world()) {
    server_.add_zone("example.com.", "");
    server_.put(collection());
    server_.put(sets_);
    server_.locations = &locations_;
  }

  void flip_health() {
    for (int i = 0; i < 6; ++i) {
      const std::string check = fmt::format("check{}", i);
      const bool healthy = pick(2) == 0;
      server_.health->set(check, healthy);
      healthy ? (void)unhealthy_.erase(check) : (void)unhealthy_.insert(check);
    }
  }

  void compare(const char* client) {
    server_.client.ip = *net::IpAddress::parse(client);
    const Outcomes allowed = expected(server_.client.ip);
    Outcomes seen;
    EveryDraw draws;
    server_.draws = &draws;
    bool all_drawn = false;
    for (int i = 0; i < kAsksMax && !all_drawn; ++i) {
      const Values answer = values_of(reply(""));
      const auto outcome = std::ranges::find_if(allowed, [&](const Outcome& o) { return o.allows(answer); });
      if (outcome == allowed.end()) RC_FAIL(describe(server_.client.ip, answer));
      seen.insert(*outcome);
      all_drawn = !draws.advance();
    }
    if (all_drawn && seen != allowed) RC_FAIL(describe(server_.client.ip, {}));
    server_.draws = &server_.random;
  }

  // An answer for a client may be kept for every other one in the scope that comes with it.
  void compare_scope(const net::Cidr& subnet, std::uint64_t other_bits) {
    const auto message = reply(client_subnet(subnet.to_string()));
    const int scope = static_cast<std::uint8_t>(message.additionals.back().rdata.at(7));
    if (scope > subnet.bits) return;  // kept for the subnet only, whose clients are not all alike
    std::string bytes(subnet.base.bytes());
    for (int bit = scope; bit < static_cast<int>(bytes.size()) * 8; ++bit)
      if (other_bits >> (bit % 64) & 1)
        bytes[static_cast<std::size_t>(bit / 8)] ^= static_cast<char>(0x80 >> bit % 8);
    const net::IpAddress other = address(bytes);
    const Values answer = values_of(message);
    const Outcomes allowed = expected(other);
    if (std::ranges::any_of(allowed, [&](const Outcome& outcome) { return outcome.allows(answer); })) return;
    RC_FAIL(fmt::format("{} got scope {}, which {} is in\n{}{}", subnet.to_string(), scope, other.to_string(),
                        describe(subnet.base, answer), describe(other, {})));
  }

 private:
  static constexpr int kAsksMax = 300;

  static net::IpAddress address(std::string_view bytes) {
    std::array<std::uint8_t, 16> v6{};
    std::ranges::copy(as_bytes(bytes), v6.begin());
    return bytes.size() == 4 ? net::IpAddress::v4({v6[0], v6[1], v6[2], v6[3]}) : net::IpAddress::v6(v6);
  }
  Outcomes expected(const net::IpAddress& client) const {
    return Reference(sets_, unhealthy_, client).outcomes(sets_[0].owner);
  }
  meridian::dns::Message reply(const std::string& options) {
    Ask question{name(0)};
    question.transport = Transport::Tcp;
    question.edns_size = 1232;
    question.options = options;
    return server_.ask(question).value_or(meridian::dns::Message());
  }
  static Values values_of(const meridian::dns::Message& message) {
    Values values;
    for (const auto& record : message.answers) values.insert(record.rdata);
    return values;
  }
  std::string describe(const net::IpAddress& client, const Values& answer) {
    const auto shown = [](const Values& values) {
      std::string out;
      for (const std::string& rdata : values)
        out += fmt::format(" {}.{}", static_cast<int>(rdata[2]), static_cast<int>(rdata[3]));
      return out;
    };
    std::string out = fmt::format("client {} got{}; allowed:", client.to_string(), shown(answer));
    for (const Outcome& outcome : expected(client))
      out += fmt::format(" {} of{};", outcome.count, shown(outcome.from));
    Trace trace;
    server_.trace = &trace;
    server_.client.ip = client;
    reply("");
    server_.trace = nullptr;
    return out + "\n" + trace.to_text();
  }

  std::vector<RecordSet> sets_;
  std::set<std::string> unhealthy_;
  const Locations locations_ = known_clients();
  TestServer server_;
};

// Runs so many cases, unless RC_PARAMS says otherwise.
bool check(const char* what, int cases, void (*property)()) {
  ::setenv("RC_PARAMS", fmt::format("max_success={}", cases).c_str(), 0);
  return rc::check(what, property);
}

TEST(PolicyPropertyTest, AnswersAreThoseOfTheRules) {
  EXPECT_TRUE(check("answers are those of the rules", 2000, [] {
    PolicyProperty property;
    for (int flips = 0; flips < 2; ++flips) {
      property.flip_health();
      property.compare(pick({"10.1.2.3", "10.1.130.1", "10.2.0.1", "2001:db8:1::1", "192.0.2.1"}));
    }
  }));
}

TEST(PolicyPropertyTest, ScopesHoldForEveryClientInThem) {
  EXPECT_TRUE(check("scopes hold for every client in them", 2000, [] {
    PolicyProperty property;
    property.flip_health();
    for (const char* subnet :
         {"10.1.2.0/24", "10.1.128.0/24", "10.4.0.0/24", "2001:db8:1::/56", "192.0.2.0/24"})
      property.compare_scope(*net::Cidr::parse(subnet), *rc::gen::arbitrary<std::uint64_t>());
  }));
}

}  // namespace
}  // namespace meridian::engines::dns

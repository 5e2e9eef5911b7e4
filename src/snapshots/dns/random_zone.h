// Random deltas for property tests: zones with groups of every policy, hidden names and CIDR collections.
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/random.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::snapshots::dns {

class RandomZone {
 public:
  explicit RandomZone(Random& random) : random_(random) {}

  Policy policy(std::size_t kind) {
    static constexpr std::string_view kRegions[] = {"eu-west-1", "us-east-1", "ap-south-1", "moon-north-1"};
    const std::string region(kRegions[random_.below(4)]);
    switch (kind) {
      case 1:
        return Weighted{static_cast<std::uint8_t>(random_.below(256))};
      case 2:
        return Failover{random_.below(2) == 0};
      case 3:
        return Latency{region};
      case 4: {
        const Geolocation places[] = {{"EU", "", ""}, {"", "DE", ""}, {"", "US", "CA"}, {"", "*", ""}};
        return places[random_.below(4)];
      }
      case 5: {
        const auto bias = static_cast<std::int8_t>(static_cast<int>(random_.below(199)) - 99);
        if (random_.below(2)) return Geoproximity{region, 0, 0, bias};
        return Geoproximity{"", static_cast<std::int32_t>(random_.below(18001)) - 9000,
                            static_cast<std::int32_t>(random_.below(36001)) - 18000, bias};
      }
      case 6:
        return Multivalue{};
      case 7:
        return IpBased{"collection", random_.below(3) ? fmt::format("l{}", random_.below(9)) : "*"};
      default:
        return Simple{};
    }
  }

  // The record sets of one name and type.
  void add_sets(std::vector<RecordSet>& out, const std::string& owner, Type type, bool hidden) {
    const std::size_t kind = random_.below(2) ? 0 : random_.below(std::variant_size_v<Policy>);
    const bool alias_allowed = kind != 6;
    for (std::uint64_t n = kind == 0 ? 1 : 1 + random_.below(5); n > 0; --n) {
      RecordSet set;
      set.owner = wire(owner);
      set.type = type;
      set.hidden = hidden;
      set.policy = policy(kind);
      if (kind != 0) {
        set.set_identifier = fmt::format("id-{}", n * 7 % 5);
      }
      if (random_.below(2)) set.health_check_id = fmt::format("check-{}", random_.below(20));
      if (alias_allowed && random_.below(3) == 0) {
        set.alias_target = wire(fmt::format("h{}.example.com.", random_.below(30)));
        set.evaluate_target_health = random_.below(2);
        set.target_is_hidden = random_.below(2);
      } else {
        set.ttl = static_cast<std::uint32_t>(random_.below(1000));
        for (std::uint64_t values = 1 + random_.below(3); values > 0; --values)
          set.rdata.push_back(type == Type::A ? std::string(4, static_cast<char>(random_.below(256)))
                                              : std::string("\0\5", 2) + wire("mail.example.com."));
      }
      out.push_back(std::move(set));
    }
  }

  CidrCollection collection() {
    CidrCollection out{"collection", {}};
    for (int i = 0; i < 9; ++i) {
      out.locations.push_back({fmt::format("l{}", i), {}});
      for (std::uint64_t n = random_.below(4); n > 0; --n)
        out.locations.back().blocks.push_back(
            random_.below(2)
                ? *net::Cidr::parse(fmt::format("10.{}.{}.0/24", random_.below(256), random_.below(256)))
                : *net::Cidr::parse(fmt::format("2001:db8:{:x}::/48", random_.below(65536))));
    }
    return out;
  }

  ZoneChange zone() {
    ZoneChange change{ZoneChange::Kind::Replace, "Z1", wire("example.com."), {soa("example.com.")}, {}};
    for (std::uint64_t n = random_.below(40), i = 0; i < n; ++i)
      for (const Type type : {Type::A, Type::MX})
        if (random_.below(3))
          add_sets(change.puts, fmt::format("h{}.example.com.", i), type, random_.below(4) == 0);
    return change;
  }

 private:
  Random& random_;
};

}  // namespace meridian::snapshots::dns

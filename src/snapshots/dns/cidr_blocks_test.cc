#include "snapshots/dns/cidr_blocks.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "snapshots/dns/snapshot_fixture.h"

namespace meridian::snapshots::dns {
namespace {

class CidrBlocksTest : public SnapshotFixture {
 protected:
  Result<void> put(CidrCollection collection) {
    Delta delta{current->revision(), current->revision() + 1, {}};
    delta.collection_puts.push_back(std::move(collection));
    return take(delta);
  }
  Result<void> take(const Delta& delta) {
    TRY(check(delta));
    current = TRY(apply(*current, delta));
    return {};
  }
  const CidrBlocks* find(std::string_view id) {
    return current->find_collection(hash_of(current->hash_key(), id), id);
  }
  // "location /prefix_bits"
  std::string where(std::string_view network, std::string_view id = "c") {
    const auto slash = network.find('/');
    const auto match =
        find(id)->lookup(*net::IpAddress::parse(network.substr(0, slash)),
                         static_cast<unsigned>(std::stoi(std::string(network.substr(slash + 1)))));
    return fmt::format("{} /{}", match.location.empty() ? "-" : match.location, match.prefix_bits);
  }
};

CidrCollection collection(std::string id,
                          std::vector<std::pair<std::string, std::vector<std::string>>> locations) {
  CidrCollection out{std::move(id), {}};
  for (const auto& [name, blocks] : locations) {
    out.locations.push_back({name, {}});
    for (const std::string& block : blocks) out.locations.back().blocks.push_back(*net::Cidr::parse(block));
  }
  return out;
}

TEST_F(CidrBlocksTest, TheMostSpecificBlockThatHoldsTheWholeNetworkIsItsLocation) {
  ASSERT_TRUE(put(collection("c", {{"wide", {"10.0.0.0/8"}},
                                   {"near", {"10.1.0.0/16", "2001:db8::/32"}},
                                   {"nearest", {"10.1.2.0/24", "2001:db8:1::/48"}}})));
  EXPECT_EQ(where("10.1.2.3/32"), "nearest /24");
  EXPECT_EQ(where("10.1.2.0/24"), "nearest /24");
  EXPECT_EQ(where("10.1.3.0/24"), "near /24");
  EXPECT_EQ(where("10.1.128.0/24"), "near /17");
  EXPECT_EQ(where("10.2.0.0/24"), "wide /15");
  EXPECT_EQ(where("10.128.0.0/24"), "wide /9");
  EXPECT_EQ(where("11.0.0.0/24"), "- /8");
  EXPECT_EQ(where("128.0.0.0/24"), "- /1");
  EXPECT_EQ(where("2001:db8:1:ffff::1/128"), "nearest /48");
  EXPECT_EQ(where("2001:db8::/56"), "near /48");
  EXPECT_EQ(where("2001:db9::/32"), "- /32");
}

// AWS's rule: a client's network wider than a block is not inside it.
TEST_F(CidrBlocksTest, AWiderNetworkThanTheBlockIsNotInIt) {
  ASSERT_TRUE(put(collection("c", {{"near", {"10.1.0.0/16"}}, {"nearest", {"10.1.2.0/24"}}})));
  EXPECT_EQ(where("10.1.2.0/23"), "near /24") << "the answer differs inside of the network";
  EXPECT_EQ(where("10.0.0.0/8"), "- /16");
  EXPECT_EQ(where("0.0.0.0/0"), "- /5");
}

TEST_F(CidrBlocksTest, NoBlocksAreOneAnswerForAll) {
  ASSERT_TRUE(put(collection("c", {})));
  EXPECT_EQ(where("10.1.2.3/32"), "- /0");
  EXPECT_EQ(where("::1/128"), "- /0");
}

TEST_F(CidrBlocksTest, TheEndsOfTheAddressesAreBlocksLikeOthers) {
  ASSERT_TRUE(
      put(collection("c", {{"low", {"0.0.0.0/1", "::/1"}}, {"high", {"255.255.255.0/24", "ffff::/16"}}})));
  EXPECT_EQ(where("0.0.0.0/32"), "low /1");
  EXPECT_EQ(where("255.255.255.255/32"), "high /24");
  EXPECT_EQ(where("255.255.254.255/32"), "- /24");
  EXPECT_EQ(where("ffff:ffff::/48"), "high /16");
  EXPECT_EQ(where("8000::/48"), "- /2");
}

TEST_F(CidrBlocksTest, AnAddressOfOneFamilyIsInNoBlockOfTheOther) {
  ASSERT_TRUE(put(collection("c", {{"a", {"0.0.0.0/1", "128.0.0.0/1"}}})));
  EXPECT_EQ(where("::/48"), "- /0");
}

TEST_F(CidrBlocksTest, CollectionsComeChangeAndGo) {
  ASSERT_TRUE(put(collection("c", {{"a", {"10.0.0.0/8"}}})));
  ASSERT_TRUE(put(collection("d", {{"x", {"10.0.0.0/8"}}})));
  const auto before = std::move(current);
  current = *apply(
      *before,
      {before->revision(), before->revision() + 1, {}, {collection("c", {{"b", {"10.0.0.0/8"}}})}, {}});
  EXPECT_EQ(where("10.0.0.0/24"), "b /8");
  EXPECT_EQ(where("10.0.0.0/24", "d"), "x /8");
  EXPECT_EQ(before->find_collection(hash_of(before->hash_key(), "c"), "c")
                ->lookup(*net::IpAddress::parse("10.0.0.0"), 24)
                .location,
            "a");
  ASSERT_TRUE(take({current->revision(), current->revision() + 1, {}, {}, {"c", "never"}}));
  EXPECT_FALSE(find("c"));
  EXPECT_TRUE(find("d"));
  ASSERT_TRUE(take({0, 9, {}, {}, {}}));
  EXPECT_FALSE(find("d")) << "a full image holds all there is";
}

// Against a walk over all blocks: the location, and that every address with the same prefix gets it too.
TEST_F(CidrBlocksTest, AgreesWithAWalkOverAllBlocks) {
  for (int round = 0; round < 40; ++round) {
    CidrCollection random_blocks{"c", {}};
    for (int i = 0; i < 4; ++i)
      random_blocks.locations.push_back({std::string(1, static_cast<char>('a' + i)), {}});
    const auto random_address = [&] {
      // Few high bits vary, so that blocks lie inside each other.
      return net::IpAddress::v4({static_cast<std::uint8_t>(random.below(4) << 6),
                                 static_cast<std::uint8_t>(random.below(4) * 85), 0,
                                 static_cast<std::uint8_t>(random.below(256))});
    };
    const auto masked = [](const net::IpAddress& address, unsigned bits) {
      std::array<std::uint8_t, 4> bytes{};
      for (unsigned i = 0; i < bits; ++i)
        bytes[i / 8] |=
            static_cast<std::uint8_t>(static_cast<std::uint8_t>(address.bytes()[i / 8]) & 0x80 >> i % 8);
      return net::Cidr{net::IpAddress::v4(bytes), static_cast<std::uint8_t>(bits)};
    };
    std::vector<net::Cidr> used;
    for (std::uint64_t n = random.below(30); n > 0; --n) {
      const net::Cidr block = masked(random_address(), static_cast<unsigned>(1 + random.below(24)));
      if (std::ranges::find(used, block) != used.end()) continue;
      used.push_back(block);
      random_blocks.locations[random.below(4)].blocks.push_back(block);
    }
    ASSERT_TRUE(put(random_blocks));
    const auto walk = [&](const net::IpAddress& address, unsigned bits) {
      std::pair<int, std::string> best{0, ""};
      for (const auto& location : random_blocks.locations)
        for (const net::Cidr& block : location.blocks)
          if (block.bits <= bits && block.contains(address))
            best = std::max(best, {block.bits, location.name});
      return best;
    };
    for (int query = 0; query < 300; ++query) {
      const auto bits = static_cast<unsigned>(random.below(33));
      const net::IpAddress address = masked(random_address(), bits).base;
      const auto match = find("c")->lookup(address, bits);
      const auto expected = walk(address, bits);
      ASSERT_EQ(match.location, expected.second) << address.to_string() << "/" << bits;
      ASSERT_EQ(match.block.bits, expected.first);
      if (match.prefix_bits > bits) {
        ASSERT_TRUE(std::ranges::any_of(used, [&](const net::Cidr& block) {
          return block.bits > bits && masked(block.base, bits).base == address;
        })) << "only a block inside makes the answer differ";
        continue;
      }
      const net::Cidr same = masked(address, match.prefix_bits);
      for (const net::Cidr& block : used)
        ASSERT_FALSE(block.bits > same.bits && same.contains(block.base) && match.block != block)
            << block.to_string() << " lies in " << same.to_string();
      if (match.prefix_bits == 0) continue;
      // One bit less would not hold: its other half has another answer, or something inside.
      auto other = match.prefix_bits;
      std::array<std::uint8_t, 4> bytes{};
      std::ranges::copy(address.bytes(), bytes.begin());
      bytes[(other - 1) / 8u] ^= static_cast<std::uint8_t>(0x80 >> (other - 1) % 8);
      const auto half = masked(net::IpAddress::v4(bytes), other);
      const auto there = find("c")->lookup(half.base, other);
      ASSERT_TRUE(there.location != match.location || there.block != match.block ||
                  there.prefix_bits > other);
    }
  }
}

}  // namespace
}  // namespace meridian::snapshots::dns

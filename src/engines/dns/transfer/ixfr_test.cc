#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engines/dns/transfer/test_world.h"

namespace meridian::engines::dns::transfer {
namespace {

using snapshots::dns::address;
using snapshots::dns::alias;
using snapshots::dns::record_set;
using testing::ElementsAre;

RecordSetKey gone(std::string_view owner, Type type = Type::A) {
  return {wire(owner), type, ""};
}

TEST(Ixfr, OnlyWhatChanged) {
  World world;
  world.make_zone("example.com.", {address("a.example.com.", 1), address("b.example.com.", 2)}, 5);
  world.edit("example.com.", {address("c.example.com.", 3)}, {gone("a.example.com.")}, 6);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5),
              ElementsAre("SOA 6", "SOA 5", "a.example.com. A 0a000001", "SOA 6", "c.example.com. A 0a000003",
                          "SOA 6"));
}

TEST(Ixfr, EveryStepSinceTheSerialOfTheClient) {
  World world;
  world.make_zone("example.com.", {}, 5);
  for (char i = 6; i <= 8; ++i) world.edit("example.com.", {address("a.example.com.", i)}, {}, i);
  EXPECT_THAT(
      world.transfer("example.com.", Type::IXFR, 6),
      ElementsAre("SOA 8", "SOA 6", "a.example.com. A 0a000006", "SOA 7", "a.example.com. A 0a000007",
                  "SOA 7", "a.example.com. A 0a000007", "SOA 8", "a.example.com. A 0a000008", "SOA 8"));
}

TEST(Ixfr, AValueOfASetAndItsTtl) {
  World world;
  const auto values = [](std::initializer_list<char> last, std::uint32_t ttl) {
    std::vector<std::string> rdata;
    for (const char c : last) rdata.push_back(std::string("\x0a\0\0", 3) + c);
    return record_set("a.example.com.", Type::A, ttl, rdata);
  };
  world.make_zone("example.com.", {values({1, 2}, 60)}, 5);
  world.edit("example.com.", {values({2, 3}, 60)}, {}, 6);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5),
              ElementsAre("SOA 6", "SOA 5", "a.example.com. A 0a000001", "SOA 6", "a.example.com. A 0a000003",
                          "SOA 6"));
  world.edit("example.com.", {values({2, 3}, 61)}, {}, 7);
  EXPECT_EQ(world.transfer("example.com.", Type::IXFR, 6).size(), 4u + 4u) << "both go and come back";
}

TEST(Ixfr, AnAliasFollowsItsTarget) {
  World world;
  world.make_zone("example.com.",
                  {address("a.example.com.", 1), alias("b.example.com.", Type::A, "a.example.com."),
                   alias("c.example.com.", Type::A, "b.example.com.")},
                  5);
  world.edit("example.com.", {address("a.example.com.", 2)}, {}, 6);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5),
              ElementsAre("SOA 6", "SOA 5", "a.example.com. A 0a000001", "b.example.com. A 0a000001",
                          "c.example.com. A 0a000001", "SOA 6", "a.example.com. A 0a000002",
                          "b.example.com. A 0a000002", "c.example.com. A 0a000002", "SOA 6"));
  world.edit("example.com.", {alias("d.example.com.", Type::A, "a.example.com.")}, {gone("c.example.com.")},
             7);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 6),
              ElementsAre("SOA 7", "SOA 6", "c.example.com. A 0a000002", "SOA 7", "d.example.com. A 0a000002",
                          "SOA 7"));
}

// Nobody could be told which of them to answer with.
TEST(Ixfr, RecordSetsWithAPolicyAreLeftOutUntilTheyAreSimple) {
  using snapshots::dns::under;
  using snapshots::dns::Weighted;
  World world;
  world.make_zone("example.com.",
                  {address("a.example.com.", 1), under(address("w.example.com.", 1), "x", Weighted{1}),
                   under(address("w.example.com.", 2), "y", Weighted{1}),
                   alias("b.example.com.", Type::A, "w.example.com.")},
                  5);
  EXPECT_THAT(world.transfer("example.com.", Type::AXFR),
              ElementsAre("SOA 5", "a.example.com. A 0a000001", "SOA 5"));
  world.edit("example.com.", {under(address("w.example.com.", 3), "x", Weighted{1})}, {}, 6);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5), ElementsAre("SOA 6", "SOA 5", "SOA 6", "SOA 6"));
  world.edit("example.com.", {address("w.example.com.", 4)},
             {{wire("w.example.com."), Type::A, "x"}, {wire("w.example.com."), Type::A, "y"}}, 7);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 6),
              ElementsAre("SOA 7", "SOA 6", "SOA 7", "b.example.com. A 0a000004", "w.example.com. A 0a000004",
                          "SOA 7"));
}

TEST(Ixfr, ASimpleRecordSetWithAHealthCheckGoesAsOthers) {
  World world;
  RecordSet checked = address("a.example.com.", 1);
  checked.health_check_id = "check";
  world.make_zone("example.com.", {checked, alias("b.example.com.", Type::A, "a.example.com.")}, 5);
  EXPECT_THAT(world.transfer("example.com.", Type::AXFR),
              testing::UnorderedElementsAre("SOA 5", "a.example.com. A 0a000001", "b.example.com. A 0a000001",
                                            "SOA 5"));
}

TEST(Ixfr, HiddenNamesAreNotTransferred) {
  World world;
  RecordSet hidden = address("a.example.com.", 9);
  hidden.hidden = true;
  world.make_zone("example.com.", {address("a.example.com.", 1), hidden}, 5);
  EXPECT_THAT(world.transfer("example.com.", Type::AXFR),
              ElementsAre("SOA 5", "a.example.com. A 0a000001", "SOA 5"));
  hidden.rdata[0].back() = 8;
  world.edit("example.com.", {hidden}, {}, 6);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5), ElementsAre("SOA 6", "SOA 5", "SOA 6", "SOA 6"));
}

TEST(Ixfr, AnAliasFollowsAHiddenTarget) {
  World world;
  RecordSet hidden = address("rule.example.com.", 1);
  hidden.hidden = true;
  RecordSet instance = alias("www.example.com.", Type::A, "rule.example.com.");
  instance.target_is_hidden = true;
  world.make_zone("example.com.", {instance, hidden, address("rule.example.com.", 7)}, 5);
  hidden.rdata[0].back() = 2;
  world.edit("example.com.", {hidden}, {}, 6);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5),
              ElementsAre("SOA 6", "SOA 5", "www.example.com. A 0a000001", "SOA 6",
                          "www.example.com. A 0a000002", "SOA 6"));
  world.edit("example.com.", {address("rule.example.com.", 8)}, {}, 7);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 6),
              ElementsAre("SOA 7", "SOA 6", "rule.example.com. A 0a000007", "SOA 7",
                          "rule.example.com. A 0a000008", "SOA 7"))
      << "the visible name is another";
}

TEST(Ixfr, WhoIsUpToDateGetsTheSoa) {
  World world;
  world.make_zone("example.com.", {address("a.example.com.")}, 5);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5), ElementsAre("SOA 5"));
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 9), ElementsAre("SOA 5")) << "he is ahead of us";
  const auto udp = world.ask(world.query("example.com.", Type::IXFR, 4), Transport::Udp);
  ASSERT_EQ(udp.answers.size(), 1u);
  EXPECT_EQ(World::shown(udp.answers[0]), "SOA 5");
}

TEST(Ixfr, SerialsWrapAround) {
  World world;
  world.make_zone("example.com.", {}, 0xffffffff);
  world.edit("example.com.", {address("a.example.com.", 1)}, {}, 1);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 0xffffffff),
              ElementsAre("SOA 1", "SOA 4294967295", "SOA 1", "a.example.com. A 0a000001", "SOA 1"));
  EXPECT_TRUE(is_newer(0, 0xffffffff));
  EXPECT_TRUE(is_newer(0x7fffffff, 0));
  EXPECT_FALSE(is_newer(0x80000000, 0));
  EXPECT_FALSE(is_newer(0, 0));
}

TEST(Ixfr, WithoutTheHistoryTheZoneGoesWhole) {
  World world;
  world.make_zone("example.com.", {address("a.example.com.", 1)}, 5);
  EXPECT_EQ(world.transfer("example.com.", Type::IXFR, 4).size(), 3u) << "before our time";

  world.edit("example.com.", {address("a.example.com.", 2)}, {}, 6);
  world.edit("example.com.", {address("a.example.com.", 3)});
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 5),
              ElementsAre("SOA 6", "a.example.com. A 0a000003", "SOA 6"))
      << "a change without a new serial cannot be told as a difference";

  world.edit("example.com.", {address("a.example.com.", 4)}, {}, 7);
  EXPECT_EQ(world.transfer("example.com.", Type::IXFR, 6).size(), 6u);
  world.change({{ZoneChange::Kind::Replace, "Z1", wire("example.com."), {soa_with("example.com.", 8)}, {}}},
               true);
  EXPECT_THAT(world.transfer("example.com.", Type::IXFR, 7), ElementsAre("SOA 8", "SOA 8"));
}

TEST(Ixfr, MoreThanTheZoneGoesWhole) {
  World world;
  world.make_zone("example.com.", {address("a.example.com.", 1)}, 5);
  for (std::uint32_t serial = 6; serial < 60; ++serial)
    world.edit("example.com.", {address("a.example.com.", static_cast<char>(serial))}, {}, serial);
  EXPECT_EQ(world.transfer("example.com.", Type::IXFR, 5).size(), 3u);
  EXPECT_EQ(world.transfer("example.com.", Type::IXFR, 58).size(), 6u);
}

TEST(ZoneHistory, TheOldestDifferencesGoFirst) {
  SeededRandom random(1);
  auto snapshot = DnsSnapshot::empty(random);
  ZoneHistory history(*snapshot, 2000);
  const auto publish = [&](ZoneChange change) {
    const Delta delta{snapshot->revision(), snapshot->revision() + 1, {std::move(change)}};
    auto next = apply(*snapshot, delta).value();
    history.publish(delta, *next);
    snapshot = std::move(next);
  };
  for (const char* apex : {"a.example.", "b.example."})
    publish({ZoneChange::Kind::Replace, apex, wire(apex), {soa_with(apex, 1)}, {}});
  for (std::uint32_t serial = 2; serial < 10; ++serial)
    for (const char* apex : {"a.example.", "b.example."})
      publish({ZoneChange::Kind::Edit, apex, wire(apex), {soa_with(apex, serial)}, {}});
  EXPECT_TRUE(history.view(wire("a.example."), 1).differences.empty());
  EXPECT_EQ(history.view(wire("a.example."), 8).differences.size(), 1u);
  EXPECT_EQ(history.view(wire("b.example."), 8).differences.size(), 1u);
}

// The rule of snapshots/dns/snapshot.h: readers on other threads never free a version.
TEST(ZoneHistory, ReadersLetGoOfVersionsOnAnyThread) {
  World world;
  std::vector<RecordSet> sets;
  for (int i = 0; i < 500; ++i) sets.push_back(address(fmt::format("h{}.example.com.", i)));
  world.make_zone("example.com.", sets, 1);
  const std::string query = world.query("example.com.", Type::AXFR);
  std::atomic<bool> stop{false};
  std::atomic<int> transfers{0};
  std::thread reader([&] {
    while (!stop) {
      auto running = world.begin(query);
      if (running && World::lines(*running).size() == 502) ++transfers;
    }
  });
  for (std::uint32_t serial = 2; serial < 2000 || transfers < 3; ++serial)
    world.edit("example.com.", {address("h1.example.com.", static_cast<char>(serial))}, {}, serial);
  stop = true;
  reader.join();
  EXPECT_GE(transfers, 3);
}

}  // namespace
}  // namespace meridian::engines::dns::transfer

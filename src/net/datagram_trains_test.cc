#include "net/datagram_trains.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace meridian::net {
namespace {

struct Datagram {
  int flow;
  std::size_t size;
};
using Planned = std::vector<std::vector<std::size_t>>;  // sizes, train by train

Planned plan(const std::vector<Datagram>& datagrams, std::size_t size_max = 1232) {
  DatagramTrains trains;
  const auto planned = trains.plan(
      datagrams.size(), size_max, [&](std::size_t i) { return datagrams[i].size; },
      [&](std::size_t i) { return static_cast<std::size_t>(datagrams[i].flow % 3); },  // flows share buckets
      [&](std::size_t i, std::size_t j) { return datagrams[i].flow == datagrams[j].flow; });
  std::vector<int> seen(datagrams.size());
  Planned out;
  for (const auto& train : planned) {
    auto& sizes = out.emplace_back();
    std::size_t bytes = 0;
    for (std::size_t n = 0; n < train.count; ++n) {
      const std::size_t i = trains.order()[train.begin + n];
      ++seen[i];
      EXPECT_EQ(datagrams[i].flow, datagrams[train.lead].flow);
      sizes.push_back(datagrams[i].size);
      bytes += datagrams[i].size;
    }
    for (std::size_t n = 0; n + 1 < sizes.size(); ++n) EXPECT_EQ(sizes[n], train.size);
    EXPECT_LE(sizes.back(), train.size);
    if (sizes.size() > 1) {
      EXPECT_LE(train.size, size_max);
      EXPECT_LE(bytes, DatagramTrains::kTrainBytesMax);
    }
  }
  EXPECT_TRUE(std::ranges::all_of(seen, [](int count) { return count == 1; }));
  return out;
}

TEST(DatagramTrains, OneSizeToOnePeerIsOneTrainWhateverStandsBetween) {
  EXPECT_EQ(plan({{1, 100}, {2, 100}, {1, 100}, {2, 100}, {1, 100}}), (Planned{{100, 100, 100}, {100, 100}}));
}

TEST(DatagramTrains, OneShorterDatagramEndsATrain) {
  EXPECT_EQ(plan({{1, 100}, {1, 90}, {1, 100}}), (Planned{{100, 100, 90}}));
  EXPECT_EQ(plan({{1, 90}, {1, 100}, {1, 100}}), (Planned{{100, 100, 90}}));
  EXPECT_EQ(plan({{1, 100}, {1, 90}, {1, 80}, {1, 70}}), (Planned{{100, 90}, {80, 70}}));
}

TEST(DatagramTrains, PeersOfOnePortAreToldApart) {
  EXPECT_EQ(plan({{1, 100}, {4, 100}}), (Planned{{100}, {100}})) << "1 and 4 share a bucket";
}

TEST(DatagramTrains, WhatIsTooLongGoesByItself) {
  EXPECT_EQ(plan({{1, 1300}, {1, 1300}, {1, 90}, {1, 90}}), (Planned{{1300}, {1300}, {90, 90}}));
  EXPECT_EQ(plan({{1, 90}, {1, 90}}, 0), (Planned{{90}, {90}}));
}

TEST(DatagramTrains, ATrainFitsIntoOnePacket) {
  EXPECT_EQ(plan(std::vector<Datagram>(64, {1, 1232})).size(), 2u);
}

TEST(DatagramTrains, AnyBatchIsSentWhole) {
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::vector<Datagram> datagrams(random() % 65);
    const int flows = 1 + static_cast<int>(random() % 8);
    const std::size_t sizes = 1 + random() % 10;
    for (Datagram& each : datagrams)
      each = {static_cast<int>(random()) % flows, 100 + 140 * (random() % sizes)};
    const Planned planned = plan(datagrams);
    EXPECT_LE(planned.size(), datagrams.size());
  }
}

}  // namespace
}  // namespace meridian::net

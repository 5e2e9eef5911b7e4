// Whole drills in virtual time: those that ship, and what a fault in a part would do to them.
#include "apps/drill/drill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/drill/report.h"
#include "apps/drill/shipped.h"
#include "apps/drill/virtual_stage.h"

namespace meridian::apps::drill {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

struct Played {
  Scenario scenario;
  Recording recording;
  Measures measures;
  std::string text() const { return report_text(scenario, recording, measures, {}); }
  std::string json() const { return report_json(scenario, recording, measures, {}); }
};

Played play_text(std::string_view text, std::uint64_t seed = 1) {
  auto scenario = parse_scenario(text);
  EXPECT_TRUE(scenario) << scenario.error().message;
  const auto stage = make_virtual_stage(seed);
  auto recording = play(*scenario, *stage, seed);
  EXPECT_TRUE(recording) << recording.error().message;
  auto measures = measure(*scenario, *recording);
  return {*std::move(scenario), *std::move(recording), std::move(measures)};
}

class ShippedDrill : public testing::TestWithParam<Shipped> {};

TEST_P(ShippedDrill, ComesAsItExpects) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Played played = play_text(GetParam().text, seed);
    EXPECT_FALSE(played.measures.verdicts.empty());
    EXPECT_TRUE(played.measures.all_met()) << "seed " << seed << "\n" << played.text();
  }
}

// Letters of the charts are three bytes and one column.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST_P(ShippedDrill, IsReportedInEightyColumns) {
  const std::string text = play_text(GetParam().text).text();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(columns(std::string_view(text).substr(at, end - at)), 80u) << text.substr(at, end - at);
    at = end + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedDrill, testing::ValuesIn(shipped().begin(), shipped().end()),
                         [](const auto& each) {
                           std::string name(each.param.name);
                           std::erase_if(name, [](char c) { return c == '-'; });
                           return name;
                         });

// One endpoint fails over to another; `more` is added to the file.
std::string story(const std::string& more, const std::string& check = "", const std::string& clients = "") {
  return R"(
title = "A story"
duration = "5m"
[[endpoint]]
name = "a"
[[endpoint]]
name = "b"
[[check]]
name = "up"
type = "HTTP_STR_MATCH"
search = "OK"
endpoint = "a"
interval = 10
)" + check +
         R"(
[[record]]
name = "www"
endpoint = "a"
check = "up"
failover = "PRIMARY"
ttl = 20
[[record]]
name = "www"
endpoint = "b"
failover = "SECONDARY"
ttl = 20
[[clients]]
name = "c"
ask = "www"
count = 200
)" + clients +
         "\n" + more;
}

std::string step(const std::string& rest) {
  return "[[step]]\nat = \"1m\"\n" + rest + "\n";
}

TEST(Drill, TheSameSeedGivesTheSameReport) {
  const std::string text = story(step("endpoint = \"a\"\nfault = \"refuse\""));
  EXPECT_EQ(play_text(text, 7).json(), play_text(text, 7).json());
  EXPECT_NE(play_text(text, 7).json(), play_text(text, 8).json());
}

TEST(Drill, EveryFaultThatProbesCanSeeIsSeenAndTakenBack) {
  for (const char* fault : {"refuse", "hang", "lose", "slow\"\ndelay = \"5s", "slow-body\"\ndelay = \"3s",
                            "body", "status", "partition"}) {
    const Played played = play_text(story(step(std::string("endpoint = \"a\"\nfault = \"") + fault + "\"") +
                                          "[[step]]\nat = \"3m\"\nendpoint = \"a\"\nfault = \"none\"\n"));
    ASSERT_EQ(played.measures.incidents.size(), 2u) << fault;
    const auto& [away, back] = std::tie(played.measures.incidents[0], played.measures.incidents[1]);
    ASSERT_EQ(away.detections.size(), 1u) << fault;
    EXPECT_FALSE(away.detections[0].healthy) << fault;
    EXPECT_EQ(away.detections[0].checkers.size(), 8u) << fault;
    ASSERT_TRUE(away.detections[0].status) << fault;
    // Three probes 10 s apart, each with the time that it waits.
    EXPECT_GT(*away.detections[0].status, seconds(20)) << fault;
    EXPECT_LT(*away.detections[0].status, seconds(45)) << fault;
    ASSERT_EQ(back.detections.size(), 1u) << fault;
    EXPECT_TRUE(back.detections[0].healthy) << fault;
  }
}

TEST(Drill, ClientsDoNotNoticeThatCheckersAreCutOff) {
  const Played played = play_text(story(step("endpoint = \"a\"\nfault = \"partition\"")));
  EXPECT_EQ(played.measures.incidents[0].changes.size(), 1u);
  EXPECT_EQ(played.measures.incidents[0].wrong, 0u);
}

TEST(Drill, ThreeOfEightCheckersCutOffChangeNothing) {
  const Played played = play_text(story(step(
      "endpoint = \"a\"\nfault = \"partition\"\ncheckers = [\"us-east-1\", \"us-west-1\", \"us-west-2\"]")));
  ASSERT_EQ(played.measures.incidents[0].detections.size(), 1u);
  EXPECT_EQ(played.measures.incidents[0].detections[0].checkers.size(), 3u);
  EXPECT_FALSE(played.measures.incidents[0].detections[0].status);
  EXPECT_TRUE(played.measures.incidents[0].changes.empty());
}

TEST(Drill, ClientsAreMisledThenStrandedThenWell) {
  const Played played = play_text(story(step("endpoint = \"a\"\nfault = \"refuse\"")));
  const Incident& incident = played.measures.incidents[0];
  const Duration detected = *incident.detections[0].status;
  EXPECT_EQ(incident.misled_most, 200u);
  EXPECT_GT(incident.stranded_most, 100u);
  ASSERT_TRUE(incident.all_well);
  EXPECT_GT(*incident.all_well, detected);
  EXPECT_LT(*incident.all_well, detected + seconds(20 + 5 + 2));  // TTL, a client's pause, a sample
}

TEST(Drill, AnswersThatAreKeptLongerStrandLonger) {
  const auto all_well = [](const std::string& clients) {
    return *play_text(story(step("endpoint = \"a\"\nfault = \"refuse\""), "", clients))
                .measures.incidents[0]
                .all_well;
  };
  const Duration honest = all_well("");
  EXPECT_GT(all_well("ttl-min = \"2m\""), honest + seconds(40));
  EXPECT_GT(all_well("keep = \"2m\""), honest + seconds(40));
  EXPECT_LT(all_well("ttl-max = \"1s\""), honest - seconds(10));
}

TEST(Drill, WhoServesStaleAnswersSurvivesASilentDns) {
  const auto unanswered = [](const std::string& clients) {
    return play_text(story(step("dns = \"silent\""), "", clients)).measures.incidents[0].unanswered_most;
  };
  EXPECT_EQ(unanswered(""), 200u);
  EXPECT_EQ(unanswered("serve-stale = \"1h\""), 0u);
}

TEST(Drill, AChangedRecordIsAnsweredAtOnce) {
  const Played played = play_text(R"(
title = "Weights"
duration = "4m"
[[endpoint]]
name = "blue"
[[endpoint]]
name = "green"
[[record]]
name = "www"
endpoint = "blue"
weight = 100
ttl = 5
[[record]]
name = "www"
endpoint = "green"
weight = 0
ttl = 5
[[clients]]
name = "c"
ask = "www"
resolvers = 200
[[step]]
at = "1m"
record = "green"
weight = 25
[[expect]]
clients = "all"
share = "green"
from = "2m"
least = 0.15
most = 0.25
[[expect]]
answer = "www"
stays = "blue"
until = "59s"
)");
  EXPECT_TRUE(played.measures.all_met()) << played.text();
  ASSERT_EQ(played.measures.incidents[0].changes.size(), 1u);
  EXPECT_EQ(played.measures.incidents[0].changes[0].after, Duration::zero());
  EXPECT_THAT(played.text(), HasSubstr("blue 80%, green 20%"));
}

TEST(Drill, ADisabledCheckIsHealthy) {
  const Played played = play_text(story(step("endpoint = \"a\"\nfault = \"refuse\"") +
                                        "[[step]]\nat = \"2m\"\ncheck = \"up\"\ndisabled = true\n"));
  ASSERT_EQ(played.measures.incidents[1].changes.size(), 1u);
  EXPECT_THAT(in_words(played.scenario, played.measures.incidents[1].changes[0].mix), "a");
}

TEST(Drill, WhatRoute53RefusesIsTold) {
  std::string text = story("");
  text.erase(text.find("check = \"up\"\n"), 13);  // a primary without a check
  const auto scenario = parse_scenario(text).value();
  const auto stage = make_virtual_stage(1);
  const auto recording = play(scenario, *stage, 1);
  ASSERT_FALSE(recording);
  EXPECT_THAT(recording.error().message, HasSubstr("must have an associated health check"));
}

TEST(Drill, LeavesNothingBehind) {
  const auto scenario = parse_scenario(story(step("endpoint = \"a\"\nfault = \"refuse\""))).value();
  const auto stage = make_virtual_stage(1);
  ASSERT_TRUE(play(scenario, *stage, 1));
  ASSERT_TRUE(play(scenario, *stage, 2));  // the zone and its endpoints can be made again
}

}  // namespace
}  // namespace meridian::apps::drill

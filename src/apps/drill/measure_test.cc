#include "apps/drill/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/drill/report.h"

namespace meridian::apps::drill {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// What a drill of 100 s saw in which "up" failed 20 s after the step at 10 s, and the answer followed.
class MeasureTest : public testing::Test {
 protected:
  MeasureTest() {
    for (int at = 1; at <= 100; ++at) {
      Recording::Group group;
      const bool misled = at > 10 && at <= 30, stranded = at > 30 && at <= 50;
      group.clients[static_cast<std::size_t>(misled     ? Outcome::Misled
                                             : stranded ? Outcome::Stranded
                                                        : Outcome::Well)] = 10;
      group.attempts[static_cast<std::size_t>(misled     ? Outcome::Misled
                                              : stranded ? Outcome::Stranded
                                                         : Outcome::Well)] = 2;
      group.endpoints = at <= 50 ? std::vector<std::uint64_t>{2, 0} : std::vector<std::uint64_t>{0, 2};
      recording.samples.push_back({seconds(at), {std::move(group)}});
    }
    recording.questions = {{"www", ""}};
    recording.minds = {{seconds(28), 0, "us-east-1", false, "refused"},
                       {seconds(30), 0, "eu-west-1", false, "refused"},
                       {seconds(33), 0, "us-west-1", false, "refused"}};
    recording.statuses = {{seconds(0), 0, true}, {seconds(30), 0, false}};
    recording.answers = {{seconds(0), 0, {{0, 1.0}}}, {seconds(30), 0, {{1, 1.0}}}};
  }

  Measures of(const std::string& expectations = "") {
    scenario = parse_scenario(R"(title = "T"
duration = "100s"
[[endpoint]]
name = "a"
[[endpoint]]
name = "b"
[[check]]
name = "up"
endpoint = "a"
[[record]]
name = "www"
endpoint = "a"
[[clients]]
name = "c"
ask = "www"
count = 10
[[step]]
name = "outage"
at = "10s"
endpoint = "a"
fault = "refuse"
)" + expectations)
                   .value();
    return measure(scenario, recording);
  }
  bool met(const std::string& expectation) {
    const Measures measures = of("[[expect]]\n" + expectation);
    EXPECT_EQ(measures.all_met(), measures.verdicts.at(0).met);
    return measures.verdicts.at(0).met;
  }

  Scenario scenario;
  Recording recording;
};

TEST_F(MeasureTest, AnIncidentHasWhoNoticedAndWhoSuffered) {
  const Measures measures = of();
  ASSERT_EQ(measures.incidents.size(), 1u);
  const Incident& incident = measures.incidents[0];
  ASSERT_EQ(incident.detections.size(), 1u);
  EXPECT_EQ(incident.detections[0].status, seconds(20));
  EXPECT_THAT(incident.detections[0].checkers,
              ElementsAre(Pair("us-east-1", seconds(18)), Pair("eu-west-1", seconds(20)),
                          Pair("us-west-1", seconds(23))));
  ASSERT_EQ(incident.changes.size(), 1u);
  EXPECT_EQ(incident.changes[0].after, seconds(20));
  EXPECT_EQ(incident.all_well, seconds(40));
  EXPECT_EQ(incident.wrong, 80u);
  EXPECT_EQ(incident.answers, 180u);
  EXPECT_EQ(incident.misled_most, 10u);
  EXPECT_EQ(incident.stranded_most, 10u);
}

TEST_F(MeasureTest, WhatEndsBadlyIsSaid) {
  recording.samples.back().groups[0].clients = {0, 0, 0, 10, 0};
  EXPECT_FALSE(of().incidents[0].all_well);
  EXPECT_TRUE(of().incidents[0].ends_badly);
}

TEST_F(MeasureTest, AChecksChangeIsInTimeOrNot) {
  const std::string becomes = "check = \"up\"\nbecomes = \"unhealthy\"\nfrom = \"outage\"\n";
  EXPECT_TRUE(met(becomes + "within = \"20s\""));
  EXPECT_FALSE(met(becomes + "within = \"19s\""));
  EXPECT_TRUE(met(becomes + "within = \"30s\"\nnot-before = \"20s\""));
  EXPECT_FALSE(met(becomes + "within = \"30s\"\nnot-before = \"21s\""));
  EXPECT_FALSE(met("check = \"up\"\nbecomes = \"healthy\"\nfrom = \"31s\"\nwithin = \"60s\""));
  EXPECT_TRUE(
      met("check = \"up\"\nbecomes = \"unhealthy\"\nfrom = \"40s\"\nwithin = \"1s\""));  // it is already
}

TEST_F(MeasureTest, ACheckStaysOrDoesNot) {
  EXPECT_TRUE(met("check = \"up\"\nstays = \"healthy\"\nuntil = \"29s\""));
  EXPECT_FALSE(met("check = \"up\"\nstays = \"healthy\"\nuntil = \"31s\""));
  EXPECT_TRUE(met("check = \"up\"\nstays = \"unhealthy\"\nfrom = \"30s\""));
  EXPECT_FALSE(met("check = \"up\"\nstays = \"healthy\"\nfrom = \"50s\""));
}

TEST_F(MeasureTest, AnAnswerChangesStaysOrNeverComes) {
  EXPECT_TRUE(met("answer = \"www\"\nbecomes = \"b\"\nfrom = \"outage\"\nwithin = \"20s\""));
  EXPECT_FALSE(met("answer = \"www\"\nbecomes = \"b\"\nfrom = \"outage\"\nwithin = \"19s\""));
  EXPECT_FALSE(met("answer = \"www\"\nbecomes = [\"a\", \"b\"]\nfrom = \"outage\"\nwithin = \"60s\""));
  EXPECT_TRUE(met("answer = \"www\"\nstays = \"a\"\nuntil = \"29s\""));
  EXPECT_FALSE(met("answer = \"www\"\nstays = \"a\""));
  EXPECT_TRUE(met("answer = \"www\"\nnever = \"a\"\nfrom = \"30s\""));
  EXPECT_FALSE(met("answer = \"www\"\nnever = \"a\""));
}

TEST_F(MeasureTest, ClientsAreWellOrNot) {
  EXPECT_TRUE(met("clients = \"all\"\nwell = true\nfrom = \"outage\"\nwithin = \"40s\""));
  EXPECT_FALSE(met("clients = \"c\"\nwell = true\nfrom = \"outage\"\nwithin = \"39s\""));
  EXPECT_TRUE(met("clients = \"all\"\nstranded = 10"));
  EXPECT_FALSE(met("clients = \"all\"\nstranded = 9"));
  EXPECT_TRUE(met("clients = \"all\"\nwrong = 80"));
  EXPECT_FALSE(met("clients = \"all\"\nwrong = 79"));
  EXPECT_TRUE(met("clients = \"all\"\nwrong = 0\nuntil = \"10s\""));
  EXPECT_TRUE(met("clients = \"all\"\nshare = \"a\"\nleast = 0.5\nmost = 0.5"));
  EXPECT_FALSE(met("clients = \"all\"\nshare = \"a\"\nleast = 0.51"));
  EXPECT_FALSE(met("clients = \"all\"\nshare = \"b\"\nmost = 0.49"));
}

TEST_F(MeasureTest, TheReportSaysWhatWasExpectedAndWhatCame) {
  const Measures measures =
      of("[[expect]]\ncheck = \"up\"\nbecomes = \"unhealthy\"\nfrom = \"outage\"\nwithin = \"5s\"\n");
  const std::string text = report_text(scenario, recording, measures, {});
  EXPECT_THAT(text, HasSubstr("NOT MET  up becomes unhealthy within 5s of 10s: after 20s"));
  EXPECT_THAT(text, HasSubstr("30s    www -> b +20s"));
  EXPECT_THAT(text, HasSubstr("0 of 1 expectations met"));
  const std::string json = report_json(scenario, recording, measures, {.real = true, .seed = 4});
  EXPECT_THAT(json, HasSubstr(R"("time":"real","seed":4,"duration":100)"));
  EXPECT_THAT(json, HasSubstr(R"("met":false)"));
  EXPECT_THAT(json, HasSubstr(R"({"check":"up","healthy":false,"after":20,"checkers":{"us-east-1":18,)"));
}

TEST_F(MeasureTest, MixesAreToldWithTheirShares) {
  of();
  EXPECT_EQ(in_words(scenario, Mix{{0, 0.9}, {1, 0.1}}), "a 90%, b 10%");
  EXPECT_EQ(in_words(scenario, Mix{{0, 0.5}, {1, 0.5}}), "a, b");
  EXPECT_EQ(in_words(scenario, Mix{}), "nothing");
}

}  // namespace
}  // namespace meridian::apps::drill

#include "apps/control/acme/hosted_zone_challenges.h"

#include "services/route53/service_fixture.h"

namespace meridian::apps::acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HostedZoneChallengesTest : public services::route53::ServiceTest {
 protected:
  std::vector<std::string> values(const std::string& zone, const std::string& name) {
    services::route53::api::ListResourceRecordSetsRequest input;
    input.HostedZoneId = zone;
    const auto listed = route53_.ListResourceRecordSets(call_, input).value();
    std::vector<std::string> out;
    for (const auto& set : listed.ResourceRecordSets)
      if (set.Name == name && set.Type == "TXT")
        for (const auto& record : *set.ResourceRecords) out.push_back(record.Value);
    return out;
  }
  HostedZoneChallenges challenges_{store_, route53_, clock_};
  const TxtRecord one_{"_acme-challenge.www.example.com", "one"};
  const TxtRecord two_{"_acme-challenge.www.example.com", "two"};
};

TEST_F(HostedZoneChallengesTest, StandsInTheClosestZoneUntilItIsTakenAway) {
  const std::string above = make_zone_id("example.com"), zone = make_zone_id("www.example.com");
  ASSERT_TRUE(challenges_.put(one_));
  ASSERT_TRUE(challenges_.put(two_));
  const std::string name = "_acme-challenge.www.example.com.";
  EXPECT_THAT(values(zone, name), ElementsAre("\"one\"", "\"two\""));
  EXPECT_THAT(values(above, name), IsEmpty());
  ASSERT_TRUE(challenges_.remove(one_));
  EXPECT_THAT(values(zone, name), ElementsAre("\"two\""));
  ASSERT_TRUE(challenges_.remove(two_));
  ASSERT_TRUE(challenges_.remove(two_)) << "once more is no error";
  EXPECT_THAT(values(zone, name), IsEmpty());
}

TEST_F(HostedZoneChallengesTest, WhatElseStandsThereStaysAsItWas) {
  const std::string zone = make_zone_id("example.com"), name = "_acme-challenge.www.example.com.";
  ASSERT_TRUE(apply(zone, {change("CREATE", records(name, "TXT", {"\"of a user\""}, 300))}));
  ASSERT_TRUE(challenges_.put(one_));
  ASSERT_TRUE(HostedZoneChallenges(store_, route53_, clock_).put(one_)) << "as the next process does";
  EXPECT_THAT(values(zone, name), ElementsAre("\"of a user\"", "\"one\""));
  ASSERT_TRUE(challenges_.remove(one_));
  EXPECT_THAT(values(zone, name), ElementsAre("\"of a user\""));
}

TEST_F(HostedZoneChallengesTest, ServedOnceEveryEngineHasIt) {
  make_zone_id("example.com");
  acknowledged_.revision = store_.revision();
  EXPECT_EQ(challenges_.put(one_).value(), false);
  const auto before = store_.revision();
  acknowledged_.revision = before;
  EXPECT_EQ(challenges_.put(one_).value(), true);
  EXPECT_EQ(store_.revision(), before) << "asking again changes nothing";
}

TEST_F(HostedZoneChallengesTest, WhatIsHostedElsewhereIsNotFound) {
  make_zone_id("example.org");
  const auto put = challenges_.put(one_);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::NotFound);
  EXPECT_TRUE(challenges_.remove(one_));
}

}  // namespace
}  // namespace meridian::apps::acme

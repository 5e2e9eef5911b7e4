#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

class Changes : public ServiceTest {
 protected:
  std::string status(const std::string& id) {
    return route53_.GetChange(call_, {.Id = id}).value().ChangeInfo.Status;
  }
};

TEST_F(Changes, AreInSyncOnceTheEnginesAcknowledge) {
  std::string first = make_zone("a.test").ChangeInfo.Id;
  acknowledged_.revision = store_.revision();
  std::string second = make_zone("b.test").ChangeInfo.Id;
  EXPECT_EQ(status(first), "INSYNC");
  EXPECT_EQ(status(second), "PENDING");
  acknowledged_.revision = store_.revision();
  EXPECT_EQ(status(second), "INSYNC");
}

TEST_F(Changes, OfAZoneThatEnginesDoNotServeArePendingAloneAndForEver) {
  auto zone = make_zone("a.test");
  acknowledged_.failed_zone = zone.HostedZone.Id.substr(std::string("/hostedzone/").size());
  api::ChangeResourceRecordSetsRequest input;
  input.HostedZoneId = zone.HostedZone.Id;
  input.ChangeBatch.Changes = {change("CREATE", records("www.a.test", "A", {"192.0.2.1"}))};
  const std::string record = route53_.ChangeResourceRecordSets(call_, input).value().ChangeInfo.Id;
  const std::string other = make_zone("b.test").ChangeInfo.Id;
  acknowledged_.revision = store_.revision();
  EXPECT_EQ(status(zone.ChangeInfo.Id), "PENDING");
  EXPECT_EQ(status(record), "PENDING");
  EXPECT_EQ(status(other), "INSYNC");
}

TEST_F(Changes, AreFoundByEitherFormOfTheirId) {
  auto zone = make_zone("a.test");
  api::ChangeResourceRecordSetsRequest input;
  input.HostedZoneId = zone.HostedZone.Id;
  input.ChangeBatch.Comment = "why";
  input.ChangeBatch.Changes = {change("CREATE", records("www.a.test", "A", {"192.0.2.1"}))};
  auto info = route53_.ChangeResourceRecordSets(call_, input).value().ChangeInfo;
  EXPECT_EQ(info.Comment, "why");
  EXPECT_EQ(route53_.GetChange(call_, {.Id = info.Id}).value().ChangeInfo, info);
  EXPECT_EQ(route53_.GetChange(call_, {.Id = info.Id.substr(8)}).value().ChangeInfo, info);
}

TEST_F(Changes, OfOthersAndOfNobodyAreNotFound) {
  std::string id = make_zone("a.test").ChangeInfo.Id;
  for (auto outcome :
       {route53_.GetChange(stranger_, {.Id = id}), route53_.GetChange(call_, {.Id = "/change/C404"})}) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "NoSuchChange");
    EXPECT_EQ(outcome.error().status, 404);
  }
  EXPECT_EQ(route53_.GetChange(call_, {.Id = "/change/C404"}).error().message,
            "Could not find resource with ID: C404");
}

TEST_F(Changes, AreForgottenAfterThirtyDays) {
  std::string old = make_zone("a.test").ChangeInfo.Id;
  clock_.advance(std::chrono::hours(24 * 29));
  std::string kept = make_zone("b.test").ChangeInfo.Id;
  EXPECT_EQ(status(old), "PENDING");
  clock_.advance(std::chrono::hours(25));
  make_zone("c.test");
  EXPECT_EQ(route53_.GetChange(call_, {.Id = old}).error().code, "NoSuchChange");
  EXPECT_EQ(status(kept), "PENDING");
}

TEST_F(Changes, AreShownToTheMillisecond) {
  clock_.advance(std::chrono::nanoseconds(1'234'567));
  EXPECT_EQ(make_zone("a.test").ChangeInfo.SubmittedAt,
            SystemTime(std::chrono::milliseconds(1'700'000'000'001)));
}

}  // namespace
}  // namespace meridian::services::route53

#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TwoCheckers final : public HealthObservations {
 public:
  std::vector<Observation> latest(std::string_view id) const override {
    if (id != probed) return {};
    return {{"us-east-1", "127.0.53.1", true, "HTTP Status Code 200, OK", SystemTime()},
            {"us-west-1", "", false, "Connection timed out.", SystemTime()}};
  }
  std::vector<Observation> last_failures(std::string_view id) const override {
    return id == probed ? std::vector{latest(id).back()} : std::vector<Observation>();
  }
  std::vector<std::string> checker_ranges() const override { return {"127.0.53.1/32"}; }
  std::string probed;
};

class HealthCheckStatus : public ServiceTest {
 protected:
  std::string make(std::string reference, api::HealthCheckConfig config) {
    return route53_
        .CreateHealthCheck(call_,
                           {.CallerReference = std::move(reference), .HealthCheckConfig = std::move(config)})
        .value()
        .HealthCheck.Id;
  }

  TwoCheckers checkers_;
  Route53 probing_{store_,  clock_,    random_, acknowledged_, small_quotas(), HealthCheckTargets::Public,
                   nullptr, &checkers_};
};

TEST_F(HealthCheckStatus, IsWhatEachCheckerFound) {
  const std::string id = checkers_.probed = make("one", {.IPAddress = "1.2.3.4", .Type = "HTTP"});
  const auto status = probing_.GetHealthCheckStatus(call_, {.HealthCheckId = id}).value();
  ASSERT_EQ(status.HealthCheckObservations.size(), 2u);
  const auto& first = status.HealthCheckObservations[0];
  EXPECT_EQ(first.Region, "us-east-1");
  EXPECT_EQ(first.IPAddress, "127.0.53.1");
  EXPECT_EQ(first.StatusReport->Status, "Success: HTTP Status Code 200, OK");
  EXPECT_EQ(first.StatusReport->CheckedTime, SystemTime());
  EXPECT_EQ(status.HealthCheckObservations[1].StatusReport->Status, "Failure: Connection timed out.");
  EXPECT_FALSE(status.HealthCheckObservations[1].IPAddress);

  const auto failures = probing_.GetHealthCheckLastFailureReason(call_, {.HealthCheckId = id}).value();
  ASSERT_EQ(failures.HealthCheckObservations.size(), 1u);
  EXPECT_EQ(failures.HealthCheckObservations[0].Region, "us-west-1");
  EXPECT_THAT(probing_.GetCheckerIpRanges(call_, {}).value().CheckerIpRanges, ElementsAre("127.0.53.1/32"));
}

TEST_F(HealthCheckStatus, IsNotOfCalculatedNorOfOthersChecks) {
  const std::string id = checkers_.probed = make("one", {.IPAddress = "1.2.3.4", .Type = "HTTP"});
  const std::string sum =
      make("sum", {.Type = "CALCULATED", .HealthThreshold = 1, .ChildHealthChecks = {{id}}});
  EXPECT_EQ(probing_.GetHealthCheckStatus(call_, {.HealthCheckId = sum}).error().code, "InvalidInput");
  EXPECT_EQ(probing_.GetHealthCheckLastFailureReason(call_, {.HealthCheckId = sum}).error().code,
            "InvalidInput");
  EXPECT_EQ(probing_.GetHealthCheckStatus(stranger_, {.HealthCheckId = id}).error().code,
            "NoSuchHealthCheck");
  const std::string switched = make(
      "switch", {.Type = "RECOVERY_CONTROL", .RoutingControlArn = "arn:aws:route53-recovery-control::1:x"});
  EXPECT_THAT(
      probing_.GetHealthCheckStatus(call_, {.HealthCheckId = switched}).value().HealthCheckObservations,
      IsEmpty());
}

TEST_F(HealthCheckStatus, IsEmptyWhereNothingIsProbed) {
  const std::string id = make("one", {.IPAddress = "1.2.3.4", .Type = "HTTP"});
  EXPECT_THAT(route53_.GetHealthCheckStatus(call_, {.HealthCheckId = id}).value().HealthCheckObservations,
              IsEmpty());
  EXPECT_THAT(
      route53_.GetHealthCheckLastFailureReason(call_, {.HealthCheckId = id}).value().HealthCheckObservations,
      IsEmpty());
  EXPECT_THAT(route53_.GetCheckerIpRanges(call_, {}).value().CheckerIpRanges, IsEmpty());
}

}  // namespace
}  // namespace meridian::services::route53

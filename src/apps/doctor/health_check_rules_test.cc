#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using HealthCheckRules = HealthyWorld;

const std::string kUpdate1 = "aws route53 update-health-check --health-check-id " + kCheck1;
const std::string kUpdateBoth = "aws route53 update-health-check --health-check-id both";

TEST_F(HealthCheckRules, ADeletedCheckInUse) {
  sets("split.example.com")[1]->HealthCheckId = "gone";
  const auto findings = found(missing_check);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].why, HasSubstr("gone was deleted"));
  EXPECT_THAT(findings[0].fix.commands, SizeIs(2));
  expect_only({"missing-check"});
}

TEST_F(HealthCheckRules, ADeletedCheckOfWhatCannotBeProbedIsTakenOff) {
  sets("split.example.com")[1]->HealthCheckId = "gone";
  sets("split.example.com")[1]->ResourceRecords = {{"10.0.0.1"}};
  EXPECT_THAT(commands(missing_check), ElementsAre(testing::Not(HasSubstr("HealthCheckId"))));
}

TEST_F(HealthCheckRules, ACheckThatNothingUses) {
  facts.checks.push_back(check("lonely", "1.2.3.1"));
  EXPECT_THAT(labels(orphan_check), ElementsAre("lonely HTTP 1.2.3.1:80/health"));
  EXPECT_THAT(commands(orphan_check),
              ElementsAre("aws route53 delete-health-check --health-check-id lonely"));
  expect_only({"orphan-check"});
}

TEST_F(HealthCheckRules, ATrafficPolicysDocumentUsesAChecksId) {
  for (ZoneFacts& zone : facts.zones)
    for (auto& set : zone.sets)
      if (set.HealthCheckId == kCheck1) set.HealthCheckId = kCheck2;
  EXPECT_THAT(found(orphan_check), IsEmpty());
  facts.instances.clear();
  EXPECT_THAT(found(orphan_check), SizeIs(1)) << "a policy without instances uses nothing";
}

TEST_F(HealthCheckRules, ADisabledCheck) {
  config(kCheck1).Disabled = true;
  EXPECT_THAT(found(check_disabled).at(0).why, HasSubstr("nothing fails over"));
  EXPECT_THAT(commands(check_disabled), ElementsAre(kUpdate1 + " --no-disabled"));
  expect_only({"check-disabled"});
  config(kCheck1).Inverted = true;
  EXPECT_THAT(found(check_disabled).at(0).why, HasSubstr("unhealthy whatever"));
  expect_only({"check-disabled"});
}

TEST_F(HealthCheckRules, AnInvertedCheck) {
  config(kCheck1).Inverted = true;
  EXPECT_THAT(commands(check_inverted), ElementsAre(kUpdate1 + " --no-inverted"));
  expect_only({"check-inverted"});
}

TEST_F(HealthCheckRules, ACheckOfAPrivateAddress) {
  config(kCheck1).IPAddress = "10.0.0.1";
  EXPECT_THAT(labels(check_private_address), ElementsAre(kCheck1 + " HTTP 10.0.0.1:80/health"));
}

TEST_F(HealthCheckRules, HttpSpokenToATlsPort) {
  config(kCheck2).Port = 443;
  EXPECT_THAT(commands(http_check_on_tls_port).front(), HasSubstr(R"("Type":"HTTPS")"));
  expect_only({"http-check-on-tls-port"});
  config(kCheck2).Type = "HTTP_STR_MATCH";
  config(kCheck2).SearchString = "ok";
  EXPECT_THAT(commands(http_check_on_tls_port).front(), HasSubstr(R"("Type":"HTTPS_STR_MATCH")"));
  config(kCheck2).Type = "HTTPS_STR_MATCH";
  EXPECT_THAT(found(http_check_on_tls_port), IsEmpty());
}

TEST_F(HealthCheckRules, AWebServerAskedForItsPortOnly) {
  config(kCheck2).Type = "TCP";
  config(kCheck2).ResourcePath.reset();
  EXPECT_THAT(commands(tcp_check_of_web_port).front(),
              AllOf(HasSubstr(R"("Type":"HTTP")"), HasSubstr("/health")));
  expect_only({"tcp-check-of-web-port"});
  config(kCheck2).Port = 5432;
  EXPECT_THAT(found(tcp_check_of_web_port), IsEmpty());
}

TEST_F(HealthCheckRules, ACheckOfAPage) {
  for (const char* path : {"/", "/index.html", "/shop/", "/?page=1"}) {
    config(kCheck1).ResourcePath = path;
    EXPECT_THAT(commands(shallow_check), ElementsAre(kUpdate1 + " --resource-path /health")) << path;
  }
  config(kCheck1).ResourcePath.reset();
  EXPECT_THAT(found(shallow_check), SizeIs(1));
  expect_only({"shallow-check"});
}

TEST_F(HealthCheckRules, AStringLookedForInAPage) {
  config(kCheck1).Type = "HTTP_STR_MATCH";
  config(kCheck1).SearchString = "welcome";
  EXPECT_THAT(found(search_string_in_page), IsEmpty());
  config(kCheck1).ResourcePath = "/index.html";
  EXPECT_THAT(found(search_string_in_page).at(0).why, HasSubstr("5,120 bytes"));
  expect_only({"search-string-in-page"});
}

TEST_F(HealthCheckRules, TlsWithoutTheServersName) {
  config(kHttps).EnableSNI = false;
  EXPECT_THAT(commands(sni_off),
              ElementsAre("aws route53 update-health-check --health-check-id " + kHttps + " --enable-sni"));
  expect_only({"sni-off"});
}

TEST_F(HealthCheckRules, AnExpiredCertificateNeedsAMetric) {
  config(kBoth).ChildHealthChecks = std::vector{kHttps, kCheck1};
  EXPECT_THAT(labels(certificate_expiry_unnoticed), ElementsAre(kHttps + " HTTPS 1.2.3.1:443/health"));
  facts.checks.push_back(facts.checks[2]);
  facts.checks.back().check.Id = "other";
  EXPECT_THAT(labels(certificate_expiry_unnoticed), ElementsAre("2 HTTPS health checks"));
}

TEST_F(HealthCheckRules, TooFewCheckerRegions) {
  config(kCheck1).Regions = std::vector<std::string>{"us-east-1", "eu-west-1"};
  EXPECT_THAT(found(regions_fewer_than_three).at(0).why, HasSubstr("2 Regions"));
  EXPECT_THAT(commands(regions_fewer_than_three), ElementsAre(kUpdate1 + " --reset-elements Regions"));
  expect_only({"regions-fewer-than-three"});
  config(kCheck1).Regions->push_back("sa-east-1");
  EXPECT_THAT(found(regions_fewer_than_three), IsEmpty());
}

TEST_F(HealthCheckRules, OneLostProbeDecides) {
  config(kCheck1).FailureThreshold = 1;
  EXPECT_THAT(commands(threshold_of_one), ElementsAre(kUpdate1 + " --failure-threshold 3"));
  expect_only({"threshold-of-one"});
}

TEST_F(HealthCheckRules, ACalculatedCheckThatIsAlwaysHealthy) {
  config(kBoth).HealthThreshold = 0;
  EXPECT_THAT(commands(calculated_always_healthy), ElementsAre(kUpdateBoth + " --health-threshold 2"));
  expect_only({"calculated-always-healthy"});
  config(kBoth).ChildHealthChecks.reset();
  EXPECT_THAT(commands(calculated_always_healthy), IsEmpty());
}

TEST_F(HealthCheckRules, ACalculatedCheckThatIsNeverHealthy) {
  config(kBoth).HealthThreshold = 3;
  EXPECT_THAT(found(calculated_never_healthy).at(0).why, HasSubstr("3 of its 2 children"));
  EXPECT_THAT(commands(calculated_never_healthy), ElementsAre(kUpdateBoth + " --health-threshold 2"));
  expect_only({"calculated-never-healthy"});
}

TEST_F(HealthCheckRules, ACalculatedCheckOfDeletedOnes) {
  config(kBoth).ChildHealthChecks->push_back("gone");
  EXPECT_THAT(commands(calculated_child_missing),
              ElementsAre(kUpdateBoth + " --child-health-checks " + kHttps + " metric"));
  expect_only({"calculated-child-missing"});
  config(kBoth).HealthThreshold = 3;
  EXPECT_THAT(commands(calculated_child_missing), ElementsAre(HasSubstr("--health-threshold 2")));
  config(kBoth).ChildHealthChecks = std::vector<std::string>{"gone"};
  EXPECT_THAT(commands(calculated_child_missing), IsEmpty());
}

TEST_F(HealthCheckRules, ASilentMetric) {
  for (const char* status : {"LastKnownStatus", "Healthy"}) {
    config(kMetric).InsufficientDataHealthStatus = status;
    EXPECT_THAT(commands(metric_check_without_data),
                ElementsAre("aws route53 update-health-check --health-check-id metric "
                            "--insufficient-data-health-status Unhealthy"));
  }
  expect_only({"metric-check-without-data"});
}

}  // namespace
}  // namespace meridian::apps::doctor

#include "apps/dry_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/services_fixture.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;
using testing::HasSubstr;
using testing::Not;

class DryRunTest : public ServicesTest {
 protected:
  template <typename Output, typename Input>
  aws::Outcome<Output> invoke(const char* operation, const Input& input) {
    return invoke<Output>(services.route53, operation, input);
  }
  template <typename Output, typename Input>
  aws::Outcome<Output> invoke(aws::Service& service, const char* operation, const Input& input) {
    auto output = service.invoke(call, *service.model().find(operation), aws::Value::of(input));
    if (!output) return std::unexpected(output.error());
    return output->template as<Output>();
  }
  aws::Outcome<r53::CreateHostedZoneResponse> make_zone(const char* name) {
    r53::CreateHostedZoneRequest input;
    input.Name = name;
    input.CallerReference = name;
    return invoke<r53::CreateHostedZoneResponse>("CreateHostedZone", input);
  }
};

TEST_F(DryRunTest, AnswersAsTheCallWouldAndKeepsNothing) {
  const store::Revision before = store.revision();
  call.dry_run = true;
  const auto made = make_zone("example.com");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->HostedZone.Name, "example.com.");
  EXPECT_EQ(store.revision(), before);
  EXPECT_THAT(call.would_change, HasSubstr(R"("name":"example.com.","type":"NS")"));
  EXPECT_THAT(call.would_change, HasSubstr(R"({"action":"put","resource":"route53/zones/)"));
  EXPECT_THAT(call.would_change, Not(HasSubstr("index/")));
  call.dry_run = false;
  EXPECT_TRUE(make_zone("example.com"));
  EXPECT_GT(store.revision(), before);
}

TEST_F(DryRunTest, RefusesAsTheCallWouldBe) {
  const auto zone = make_zone("example.com").value();
  const store::Revision before = store.revision();
  call.dry_run = true;
  r53::ChangeResourceRecordSetsRequest input;
  input.HostedZoneId = zone.HostedZone.Id;
  auto& change = input.ChangeBatch.Changes.emplace_back();
  change.Action = "DELETE";
  change.ResourceRecordSet.Name = "www.example.com";
  change.ResourceRecordSet.Type = "A";
  change.ResourceRecordSet.TTL = 60;
  change.ResourceRecordSet.ResourceRecords.emplace().push_back({.Value = "192.0.2.1"});
  const auto refused = invoke<r53::ChangeResourceRecordSetsResponse>("ChangeResourceRecordSets", input);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidChangeBatch");
  EXPECT_EQ(call.would_change, "[]");

  change.Action = "CREATE";
  EXPECT_TRUE(invoke<r53::ChangeResourceRecordSetsResponse>("ChangeResourceRecordSets", input));
  EXPECT_THAT(call.would_change, HasSubstr(R"("name":"www.example.com.","type":"A")"));
  EXPECT_EQ(store.revision(), before);
}

TEST_F(DryRunTest, MetricsAreTriedButNotKept) {
  call.dry_run = true;
  call.time = clock.now();
  gen::cloudwatch::PutMetricDataInput input{.Namespace = "Site"};
  input.MetricData.emplace().push_back({.MetricName = "Requests", .Value = 1});
  const auto put = [&] {
    return invoke<gen::cloudwatch::PutMetricDataResponse>(services.cloudwatch, "PutMetricData", input);
  };
  EXPECT_TRUE(put());
  EXPECT_EQ(series->series_count(), 0u);
  call.dry_run = false;
  EXPECT_TRUE(put());
  EXPECT_EQ(series->series_count(), 1u);
}

TEST(DryRunChanges, AreNamedUpToALimit) {
  store::DryRunStore::Changes changes;
  for (std::size_t i = 0; i < kWouldChangeMax + 3; ++i) changes["route53/zones/" + std::to_string(i)] = {};
  EXPECT_THAT(describe(changes), HasSubstr(R"({"more":3}])"));
}

}  // namespace
}  // namespace meridian::apps

#include "services/cloudwatch/service_fixture.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr const char* kBody =
    R"({"widgets":[{"type":"text","x":0,"y":0,"width":24,"height":3,"properties":{"markdown":"# Site"}}]})";

class DashboardsTest : public CloudWatchTest {
 protected:
  std::string put_dashboard(std::string name, std::string body = kBody) {
    return refusal(cloudwatch_.PutDashboard(
        call_, {.DashboardName = std::move(name), .DashboardBody = std::move(body)}));
  }
  std::vector<std::string> names(std::string prefix = "") {
    api::ListDashboardsInput input;
    if (!prefix.empty()) input.DashboardNamePrefix = prefix;
    std::vector<std::string> names;
    const auto out = cloudwatch_.ListDashboards(call_, input).value();
    for (const auto& entry : *out.DashboardEntries) names.push_back(*entry.DashboardName);
    return names;
  }
};

TEST_F(DashboardsTest, ComesBackAsItWasPut) {
  ASSERT_EQ(put_dashboard("site"), "");
  auto got = cloudwatch_.GetDashboard(call_, {.DashboardName = "site"}).value();
  EXPECT_EQ(got.DashboardBody, kBody);
  EXPECT_EQ(got.DashboardArn, "arn:aws:cloudwatch::111122223333:dashboard/site");
  call_.time += 1min;
  ASSERT_EQ(put_dashboard("site", R"({"widgets":[]})"), "");
  EXPECT_EQ(cloudwatch_.GetDashboard(call_, {.DashboardName = "site"})->DashboardBody, R"({"widgets":[]})");
  const auto entries = *cloudwatch_.ListDashboards(call_, {})->DashboardEntries;
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].LastModified, kNow + 1min);
  EXPECT_EQ(entries[0].Size, 14);
}

TEST_F(DashboardsTest, ListsByPrefixAndPage) {
  using testing::ElementsAre;
  for (const char* name : {"site-b", "site-a", "other"}) ASSERT_EQ(put_dashboard(name), "");
  EXPECT_THAT(names(), ElementsAre("other", "site-a", "site-b"));
  EXPECT_THAT(names("site"), ElementsAre("site-a", "site-b"));
  const auto rest = cloudwatch_.ListDashboards(call_, {.DashboardNamePrefix = "site", .NextToken = "site-a"});
  ASSERT_EQ(rest->DashboardEntries->size(), 1u);
  EXPECT_NE(refusal(cloudwatch_.ListDashboards(call_, {.DashboardNamePrefix = "site", .NextToken = "other"})),
            "");
  aws::Call stranger = call_of("444455556666");
  EXPECT_TRUE(cloudwatch_.ListDashboards(stranger, {})->DashboardEntries->empty());
}

TEST_F(DashboardsTest, DeletesAllOrNone) {
  for (const char* name : {"a", "b"}) ASSERT_EQ(put_dashboard(name), "");
  EXPECT_EQ(refusal(cloudwatch_.DeleteDashboards(call_, {.DashboardNames = {"a", "c"}})),
            "ResourceNotFound: The specified dashboard does not exist. [c]");
  EXPECT_EQ(names().size(), 2u);
  EXPECT_EQ(refusal(cloudwatch_.DeleteDashboards(call_, {.DashboardNames = {"a", "b", "a"}})), "");
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(refusal(cloudwatch_.GetDashboard(call_, {.DashboardName = "a"})),
            "ResourceNotFound: Dashboard a does not exist");
}

TEST_F(DashboardsTest, RefusesBodies) {
  EXPECT_EQ(put_dashboard("d", "{"),
            "InvalidParameterInput: The field DashboardBody must be a valid JSON object");
  EXPECT_NE(put_dashboard("d", "[]"), "");
  EXPECT_NE(put_dashboard("d", "{}"), "");
  EXPECT_NE(put_dashboard("d", R"({"widgets":{}})"), "");
  EXPECT_NE(put_dashboard("d", R"({"widgets":[1]})"), "");
  EXPECT_NE(put_dashboard("d", R"({"widgets":[{"type":"text"}]})"), "");
  EXPECT_NE(put_dashboard("d", R"({"widgets":[{"properties":{}}]})"), "");
  EXPECT_NE(put_dashboard("d", R"({"widgets":[{"type":"pie","properties":{}}]})"), "");
  EXPECT_EQ(put_dashboard("d", R"({"widgets":[{"type":"metric","width":25,"properties":{}}]})"),
            "InvalidParameterInput: The dashboard body is invalid, there are 1 validation errors: "
            "/widgets/0/width Should be an integer from 1 to 24");
  EXPECT_TRUE(names().empty());
}

TEST_F(DashboardsTest, RefusesNamesTagsAndTooMany) {
  EXPECT_NE(put_dashboard(""), "");
  EXPECT_NE(put_dashboard("a/b"), "");
  EXPECT_NE(put_dashboard(std::string(256, 'a')), "");
  api::PutDashboardInput tagged{.DashboardName = "d", .DashboardBody = kBody};
  tagged.Tags.emplace();
  EXPECT_NE(refusal(cloudwatch_.PutDashboard(call_, tagged)), "");
  for (int i = 0; i < 500; ++i) ASSERT_EQ(put_dashboard("d" + std::to_string(i)), "");
  EXPECT_NE(put_dashboard("one-more"), "");
  EXPECT_EQ(put_dashboard("d7"), "");
}

}  // namespace
}  // namespace meridian::services::cloudwatch

#include "apps/diff/difference_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json/json.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

using testing::HasSubstr;

constexpr std::string_view kBatch =
    R"({"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"a.example.com","Type":"A","TTL":60,)"
    R"("ResourceRecords":[{"Value":"192.0.2.1"}]}}]})";

class DiffWords : public testing::Test {
 protected:
  Result<DiffQuery> read(std::string_view body) { return read_diff_query(body, store); }
  std::string refusal(std::string_view body) {
    const auto query = read(body);
    EXPECT_FALSE(query) << body;
    return query ? "" : query.error().message;
  }

  ManualClock clock{SystemTime{}};
  store::MemoryStore store{clock, store::Delivery::Pumped};
};

TEST_F(DiffWords, ABatchIsReadAsTheCliHasIt) {
  const auto query = read(fmt::format(
      R"({{"hosted_zone_id":"/hostedzone/Z1","batches":[{}],"lines":[[7]],"independent":true,"clients":50}})",
      kBatch));
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(query->request.zone_id, "Z1");
  EXPECT_TRUE(query->request.independent);
  EXPECT_EQ(query->request.clients, 50u);
  ASSERT_EQ(query->request.batches.size(), 1u);
  const auto& change = query->request.batches[0].Changes.at(0);
  EXPECT_EQ(change.ResourceRecordSet.Name, "a.example.com");
  EXPECT_EQ(change.ResourceRecordSet.ResourceRecords->at(0).Value, "192.0.2.1");
  EXPECT_EQ(query->lines.at(0).at(0), 7u);
}

TEST_F(DiffWords, ALogIsReadAndLinesOfOtherZonesAreLeftOut) {
  const auto query = read(fmt::format(
      R"({{"hosted_zone_id":"Z1","batches":[{}],"log":[)"
      R"({{"zone":"Z1","name":"\\052.example.com","type":"AAAA","resolver":"2001:db8::1","subnet":"192.0.2.0/24","count":3}},)"
      R"({{"zone":"Z2","name":"example.org","type":"A","resolver":"192.0.2.1"}}]}})",
      kBatch));
  ASSERT_TRUE(query) << query.error().message;
  ASSERT_EQ(query->request.log.size(), 1u);
  const auto& logged = query->request.log[0];
  EXPECT_EQ(logged.question.name.to_string(), "*.example.com.");
  EXPECT_EQ(logged.question.type, dns::Type::AAAA);
  EXPECT_EQ(logged.client.subnet->source_bits, 24);
  EXPECT_EQ(logged.client.weight, 3);
}

TEST_F(DiffWords, WhatIsNoRequestIsRefused) {
  const auto with = [](std::string_view more) {
    return fmt::format(R"({{"hosted_zone_id":"Z1","batches":[{}]{}}})", kBatch, more);
  };
  EXPECT_THAT(refusal("["), HasSubstr(""));
  EXPECT_THAT(refusal(R"({"batches":[]})"), HasSubstr("which zone"));
  EXPECT_THAT(refusal(R"({"hosted_zone_id":"Z1"})"), HasSubstr("what to try"));
  EXPECT_THAT(refusal(R"({"zone":"none.test","batches":[]})"),
              HasSubstr("there is no hosted zone none.test."));
  EXPECT_THAT(refusal(R"({"hosted_zone_id":"Z1","batches":[{"Changes":[{"Action":"PUT"}]}]})"),
              HasSubstr("changes.1.member.action"));
  EXPECT_THAT(refusal(with(R"(,"log":[])")), HasSubstr("no line of this hosted zone"));
  EXPECT_THAT(refusal(with(R"(,"log":[{"name":"a"}])")), HasSubstr("needs name, type and resolver"));
  EXPECT_THAT(refusal(with(R"(,"clients":0)")), HasSubstr("1 to 10000"));
}

DiffReport report() {
  DiffReport out;
  out.revision = 12;
  out.would_change =
      R"([{"action":"put","name":"a.example.com.","type":"A"},{"action":"put","resource":"x"},{"more":4}])";
  out.population = "10 addresses";
  out.clients = 10;
  out.weight = 10;
  out.changed_share = 0.25;
  QuestionDifference& each = out.questions.emplace_back();
  each.question = {dns::Name::parse("a.example.com").value(), dns::Type::A};
  each.weight = 10;
  each.changed_share = 0.25;
  each.answers["A 192.0.2.1, TTL 60"] = {1, 0.75};
  each.answers["no data"] = {0, 0.25};
  each.moves.push_back({"A 192.0.2.1, TTL 60", "no data", 0.25, {"198.51.100.7"}});
  return out;
}

TEST_F(DiffWords, AReportReadsFromTheWholeToTheParts) {
  EXPECT_EQ(to_text(report(), {}),
            "At revision 12 it would\n"
            "  put     a.example.com. A\n"
            "  and 4 more\n"
            "\n"
            "25.0 % of the answers would change, asked by 10 addresses.\n"
            "\n"
            "a.example.com. A: 25.0 % would change\n"
            "    before     after\n"
            "   100.0 %    75.0 %  A 192.0.2.1, TTL 60\n"
            "     0.0 %    25.0 %  no data\n"
            "    25.0 % from A 192.0.2.1, TTL 60\n"
            "           to   no data   (such as 198.51.100.7)\n");
}

TEST_F(DiffWords, ErrorsStandFirstWithTheirPlace) {
  DiffReport refused;
  refused.problems = {{0, 3, "InvalidChangeBatch", "no"}, {std::nullopt, std::nullopt, "Other", "all"}};
  EXPECT_EQ(to_text(refused, {}),
            "Changes[3]: InvalidChangeBatch: no\nOther: all\n2 errors; nothing would be done\n");
  DiffQuery of_file;
  of_file.lines = {{5, 6, 7, 8}};
  of_file.request.independent = true;
  EXPECT_THAT(to_text(refused, of_file), HasSubstr("line 8: InvalidChangeBatch: no\n"));
  const auto tree = json::parse(to_json(refused, of_file)).value();
  EXPECT_EQ(*tree.find("verdict")->get<std::string>(), "errors");
  EXPECT_EQ(*tree.find("errors")->get<json::Array>()->at(0).find("line")->get<std::int64_t>(), 8);
}

TEST_F(DiffWords, JsonHasAllOfIt) {
  const auto tree = json::parse(to_json(report(), {})).value();
  EXPECT_EQ(*tree.find("verdict")->get<std::string>(), "changes");
  EXPECT_EQ(*tree.find("changed_share")->get<double>(), 0.25);
  const json::Value& question = tree.find("questions")->get<json::Array>()->at(0);
  EXPECT_EQ(question.find("answers")->get<json::Array>()->size(), 2u);
  EXPECT_EQ(*question.find("moves")->get<json::Array>()->at(0).find("to")->get<std::string>(), "no data");
  EXPECT_EQ(tree.find("would_change")->get<json::Array>()->size(), 3u);
}

}  // namespace
}  // namespace meridian::apps

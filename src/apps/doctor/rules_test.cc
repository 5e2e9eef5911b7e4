#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "apps/doctor/rule.h"

namespace meridian::apps::doctor {
namespace {

TEST(RuleTable, EachRuleHasANameOfItsOwn) {
  std::vector<std::string_view> ids;
  for (const Rule& rule : all_rules()) {
    ids.push_back(rule.id);
    EXPECT_LE(rule.title.size() + rule.id.size() + 9, 78u)
        << rule.id << ": too long for a heading of 80 columns";
  }
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST(RuleTable, EachRuleIsDocumentedWithItsSource) {
  std::ifstream page(MERIDIAN_RULES_PAGE);
  std::vector<std::string> rows;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `")) rows.push_back(line);
  for (const Rule& rule : all_rules())
    EXPECT_EQ(
        std::ranges::count_if(rows,
                              [&](const std::string& row) {
                                return row.substr(0, row.find('|', 2)).contains(fmt::format("`{}`", rule.id));
                              }),
        1)
        << rule.id;
}

}  // namespace
}  // namespace meridian::apps::doctor

#include "snapshots/cdn/snapshot.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::cdn {
namespace {

SharedDistribution make(std::string id, std::vector<std::string> aliases) {
  auto made = std::make_shared<Distribution>();
  made->domain_name = "d" + id + ".cloudfront.net";
  made->id = std::move(id);
  made->aliases = std::move(aliases);
  return made;
}

std::string at(const CdnSnapshot& snapshot, std::string_view host) {
  const SharedDistribution* found = snapshot.find_host(host);
  return found == nullptr ? "" : (*found)->id;
}

TEST(CdnSnapshot, FindsADistributionByItsNames) {
  const CdnSnapshot empty;
  const std::vector<SharedDistribution> puts = {make("1", {"www.example.com", "*.example.com"}),
                                                make("2", {"*.shop.example.com", "api.example.com"})};
  const auto snapshot = empty.next(7, puts, {});
  EXPECT_EQ(snapshot->revision(), 7u);
  EXPECT_EQ(at(*snapshot, "d1.cloudfront.net"), "1");
  EXPECT_EQ(at(*snapshot, "www.example.com"), "1");
  EXPECT_EQ(at(*snapshot, "other.example.com"), "1");
  EXPECT_EQ(at(*snapshot, "api.example.com"), "2") << "an exact name comes before a wildcard";
  EXPECT_EQ(at(*snapshot, "a.shop.example.com"), "2") << "the longest wildcard comes first";
  EXPECT_EQ(at(*snapshot, "example.com"), "") << "a wildcard needs a label";
  EXPECT_EQ(at(*snapshot, "com"), "");
  EXPECT_EQ(at(*snapshot, ""), "");
}

TEST(CdnSnapshot, TheNextOneSharesWhatDidNotChange) {
  const CdnSnapshot empty;
  const std::vector<SharedDistribution> puts = {make("1", {"a.example"}), make("2", {"b.example"})};
  const auto first = empty.next(1, puts, {});
  const std::vector<SharedDistribution> again = {make("2", {"c.example"})};
  const auto second = first->next(2, again, {});
  EXPECT_EQ(first->find_id("1")->get(), second->find_id("1")->get());
  EXPECT_EQ(at(*second, "c.example"), "2");
  EXPECT_EQ(at(*second, "b.example"), "") << "a name that was given up is nobody's";
  EXPECT_EQ(at(*first, "b.example"), "2") << "who holds the older one still sees it whole";
}

TEST(CdnSnapshot, AnAliasMovesBetweenTwoInOneRevision) {
  const CdnSnapshot empty;
  const std::vector<SharedDistribution> puts = {make("1", {"a.example"}), make("2", {})};
  const auto first = empty.next(1, puts, {});
  const std::vector<SharedDistribution> moved = {make("2", {"a.example"}), make("1", {})};
  EXPECT_EQ(at(*first->next(2, moved, {}), "a.example"), "2");
}

TEST(CdnSnapshot, WhatIsRemovedAnswersToNoName) {
  const CdnSnapshot empty;
  const std::vector<SharedDistribution> puts = {make("1", {"a.example"})};
  const std::vector<std::string> removes = {"1", "unknown"};
  const auto none = empty.next(1, puts, {})->next(2, {}, removes);
  EXPECT_EQ(none->size(), 0u);
  EXPECT_EQ(at(*none, "a.example"), "");
  EXPECT_EQ(at(*none, "d1.cloudfront.net"), "");
}

}  // namespace
}  // namespace meridian::snapshots::cdn

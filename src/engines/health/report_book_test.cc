#include "engines/health/report_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::health {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Report found(bool mind, int at, int failed_at = 0) {
  Report report{mind, 0, {}, {}};
  report.last = Observation{"", {}, {}, {mind, "text"}, SystemTime(std::chrono::seconds(at))};
  if (failed_at != 0)
    report.last_failure =
        Observation{"", {}, {}, {false, "failed"}, SystemTime(std::chrono::seconds(failed_at))};
  return report;
}

std::vector<std::string> ids(const std::vector<std::pair<std::string, Report>>& taken) {
  std::vector<std::string> out;
  for (const auto& [id, report] : taken) out.push_back(id);
  return out;
}

TEST(ReportBook, GivesTheNewestOfEachLongestWaitingFirst) {
  ReportBook book;
  book.put("b", found(true, 1));
  book.put("a", found(true, 2));
  book.put("b", found(false, 3));
  book.put("c", found(true, 4));
  EXPECT_EQ(book.news(), 3u);
  const auto first = book.take(2);
  EXPECT_THAT(ids(first), ElementsAre("b", "a"));
  EXPECT_EQ(first[0].second, found(false, 3));
  EXPECT_THAT(ids(book.take(2)), ElementsAre("c"));
  EXPECT_THAT(book.take(2), IsEmpty());
}

TEST(ReportBook, AfterALossEverythingIsNewsAgain) {
  ReportBook book;
  book.put("a", found(true, 1));
  book.put("b", found(true, 2, 1));
  book.take(9);
  book.put("a", found(false, 3));
  book.repeat();
  const auto all = book.take(9);
  EXPECT_THAT(ids(all), ElementsAre("a", "b"));
  EXPECT_TRUE(all[1].second.last_failure);
}

TEST(ReportBook, AFailureIsTakenOnce) {
  ReportBook book;
  book.put("a", found(true, 2, 1));
  EXPECT_TRUE(book.take(1)[0].second.last_failure);
  book.put("a", found(true, 3, 1));
  EXPECT_FALSE(book.take(1)[0].second.last_failure);
  book.put("a", found(true, 5, 4));
  EXPECT_TRUE(book.take(1)[0].second.last_failure);
}

TEST(ReportBook, ARemovedCheckIsNoNews) {
  ReportBook book;
  book.put("a", found(true, 1));
  book.put("b", found(true, 1));
  book.remove("a");
  book.remove("unknown");
  book.repeat();
  EXPECT_THAT(ids(book.take(9)), ElementsAre("b"));
}

}  // namespace
}  // namespace meridian::engines::health

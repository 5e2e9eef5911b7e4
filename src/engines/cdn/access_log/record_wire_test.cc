#include "engines/cdn/access_log/record_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/access_log/log_lines.h"
#include "engines/cdn/access_log/test_request.h"

namespace meridian::engines::cdn::access_log {
namespace {

const std::vector<std::string> kEveryKind = {
    "timestamp",           "c-ip",         "c-port",           "time-to-first-byte",
    "sc-status",           "sc-bytes",     "cs-bytes",         "c-ip-version",
    "sc-range-start",      "sc-range-end", "cs-headers",       "c-country",
    "origin-fbl",          "origin-lbl",   "cs-headers-count", "cache-behavior-path-pattern",
    "cs-protocol-version", "asn"};

std::string lines_of(const RequestRecord& record) {
  std::string out;
  append_standard_line(out, record);
  RealtimeLines::of(kEveryKind).value().append(out, record);
  return out;
}

class RecordWire : public testing::Test {
 protected:
  std::vector<std::string> read(std::string_view bytes) {
    std::vector<std::string> lines;
    const auto unknown = read_records(
        as_bytes(bytes),
        [&](std::string_view id) { return id == request.distribution->id ? request.distribution : nullptr; },
        [&](const RequestRecord& record) { lines.push_back(lines_of(record)); });
    if (!unknown) return {"refused: " + unknown.error().message};
    if (*unknown != 0) lines.push_back("unknown: " + std::to_string(*unknown));
    return lines;
  }
  std::string some() {
    RecordWriter writer;
    writer.add(request.record);
    return writer.take();
  }
  TestRequest request;
};

TEST_F(RecordWire, SaysTheSameInLogsOfBothKinds) {
  RecordWriter writer;
  std::vector<std::string> expected;
  const auto add = [&] {
    expected.push_back(lines_of(request.record));
    writer.add(request.record);
  };
  add();
  request.record.range_start = 5;
  request.record.range_end = 1ull << 40;
  request.record.origin_first_byte = std::chrono::milliseconds(12);
  request.record.country = "FR";
  request.record.network = 64'511;
  add();
  request.record.status = 0;
  request.record.viewer = {net::IpAddress::parse("2001:db8::1").value(), 65535};
  request.record.version = rules::HttpVersion::Http10;
  request.record.behavior = nullptr;
  request.record.fields = {};
  add();
  EXPECT_EQ(writer.records(), 3U);
  EXPECT_EQ(read(writer.take()), expected);
  EXPECT_EQ(writer.records(), 0U);
  EXPECT_EQ(writer.bytes(), 0U);
}

TEST_F(RecordWire, WhatIsLoggedIsWhatTheReaderKnowsOfTheDistribution) {
  const std::string bytes = some();
  request.distribution->domain_name = "d222.cloudfront.net";
  EXPECT_THAT(read(bytes), testing::ElementsAre(testing::HasSubstr("\td222.cloudfront.net\t")));
  request.distribution->behaviors.front().path_pattern = "other/*";
  EXPECT_THAT(read(bytes), testing::ElementsAre(testing::Not(testing::HasSubstr("images/*"))))
      << "its behavior is there no more";
  request.distribution->id = "EOTHER";
  EXPECT_THAT(read(bytes + bytes.substr(1)), testing::ElementsAre("unknown: 2"));
}

TEST_F(RecordWire, WhatIsDamagedOrUnknownIsRefusedWhole) {
  const std::string bytes = some();
  for (std::size_t size = 2; size < bytes.size(); ++size) {
    EXPECT_THAT(read(bytes.substr(0, size)), testing::ElementsAre(testing::StartsWith("refused"))) << size;
    EXPECT_THAT(read(bytes + bytes.substr(1, size - 1)), testing::ElementsAre(testing::StartsWith("refused")))
        << "a good record before a damaged one is not told either";
  }
  EXPECT_THAT(read(""), testing::ElementsAre(testing::StartsWith("refused")));
  EXPECT_THAT(read("\3" + bytes.substr(1)), testing::ElementsAre(testing::StartsWith("refused")));
}

TEST_F(RecordWire, ARecordMayStandForManyRequests) {
  const auto times_of = [&](const std::string& bytes) {
    std::vector<std::uint64_t> times;
    const auto unknown = read_records(
        as_bytes(bytes), [&](std::string_view) { return request.distribution; },
        [&](const RequestRecord& record) { times.push_back(record.times); });
    if (!unknown) times.push_back(0);
    return times;
  };
  RecordWriter writer;
  writer.add(request.record);
  request.record.times = 1000;
  writer.add(request.record);
  EXPECT_EQ(writer.records(), 1001U);
  EXPECT_EQ(times_of(writer.take()), (std::vector<std::uint64_t>{1, 1000}));
  request.record.times = 0;
  EXPECT_EQ(times_of(some()), std::vector<std::uint64_t>{0}) << "refused";
  // An edge of before says neither this nor the network.
  request.record.times = 1;
  std::string bytes = some();
  bytes.resize(bytes.size() - 16);
  bytes.front() = '\1';
  EXPECT_EQ(times_of(bytes), std::vector<std::uint64_t>{1});
}

TEST_F(RecordWire, TimesThatNoRequestHasAreRefusedOrCut) {
  request.record.time_taken = std::chrono::hours(24 * 365 * 100);
  request.record.to_first_byte = Duration(-1);
  const std::string bytes = some();
  EXPECT_THAT(read(bytes).front(), testing::Not(testing::StartsWith("refused")));
  std::string later = bytes;
  const std::size_t began = 1 + 4 + request.distribution->id.size() + 1 + 4 + std::string("images/*").size();
  later[began] = '\x7f';
  EXPECT_THAT(read(later), testing::ElementsAre(testing::StartsWith("refused")));
}

}  // namespace
}  // namespace meridian::engines::cdn::access_log

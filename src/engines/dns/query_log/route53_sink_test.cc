#include "engines/dns/query_log/route53_sink.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/dns/query_log/test_records.h"

namespace meridian::engines::dns::query_log {
namespace {

using meridian::dns::Type;
using testing::HasSubstr;

std::string line_of(const Record& record) {
  Route53Lines lines("FRA50-C1");
  std::string out;
  lines.append(out, record);
  return out;
}

TEST(Route53Lines, EveryFieldInItsPlace) {
  EXPECT_EQ(line_of(record_of(query_bytes("www.example.com"))),
            "1.0 2023-11-14T22:13:20.042Z Z1 www.example.com A NOERROR UDP FRA50-C1 192.0.2.7 -\n");
}

TEST(Route53Lines, TcpAndTlsAreTcp) {
  const std::string query = query_bytes("example.com", Type::AAAA);
  Record record = record_of(query);
  for (const Protocol protocol : {Protocol::Tcp, Protocol::Tls}) {
    record.protocol = protocol;
    record.rcode = 3;
    EXPECT_THAT(line_of(record), HasSubstr(" example.com AAAA NXDOMAIN TCP "));
  }
}

TEST(Route53Lines, TheClientSubnetIsShownAsSent) {
  EXPECT_THAT(line_of(record_of(query_bytes("a.test", Type::A, subnet_option(1, 24, "\xc0\xa8\xde")))),
              HasSubstr(" 192.0.2.7 192.168.222.0/24\n"));
  EXPECT_THAT(
      line_of(record_of(query_bytes("a.test", Type::A, subnet_option(2, 48, *from_hex("20010db8abcd"))))),
      HasSubstr(" 192.0.2.7 2001:db8:abcd::/48\n"));
  EXPECT_THAT(line_of(record_of(query_bytes("a.test", Type::A, ""))), HasSubstr(" 192.0.2.7 -\n"));
}

TEST(Route53Lines, AnIpv6Resolver) {
  const std::string query = query_bytes("a.test");
  Record record = record_of(query);
  record.client.ip = *net::IpAddress::parse("2001:db8::1234");
  EXPECT_THAT(line_of(record), HasSubstr(" FRA50-C1 2001:db8::1234 -\n"));
}

TEST(Route53Lines, NamesCannotBreakALine) {
  EXPECT_THAT(line_of(record_of(query_bytes("a\\032b\\010c.*.Test"))),
              HasSubstr(" Z1 a\\040b\\012c.\\052.Test A "));
  EXPECT_THAT(line_of(record_of(query_bytes("."))), HasSubstr(" Z1 . A "));
}

TEST(Route53Lines, TypesWithoutANameHaveTheirNumber) {
  EXPECT_THAT(line_of(record_of(query_bytes("a.test", static_cast<Type>(65280)))), HasSubstr(" TYPE65280 "));
}

TEST(Route53Lines, ConsecutiveLinesHaveTheirOwnTimes) {
  Route53Lines lines("X");
  const std::string query = query_bytes("a.test");
  Record record = record_of(query);
  std::string out;
  for (const int more : {0, 957, 1}) {
    record.time += std::chrono::milliseconds(more);
    out.clear();
    lines.append(out, record);
    EXPECT_THAT(out, HasSubstr(format_iso8601_millis(record.time)));
  }
}

TEST(Route53Lines, WhatIsNoQueryIsNoLine) {
  EXPECT_EQ(line_of(record_of("junk")), "");
}

// An output that takes so much a write, or fails.
class FakeOutput final : public Output {
 public:
  struct State {
    std::string text;
    std::size_t each = SIZE_MAX;
    bool failing = false, forget_part = false;
  };
  explicit FakeOutput(State& state) : state_(state) {}
  Result<std::size_t> write(std::string_view records, std::size_t taken, MonotonicTime) override {
    if (state_.failing) return fail(ErrorCode::Unavailable, "full");
    if (std::exchange(state_.forget_part, false)) {
      state_.text.clear();
      taken = 0;
    }
    const std::string_view now = records.substr(taken, state_.each);
    state_.text += now;
    return taken + now.size();
  }

 private:
  State& state_;
};

class BufferTest : public testing::Test {
 protected:
  void add(std::string_view text) {
    buffer.add([&](std::string& out) { out.append(text); });
  }
  std::uint64_t count(const char* metric) {
    const std::string text = metrics.prometheus_text();
    const std::size_t at = text.find(std::string("\n") + metric);
    return std::stoull(text.substr(text.find(' ', at + 1)));
  }
  std::uint64_t dropped(const std::string& reason) {
    return count(("meridian_dns_query_log_dropped_total{reason=\"" + reason + "\"").c_str());
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  Metrics metrics;
  FakeOutput::State out;
  Buffer buffer{std::make_unique<FakeOutput>(out), SinkMetrics(metrics, "t")};
};

TEST_F(BufferTest, AnOutputThatTakesAFewBytesGetsAllInOrder) {
  std::string expected;
  out.each = 3;
  for (int i = 0; i < 100; ++i) {
    const std::string record = fmt::format("<{}>", i);
    add(record);
    expected += record;
    buffer.flush(clock.monotonic());
  }
  EXPECT_EQ(out.text, expected.substr(0, 300));
  EXPECT_LT(count("meridian_dns_query_log_records_total"), 100u);
  while (out.text.size() < expected.size()) buffer.flush(clock.monotonic());
  EXPECT_EQ(out.text, expected);
  EXPECT_EQ(count("meridian_dns_query_log_records_total"), 100u);
  EXPECT_EQ(count("meridian_dns_query_log_bytes_total"), expected.size());
}

TEST_F(BufferTest, ANewReaderGetsTheRecordItsPredecessorHadAPartOf) {
  out.each = 5;
  add("<one>");
  add("<two>");
  buffer.flush(clock.monotonic());
  out.each = 2;
  buffer.flush(clock.monotonic());
  EXPECT_EQ(out.text, "<one><t");
  out.forget_part = true;
  out.each = SIZE_MAX;
  buffer.flush(clock.monotonic());
  EXPECT_EQ(out.text, "<two>");
  EXPECT_EQ(count("meridian_dns_query_log_records_total"), 2u);
}

TEST_F(BufferTest, WhatCannotBeWrittenIsDroppedAndCounted) {
  out.failing = true;
  add("one");
  add("two");
  buffer.flush(clock.monotonic());
  out.failing = false;
  add("three");
  buffer.flush(clock.monotonic());
  EXPECT_EQ(out.text, "three");
  EXPECT_EQ(dropped("write_failed"), 2u);
}

TEST_F(BufferTest, AReaderThatIsBehindCostsABoundedBuffer) {
  out.each = 0;
  const std::string record(1024, 'r');
  for (std::size_t i = 0; i < kBufferBytesMax / 1024 + 10; ++i) {
    add(record);
    buffer.flush(clock.monotonic());
  }
  EXPECT_EQ(dropped("reader_slow"), 10u);
  out.each = SIZE_MAX;
  buffer.flush(clock.monotonic());
  EXPECT_EQ(out.text.size(), kBufferBytesMax);
  EXPECT_EQ(count("meridian_dns_query_log_records_total"), kBufferBytesMax / 1024);
}

TEST_F(BufferTest, TheEndCountsWhatNobodyTook) {
  out.each = 0;
  add("one");
  buffer.end(clock);
  EXPECT_EQ(dropped("reader_slow"), 1u);
}

}  // namespace
}  // namespace meridian::engines::dns::query_log

#include "engines/dns/query_log/dnstap_sink.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "engines/dns/query_log/dnstap_socket.h"
#include "engines/dns/query_log/test_records.h"
#include "formats/dnstap/dnstap.h"

namespace meridian::engines::dns::query_log {
namespace {

using dnstap::Control;
using dnstap::MessageType;
using testing::ElementsAre;
using testing::HasSubstr;

class Collect final : public Output {
 public:
  explicit Collect(std::string& out) : out_(out) {}
  Result<std::size_t> write(std::string_view records, std::size_t taken, MonotonicTime) override {
    out_ += records.substr(taken);
    return records.size();
  }

 private:
  std::string& out_;
};

std::string describe(const dnstap::Frame& frame) {
  if (frame.control == Control::Ready) return frame.dnstap ? "READY" : "READY?";
  if (frame.control == Control::Start) return frame.dnstap ? "START" : "START?";
  if (frame.control) return *frame.control == Control::Stop ? "STOP" : "?";
  const auto tap = dnstap::parse_dnstap(frame.data);
  if (!tap) return tap.error().message;
  const auto& message = tap->message;
  return fmt::format("{} {} {} {}{} {}", tap->identity, message.type == MessageType::AuthQuery ? "AQ" : "AR",
                     message.client->to_string(), message.query, message.response,
                     static_cast<int>(*message.protocol));
}

std::vector<std::string> frames_of(dnstap::FrameReader& reader) {
  std::vector<std::string> out;
  for (;;) {
    const auto frame = reader.next();
    if (!frame) {
      out.push_back(frame.error().message);
      return out;
    }
    if (!*frame) return out;
    out.push_back(describe(**frame));
  }
}

class DnstapTest : public testing::Test {
 protected:
  DnstapSink sink_to(std::unique_ptr<Output> output) {
    return DnstapSink(std::move(output), {"ns1", "meridian"}, clock, metrics);
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  Metrics metrics;
};

TEST_F(DnstapTest, AQueryAndItsResponse) {
  std::string out;
  DnstapSink sink = sink_to(std::make_unique<Collect>(out));
  Record record = record_of("Q1", "R1");
  sink.take(record);
  record.protocol = Protocol::Tls;
  record.reply = {};
  sink.take(record);
  sink.flush(clock.monotonic());
  dnstap::FrameReader reader;
  reader.feed(out);
  EXPECT_THAT(frames_of(reader), ElementsAre("ns1 AQ 192.0.2.7:5353 Q1 1", "ns1 AR 192.0.2.7:5353 R1 1",
                                             "ns1 AQ 192.0.2.7:5353 Q1 3"));
  EXPECT_THAT(metrics.prometheus_text(),
              HasSubstr("meridian_dns_query_log_records_total{sink=\"dnstap\"} 2"));
}

// A reader on a unix socket, moved step by step by the test.
class Reader {
 public:
  explicit Reader(const std::string& path) : listener_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 4), 0);
  }
  ~Reader() {
    hang_up();
    close(listener_);
  }
  bool accept() {
    pollfd ready{listener_, POLLIN, 0};
    if (poll(&ready, 1, 0) != 1) return false;
    peer_ = ::accept(listener_, nullptr, nullptr);
    frames_ = {};
    return true;
  }
  void say(Control control) {
    std::string out;
    append_control_frame(out, control);
    EXPECT_EQ(::send(peer_, out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
  }
  // The frames that have arrived.
  std::vector<std::string> frames() {
    char bytes[65536];
    for (ssize_t size; (size = recv(peer_, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
      frames_.feed({bytes, static_cast<std::size_t>(size)});
    return frames_of(frames_);
  }
  void hang_up() {
    if (peer_ >= 0) close(std::exchange(peer_, -1));
  }

 private:
  int listener_, peer_ = -1;
  dnstap::FrameReader frames_;
};

class DnstapSocketTest : public DnstapTest {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(directory), nullptr);
    path = std::string(directory) + "/tap";
    sink = std::make_unique<DnstapSink>(std::make_unique<DnstapSocket>(path, logger),
                                        DnstapIdentity{"ns1", "meridian"}, clock, metrics);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  void log(std::string_view query) {
    sink->take(record_of(query, ""));
    flush();
  }
  void flush() { sink->flush(clock.monotonic()); }
  void connect(Reader& reader) {
    flush();
    ASSERT_TRUE(reader.accept());
    EXPECT_THAT(reader.frames(), ElementsAre("READY"));
    reader.say(Control::Accept);
    flush();
  }
  static std::string aq(std::string_view query) { return fmt::format("ns1 AQ 192.0.2.7:5353 {} 1", query); }

  char directory[32] = "/tmp/meridian-tap-XXXXXX";
  std::string path;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  std::unique_ptr<DnstapSink> sink;
};

TEST_F(DnstapSocketTest, AgreesThenStreamsThenEnds) {
  Reader reader(path);
  log("Q1");
  connect(reader);
  log("Q2");
  EXPECT_THAT(reader.frames(), ElementsAre("START", aq("Q1"), aq("Q2")));
  reader.say(Control::Finish);
  sink->end();
  EXPECT_THAT(reader.frames(), ElementsAre("STOP"));
}

TEST_F(DnstapSocketTest, WhatWasAskedBeforeTheReaderCameIsNotLost) {
  log("Q1");
  Reader reader(path);
  flush();
  EXPECT_FALSE(reader.accept());  // looked for again only after a pause
  clock.advance(DnstapSocket::kPauseMin);
  connect(reader);
  EXPECT_THAT(reader.frames(), ElementsAre("START", aq("Q1")));
}

TEST_F(DnstapSocketTest, PausesGrowToTheirLimit) {
  log("Q1");
  Duration pause = DnstapSocket::kPauseMin;
  for (int i = 0; i < 12; ++i) {
    clock.advance(pause);
    flush();
    pause = std::min<Duration>(2 * pause, DnstapSocket::kPauseMax);
  }
  EXPECT_EQ(pause, DnstapSocket::kPauseMax);
  Reader reader(path);
  clock.advance(pause - Duration(1));
  flush();
  EXPECT_FALSE(reader.accept());
  clock.advance(Duration(1));
  connect(reader);
}

TEST_F(DnstapSocketTest, AReaderThatComesBackGoesOn) {
  Reader reader(path);
  log("Q1");
  connect(reader);
  EXPECT_THAT(reader.frames(), ElementsAre("START", aq("Q1")));
  reader.hang_up();
  log("Q2");
  clock.advance(DnstapSocket::kPauseMax);
  connect(reader);
  log("Q3");
  EXPECT_THAT(reader.frames(), ElementsAre("START", aq("Q2"), aq("Q3")));
}

TEST_F(DnstapSocketTest, AReaderOfSomethingElseIsLeft) {
  Reader reader(path);
  log("Q1");
  flush();
  ASSERT_TRUE(reader.accept());
  reader.say(Control::Finish);
  flush();
  clock.advance(DnstapSocket::kPauseMax);
  connect(reader);
  EXPECT_THAT(reader.frames(), ElementsAre("START", aq("Q1")));
}

TEST_F(DnstapSocketTest, AReaderThatDoesNotAcceptIsLeft) {
  Reader reader(path);
  log("Q1");
  flush();
  ASSERT_TRUE(reader.accept());
  clock.advance(DnstapSocket::kHandshakeTimeMax);
  flush();
  clock.advance(DnstapSocket::kPauseMax);
  connect(reader);
}

TEST_F(DnstapSocketTest, AReaderThatStallsCostsABoundedBufferAndNoTime) {
  Reader reader(path);
  log("Q1");
  connect(reader);
  const std::string query(10'000, 'q');
  for (int i = 0; i < 2000; ++i) log(query);
  const std::string text = metrics.prometheus_text();
  const std::string line = "meridian_dns_query_log_dropped_total{reason=\"reader_slow\",sink=\"dnstap\"} ";
  const std::uint64_t dropped = std::stoull(text.substr(text.find(line) + line.size()));
  EXPECT_GT(dropped, 1000u);
  EXPECT_LT(dropped, 1300u);
  std::size_t seen = reader.frames().size() - 2;  // START, Q1
  for (std::size_t before = SIZE_MAX; before != seen;) {
    before = seen;
    flush();
    seen += reader.frames().size();
  }
  EXPECT_EQ(seen + dropped, 2000u);
}

}  // namespace
}  // namespace meridian::engines::dns::query_log

#include "engines/health/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/virtual_loop.h"

namespace meridian::engines::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// A loop whose only peer is an endpoint that the test plays.
class EndpointLoop final : public net::VirtualLoop {
 public:
  enum class Manner { Accepts, Refuses, Hangs };

  std::unique_ptr<net::TcpConnect> connect_tcp(const net::Address& address, Duration timeout,
                                               std::shared_ptr<net::TlsClientContext>,
                                               OnConnected on_connected) override {
    asked = address;
    auto attempt = std::make_unique<Attempt>();
    if (manner == Manner::Hangs)
      attempt->timer = after(timeout, [on_connected] {
        on_connected(fail(ErrorCode::Unavailable, "Connection timed out", ErrorSource::Peer));
      });
    else
      attempt->timer = after(connects_in, [this, on_connected] {
        if (manner == Manner::Refuses)
          return on_connected(fail(ErrorCode::Unavailable, "Connection refused", ErrorSource::Peer));
        on_connected(std::make_unique<Connection>(*this));
      });
    return attempt;
  }
  void reply(std::string_view bytes) {
    if (handler != nullptr) handler->on_data(*connection, as_bytes(bytes));
  }
  void close() {
    if (handler != nullptr) handler->on_closed(*connection, nullptr);
  }

  Manner manner = Manner::Accepts;
  Duration connects_in = milliseconds(10);
  net::Address asked;
  std::string received;
  int connections = 0;  // open now
  net::TcpHandler* handler = nullptr;
  net::TcpConnection* connection = nullptr;

 private:
  struct Attempt final : net::TcpConnect {
    std::unique_ptr<net::Timer> timer;
  };
  class Connection final : public net::TcpConnection {
   public:
    explicit Connection(EndpointLoop& loop) : loop_(loop) {
      ++loop_.connections;
      loop_.connection = this;
    }
    ~Connection() override {
      --loop_.connections;
      loop_.connection = nullptr;
      loop_.handler = nullptr;
    }
    void start(net::TcpHandler& handler) override { loop_.handler = &handler; }
    void write(std::string bytes) override { loop_.received += bytes; }
    std::size_t pending() const override { return 0; }
    void pause_reading() override {}
    void resume_reading() override {}
    void close_after_flush() override {}
    const net::Address& peer() const override { return loop_.asked; }
    const net::Address& local() const override { return loop_.asked; }
    std::string_view server_name() const override { return ""; }

   private:
    EndpointLoop& loop_;
  };
};

class ProbeTest : public testing::Test {
 protected:
  void probe(bool http, std::string search = "") {
    ProbeTarget target{net::Address::parse("192.0.2.1:80").value(), std::nullopt, std::move(search)};
    if (http) target.http = HttpQuestion{"www.example.com", "/health", "h1"};
    running = std::make_unique<Probe>(loop, std::move(target), [this](ProbeResult found) {
      result = std::move(found);
      running.reset();  // as a checker does
    });
  }
  void expect_unhealthy(std::string_view reason) {
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->verdict.healthy);
    EXPECT_THAT(result->verdict.reason, HasSubstr(std::string(reason)));
    EXPECT_EQ(loop.connections, 0);
    EXPECT_EQ(loop.timers(), 0u);
  }

  EndpointLoop loop;
  std::unique_ptr<Probe> running;
  std::optional<ProbeResult> result;
};

TEST_F(ProbeTest, ATcpConnectionIsEnoughForTcp) {
  probe(false);
  loop.advance(seconds(1));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy);
  EXPECT_EQ(result->connected, milliseconds(10));
  EXPECT_EQ(loop.connections, 0);
}

TEST_F(ProbeTest, ConnectingHasItsTime) {
  loop.connects_in = seconds(9);
  probe(false);
  loop.advance(seconds(11));
  EXPECT_TRUE(result && result->verdict.healthy);
  result.reset();
  loop.manner = EndpointLoop::Manner::Hangs;
  probe(false);
  loop.advance(milliseconds(9'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("Connection timed out. The endpoint or the internet connection is down");
  result.reset();
  probe(true);
  loop.advance(milliseconds(3'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("Connection timed out");
}

TEST_F(ProbeTest, ARefusedConnectionIsAFailure) {
  loop.manner = EndpointLoop::Manner::Refuses;
  probe(true);
  loop.advance(seconds(1));
  expect_unhealthy("Connection refused");
}

TEST_F(ProbeTest, AsksAndJudgesTheReply) {
  probe(true);
  loop.advance(milliseconds(10));
  EXPECT_THAT(loop.received, HasSubstr("GET /health HTTP/1.1\r\nHost: www.example.com\r\n"));
  loop.advance(milliseconds(500));
  loop.reply("HTTP/1.1 302 Found\r\n\r\n");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy);
  EXPECT_EQ(result->first_byte, milliseconds(510));
  EXPECT_EQ(loop.connections, 0);
}

TEST_F(ProbeTest, TheStatusHasTwoSecondsFromTheConnection) {
  probe(true);
  loop.advance(milliseconds(10));
  loop.reply("HTTP/1.1 200 O");
  loop.advance(milliseconds(1'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("did not respond with an HTTP status code");
}

TEST_F(ProbeTest, TheBodyHasTwoSecondsFromTheStatus) {
  probe(true, "up");
  loop.advance(milliseconds(1'500));
  loop.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall is u");
  loop.advance(milliseconds(1'999));
  EXPECT_FALSE(result);
  loop.reply("p");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy);
  result.reset();
  probe(true, "up");
  loop.advance(milliseconds(1'500));
  loop.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall is");
  loop.advance(seconds(2));
  expect_unhealthy("search string was not found within");
}

TEST_F(ProbeTest, AnEndpointThatClosesWithoutAReplyFails) {
  probe(true);
  loop.advance(milliseconds(10));
  loop.close();
  expect_unhealthy("closed by the endpoint");
}

TEST_F(ProbeTest, GivingUpLeavesNothingBehind) {
  probe(true);
  running.reset();
  EXPECT_EQ(loop.timers(), 0u);
  probe(true);
  loop.advance(milliseconds(10));
  EXPECT_EQ(loop.connections, 1);
  running.reset();
  EXPECT_EQ(loop.connections, 0);
  EXPECT_EQ(loop.timers(), 0u);
  EXPECT_FALSE(result);
}

}  // namespace
}  // namespace meridian::engines::health

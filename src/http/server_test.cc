#include "http/server.h"

#include <gtest/gtest.h>

#include "http/fake_loop.h"

namespace meridian::http {
namespace {

using namespace std::chrono_literals;
constexpr const char* kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

// Replies "<method> <target> <body>" at once, or keeps the responders for the test when told to.
class Echo final : public Handler {
 public:
  void handle(Request request, Responder responder) override {
    seen.push_back(std::string(request.head.method) + " " + std::string(request.head.target) + " " +
                   request.body);
    if (later) {
      waiting.push_back(std::move(responder));
    } else {
      responder.send({200, {{"X-Peer", request.peer.ip.to_string()}}, seen.back()});
    }
  }
  bool later = false;
  std::vector<std::string> seen;
  std::vector<Responder> waiting;
};

class HttpServer : public testing::Test {
 protected:
  HttpServer() { start({}); }
  void start(const ServerLimits& limits) {
    server.reset();
    server = std::make_unique<Server>(loop, echo, limits, metrics, "test");
    ASSERT_TRUE(server->listen({net::IpAddress::v4({127, 0, 0, 1}), 80}, {}, nullptr));
  }
  static std::string reply(std::string_view body, std::string_view extra = "") {
    return std::string("HTTP/1.1 200 OK\r\n") + kDate +
           "X-Peer: 192.0.2.9\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(extra) + "\r\n" + std::string(body);
  }
  static std::string status_of(std::string_view sent) {
    return std::string(sent.substr(9, sent.find('\r') - 9));
  }

  FakeLoop loop;
  Metrics metrics;
  Echo echo;
  std::unique_ptr<Server> server;
};

TEST_F(HttpServer, RepliesAndKeepsTheConnection) {
  auto& client = loop.connect();
  loop.send(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.take(), reply("GET /a "));
  loop.send(client, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.take(), reply("POST /b body"));
  EXPECT_FALSE(client.closed);
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(HttpServer, HandlesRequestsTheSameHoweverTheyAreCut) {
  const std::string bytes =
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string expected = reply("POST /1 abc") + reply("POST /2 def") + reply("GET /3 ");
  for (std::size_t piece = 1; piece <= bytes.size(); piece += piece < 20 ? 1 : 13) {
    auto& client = loop.connect();
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      loop.send(client, std::string_view(bytes).substr(at, piece));
    EXPECT_EQ(client.take(), expected) << piece;
  }
}

TEST_F(HttpServer, AnswersPipelinedRequestsOneAfterTheOther) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(echo.seen.size(), 1u) << "the second waits for the first one's reply";
  echo.waiting[0].send({200, {}, "one"});
  ASSERT_EQ(echo.seen.size(), 2u);
  echo.waiting[1].send({201, {}, "two"});
  const std::string sent = client.take();
  EXPECT_LT(sent.find("\r\n\r\none"), sent.find("HTTP/1.1 201 Created"));
}

TEST_F(HttpServer, RepliesFromOtherThreadsComeThroughTheLoop) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  std::thread other([&] { echo.waiting[0].send({200, {}, "from afar"}); });
  other.join();
  EXPECT_EQ(client.sent, "");
  loop.run_posted();
  EXPECT_TRUE(client.sent.ends_with("\r\n\r\nfrom afar"));
}

TEST_F(HttpServer, AForgottenResponderReplies500) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  echo.waiting.clear();
  EXPECT_EQ(status_of(client.sent), "500 Internal Server Error");
}

TEST_F(HttpServer, RepliesAfterTheClientOrTheServerIsGoneGoNowhere) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const Error reset{ErrorCode::Unavailable, "reset", ErrorSource::Peer, true};
  client.handler->on_closed(*client.tcp, &reset);
  loop.run_posted();
  EXPECT_TRUE(client.dropped);
  echo.waiting[0].send({200, {}, "x"});
  auto& second = loop.connect();
  loop.send(second, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  server.reset();
  EXPECT_TRUE(second.dropped);
  echo.waiting[1].send({200, {}, "x"});
  EXPECT_EQ(client.sent + second.sent, "");
}

TEST_F(HttpServer, HeadHasTheLengthAndNoBody) {
  auto& client = loop.connect();
  loop.send(client, "HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.sent.ends_with("Content-Length: 10\r\n\r\n"));
}

TEST_F(HttpServer, StatusesWithoutBodyHaveNoLength) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  echo.waiting[0].send({204, {}, "must not be sent"});
  EXPECT_EQ(client.sent, std::string("HTTP/1.1 204 No Content\r\n") + kDate + "\r\n");
}

TEST_F(HttpServer, HeadersCannotEndTheirLine) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  echo.waiting[0].send({200, {{"X-A", "a\r\nX-B: b"}, {"bad name", "c"}}, ""});
  EXPECT_EQ(client.sent,
            std::string("HTTP/1.1 200 OK\r\n") + kDate + "X-A: a  X-B: b\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(HttpServer, NoControlCharacterOfAHeaderIsSentWhereverItStands) {
  echo.later = true;
  auto& client = loop.connect();
  for (const char control : {'\0', '\n', '\r', '\x1f', '\x7f'})
    for (std::size_t at = 0; at < 20; ++at) {
      std::string value = "caf\xc3\xa9, \x80\xff tab\tand more", sent = value;
      value[at] = control;
      sent[at] = ' ';
      client.sent.clear();
      loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      echo.waiting.back().send({200, {{"X-A", value}}, ""});
      EXPECT_NE(client.sent.find("X-A: " + sent + "\r\n"), std::string::npos) << at << " " << int{control};
    }
}

TEST_F(HttpServer, ClosesAsTheVersionAndTheClientSay) {
  auto& old = loop.connect();
  loop.send(old, "GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.sent, reply("GET /a ", "Connection: close\r\n"));
  EXPECT_TRUE(old.closed && old.dropped);
  auto& kept = loop.connect();
  loop.send(kept, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.sent, reply("GET /a ", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(kept.closed);
  auto& asked = loop.connect();
  loop.send(asked,
            "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(asked.sent, reply("GET /a ", "Connection: close\r\n"));
  EXPECT_TRUE(asked.closed);
}

TEST_F(HttpServer, AClientThatEndedItsSideStillGetsItsReply) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  loop.end(client);
  echo.waiting[0].send({200, {}, "late"});
  EXPECT_TRUE(client.sent.ends_with("Connection: close\r\n\r\nlate"));
  EXPECT_TRUE(client.closed);
  auto& idle = loop.connect();
  loop.end(idle);
  EXPECT_TRUE(idle.closed);
  EXPECT_EQ(idle.sent, "");
}

TEST_F(HttpServer, SaysContinueBeforeABodyItWillTake) {
  auto& client = loop.connect();
  loop.send(client, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.take(), "HTTP/1.1 100 Continue\r\n\r\n");
  loop.send(client, "ok");
  EXPECT_EQ(client.take(), reply("PUT / ok"));
}

TEST_F(HttpServer, RefusesBodiesBeyondTheLimit) {
  ServerLimits limits;
  limits.body_bytes_max = 10;
  start(limits);
  auto& announced = loop.connect();
  loop.send(announced, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(announced.sent), "413 Content Too Large") << "instead of 100 Continue";
  auto& chunked = loop.connect();
  loop.send(chunked,
            "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n12345\r\n");
  EXPECT_EQ(status_of(chunked.sent), "413 Content Too Large");
  auto& allowed = loop.connect();
  loop.send(allowed, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n1234567890");
  EXPECT_EQ(status_of(allowed.sent), "200 OK");
  EXPECT_EQ(echo.seen.size(), 1u);
}

TEST_F(HttpServer, BoundsAllBodiesTogetherUntilTheirReplies) {
  ServerLimits limits;
  limits.bodies_bytes_max = 20;
  start(limits);
  echo.later = true;
  const std::string put = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 15\r\n\r\n123456789012345";
  auto& first = loop.connect();
  auto& second = loop.connect();
  loop.send(first, put);
  loop.send(second, put);
  EXPECT_EQ(status_of(second.sent), "503 Service Unavailable");
  echo.waiting[0].send({});
  auto& third = loop.connect();
  loop.send(third, put.substr(0, put.size() - 1));
  loop.end(third);
  auto& fourth = loop.connect();
  loop.send(fourth, put);
  EXPECT_EQ(echo.seen.size(), 2u) << "a reply and a lost connection each gave their share back";
}

TEST_F(HttpServer, RefusesMalformedRequestsAndCountsThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "505 HTTP Version Not Supported"},
      {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"},
      {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz", "400 Bad Request"},
  };
  for (const auto& [bytes, status] : cases) {
    auto& client = loop.connect();
    loop.send(client, bytes);
    EXPECT_EQ(status_of(client.sent), status);
    EXPECT_NE(client.sent.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(client.closed);
  }
  auto& client = loop.connect();
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x'));
  EXPECT_EQ(status_of(client.sent), "431 Request Header Fields Too Large");
  EXPECT_TRUE(echo.seen.empty());
  EXPECT_NE(metrics.prometheus_text().find("meridian_http_refused_total{server=\"test\",status=\"400\"} 2"),
            std::string::npos);
}

TEST_F(HttpServer, TimesOutEachPhase) {
  auto& silent = loop.connect();
  auto& slow_head = loop.connect();
  auto& slow_body = loop.connect();
  auto& idle = loop.connect();
  auto& working = loop.connect();
  loop.send(slow_head, "GET / HTTP/1.1\r\n");
  loop.send(slow_body, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  loop.send(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  echo.later = true;
  loop.send(working, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  idle.take();
  loop.advance(16s);
  EXPECT_TRUE(silent.closed);
  EXPECT_EQ(silent.sent, "");
  EXPECT_EQ(status_of(slow_head.sent), "408 Request Timeout");
  EXPECT_FALSE(idle.closed || slow_body.closed);
  loop.advance(60s);
  EXPECT_TRUE(idle.closed);
  EXPECT_EQ(idle.sent, "");
  loop.advance(60s);
  EXPECT_EQ(status_of(slow_body.sent), "408 Request Timeout");
  EXPECT_FALSE(working.closed) << "the handler's time is not the connection's";
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(HttpServer, DropsAClientThatDoesNotReadItsReply) {
  auto& client = loop.connect();
  client.stuck = true;
  loop.send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  loop.advance(55s);
  EXPECT_FALSE(client.dropped);
  loop.advance(10s);
  EXPECT_TRUE(client.dropped);
}

TEST_F(HttpServer, ReadsNoFurtherRequestWhileTooMuchIsUnsent) {
  auto& client = loop.connect();
  client.stuck = true;
  client.pending = 5 * 1024 * 1024;
  loop.send(client, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(echo.seen.empty());
  client.pending = 0;
  client.handler->on_drained(*client.tcp);
  EXPECT_EQ(echo.seen.size(), 1u);
}

TEST_F(HttpServer, PausesReadingWhenTooMuchIsPipelined) {
  echo.later = true;
  auto& client = loop.connect();
  loop.send(client, "PUT / HTTP/1.1\r\nHost: h\r\n\r\n");
  loop.send(client, "PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n" + std::string(70'000, 'x'));
  EXPECT_TRUE(client.paused);
  echo.waiting[0].send({});
  EXPECT_FALSE(client.paused);
  EXPECT_EQ(echo.seen.size(), 2u);
}

TEST_F(HttpServer, HoldsTheNumberOfConnections) {
  ServerLimits limits;
  limits.connections_max = 2;
  start(limits);
  auto& first = loop.connect();
  loop.connect();
  EXPECT_TRUE(loop.connect().dropped);
  loop.end(first);
  EXPECT_FALSE(loop.connect().dropped);
}

TEST_F(HttpServer, DrainsGracefully) {
  echo.later = true;
  auto& idle = loop.connect();
  auto& working = loop.connect();
  loop.send(working, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  bool done = false;
  server->drain([&] { done = true; });
  loop.run_posted();
  EXPECT_FALSE(loop.listening());
  EXPECT_TRUE(idle.closed);
  EXPECT_FALSE(working.closed || done);
  echo.waiting[0].send({200, {}, "bye"});
  loop.run_posted();
  EXPECT_TRUE(working.sent.ends_with("Connection: close\r\n\r\nbye"));
  EXPECT_TRUE(working.closed && done);
}

TEST_F(HttpServer, HalfARequestDoesNotHoldUpTheEnd) {
  auto& in_head = loop.connect();
  auto& in_body = loop.connect();
  loop.send(in_head, "GET / HTTP/1.1\r\nHo");
  loop.send(in_body, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  bool done = false;
  server->drain([&] { done = true; });
  loop.run_posted();
  EXPECT_TRUE(done);
  for (auto* client : {&in_head, &in_body}) {
    EXPECT_TRUE(client->sent.starts_with("HTTP/1.1 503 ")) << client->sent;
    EXPECT_TRUE(client->closed);
  }
}

TEST_F(HttpServer, AnIdleServerHasNoTimer) {
  auto& client = loop.connect();
  EXPECT_EQ(loop.timers(), 1u);
  loop.end(client);
  loop.advance(1s);
  EXPECT_EQ(loop.timers(), 0u);
}

}  // namespace
}  // namespace meridian::http

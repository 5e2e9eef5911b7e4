// The client of origins over a network in virtual time. It stands here because it needs one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/played_origin.h"
#include "upstream/origin_client.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;
using upstream::CallRequest;
using upstream::Failure;

const net::Address kOrigin = net::Address::parse("192.0.2.1:80").value();

struct Heard final : upstream::Reply {
  void on_head(const http1::ResponseHead& head, http1::BodyEnd) override { status = head.status; }
  void on_data(std::string_view piece) override { body += piece; }
  void on_end() override { ended = true; }
  void on_failure(const upstream::CallFailure& its) override { failure = its.kind; }
  void on_connected(bool its) override { reused = its; }
  int status = 0;
  std::string body;
  bool ended = false, reused = false;
  std::optional<Failure> failure;
};

class OriginClientTest : public testing::Test {
 protected:
  OriginClientTest() { names.known["origin.test"] = kOrigin.ip; }
  static CallRequest get(const std::string& host = "origin.test") {
    CallRequest request;
    request.peer = {host, 80, false, {}, net::TlsVersion::Tls12};
    request.method = "GET";
    request.head = "GET /a HTTP/1.1\r\nHost: origin.test\r\n\r\n";
    return request;
  }
  void play(PlayedOrigin::OnRequest how) {
    origin.reset();  // its address is free again
    origin = std::make_unique<PlayedOrigin>(network, kOrigin, std::move(how));
  }
  Heard fetch(CallRequest request, Duration time = 100s) {
    Heard heard;
    const auto call = client.start(std::move(request), heard);
    network.advance(time);
    return heard;
  }

  VirtualNetwork network;
  Metrics metrics;
  PlayedNames names{network};
  std::unique_ptr<PlayedOrigin> origin;
  upstream::OriginClient client{network, names, {}, metrics};
};

TEST_F(OriginClientTest, ConnectionsAreKeptForTheNextCall) {
  play([](auto& visit, auto&) { visit.ok("hello"); });
  const Heard first = fetch(get(), 1s);
  EXPECT_EQ(first.body, "hello");
  EXPECT_TRUE(first.ended);
  EXPECT_FALSE(first.reused);
  EXPECT_EQ(client.idle(), 1u);
  EXPECT_TRUE(fetch(get(), 1s).reused);
  EXPECT_EQ(origin->visits, 1u);
  network.advance(10s);
  EXPECT_EQ(client.idle(), 0u) << "kept longer than the origin's keep-alive";
  EXPECT_EQ(origin->left, 1u);
}

TEST_F(OriginClientTest, InterimHeadsHaveALimit) {
  std::size_t count = upstream::kInterimHeadsMax;
  play([&](auto& visit, auto&) {
    for (std::size_t i = 0; i < count; ++i) visit.say("HTTP/1.1 103 Early Hints\r\n\r\n");
    visit.ok("hello");
  });
  EXPECT_EQ(fetch(get(), 1s).body, "hello");
  EXPECT_EQ(fetch(get(), 1s).body, "hello") << "of each request";
  ++count;
  EXPECT_EQ(fetch(get(), 1s).failure, Failure::Malformed);
}

TEST_F(OriginClientTest, BodiesEndByLengthByChunksOrByTheEndOfTheConnection) {
  play([](auto& visit, auto&) {
    visit.say(
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n");
    visit.say("2\r\nde\r\n0\r\n\r\n");
  });
  EXPECT_EQ(fetch(get(), 1s).body, "abcde");
  EXPECT_EQ(client.idle(), 1u);
  network.advance(10s);
  play([](auto& visit, auto&) {
    visit.say("HTTP/1.1 200 OK\r\n\r\nall of it");
    visit.close();
  });
  const Heard heard = fetch(get());
  EXPECT_EQ(heard.body, "all of it");
  EXPECT_TRUE(heard.ended);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(OriginClientTest, AnIdleConnectionThatTheOriginClosesIsNotUsed) {
  play([](auto& visit, auto&) {
    visit.ok("x");
    visit.close();
  });
  EXPECT_EQ(fetch(get(), 1s).body, "x");
  EXPECT_EQ(client.idle(), 0u);
}

TEST_F(OriginClientTest, ASafeRequestIsRepeatedWhenAKeptConnectionTurnsOutToBeDead) {
  int asked = 0;
  play([&](auto& visit, auto&) {
    if (++asked == 2) return visit.close();
    visit.ok("x");
  });
  fetch(get(), 1s);
  EXPECT_EQ(fetch(get(), 1s).body, "x");
  EXPECT_EQ(origin->visits, 2u);
  CallRequest post = get();
  post.method = "POST";
  post.head = "POST / HTTP/1.1\r\nHost: o\r\nContent-Length: 0\r\n\r\n";
  asked = 1;
  EXPECT_EQ(fetch(post, 1s).failure, Failure::Closed);
}

TEST_F(OriginClientTest, FailuresAreToldApart) {
  EXPECT_EQ(fetch(get("nobody.test")).failure, Failure::Name);
  EXPECT_EQ(fetch(get()).failure, Failure::Connect) << "nobody listens";
  network.lose(kOrigin.ip);
  Heard heard;
  const auto call = client.start(get(), heard);
  network.advance(29s);
  EXPECT_FALSE(heard.failure) << "three attempts of 10 s";
  network.advance(2s);
  EXPECT_EQ(heard.failure, Failure::ConnectTime);
  network.heal(kOrigin.ip);

  play([](auto&, auto&) {});
  EXPECT_EQ(fetch(get(), 31s).failure, Failure::ReadTime);
  play([](auto& visit, auto&) { visit.close(); });
  EXPECT_EQ(fetch(get()).failure, Failure::Closed);
  play([](auto& visit, auto&) { visit.say("SSH-2.0-OpenSSH\r\n\r\n"); });
  EXPECT_EQ(fetch(get()).failure, Failure::Malformed);
  play([](auto& visit, auto&) { visit.say("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x')); });
  EXPECT_EQ(fetch(get()).failure, Failure::HeadTooLarge);
  play([](auto& visit, auto&) {
    visit.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    visit.close();
  });
  const Heard cut = fetch(get());
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(cut.body, "abc");
  EXPECT_EQ(cut.failure, Failure::BodyCut);
}

TEST_F(OriginClientTest, ASlowBodyIsGoodAsLongAsBytesCome) {
  PlayedOrigin::Visit* visiting = nullptr;
  play([&](auto& visit, auto&) {
    visit.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    visiting = &visit;
  });
  Heard heard;
  const auto call = client.start(get(), heard);
  for (const char* byte : {"a", "b", "c", "d"}) {
    network.advance(20s);
    visiting->say(byte);
  }
  network.advance(1s);
  EXPECT_EQ(heard.body, "abcd");
  EXPECT_TRUE(heard.ended);
}

TEST_F(OriginClientTest, BodiesAreSentAsTheyCome) {
  play([](auto&, auto&) {});
  CallRequest put = get();
  put.method = "PUT";
  put.head = "PUT /a HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\n\r\n";
  put.body = CallRequest::Body::Chunked;
  Heard heard;
  const auto call = client.start(put, heard);
  network.advance(1s);
  call->send("hello");
  call->send("you");
  call->finish_sending();
  network.advance(1s);
  EXPECT_THAT(origin->requests.front(), StartsWith("PUT /a"));
  EXPECT_EQ(origin->requests.back(), "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n");
}

TEST_F(OriginClientTest, ACallThatIsGivenUpEndsItsConnection) {
  play([](auto&, auto&) {});
  Heard heard;
  {
    const auto call = client.start(get(), heard);
    network.advance(1s);
  }
  network.advance(1s);
  EXPECT_EQ(origin->left, 1u);
  EXPECT_EQ(client.connections(), 0u);
}

}  // namespace
}  // namespace meridian::sim

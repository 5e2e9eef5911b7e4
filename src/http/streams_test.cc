// Bodies as streams: what arrives is handed over as it comes, what is not asked for stays in the network.
#include <gtest/gtest.h>

#include "http/fake_loop.h"
#include "http/server.h"

namespace meridian::http {
namespace {

using namespace std::chrono_literals;

// Plays both sides of a stream by hand.
class Streams final : public Handler {
 public:
  void handle(Request request, Responder responder) override {
    requests.push_back(std::move(request));
    responders.push_back(std::move(responder));
  }
  bool takes_stream(const Request& request) override { return request.head.method == "PUT"; }

  // Asks for the next piece of the last request's body.
  void read() {
    requests.back().stream->read([this](Result<IncomingBody::Piece> piece) {
      if (piece) {
        got.push_back(std::string(piece->bytes.bytes) + (piece->last ? "|" : ""));
      } else {
        failures.push_back(piece.error().message);
      }
    });
  }
  std::vector<Request> requests;
  std::vector<Responder> responders;
  std::vector<std::string> got, failures;
};

class Pieces final : public OutgoingBody {
 public:
  void read(OnPiece on_piece) override { waiting.push_back(std::move(on_piece)); }
  void give(Result<std::string> piece) {
    auto next = std::move(waiting.back());
    waiting.clear();
    next(std::move(piece));
  }
  std::vector<OnPiece> waiting;
};

class HttpStreams : public testing::Test {
 protected:
  HttpStreams() {
    ServerLimits limits;
    limits.buffered_body_bytes_max = 8;
    limits.streams_max = 2;
    limits.streamed_bytes_max = 16;
    start(limits);
  }
  void start(const ServerLimits& limits) {
    server = std::make_unique<Server>(loop, handler, limits, metrics, "test");
    ASSERT_TRUE(server->listen({net::IpAddress::v4({127, 0, 0, 1}), 80}, {}, nullptr));
  }
  void read() {
    handler.read();
    loop.run_posted();
  }
  void reply(Response response) {
    handler.responders.back().send(std::move(response));
    loop.run_posted();
  }
  using Strings = std::vector<std::string>;

  FakeLoop loop;
  Metrics metrics;
  Streams handler;
  std::unique_ptr<Server> server;
};

TEST_F(HttpStreams, ALongBodyIsHandedOverAsItArrives) {
  auto& client = loop.connect();
  loop.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nabc");
  ASSERT_EQ(handler.requests.size(), 1u) << "before the body is whole";
  EXPECT_TRUE(handler.requests[0].body.empty());
  read();
  EXPECT_EQ(handler.got, (Strings{"abc"}));
  read();
  EXPECT_EQ(handler.got.size(), 1u);
  loop.send(client, "defgh");
  read();
  loop.send(client, "ijklGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(handler.got, (Strings{"abc", "defgh", "ijkl|"}));
  ASSERT_EQ(handler.requests.size(), 1u);
  reply({200, {}, "done"});
  EXPECT_NE(client.take().find("\r\n\r\ndone"), std::string::npos);
  ASSERT_EQ(handler.requests.size(), 2u) << "the connection goes on behind the body";
  EXPECT_EQ(handler.requests[1].head.path, "/next");
}

TEST_F(HttpStreams, ShortBodiesAndThoseNobodyWantsAsStreamsComeWhole) {
  auto& client = loop.connect();
  loop.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(handler.requests.back().body, "abc");
  EXPECT_EQ(handler.requests.back().stream, nullptr);
  reply({});
  loop.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nabcdefghijkl");
  EXPECT_EQ(handler.requests.back().body, "abcdefghijkl");
}

TEST_F(HttpStreams, AChunkedBodyEndsWithALastPiece) {
  auto& client = loop.connect();
  loop.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  read();
  read();
  loop.send(client, "2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(handler.got, (Strings{"abc", "de|"}));
  reply({});
  EXPECT_FALSE(client.closed);
}

TEST_F(HttpStreams, AClientThatSendsFasterThanItIsReadHasToWait) {
  auto& client = loop.connect();
  loop.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  loop.send(client, std::string(15, 'x'));
  EXPECT_FALSE(client.paused);
  loop.send(client, "xyz");
  EXPECT_TRUE(client.paused);
  read();
  EXPECT_FALSE(client.paused);
  read();
  EXPECT_EQ(handler.got, (Strings{std::string(16, 'x'), "yz"}));
}

TEST_F(HttpStreams, APieceMayBeKeptWhileTheNextOnesCome) {
  auto& client = loop.connect();
  loop.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n");
  std::vector<IncomingBody::Piece> kept;
  for (const char c : {'a', 'b', 'c'}) {
    loop.send(client, std::string(c == 'c' ? 8 : 16, c));
    handler.requests.back().stream->read(
        [&](Result<IncomingBody::Piece> piece) { kept.push_back(*std::move(piece)); });
    loop.run_posted();
  }
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].bytes.bytes, std::string(16, 'a'));
  EXPECT_EQ(kept[1].bytes.bytes, std::string(16, 'b'));
  EXPECT_EQ(kept[2].bytes.bytes, std::string(8, 'c'));
  EXPECT_TRUE(kept[2].last && !kept[1].last);
}

TEST_F(HttpStreams, TheClientIsToldToGoOnOnlyWhenTheBodyIsWanted) {
  auto& client = loop.connect();
  const std::string head = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n";
  loop.send(client, head);
  EXPECT_EQ(client.take(), "");
  read();
  EXPECT_EQ(client.take(), "HTTP/1.1 100 Continue\r\n\r\n");
  auto& refused = loop.connect();
  loop.send(refused, head);
  reply({404, {}, "no"});
  EXPECT_TRUE(refused.take().starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(refused.closed) << "whether the body still comes cannot be known";
}

TEST_F(HttpStreams, ABodyThatEndsEarlyOrComesTooLateIsAFailure) {
  auto& early = loop.connect();
  loop.send(early, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nabc");
  read();
  read();
  loop.end(early);
  EXPECT_EQ(handler.failures.size(), 1u);
  reply({400, {}, "early"});
  EXPECT_TRUE(early.take().ends_with("early"));
  EXPECT_TRUE(early.closed);

  auto& late = loop.connect();
  loop.send(late, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nabc");
  read();
  read();
  loop.advance(119s);
  EXPECT_EQ(handler.failures.size(), 1u);
  loop.advance(2s);
  EXPECT_EQ(handler.failures.size(), 2u);

  auto& reset = loop.connect();
  loop.send(reset, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n");
  read();
  const Error why{ErrorCode::Unavailable, "reset", ErrorSource::Peer, true};
  reset.handler->on_closed(*reset.tcp, &why);
  loop.run_posted();
  EXPECT_EQ(handler.failures.size(), 3u);
  read();
  EXPECT_EQ(handler.failures.size(), 4u) << "nothing more comes of a connection that is gone";
}

TEST_F(HttpStreams, AMalformedChunkIsAFailure) {
  auto& client = loop.connect();
  loop.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  read();
  EXPECT_EQ(handler.failures.size(), 1u);
}

TEST_F(HttpStreams, TooManyAtOnceAreRefused) {
  const std::string head = "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n";
  auto &first = loop.connect(), &second = loop.connect(), &third = loop.connect();
  loop.send(first, head);
  loop.send(second, head);
  loop.send(third, head);
  EXPECT_TRUE(third.take().starts_with("HTTP/1.1 503 "));
  reply({400, {}, ""});  // to the second
  auto& fourth = loop.connect();
  loop.send(fourth, head);
  EXPECT_EQ(handler.requests.size(), 3u) << "a reply makes room";
}

TEST_F(HttpStreams, AResponseIsReadAsFastAsItIsSent) {
  auto& client = loop.connect();
  loop.send(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  auto body = std::make_shared<Pieces>();
  reply({200, {}, "", body, 40});
  EXPECT_NE(client.take().find("Content-Length: 40\r\n"), std::string::npos);
  ASSERT_EQ(body->waiting.size(), 1u);
  client.stuck = true;
  body->give(std::string(20, 'a'));
  loop.run_posted();
  EXPECT_TRUE(body->waiting.empty()) << "more than the limit waits to be sent";
  client.stuck = false;
  client.pending = 0;
  client.handler->on_drained(*client.tcp);
  ASSERT_EQ(body->waiting.size(), 1u);
  EXPECT_EQ(handler.requests.size(), 1u);
  body->give(std::string(20, 'b'));
  loop.run_posted();
  EXPECT_EQ(client.take(), std::string(20, 'a') + std::string(20, 'b'));
  EXPECT_EQ(handler.requests.size(), 2u) << "the next request follows the whole body";
}

// A body that answers from inside read(), as one does whose bytes are in memory.
class AtOnce final : public OutgoingBody {
 public:
  explicit AtOnce(std::vector<Result<Piece>> pieces) : pieces_(std::move(pieces)) {}
  void read(OnPiece on_piece) override { on_piece(std::move(pieces_.at(next_++))); }

 private:
  std::vector<Result<Piece>> pieces_;
  std::size_t next_ = 0;
};

TEST_F(HttpStreams, WhatIsThereAlreadyGoesWithTheHead) {
  auto& client = loop.connect();
  loop.send(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Response whole{200, {}, ""};
  whole.begun = Piece("all of it");
  whole.length = 9;
  reply(std::move(whole));
  EXPECT_TRUE(client.take().ends_with("Content-Length: 9\r\n\r\nall of it"));

  loop.send(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto text = std::make_shared<const std::string>(100'000, 'x');
  Response begun{200, {}, "", std::make_shared<AtOnce>(std::vector<Result<Piece>>{Piece("the rest")})};
  begun.begun = Piece(SharedBytes{text, *text, -1, 0});
  begun.length = 100'008;
  reply(std::move(begun));
  EXPECT_TRUE(client.take().ends_with("Content-Length: 100008\r\n\r\n" + *text + "the rest"));
  EXPECT_FALSE(client.dropped);
}

TEST_F(HttpStreams, PiecesThatComeAtOnceAreSentInOrderAndMayFail) {
  auto& client = loop.connect();
  loop.send(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  reply({200, {}, "", std::make_shared<AtOnce>(std::vector<Result<Piece>>{Piece("ab"), Piece("cd")}), 4});
  EXPECT_TRUE(client.take().ends_with("\r\n\r\nabcd"));
  ASSERT_EQ(handler.requests.size(), 2u);
  const Result<Piece> flipped = fail(ErrorCode::Corrupt, "flipped");
  reply({200, {}, "", std::make_shared<AtOnce>(std::vector<Result<Piece>>{Piece("ab"), flipped}), 4});
  EXPECT_TRUE(client.dropped);
}

TEST_F(HttpStreams, AResponseThatCannotBeReadDoesNotLookWhole) {
  for (const Result<std::string>& broken :
       {Result<std::string>(fail(ErrorCode::Corrupt, "flipped")), Result<std::string>(""),
        Result<std::string>("more than was promised")}) {
    auto& client = loop.connect();
    loop.send(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    auto body = std::make_shared<Pieces>();
    reply({200, {}, "", body, 10});
    client.take();
    body->give(broken);
    loop.run_posted();
    EXPECT_TRUE(client.dropped);
    EXPECT_EQ(client.take(), "");
  }
}

TEST_F(HttpStreams, HeadSaysTheLengthAndReadsNothing) {
  auto& client = loop.connect();
  loop.send(client, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  auto body = std::make_shared<Pieces>();
  reply({200, {}, "", body, 10});
  EXPECT_NE(client.take().find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_TRUE(body->waiting.empty());
  EXPECT_FALSE(client.closed);
}

}  // namespace
}  // namespace meridian::http

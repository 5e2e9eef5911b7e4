// HTTP/2 connections: two of our own that talk, and peers that break the rules of RFC 9113.
#include "formats/http2/session.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "formats/http2/played_frames.h"

namespace meridian::http2 {
namespace {

using namespace std::chrono_literals;
using played::Fields;
using played::frame;
using played::u32;

struct TestStream final : Stream {};

class Side final : public SessionUser {
 public:
  explicit Side(Session::Role role, SessionLimits limits = {}) : session(role, limits, *this) {}

  struct Heard {
    Fields fields, trailers;
    std::string body;
    bool whole = false, head = false, closed = false;
    ErrorCode code = ErrorCode::NoError;
    int rooms = 0;
  };

  Stream& open_stream() override { return streams.emplace_back(); }
  void on_section(Stream& stream, Section section) override {
    in_trailers = section == Section::Trailers;
    if (!in_trailers) heard[stream.id()].fields.clear();
  }
  void on_field(Stream& stream, std::string_view name, std::string_view value) override {
    Heard& its = heard[stream.id()];
    (in_trailers ? its.trailers : its.fields).emplace_back(name, value);
  }
  void on_head(Stream& stream, bool last) override {
    heard[stream.id()].head = true;
    heard[stream.id()].whole = last;
    last_stream = &stream;
  }
  void on_data(Stream& stream, std::string_view bytes) override {
    heard[stream.id()].body += bytes;
    if (takes) session.take(stream, bytes.size());
  }
  void on_end(Stream& stream) override { heard[stream.id()].whole = true; }
  void on_room(Stream& stream) override { ++heard[stream.id()].rooms; }
  void on_closed(Stream& stream, ErrorCode code) override {
    heard[stream.id()].closed = true;
    heard[stream.id()].code = code;
  }

  void head(Stream& stream, const Fields& fields, bool last) {
    session.begin_head(stream);
    for (const auto& [name, value] : fields) session.add_field(name, value);
    session.end_head(last);
  }
  Stream& ask(Fields more = {}, bool last = true, std::string_view method = "GET") {
    Stream& stream = streams.emplace_back();
    EXPECT_TRUE(session.open(stream));
    Fields fields{
        {":method", std::string(method)}, {":scheme", "https"}, {":path", "/"}, {":authority", "a.example"}};
    fields.insert(fields.end(), more.begin(), more.end());
    head(stream, fields, last);
    return stream;
  }
  std::string output() {
    session.produce(1 << 20);
    return std::exchange(session.output(), {});
  }

  std::deque<TestStream> streams;
  std::map<std::uint32_t, Heard> heard;
  Stream* last_stream = nullptr;
  bool takes = true, in_trailers = false;
  Session session;
};

class TwoSides : public testing::Test {
 protected:
  // Until neither has anything to say.
  void play() {
    for (;;) {
      const std::string to_server = client.output(), to_client = server.output();
      if (to_server.empty() && to_client.empty()) return;
      // In pieces that fit nothing.
      for (std::size_t at = 0; at < to_server.size(); at += 1000)
        server.session.receive(std::string_view(to_server).substr(at, 1000), now);
      client.session.receive(to_client, now);
    }
  }
  MonotonicTime now{1h};
  Side client{Session::Role::Client, {.stream_window = 100'000}};
  Side server{Session::Role::Server};
};

TEST_F(TwoSides, ARequestAndItsReplyWithTrailers) {
  Stream& asked = client.ask({{"te", "trailers"}}, false, "POST");
  client.session.send(asked, Piece(std::string(300'000, 'u')));
  const Fields up{{"x-sum", "1"}};
  client.session.finish(asked, up);
  play();
  Side::Heard& request = server.heard[1];
  EXPECT_EQ(request.fields.at(3), std::pair(std::string(":authority"), std::string("a.example")));
  EXPECT_EQ(request.body, std::string(300'000, 'u'));
  EXPECT_EQ(request.trailers, up);
  EXPECT_TRUE(request.whole);
  EXPECT_FALSE(request.closed);

  Stream& answered = *server.last_stream;
  server.head(answered, {{":status", "200"}, {"X-Big", std::string(40'000, 'h')}}, false);
  server.session.send(answered, Piece(std::string(250'000, 'd')));
  play();
  EXPECT_EQ(client.heard[1].body.size(), 250'000u);
  EXPECT_EQ(server.heard[1].rooms, 1);
  const Fields down{{"grpc-status", "0"}};
  server.session.finish(answered, down);
  play();
  EXPECT_EQ(client.heard[1].fields.at(1), std::pair(std::string("x-big"), std::string(40'000, 'h')));
  EXPECT_EQ(client.heard[1].trailers, down);
  EXPECT_TRUE(client.heard[1].closed && server.heard[1].closed);
  EXPECT_EQ(client.heard[1].code, ErrorCode::NoError);
  EXPECT_TRUE(client.session.streams().empty() && server.session.streams().empty());
}

TEST_F(TwoSides, StreamsTakeTurns) {
  for (int i = 0; i < 3; ++i) client.ask();
  play();
  const std::vector<Stream*> asked(server.session.streams().begin(), server.session.streams().end());
  for (Stream* const each : asked) {
    server.head(*each, {{":status", "200"}}, false);
    server.session.send(*each, Piece(std::string(60'000, 'x')));
    server.session.finish(*each);
  }
  server.session.produce(6 * kFrameBytesMax);
  client.session.receive(std::exchange(server.session.output(), {}), now);
  for (const std::uint32_t id : {1, 3, 5}) EXPECT_EQ(client.heard[id].body.size(), 2 * kFrameBytesMax) << id;
}

TEST_F(TwoSides, AWindowThatNobodyOpensHoldsBack) {
  client.takes = false;
  client.ask();
  play();
  Stream& stream = *server.last_stream;
  server.head(stream, {{":status", "200"}}, false);
  server.session.send(stream, Piece(std::string(200'000, 'x')));
  play();
  EXPECT_EQ(client.heard[1].body.size(), 100'000u);
  EXPECT_EQ(stream.unsent(), 100'000u);
  client.session.take(client.streams.front(), 100'000);
  play();
  EXPECT_EQ(client.heard[1].body.size(), 200'000u);
}

TEST_F(TwoSides, AWholeBodyFollowsItsHeadAtOnceWhereItFits) {
  const auto answer = [&](const std::string& body, std::size_t most) {
    client.ask();
    play();
    Stream& asked = *server.last_stream;
    server.head(asked, {{":status", "200"}}, false);
    const bool whole = server.session.send_whole(asked, body, most);
    if (!whole) {
      server.session.send(asked, Piece(body));
      server.session.finish(asked);
    }
    const std::uint32_t id = asked.id();
    play();
    EXPECT_EQ(client.heard[id].body, body);
    EXPECT_TRUE(client.heard[id].whole);
    EXPECT_TRUE(server.heard[id].closed);
    return whole;
  };
  EXPECT_TRUE(answer("a body", 1000));
  EXPECT_TRUE(answer("", 1000));
  EXPECT_FALSE(answer(std::string(900, 'x'), 900)) << "with the heads it is more";
  EXPECT_TRUE(answer(std::string(16'384, 'x'), 1 << 20));
  EXPECT_FALSE(answer(std::string(16'385, 'x'), 1 << 20)) << "more than a frame";
}

TEST(Windows, HoldAWholeBodyBack) {
  Side client{Session::Role::Client, {.stream_window = 10}}, server{Session::Role::Server};
  client.ask();
  server.session.receive(client.output(), MonotonicTime{1h});
  Stream& asked = *server.last_stream;
  server.head(asked, {{":status", "200"}}, false);
  EXPECT_FALSE(server.session.send_whole(asked, "eleven byte", 1000));
  EXPECT_TRUE(server.session.send_whole(asked, "ten bytes!", 1000));
  EXPECT_FALSE(server.session.send_whole(asked, "", 1000)) << "it has ended";
  client.session.receive(server.output(), MonotonicTime{1h});
  EXPECT_EQ(client.heard[1].body, "ten bytes!");
}

TEST_F(TwoSides, EitherMayGiveUp) {
  client.ask();
  client.ask();
  play();
  client.session.reset(client.streams[0], ErrorCode::Cancel);
  server.session.reset(*server.last_stream, ErrorCode::InternalError);
  play();
  EXPECT_EQ(server.heard[1].code, ErrorCode::Cancel);
  EXPECT_EQ(client.heard[3].code, ErrorCode::InternalError);
  EXPECT_FALSE(server.session.over() || client.session.over());
}

TEST_F(TwoSides, MoreStreamsThanAllowedAreRefused) {
  play();
  for (int i = 0; i < 128; ++i) client.ask();
  TestStream more;
  EXPECT_FALSE(client.session.open(more)) << "the server has said so";
  play();
  EXPECT_EQ(server.session.streams().size(), 128u);
  EXPECT_FALSE(server.session.over());
}

TEST_F(TwoSides, WhoGoesAwayTakesNothingNew) {
  client.ask();
  play();
  server.session.go_away(ErrorCode::NoError);
  play();
  EXPECT_FALSE(client.session.has_room());
  EXPECT_FALSE(client.heard[1].closed) << "what came before is answered";
}

TEST_F(TwoSides, InformationalHeadsAreNotTheAnswer) {
  client.ask();
  play();
  server.head(*server.last_stream, {{":status", "103"}, {"link", "</a>"}}, false);
  play();
  EXPECT_FALSE(client.heard[1].head);
  server.head(*server.last_stream, {{":status", "200"}}, true);
  play();
  EXPECT_TRUE(client.heard[1].head);
  EXPECT_EQ(client.heard[1].fields.size(), 1u);
}

// What is on its way when we give up is no fault of the peer's, however much that is.
TEST_F(TwoSides, GivingUpOnMuchBreaksNothing) {
  play();
  constexpr std::size_t kStreams = 120;
  for (std::size_t i = 0; i < kStreams; ++i) client.ask();
  play();
  const std::vector<Stream*> asked(server.session.streams().begin(), server.session.streams().end());
  for (Stream* const each : asked) {
    server.head(*each, {{":status", "200"}}, false);
    server.session.send(*each, Piece(std::string(5'000, 'x')));
    server.session.finish(*each);
  }
  for (TestStream& each : client.streams) client.session.reset(each, ErrorCode::Cancel);
  play();
  EXPECT_FALSE(client.session.over()) << to_string(client.session.error());
  Stream& more = client.ask();
  play();
  server.head(*server.last_stream, {{":status", "200"}}, true);
  play();
  EXPECT_TRUE(client.heard[more.id()].whole);
}

TEST_F(TwoSides, AClientTellsWhoEndedAStream) {
  client.ask();
  client.ask();
  client.ask({}, false, "POST");
  play();
  const std::vector<Stream*> asked(server.session.streams().begin(), server.session.streams().end());
  server.head(*asked[0], {{":status", "700"}}, true);
  server.session.reset(*asked[1], ErrorCode::InternalError);
  server.head(*asked[2], {{":status", "200"}}, true);
  play();
  EXPECT_TRUE(client.streams[0].refused());
  EXPECT_EQ(client.heard[1].code, ErrorCode::ProtocolError);
  EXPECT_FALSE(client.streams[1].refused());
  EXPECT_EQ(client.heard[3].code, ErrorCode::InternalError);
  EXPECT_TRUE(client.streams[2].peer_ended());
  EXPECT_FALSE(client.streams[2].own_ended());
}

// RFC 9113 §8.1.1.
TEST_F(TwoSides, AnswersWithoutABodyMaySayALength) {
  const auto answered = [&](bool to_head, const char* status, std::string_view body) {
    Stream& stream = client.streams.emplace_back();
    EXPECT_TRUE(client.session.open(stream, to_head));
    client.head(
        stream,
        {{":method", to_head ? "HEAD" : "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}},
        true);
    play();
    server.head(*server.last_stream, {{":status", status}, {"content-length", "5"}}, false);
    server.session.send(*server.last_stream, Piece(std::string(body)));
    server.session.finish(*server.last_stream);
    play();
    return client.heard[stream.id()].whole;
  };
  EXPECT_TRUE(answered(true, "200", ""));
  EXPECT_TRUE(answered(false, "304", ""));
  EXPECT_TRUE(answered(false, "200", "12345"));
  EXPECT_FALSE(answered(true, "200", "12345"));
  EXPECT_FALSE(answered(false, "204", "12345"));
  EXPECT_FALSE(answered(false, "200", ""));
}

// A client made of bytes, to a server of ours.
class Rules : public testing::Test {
 protected:
  Rules() { say(std::string(kPreface) + frame(FrameType::Settings, 0, 0, "")); }

  static Fields request(Fields more = {}) {
    Fields all{{":method", "POST"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static std::string headers(std::uint32_t stream, bool last, const Fields& fields = request()) {
    return played::headers(stream, last, fields);
  }
  static std::string setting(std::uint16_t id, std::uint32_t value) {
    return played::setting(static_cast<Setting>(id), value);
  }
  void say(std::string_view bytes) { server->session.receive(bytes, now); }
  // What the connection ended with.
  ErrorCode after(std::string_view bytes) {
    say(bytes);
    return server->session.error();
  }
  // What the stream ended with; NoError: it did not.
  ErrorCode stream_after(std::string_view bytes, std::uint32_t stream = 1) {
    server->session.output().clear();
    say(bytes);
    EXPECT_FALSE(server->session.over()) << to_string(server->session.error());
    const std::string out = server->output();
    for (std::size_t at = 0; at + kFrameHeadBytes <= out.size();) {
      const FrameHead head = read_frame_head(std::string_view(out).substr(at));
      if (head.type == FrameType::RstStream && head.stream == stream)
        return static_cast<ErrorCode>(read_u32(std::string_view(out).substr(at + kFrameHeadBytes)));
      at += kFrameHeadBytes + head.size;
    }
    return ErrorCode::NoError;
  }
  void begin_again() {
    server = std::make_unique<Side>(Session::Role::Server);
    say(std::string(kPreface) + frame(FrameType::Settings, 0, 0, ""));
  }

  MonotonicTime now{1h};
  std::unique_ptr<Side> server = std::make_unique<Side>(Session::Role::Server);
};

// §3.4.
TEST_F(Rules, AConnectionBeginsWithItsPreface) {
  for (const auto& first : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("PRI * HTTP/2.0\r\n\r\nXX"),
                            std::string(kPreface) + frame(FrameType::Ping, 0, 0, "12345678"),
                            std::string(kPreface) + frame(FrameType::Settings, kAck, 0, "")}) {
    Side fresh(Session::Role::Server);
    EXPECT_FALSE(fresh.session.receive(first, now));
    EXPECT_EQ(fresh.session.error(), ErrorCode::ProtocolError) << first;
  }
}

TEST_F(Rules, FramesOfAWrongSizeOrPlaceEndTheConnection) {
  const std::string five(5, '\0'), eight(8, '\0');
  const std::pair<std::string, ErrorCode> cases[] = {
      {frame(FrameType::Data, 0, 0, "x"), ErrorCode::ProtocolError},       // §6.1
      {headers(0, true), ErrorCode::ProtocolError},                        // §6.2
      {frame(FrameType::Priority, 0, 0, five), ErrorCode::ProtocolError},  // §6.3
      {frame(FrameType::Priority, 0, 1, "1234"), ErrorCode::FrameSizeError},
      {frame(FrameType::RstStream, 0, 0, u32(8)), ErrorCode::ProtocolError},  // §6.4
      {headers(1, true) + frame(FrameType::RstStream, 0, 1, "123"), ErrorCode::FrameSizeError},
      {frame(FrameType::RstStream, 0, 1, u32(8)), ErrorCode::ProtocolError},
      {frame(FrameType::Settings, 0, 1, ""), ErrorCode::ProtocolError},  // §6.5
      {frame(FrameType::Settings, kAck, 0, setting(1, 1)), ErrorCode::FrameSizeError},
      {frame(FrameType::Settings, 0, 0, "12345"), ErrorCode::FrameSizeError},
      {frame(FrameType::Settings, 0, 0, setting(2, 2)), ErrorCode::ProtocolError},
      {frame(FrameType::Settings, 0, 0, setting(4, 0x8000'0000)), ErrorCode::FlowControlError},
      {frame(FrameType::Settings, 0, 0, setting(5, 16'383)), ErrorCode::ProtocolError},
      {frame(FrameType::Settings, 0, 0, setting(5, 1 << 24)), ErrorCode::ProtocolError},
      {frame(FrameType::PushPromise, 0, 1, eight), ErrorCode::ProtocolError},  // §8.4
      {frame(FrameType::Ping, 0, 1, eight), ErrorCode::ProtocolError},         // §6.7
      {frame(FrameType::Ping, 0, 0, "1234567"), ErrorCode::FrameSizeError},
      {frame(FrameType::GoAway, 0, 1, eight), ErrorCode::ProtocolError},         // §6.8
      {frame(FrameType::WindowUpdate, 0, 0, u32(0)), ErrorCode::ProtocolError},  // §6.9
      {frame(FrameType::WindowUpdate, 0, 0, "123"), ErrorCode::FrameSizeError},
      {frame(FrameType::WindowUpdate, 0, 1, u32(1)), ErrorCode::ProtocolError},
      {frame(FrameType::WindowUpdate, 0, 0, u32(0x7FFF'FFFF)), ErrorCode::FlowControlError},
      {frame(FrameType::Data, 0, 1, std::string(16'385, 'x')), ErrorCode::FrameSizeError},  // §4.2
      {frame(FrameType::Data, 0, 1, "x"), ErrorCode::ProtocolError},                        // §5.1: idle
      {headers(2, true), ErrorCode::ProtocolError},                                         // §5.1.1
      {headers(5, false) + headers(3, true), ErrorCode::StreamClosed},
      {frame(FrameType::Continuation, kEndHeaders, 1, ""), ErrorCode::ProtocolError},  // §6.10
      {frame(FrameType::Headers, 0, 1, "\x82") + frame(FrameType::Ping, 0, 0, eight),
       ErrorCode::ProtocolError},
      {frame(FrameType::Headers, 0, 1, "\x82") + frame(FrameType::Continuation, kEndHeaders, 3, ""),
       ErrorCode::ProtocolError},
      {frame(FrameType::Headers, kEndHeaders | kPadded, 1,
             "\x05"
             "1234"),
       ErrorCode::ProtocolError},
      {frame(FrameType::Headers, kEndHeaders | kPriority, 1, "1234"), ErrorCode::ProtocolError},
      {frame(FrameType::Headers, kEndHeaders, 1, "\x80"), ErrorCode::CompressionError},  // §4.3
  };
  int i = 0;
  for (const auto& [bytes, code] : cases) {
    begin_again();
    EXPECT_EQ(after(bytes), code) << "case " << i << ": " << to_string(server->session.error());
    ++i;
  }
}

// §8.1, §8.2, §8.3.
TEST_F(Rules, MalformedRequestsEndTheirStreams) {
  const Fields cases[] = {
      {{":scheme", "https"}, {":path", "/"}},
      {{":method", "GET"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "https"}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", ""}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", "a"}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", "*"}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", "/a b"}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", "/\r\nx: y"}},
      {{":method", "G T"}, {":scheme", "https"}, {":path", "/"}},
      {{":method", "GET"}, {":method", "GET"}, {":scheme", "https"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":status", "200"}},
      {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":protocol", "websocket"}},
      {{":method", "GET"}, {"x", "y"}, {":scheme", "https"}, {":path", "/"}},
      {{":method", "CONNECT"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}},
      request({{"X-Upper", "1"}}),
      request({{"x y", "1"}}),
      request({{"", "1"}}),
      request({{"x", "a\r\nb"}}),
      request({{"x", std::string("a\0b", 3)}}),
      request({{"x", " padded"}}),
      request({{"connection", "close"}}),
      request({{"keep-alive", "1"}}),
      request({{"proxy-connection", "close"}}),
      request({{"transfer-encoding", "chunked"}}),
      request({{"upgrade", "h2c"}}),
      request({{"te", "gzip"}}),
      request({{"host", "b.example"}}),
      request({{"host", "a.example"}, {"host", "a.example"}}),
      request({{"content-length", "1"}, {"content-length", "2"}}),
      request({{"content-length", "-1"}}),
      request({{"content-length", ""}}),
  };
  std::uint32_t stream = 1;
  for (const Fields& fields : cases) {
    EXPECT_EQ(stream_after(headers(stream, false, fields), stream), ErrorCode::ProtocolError)
        << "case " << stream / 2;
    EXPECT_FALSE(server->heard[stream].head);
    stream += 2;
  }
  EXPECT_EQ(
      stream_after(headers(stream, false, request({{"host", "a.example"}, {"te", "trailers"}})), stream),
      ErrorCode::NoError);
  EXPECT_TRUE(server->heard[stream].head);
}

TEST_F(Rules, BodiesAreAsLongAsTheySay) {
  const Fields four = request({{"content-length", "4"}});
  EXPECT_EQ(stream_after(headers(1, true, four), 1), ErrorCode::ProtocolError);
  EXPECT_EQ(stream_after(headers(3, false, four) + frame(FrameType::Data, kEndStream, 3, "123"), 3),
            ErrorCode::ProtocolError);
  EXPECT_EQ(stream_after(headers(5, false, four) + frame(FrameType::Data, 0, 5, "12345"), 5),
            ErrorCode::ProtocolError);
  EXPECT_EQ(stream_after(headers(7, false, four) + frame(FrameType::Data, kEndStream | kPadded, 7,
                                                         std::string("\x02"
                                                                     "1234\0\0",
                                                                     7)),
                         7),
            ErrorCode::NoError);
  EXPECT_EQ(server->heard[7].body, "1234");
}

TEST_F(Rules, NothingFollowsTheEndOfAStream) {
  say(headers(1, true) + headers(3, true));
  EXPECT_EQ(stream_after(frame(FrameType::Data, 0, 1, "x"), 1), ErrorCode::StreamClosed);
  EXPECT_EQ(stream_after(headers(3, true), 3), ErrorCode::StreamClosed);
  EXPECT_EQ(stream_after(frame(FrameType::Data, 0, 1, "x") + frame(FrameType::WindowUpdate, 0, 1, u32(9)), 1),
            ErrorCode::NoError)
      << "we had reset it, and the peer may not know";
  say(headers(5, true));
  server->head(*server->last_stream, {{":status", "204"}}, true);
  EXPECT_EQ(after(frame(FrameType::Data, 0, 5, "x")), ErrorCode::StreamClosed);
}

TEST_F(Rules, TrailersEndAStreamAndNameNoPseudoField) {
  EXPECT_EQ(stream_after(headers(1, false) + headers(1, false, {{"x", "y"}}), 1), ErrorCode::ProtocolError);
  EXPECT_EQ(stream_after(headers(3, false) + headers(3, true, {{":path", "/"}}), 3),
            ErrorCode::ProtocolError);
  EXPECT_EQ(stream_after(headers(5, false) + headers(5, true, {{"x", "y"}}), 5), ErrorCode::NoError);
  EXPECT_TRUE(server->heard[5].whole);
}

TEST_F(Rules, WindowsAreKept) {
  EXPECT_EQ(stream_after(headers(1, false) + frame(FrameType::WindowUpdate, 0, 1, u32(0)), 1),
            ErrorCode::ProtocolError);
  EXPECT_EQ(stream_after(headers(3, false) + frame(FrameType::WindowUpdate, 0, 3, u32(0x7FFF'FFFF)), 3),
            ErrorCode::FlowControlError);
  server->takes = false;
  std::string flood = headers(5, false);
  for (int i = 0; i < 5; ++i) flood += frame(FrameType::Data, 0, 5, std::string(16'000, 'x'));
  EXPECT_EQ(stream_after(flood, 5), ErrorCode::FlowControlError);
  EXPECT_EQ(server->heard[5].body.size(), 64'000u);
}

TEST_F(Rules, UnknownFramesAndSettingsAreIgnored) {
  EXPECT_EQ(after(frame(static_cast<FrameType>(0x10), 0, 0, "PRIO") +
                  frame(static_cast<FrameType>(0xEE), 0xFF, 7, "what") +
                  frame(FrameType::Settings, 0, 0, setting(0x99, 7)) +
                  frame(FrameType::Priority, 0, 9, std::string(5, '\0'))),
            ErrorCode::NoError);
  EXPECT_EQ(stream_after(headers(1, true), 1), ErrorCode::NoError);
}

TEST_F(Rules, ASectionInManyFramesIsOne) {
  const std::string block = played::block(request());
  std::string bytes = frame(FrameType::Headers, kEndStream, 1, block.substr(0, 10));
  bytes += frame(FrameType::Continuation, 0, 1, block.substr(10, 20));
  bytes += frame(FrameType::Continuation, kEndHeaders, 1, block.substr(30));
  for (const char byte : bytes) say({&byte, 1});
  EXPECT_TRUE(server->heard[1].whole);
  EXPECT_EQ(server->heard[1].fields, request());
}

TEST_F(Rules, FloodsEndTheConnection) {
  const auto flooded = [&](const std::function<std::string(std::uint32_t)>& what, std::uint32_t count) {
    begin_again();
    for (std::uint32_t i = 0; i < count && !server->session.over(); ++i) {
      say(what(i));
      server->session.output().clear();
    }
    EXPECT_EQ(server->session.error(),
              server->session.flood() == Flood::None ? ErrorCode::NoError : ErrorCode::EnhanceYourCalm);
    return server->session.flood();
  };
  const auto reset = [](std::uint32_t i) {
    return headers(2 * i + 1, true) + frame(FrameType::RstStream, 0, 2 * i + 1, u32(8));
  };
  const auto made_to_reset = [](std::uint32_t i) {
    return headers(2 * i + 1, false) + frame(FrameType::WindowUpdate, 0, 2 * i + 1, u32(0));
  };
  const auto ping = [](std::uint32_t) { return frame(FrameType::Ping, 0, 0, "12345678"); };
  const auto settings = [](std::uint32_t) { return frame(FrameType::Settings, 0, 0, ""); };
  const auto priority = [](std::uint32_t) { return frame(FrameType::Priority, 0, 1, "12345"); };
  const auto pong = [](std::uint32_t) { return frame(FrameType::Ping, kAck, 0, "12345678"); };
  const auto settings_taken = [](std::uint32_t) { return frame(FrameType::Settings, kAck, 0, ""); };
  const auto farewell = [](std::uint32_t) { return frame(FrameType::GoAway, 0, 0, "12345678"); };
  EXPECT_EQ(flooded(reset, kResetsMax.burst), Flood::None);
  EXPECT_EQ(flooded(reset, kResetsMax.burst + 1), Flood::Resets);
  EXPECT_EQ(flooded(made_to_reset, kResetsMax.burst + 1), Flood::Resets);
  EXPECT_EQ(flooded(ping, kPingsMax.burst), Flood::None);
  EXPECT_EQ(flooded(ping, kPingsMax.burst + 1), Flood::Pings);
  EXPECT_EQ(flooded(settings, kSettingsMax.burst + 1), Flood::Settings);
  EXPECT_EQ(flooded(priority, kPrioritiesMax.burst + 1), Flood::Priorities);
  EXPECT_EQ(flooded(pong, kPingsMax.burst + 1), Flood::Pings);
  EXPECT_EQ(flooded(settings_taken, kSettingsMax.burst + 1), Flood::Settings);
  EXPECT_EQ(flooded(farewell, kPrioritiesMax.burst + 1), Flood::Priorities);
  EXPECT_EQ(
      flooded([](std::uint32_t i) { return i == 0 ? headers(1, false) : frame(FrameType::Data, 0, 1, ""); },
              kEmptyFramesMax.burst + 2),
      Flood::EmptyFrames);
  EXPECT_EQ(flooded(
                [](std::uint32_t i) {
                  return i == 0 ? headers(1, true, {}) : frame(FrameType::Data, 0, 1, "");  // it is reset
                },
                kEmptyFramesMax.burst + 2),
            Flood::EmptyFrames);
  const auto continuation = [](std::uint32_t i) {
    return i == 0 ? frame(FrameType::Headers, 0, 1, "") : frame(FrameType::Continuation, 0, 1, "\x82");
  };
  EXPECT_EQ(flooded(continuation, kContinuationsMax + 2), Flood::HeadBlock);
  // A field of the table, told thousands of times.
  EXPECT_EQ(flooded(
                [](std::uint32_t i) {
                  if (i == 0)
                    return frame(FrameType::Headers, kEndHeaders, 1,
                                 "\x40\x01x\x7f\xa1\x1e" + std::string(4000, 'y'));
                  return frame(FrameType::Headers, kEndHeaders, 3, std::string(10'000, '\xbe'));
                },
                2),
            Flood::FieldList);
}

TEST_F(Rules, WhoWaitsMayGoOn) {
  for (int second = 0; second < 30; ++second, now += 1s)
    for (std::uint32_t i = 0; i < kPingsMax.a_second; ++i) say(frame(FrameType::Ping, 0, 0, "12345678"));
  EXPECT_FALSE(server->session.over());
}

}  // namespace
}  // namespace meridian::http2

// Calls to origins that break the rules of HTTP/2 (RFC 9113), or that use them against us.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/played_http2_origin.h"
#include "sim/played_origin.h"
#include "upstream/origin_client.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using http2::FrameType;
using upstream::Failure;
using ErrorCode = http2::ErrorCode;
using Origin = PlayedHttp2Origin;
using namespace http2::played;
using testing::ElementsAre;
using testing::HasSubstr;

const net::Address kOrigin{net::IpAddress::v4({192, 0, 2, 10}), 50051};

std::string again(std::size_t times, const std::string& what) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

std::string ok(std::uint32_t id, std::string_view body) {
  return headers(id, false, {{":status", "200"}}) + data(id, true, body);
}

std::string ok_head(std::uint32_t id, const Fields& more = {}) {
  Fields fields{{":status", "200"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return headers(id, false, fields);
}

struct Heard final : upstream::Reply {
  void on_head(const http1::ResponseHead& head, http1::BodyEnd) override {
    EXPECT_FALSE(over());
    status = head.status;
  }
  void on_data(std::string_view piece) override {
    EXPECT_FALSE(over());
    body += piece;
  }
  void on_trailers(std::span<const http1::Field> lines) override {
    for (const http1::Field& each : lines)
      trailers.push_back(std::string(each.name) + ": " + std::string(each.value));
  }
  void on_end() override {
    EXPECT_FALSE(over());
    ended = true;
  }
  void on_failure(const upstream::CallFailure& why) override {
    EXPECT_FALSE(over());
    failure = why;
  }
  void on_connected(bool) override { ++connected; }
  void on_room() override { ++rooms; }
  bool over() const { return ended || failure; }

  int status = 0, connected = 0, rooms = 0;
  bool ended = false;
  std::string body;
  std::vector<std::string> trailers;
  std::optional<upstream::CallFailure> failure;
};

class HostileHttp2Origin : public testing::Test {
 protected:
  void play(Origin::OnFrame how, std::string settings = "") {
    origin.reset();  // its address is free again
    origin = std::make_unique<Origin>(network, kOrigin, std::move(how), std::move(settings));
  }
  // What a request is answered with, by the number of its stream.
  void answer(std::function<std::string(std::uint32_t)> how) {
    play([how = std::move(how)](Origin::Visit& visit, const Origin::Heard& frame) {
      if (frame.is(FrameType::Headers)) visit.say(how(frame.head.stream));
    });
  }
  using Body = upstream::CallRequest::Body;
  std::unique_ptr<upstream::Call> call(Heard& heard, Duration time = 1s, Body body = Body::Chunked,
                                       const std::string& method = "POST") {
    upstream::CallRequest request;
    request.peer.host = kOrigin.ip.to_string();
    request.peer.port = kOrigin.port;
    request.method = method;
    request.http2 = {"origin.test", "/echo.Echo/One", {{"content-type", "application/grpc"}}};
    request.body = body;
    auto made = client.start(std::move(request), heard);
    network.advance(time);
    return made;
  }
  Origin::Visit& visit(std::size_t n = 0) { return *origin->visits.at(n); }
  double count(const std::string& name) {
    const std::string text = metrics.prometheus_text();
    const std::size_t at = text.find("\n" + name + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  VirtualNetwork network;
  PlayedNames names{network};
  Metrics metrics;
  upstream::OriginClient client{network, names, {}, metrics};
  std::unique_ptr<Origin> origin;
};

struct Attack {
  const char* name;
  std::function<std::string(std::uint32_t)> bytes;  // by the stream of the request
  Failure failure;                                  // where nothing came before
  ErrorCode said;                                   // to the origin, of its stream or of all
};

const Attack kAttacks[] = {
    {"Resets", [](auto id) { return reset(id, ErrorCode::InternalError); }, Failure::Closed, {}},
    {"Pings", [](auto) { return again(500, frame(FrameType::Ping, 0, 0, "12345678")); }, Failure::Malformed,
     ErrorCode::EnhanceYourCalm},
    {"AnswersToNoPing", [](auto) { return again(500, frame(FrameType::Ping, http2::kAck, 0, "12345678")); },
     Failure::Malformed, ErrorCode::EnhanceYourCalm},
    {"Settings", [](auto) { return again(500, frame(FrameType::Settings, 0, 0, "")); }, Failure::Malformed,
     ErrorCode::EnhanceYourCalm},
    {"AnswersToNoSettings", [](auto) { return again(500, frame(FrameType::Settings, http2::kAck, 0, "")); },
     Failure::Malformed, ErrorCode::EnhanceYourCalm},
    {"WindowsThatChange",
     [](auto) {
       return again(500, frame(FrameType::Settings, 0, 0,
                               setting(http2::Setting::InitialWindowSize, 1) +
                                   setting(http2::Setting::InitialWindowSize, 9)));
     },
     Failure::Malformed, ErrorCode::EnhanceYourCalm},
    {"Priorities", [](auto id) { return again(2000, frame(FrameType::Priority, 0, id, "12345")); },
     Failure::Malformed, ErrorCode::EnhanceYourCalm},
    {"FramesThatNobodyKnows",
     [](auto) { return again(2000, frame(static_cast<FrameType>(0xBB), 0, 0, "?")); }, Failure::Malformed,
     ErrorCode::EnhanceYourCalm},
    {"Farewells", [](auto) { return again(2000, go_away(0x7FFF'FFFF, ErrorCode::NoError)); },
     Failure::Malformed, ErrorCode::EnhanceYourCalm},
    {"Continuations",
     [](auto id) {
       return frame(FrameType::Headers, 0, id, "") +
              again(100, frame(FrameType::Continuation, 0, id, "\x88"));
     },
     Failure::HeadTooLarge, ErrorCode::EnhanceYourCalm},
    {"AHeadBeyondItsBound",
     [](auto id) {
       return frame(FrameType::Headers, 0, id, block({{":status", "200"}})) +
              again(3, frame(FrameType::Continuation, 0, id, block({{"x", std::string(12'000, 'x')}}))) +
              frame(FrameType::Continuation, http2::kEndHeaders, id, "");
     },
     Failure::HeadTooLarge, ErrorCode::Cancel},
    {"MoreFieldsThanAnybodyReads",
     [](auto id) {
       Fields fields(1000, {"x", "y"});
       fields.front() = {":status", "200"};
       return headers(id, false, fields);
     },
     Failure::HeadTooLarge, ErrorCode::Cancel},
    {"AHeadThatUnpacksToMegabytes",
     [](auto id) {
       // A field of 4,000 bytes goes into the table and comes 10,000 times.
       return frame(FrameType::Headers, http2::kEndHeaders, id,
                    "\x40\x01x\x7f\xa1\x1e" + std::string(4000, 'y') + std::string(10'000, '\xbe'));
     },
     Failure::HeadTooLarge, ErrorCode::EnhanceYourCalm},
    {"BadHpack", [](auto id) { return frame(FrameType::Headers, http2::kEndHeaders, id, "\xff\xff"); },
     Failure::Malformed, ErrorCode::CompressionError},
    {"APush", [](auto id) { return frame(FrameType::PushPromise, http2::kEndHeaders, id, u32(2) + "\x82"); },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AStreamOfItsOwn", [](auto) { return ok_head(2); }, Failure::Malformed, ErrorCode::ProtocolError},
    {"AStreamThatNobodyOpened", [](auto id) { return ok_head(id + 2); }, Failure::Malformed,
     ErrorCode::ProtocolError},
    {"AWindowBeyondItsEnd", [](auto) { return frame(FrameType::WindowUpdate, 0, 0, u32(0x7FFF'FFFF)); },
     Failure::Malformed, ErrorCode::FlowControlError},
    {"AStreamsWindowBeyondItsEnd",
     [](auto id) { return frame(FrameType::WindowUpdate, 0, id, u32(0x7FFF'FFFF)); }, Failure::Malformed,
     ErrorCode::FlowControlError},
    {"AWindowThatOpensByNothing", [](auto id) { return frame(FrameType::WindowUpdate, 0, id, u32(0)); },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AFrameThatIsTooLong", [](auto id) { return data(id, false, std::string(16'385, 'x')); },
     Failure::Malformed, ErrorCode::FrameSizeError},
    {"ABodyWithoutAHead", [](auto id) { return data(id, false, "x"); }, Failure::Malformed,
     ErrorCode::ProtocolError},
    {"NoStatus",
     [](auto id) {
       return headers(id, false, {{"x", "y"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AStatusOf700",
     [](auto id) {
       return headers(id, false, {{":status", "700"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AStatusOf101",
     [](auto id) {
       return headers(id, false, {{":status", "101"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AFieldWithALineEnd",
     [](auto id) {
       return ok_head(id, {{"x", "a\r\nset-cookie: b"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AFieldOfTheConnection",
     [](auto id) {
       return ok_head(id, {{"transfer-encoding", "chunked"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"TwoLengths",
     [](auto id) {
       return ok_head(id, {{"content-length", "1"}, {"content-length", "2"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"ALengthAndNoBody",
     [](auto id) {
       return headers(id, true, {{":status", "200"}, {"content-length", "5"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"InterimHeadsWithoutEnd",
     [](auto id) {
       return again(1000, headers(id, false, {{":status", "103"}}));
     },
     Failure::Malformed, ErrorCode::Cancel},
    {"AnInterimHeadThatIsTheEnd",
     [](auto id) {
       return headers(id, true, {{":status", "103"}});
     },
     Failure::Malformed, ErrorCode::ProtocolError},
    {"AnotherProtocol", [](auto) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }, Failure::Malformed,
     ErrorCode::FrameSizeError},
};

class Attacks : public HostileHttp2Origin, public testing::WithParamInterface<Attack> {
 protected:
  void is_told_and_served() {
    const ErrorCode of_stream = visit().code_of(FrameType::RstStream);
    const ErrorCode of_all = visit().code_of(FrameType::GoAway);
    EXPECT_EQ(of_all == ErrorCode::NoError ? of_stream : of_all, GetParam().said)
        << to_string(of_stream) << " " << to_string(of_all);
    answer([](auto id) { return ok(id, "fine"); });
    network.advance(10s);
    Heard next;
    const auto made = call(next);
    EXPECT_TRUE(next.ended);
    EXPECT_EQ(next.body, "fine");
  }
};

TEST_P(Attacks, InPlaceOfAResponse) {
  answer(GetParam().bytes);
  Heard heard;
  const auto made = call(heard);
  ASSERT_TRUE(heard.failure);
  EXPECT_EQ(heard.failure->kind, GetParam().failure) << heard.failure->why;
  EXPECT_EQ(heard.status, 0);
  is_told_and_served();
}

INSTANTIATE_TEST_SUITE_P(All, Attacks, testing::ValuesIn(kAttacks),
                         [](const auto& info) { return std::string(info.param.name); });

const Attack kCuts[] = {
    {"Reset", [](auto id) { return reset(id, ErrorCode::InternalError); }, {}, {}},
    {"RefusedInTheMiddle", [](auto id) { return reset(id, ErrorCode::RefusedStream); }, {}, {}},
    {"Disowned", [](auto) { return go_away(0, ErrorCode::NoError); }, {}, {}},
    {"MoreThanItSaid", [](auto id) { return data(id, false, "cdef"); }, {}, ErrorCode::ProtocolError},
    {"LessThanItSaid", [](auto id) { return data(id, true, "c"); }, {}, ErrorCode::ProtocolError},
    {"AnotherHead", [](auto id) { return ok_head(id); }, {}, ErrorCode::ProtocolError},
    {"TrailersWithAStatus",
     [](auto id) {
       return headers(id, true, {{":status", "200"}});
     },
     {},
     ErrorCode::ProtocolError},
    {"TrailersOfTooManyFields",
     [](auto id) {
       return data(id, false, "cde") + headers(id, true, Fields(300, {"x", "y"}));
     },
     {},
     ErrorCode::Cancel},
    {"EmptyFrames", [](auto id) { return again(1000, data(id, false, "")); }, {}, ErrorCode::EnhanceYourCalm},
    {"NothingButPadding",
     [](auto id) {
       return again(1000, frame(FrameType::Data, http2::kPadded, id, "\x09" + std::string(9, '\0')));
     },
     {},
     ErrorCode::EnhanceYourCalm},
    {"Pings",
     [](auto) { return again(500, frame(FrameType::Ping, 0, 0, "12345678")); },
     {},
     ErrorCode::EnhanceYourCalm},
};

class Cuts : public Attacks {};

TEST_P(Cuts, BehindTheBeginningOfABody) {
  answer([](auto id) {
    return ok_head(id, {{"content-length", "5"}}) + data(id, false, "ab") + GetParam().bytes(id);
  });
  Heard heard;
  const auto made = call(heard);
  ASSERT_TRUE(heard.failure);
  EXPECT_TRUE(heard.failure->kind == Failure::BodyCut || heard.failure->kind == Failure::HeadTooLarge);
  EXPECT_TRUE(heard.failure->head_came);
  EXPECT_EQ(heard.status, 200);
  EXPECT_THAT(heard.body, testing::StartsWith("ab"));
  EXPECT_LE(heard.body.size(), 5u);
  EXPECT_EQ(visit().count(FrameType::Headers), 1u) << "what was looked at is not sent again";
  is_told_and_served();
}

INSTANTIATE_TEST_SUITE_P(All, Cuts, testing::ValuesIn(kCuts),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(HostileHttp2Origin, MoreThanTheWindowIsCut) {
  answer([](auto id) { return ok_head(id) + again(40, data(id, false, std::string(16'000, 'x'))); });
  Heard heard;
  const auto made = call(heard, 15ms);
  made->pause();
  network.advance(1s);
  ASSERT_TRUE(heard.failure);
  EXPECT_EQ(heard.failure->kind, Failure::BodyCut);
  EXPECT_LE(heard.body.size(), 256u * 1024);
  EXPECT_EQ(visit().code_of(FrameType::RstStream), ErrorCode::FlowControlError);
}

TEST_F(HostileHttp2Origin, WhatFollowsTheEndReachesNobody) {
  answer([](auto id) { return ok(id, "all") + data(id, false, "and more"); });
  Heard heard;
  const auto made = call(heard, 1s, Body::None);
  EXPECT_TRUE(heard.ended);
  EXPECT_EQ(heard.body, "all");
  EXPECT_EQ(visit().code_of(FrameType::GoAway), ErrorCode::StreamClosed);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(HostileHttp2Origin, InterimHeadsAreReadOver) {
  answer([](auto id) {
    return again(upstream::kInterimHeadsMax, headers(id, false, {{":status", "103"}, {"link", "x"}})) +
           ok(id, "body");
  });
  Heard heard;
  const auto made = call(heard);
  EXPECT_EQ(heard.status, 200);
  EXPECT_EQ(heard.body, "body");
  EXPECT_TRUE(heard.trailers.empty());
}

TEST_F(HostileHttp2Origin, AnAnswerToHeadSaysALengthAndHasNoBody) {
  answer([](auto id) { return ok_head(id, {{"content-length", "500"}}) + data(id, true, ""); });
  Heard heard, wrong;
  const auto made = call(heard, 1s, Body::None, "HEAD");
  EXPECT_TRUE(heard.ended);
  answer([](auto id) { return ok_head(id, {{"content-length", "2"}}) + data(id, true, "ab"); });
  network.advance(10s);
  const auto other = call(wrong, 1s, Body::None, "HEAD");
  EXPECT_TRUE(wrong.failure);
  EXPECT_EQ(wrong.body, "");
}

TEST_F(HostileHttp2Origin, ARefusedRequestIsSentAgainWithItsBody) {
  play([](Origin::Visit& visit, const Origin::Heard& frame) {
    const std::uint32_t id = frame.head.stream;
    if (!frame.is(FrameType::Data) || !frame.head.has(http2::kEndStream)) return;
    visit.say(id < 5 ? reset(id, ErrorCode::RefusedStream) : ok(id, visit.body_of(id)));
  });
  Heard heard;
  const auto made = call(heard);
  made->send("a ");
  network.advance(1s);
  made->send("body");
  made->finish_sending();
  network.advance(1s);
  EXPECT_TRUE(heard.ended);
  EXPECT_EQ(heard.body, "a body");
  EXPECT_EQ(heard.connected, 1);
  EXPECT_EQ(origin->visits.size(), 1u);
  EXPECT_EQ(count("meridian_upstream_repeated_requests_total"), 2);
}

TEST_F(HostileHttp2Origin, WhatIsSentWhileARequestWaitsForItsSecondConnectionFollows) {
  play([this](Origin::Visit& visit, const Origin::Heard& frame) {
    const std::uint32_t id = frame.head.stream;
    if (&visit == origin->visits.front().get()) {
      if (frame.is(FrameType::Data)) visit.say(go_away(0, ErrorCode::NoError));
    } else if (frame.is(FrameType::Data) && frame.head.has(http2::kEndStream)) {
      visit.say(ok(id, visit.body_of(id)));
    }
  });
  Heard heard;
  const auto made = call(heard);
  made->send("one ");
  network.advance(21ms);  // it has heard that the origin goes away
  made->send("two ");
  EXPECT_EQ(made->unsent(), 8u);
  network.advance(1s);
  made->send("three");
  made->finish_sending();
  network.advance(1s);
  EXPECT_EQ(heard.body, "one two three");
  ASSERT_EQ(origin->visits.size(), 2u);
  EXPECT_TRUE(visit(0).left) << "nobody asks anything there any more";
}

TEST_F(HostileHttp2Origin, WhoRefusesAlwaysOrTooLateIsNotAskedForEver) {
  answer([](auto id) { return reset(id, ErrorCode::RefusedStream); });
  Heard always, late;
  const auto one = call(always);
  ASSERT_TRUE(always.failure);
  EXPECT_EQ(always.failure->kind, Failure::Closed);
  EXPECT_EQ(visit().count(FrameType::Headers), upstream::kSendsMax);

  play([](Origin::Visit& visit, const Origin::Heard& frame) {
    if (frame.is(FrameType::Data)) visit.say(reset(frame.head.stream, ErrorCode::RefusedStream));
  });
  network.advance(10s);
  const auto two = call(late);
  two->send(std::string(upstream::kRepeatedBodyMax + 1, 'x'));
  network.advance(1s);
  ASSERT_TRUE(late.failure);
  EXPECT_EQ(visit().count(FrameType::Headers), 1u);
}

// RFC 9113 §6.8.
TEST_F(HostileHttp2Origin, WhoGoesAwayAnswersWhatHeNamesAndTheRestIsAskedElsewhere) {
  play([this](Origin::Visit& visit, const Origin::Heard& frame) {
    if (!frame.is(FrameType::Headers)) return;
    if (&visit != origin->visits.front().get()) return visit.say(ok(frame.head.stream, "second"));
    if (frame.head.stream == 3) visit.say(go_away(1, ErrorCode::NoError));
  });
  Heard first, second;
  const auto one = call(first);
  const auto two = call(second);
  EXPECT_EQ(second.body, "second");
  EXPECT_FALSE(first.over());
  EXPECT_FALSE(visit(0).left);
  visit(0).say(ok(1, "first"));
  network.advance(1s);
  EXPECT_EQ(first.body, "first");
  EXPECT_TRUE(visit(0).left);
  EXPECT_EQ(client.connections(), 1u);
}

TEST_F(HostileHttp2Origin, AnOriginThatTakesOneRequestAtATimeGetsThemOnConnectionsOfTheirOwn) {
  play([](auto&, auto&) {}, setting(http2::Setting::MaxConcurrentStreams, 1));
  Heard first, second;
  const auto one = call(first);
  const auto two = call(second);
  EXPECT_EQ(origin->visits.size(), 2u);
  visit(1).say(ok(1, "b"));
  visit(0).say(ok(1, "a"));
  network.advance(1s);
  EXPECT_EQ(first.body + second.body, "ab");
}

TEST_F(HostileHttp2Origin, AnOriginThatTakesNothingIsLeft) {
  play([](auto&, auto&) {}, setting(http2::Setting::MaxConcurrentStreams, 0));
  Heard heard;
  { const auto made = call(heard); }
  network.advance(100ms);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(HostileHttp2Origin, ConnectionsThatNobodyNeedsEndInOrder) {
  answer([](auto id) { return ok(id, "x"); });
  Heard heard;
  const auto made = call(heard, 1s, Body::None);
  network.advance(10s);
  EXPECT_EQ(visit().count(FrameType::GoAway), 1u);
  EXPECT_EQ(visit().code_of(FrameType::GoAway), ErrorCode::NoError);
  EXPECT_TRUE(visit().left);
}

TEST_F(HostileHttp2Origin, FloodsAreCounted) {
  answer([](auto) { return again(500, frame(FrameType::Ping, 0, 0, "12345678")); });
  Heard first, second;
  const auto one = call(first);
  EXPECT_EQ(count(R"(meridian_upstream_http2_floods_total{kind="pings"})"), 1);
  EXPECT_THAT(first.failure->why, HasSubstr("pings"));
}

// Slow viewers must not keep others of the same origin waiting.
TEST_F(HostileHttp2Origin, CallsThatNobodyReadsDoNotHoldUpOthers) {
  const std::string large = again(16, std::string(16'384, 'x'));  // a stream's window
  answer([&](auto id) {
    std::string out = ok_head(id);
    for (int i = 0; i < 16; ++i) out += data(id, false, std::string(16'384, 'x'));
    return out;
  });
  std::deque<Heard> slow(upstream::kStreamsPerConnectionMax - 1);
  std::vector<std::unique_ptr<upstream::Call>> calls;
  for (Heard& each : slow) {
    calls.push_back(call(each, calls.empty() ? 25ms : 0ms));
    calls.back()->pause();
  }
  network.advance(1s);
  for (const Heard& each : slow) EXPECT_EQ(each.body.size(), large.size());
  Heard quick;
  const auto made = call(quick);
  EXPECT_EQ(origin->visits.size(), 1u);
  EXPECT_EQ(quick.body.size(), large.size());
  visit().say(data(199, true, "the end"));
  network.advance(1s);
  EXPECT_TRUE(quick.ended);

  // What those who leave had not taken is given back: as much comes again.
  calls.clear();
  network.advance(1s);
  EXPECT_FALSE(visit().left);
  std::deque<Heard> next(upstream::kStreamsPerConnectionMax);
  for (Heard& each : next) calls.push_back(call(each, 0ms));
  network.advance(1s);
  EXPECT_EQ(origin->visits.size(), 1u);
  for (const Heard& each : next) EXPECT_EQ(each.body.size(), large.size());
}

TEST_F(HostileHttp2Origin, ABodyWaitsForAnOriginThatIsSlowToTakeIt) {
  play([](auto&, auto&) {});
  Heard heard;
  const auto made = call(heard);
  made->send(std::string(200'000, 'u'));
  network.advance(1s);
  EXPECT_EQ(visit().body_of(1).size(), 65'535u);
  EXPECT_EQ(made->unsent(), 200'000u - 65'535);
  EXPECT_EQ(heard.rooms, 0) << "nothing more is asked for";
  visit().say(frame(FrameType::WindowUpdate, 0, 0, u32(1'000'000)) +
              frame(FrameType::WindowUpdate, 0, 1, u32(1'000'000)));
  network.advance(1s);
  EXPECT_EQ(visit().body_of(1).size(), 200'000u);
  EXPECT_EQ(heard.rooms, 1);
  network.advance(100s);
  ASSERT_TRUE(heard.failure);
  EXPECT_EQ(heard.failure->kind, Failure::ReadTime);
}

TEST_F(HostileHttp2Origin, TrailersComeBehindTheBody) {
  answer([](auto id) {
    return ok_head(id) + data(id, false, "x") + headers(id, true, {{"grpc-status", "0"}});
  });
  Heard heard;
  const auto made = call(heard);
  EXPECT_TRUE(heard.ended);
  EXPECT_THAT(heard.trailers, ElementsAre("grpc-status: 0"));
}

}  // namespace
}  // namespace meridian::sim

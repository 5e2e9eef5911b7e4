// Calls over HTTP/2 to an origin that nghttp2 plays in the virtual network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "sim/played_origin.h"
#include "upstream/origin_client.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const net::Address kOrigin{net::IpAddress::v4({192, 0, 2, 10}), 50051};

nghttp2_nv line(std::string_view name, std::string_view value) {
  return {const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(name.data())),
          const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

// Echoes a request's body with a trailer behind it; what is asked of it by path: "/refuse", "/silent",
// "/status" (trailers alone), "/early" (answers before it has heard everything).
class Http2Origin final : public net::TcpHandler {
 public:
  explicit Http2Origin(std::unique_ptr<net::TcpConnection> tcp) : tcp_(std::move(tcp)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t size,
           const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
          auto& stream = static_cast<Http2Origin*>(user)->streams[frame->hd.stream_id];
          stream.fields[std::string(reinterpret_cast<const char*>(name), size)] =
              std::string(reinterpret_cast<const char*>(value), value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                      std::size_t size, void* user) {
          static_cast<Http2Origin*>(user)->streams[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          static_cast<Http2Origin*>(user)->heard(*frame);
          return 0;
        });
    nghttp2_session_server_new(&h2_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(h2_, NGHTTP2_FLAG_NONE, nullptr, 0);
    tcp_->start(*this);
    flush();
  }
  ~Http2Origin() override { nghttp2_session_del(h2_); }
  void close() { tcp_.reset(); }

  struct Stream {
    std::map<std::string, std::string> fields;
    std::string body;
    std::size_t sent = 0;
  };
  std::map<std::int32_t, Stream> streams;

 private:
  void heard(const nghttp2_frame& frame) {
    const std::int32_t id = frame.hd.stream_id;
    const bool last = frame.hd.flags & NGHTTP2_FLAG_END_STREAM;
    const std::string path = streams[id].fields[":path"];
    if (frame.hd.type == NGHTTP2_HEADERS && path == "/refuse")
      nghttp2_submit_rst_stream(h2_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    else if (frame.hd.type == NGHTTP2_HEADERS && path == "/early")
      answer_alone(id);
    else if (last && path == "/status")
      answer_alone(id);
    else if (last && path == "/echo")
      echo(id);
  }
  void answer_alone(std::int32_t id) {
    const nghttp2_nv lines[] = {line(":status", "200"), line("grpc-status", "12")};
    nghttp2_submit_response(h2_, id, lines, std::size(lines), nullptr);
  }
  void echo(std::int32_t id) {
    const nghttp2_nv lines[] = {line(":status", "200"), line("content-type", "application/grpc")};
    nghttp2_data_provider provider{
        {.ptr = nullptr},
        [](nghttp2_session* session, std::int32_t of, std::uint8_t* into, std::size_t size,
           std::uint32_t* flags, nghttp2_data_source*, void* user) -> ssize_t {
          Stream& stream = static_cast<Http2Origin*>(user)->streams[of];
          const std::size_t some = std::min(size, stream.body.size() - stream.sent);
          std::copy_n(stream.body.data() + stream.sent, some, into);
          stream.sent += some;
          if (stream.sent == stream.body.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
            const nghttp2_nv trailer = line("grpc-status", "0");
            nghttp2_submit_trailer(session, of, &trailer, 1);
          }
          return static_cast<ssize_t>(some);
        }};
    nghttp2_submit_response(h2_, id, lines, std::size(lines), &provider);
  }
  void on_data(net::TcpConnection&, Bytes data) override {
    nghttp2_session_mem_recv(h2_, data.data(), data.size());
    flush();
  }
  void on_closed(net::TcpConnection&, const Error*) override { tcp_.reset(); }
  void flush() {
    const std::uint8_t* bytes = nullptr;
    for (ssize_t size; tcp_ && (size = nghttp2_session_mem_send(h2_, &bytes)) > 0;)
      tcp_->write(std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  }

  std::unique_ptr<net::TcpConnection> tcp_;
  nghttp2_session* h2_ = nullptr;
};

struct Heard final : upstream::Reply {
  void on_head(const http1::ResponseHead& head, http1::BodyEnd end) override {
    status = head.status;
    bodiless = end == http1::BodyEnd::None;
    for (const http1::Field& field : head.fields)
      fields.push_back(std::string(field.name) + ": " + std::string(field.value));
  }
  void on_data(std::string_view piece) override { body += piece; }
  void on_trailers(std::span<const http1::Field> lines) override {
    for (const http1::Field& each : lines)
      trailers.push_back(std::string(each.name) + ": " + std::string(each.value));
  }
  void on_end() override { ended = true; }
  void on_failure(const upstream::CallFailure& why) override { failure = why; }
  void on_connected(bool kept) override { reused = kept; }

  int status = 0;
  bool bodiless = false, ended = false, reused = false;
  std::string body;
  std::vector<std::string> fields, trailers;
  std::optional<upstream::CallFailure> failure;
};

class UpstreamHttp2 : public testing::Test {
 protected:
  UpstreamHttp2() {
    listener =
        network
            .listen_tcp(kOrigin, {}, nullptr,
                        [this](auto tcp) { visits.push_back(std::make_unique<Http2Origin>(std::move(tcp))); })
            .value();
  }
  std::unique_ptr<upstream::Call> call(Heard& heard, const std::string& path) {
    upstream::CallRequest request;
    request.peer.host = kOrigin.ip.to_string();
    request.peer.port = kOrigin.port;
    request.method = "POST";
    request.http2 = {"origin.test", path, {{"content-type", "application/grpc"}, {"te", "trailers"}}};
    request.body = upstream::CallRequest::Body::Chunked;
    auto made = client.start(std::move(request), heard);
    network.advance(1s);
    return made;
  }

  VirtualNetwork network;
  PlayedNames names{network};
  Metrics metrics;
  upstream::OriginClient client{network, names, {}, metrics};
  std::unique_ptr<net::TcpListener> listener;
  std::vector<std::unique_ptr<Http2Origin>> visits;
};

TEST_F(UpstreamHttp2, ABodyThereABodyBackAndTrailers) {
  Heard heard;
  const auto made = call(heard, "/echo");
  made->send("hel");
  network.advance(1s);
  made->send("lo");
  made->finish_sending();
  network.advance(1s);
  EXPECT_EQ(heard.status, 200);
  EXPECT_EQ(heard.body, "hello");
  EXPECT_THAT(heard.fields, ElementsAre("content-type: application/grpc"));
  EXPECT_THAT(heard.trailers, ElementsAre("grpc-status: 0"));
  EXPECT_TRUE(heard.ended);
  auto& fields = visits[0]->streams[1].fields;
  EXPECT_EQ(fields[":authority"], "origin.test");
  EXPECT_EQ(fields["te"], "trailers");
}

TEST_F(UpstreamHttp2, CallsShareAConnectionUntilItHasBeenIdleForLong) {
  Heard first, second, third;
  const auto one = call(first, "/silent");
  const auto two = call(second, "/echo");
  two->finish_sending();
  network.advance(1s);
  EXPECT_TRUE(second.ended);
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(visits.size(), 1u);
  network.advance(20s);
  EXPECT_FALSE(first.failure);
  network.advance(20s);
  ASSERT_TRUE(first.failure);
  EXPECT_EQ(first.failure->kind, upstream::Failure::ReadTime);
  network.advance(10s);
  EXPECT_EQ(client.connections(), 0u);
  const auto three = call(third, "/echo");
  EXPECT_FALSE(third.reused);
}

TEST_F(UpstreamHttp2, AResponseMayBeAHeadAloneAndComeBeforeTheRequestIsWhole) {
  Heard heard;
  const auto made = call(heard, "/early");
  made->send("and more");
  network.advance(1s);
  EXPECT_EQ(heard.status, 200);
  EXPECT_TRUE(heard.bodiless && heard.ended);
  EXPECT_THAT(heard.fields, ElementsAre("grpc-status: 12"));
}

TEST_F(UpstreamHttp2, WhatTheOriginRefusesOrBreaksOffIsAFailure) {
  Heard refused, cut;
  const auto one = call(refused, "/refuse");
  ASSERT_TRUE(refused.failure);
  EXPECT_THAT(refused.failure->why, HasSubstr("REFUSED_STREAM"));
  const auto two = call(cut, "/silent");
  visits[0]->close();
  network.advance(1s);
  ASSERT_TRUE(cut.failure);
  EXPECT_EQ(cut.failure->kind, upstream::Failure::Closed);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(UpstreamHttp2, WhatNobodyTakesIsNotSent) {
  Heard heard;
  const auto made = call(heard, "/echo");
  made->pause();
  const std::string large(2'000'000, 'x');
  made->send(large);
  made->finish_sending();
  network.advance(5s);
  EXPECT_GT(heard.body.size(), 0u);
  EXPECT_LE(heard.body.size(), 256u * 1024);
  network.advance(60s);
  EXPECT_FALSE(heard.failure) << "we are the slow one";
  made->resume();
  network.advance(5s);
  EXPECT_EQ(heard.body.size(), large.size());
  EXPECT_TRUE(heard.ended);
}

TEST_F(UpstreamHttp2, APeerThatDoesNotSpeakItIsAFailure) {
  listener.reset();
  std::vector<std::unique_ptr<PlayedOrigin>> keep;
  PlayedOrigin origin(network, kOrigin,
                      [](auto& visit, auto&) { visit.say("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  Heard heard;
  const auto made = call(heard, "/echo");
  network.advance(1s);
  ASSERT_TRUE(heard.failure);
  EXPECT_EQ(heard.failure->kind, upstream::Failure::Malformed);
}

}  // namespace
}  // namespace meridian::sim

// HTTP/2 to viewers, with nghttp2 as the client of a connection that this test carries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <map>

#include "engines/cdn/viewer_session.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "net/virtual_loop.h"

namespace meridian::engines::cdn {
namespace {

using namespace std::chrono_literals;

// Hands what the server writes to whoever plays the client.
class CarriedTcp final : public net::TcpConnection {
 public:
  explicit CarriedTcp(std::string& out, bool& closed) : out_(out), closed_(closed) {}
  ~CarriedTcp() override { closed_ = true; }
  void start(net::TcpHandler& handler) override { handler_ = &handler; }
  void write(std::string bytes) override {
    out_ += bytes;
    if (holds) held += bytes.size();
  }
  std::size_t pending() const override { return held; }
  bool holds = false;  // the kernel takes nothing
  std::size_t held = 0;
  bool paused = false;
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void close_after_flush() override { closed_ = true; }
  const net::Address& peer() const override { return peer_; }
  const net::Address& local() const override { return peer_; }
  std::string_view server_name() const override { return "d1.cloudfront.net"; }
  net::TcpHandler* handler() { return handler_; }

 private:
  std::string& out_;
  bool& closed_;
  net::TcpHandler* handler_ = nullptr;
  net::Address peer_{net::IpAddress::v4({203, 0, 113, 7}), 4321};
};

class CarryingLoop final : public net::VirtualLoop {
 public:
  void connect(std::unique_ptr<net::TcpConnection> connection) { accept(std::move(connection)); }
};

// Answers by the path: "/echo" with the request's body, "/long" with a million bytes, others with what was
// asked.
class Answering final : public ViewerHandler {
 public:
  class Echo final : public Exchange {
   public:
    Echo(ViewerStream& stream, Answering& owner) : stream_(stream), owner_(owner) {
      ++owner_.open;
      stream_.read_body();
    }
    ~Echo() override { --owner_.open; }
    void on_body(std::string_view piece, bool last) override {
      body_ += piece;
      if (!last) return stream_.read_body();
      stream_.reply({.status = 200, .has_body = true, .length = body_.size()});
      stream_.send(body_);
      stream_.finish();
    }
    void on_room() override {}

   private:
    ViewerStream& stream_;
    Answering& owner_;
    std::string body_;
  };
  class Long final : public Exchange {
   public:
    Long(ViewerStream& stream, Answering& owner) : stream_(stream), owner_(owner) {
      ++owner_.open;
      stream_.reply({.status = 200, .has_body = true});
      stream_.send(std::string(10'000, 'x'));
    }
    ~Long() override { --owner_.open; }
    void on_body(std::string_view, bool) override {}
    void on_room() override {
      if (++sent_ == 100) return stream_.finish();
      owner_.unsent_most = std::max(owner_.unsent_most, stream_.unsent());
      stream_.send(std::string(10'000, 'x'));
    }

   private:
    ViewerStream& stream_;
    Answering& owner_;
    int sent_ = 0;
  };
  struct Done final : Exchange {
    void on_body(std::string_view, bool) override {}
    void on_room() override {}
  };

  std::unique_ptr<Exchange> begin(const ViewerRequest& request, ViewerStream& stream) override {
    if (request.path == "/echo") return std::make_unique<Echo>(stream, *this);
    if (request.path == "/long") return std::make_unique<Long>(stream, *this);
    if (request.path.starts_with("/kept")) return keep(request, stream);
    std::string seen = std::string(request.method) + " " + std::string(request.host) + " " +
                       std::string(request.path) + " " + std::string(request.query);
    for (const http1::Field& field : request.fields)
      seen += "|" + std::string(field.name) + "=" + std::string(field.value);
    const http1::Field type{"Content-Type", "text/plain"};
    stream.reply({.status = 203, .fields = {&type, 1}, .has_body = true, .length = seen.size()});
    stream.send(seen);
    stream.finish();
    return std::make_unique<Done>();
  }
  // The same object, by a head that was prepared or field by field.
  std::unique_ptr<Exchange> keep(const ViewerRequest& request, ViewerStream& stream) {
    const std::size_t size = request.query == "large" ? 40'000 : 1000;
    auto& kept = objects[size];
    if (!kept.body) {
      kept.body = Body::of(std::string(size, 'k'));
      kept.head = std::make_unique<PreparedHead>(PreparedHead::Terms{.policy = nullptr, .pop = "TST0"}, 200,
                                                 kFields, size);
    }
    const std::string age = std::to_string(++answered);
    std::vector<http1::Field> fields;
    const bool prepared = request.path == "/kept/prepared";
    if (!prepared) fields.assign(std::begin(kFields), std::end(kFields));
    fields.push_back({"Age", age});
    stream.reply_whole({.status = 200,
                        .prepared = prepared ? kept.head.get() : nullptr,
                        .fields = fields,
                        .has_body = true,
                        .length = size},
                       *kept.body->in_one_piece());
    stream.finish();
    sent_bytes.push_back(stream.sent_bytes());
    return std::make_unique<Done>();
  }
  static constexpr http1::Field kFields[] = {
      {"Content-Type", "text/plain"}, {"ETag", "\"e\""}, {"X-Two", "1"}, {"X-Cache", "Hit"},
      {"Connection", "close"},        {"Server", "s"}};
  struct Kept {
    std::shared_ptr<Body> body;
    std::unique_ptr<PreparedHead> head;
  };
  std::map<std::size_t, Kept> objects;
  int answered = 9;
  std::vector<std::uint64_t> sent_bytes;
  std::string refusal_page(int status, std::string_view) override { return std::to_string(status); }
  int open = 0;
  std::size_t unsent_most = 0;
};

class Http2Test : public testing::Test {
 protected:
  struct Heard {
    std::map<std::string, std::string> fields;
    std::string body;
    bool ended = false;
    std::uint32_t error = 0;
  };
  struct Upload {
    std::string bytes;
    std::size_t at = 0;
  };

  Http2Test() {
    (void)viewers.listen({net::IpAddress::v4({127, 0, 0, 1}), 443}, {},
                         *net::make_tls_server_context(options()));
    auto tcp = std::make_unique<CarriedTcp>(to_client, closed);
    server = tcp.get();
    loop.connect(std::move(tcp));
    handler = server->handler();
    be_client(true);
  }
  ~Http2Test() override { nghttp2_session_del(client); }

  // Not `reading`: its window does not open for what has come.
  void be_client(bool reading) {
    nghttp2_session_del(client);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, !reading);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t size,
           const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
          static_cast<Http2Test*>(user)
              ->heard[frame->hd.stream_id]
              .fields[std::string(reinterpret_cast<const char*>(name), size)] =
              std::string(reinterpret_cast<const char*>(value), value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                      std::size_t size, void* user) {
          static_cast<Http2Test*>(user)->heard[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
          Heard& its = static_cast<Http2Test*>(user)->heard[id];
          its.ended = true;
          its.error = error;
          return 0;
        });
    nghttp2_session_client_new2(&client, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, nullptr, 0);
  }

  static net::TlsServerOptions options() {
    const std::string names[] = {"localhost"};
    const auto made = *net::make_self_signed_certificate(names, SystemTime(std::chrono::seconds(784111777)));
    return {.certificate_pem = made.certificate_pem, .key_pem = made.key_pem};
  }
  std::int32_t ask(const std::string& method, const std::string& path,
                   std::vector<std::pair<std::string, std::string>> more = {}, Upload* upload = nullptr) {
    more.insert(
        more.begin(),
        {{":method", method}, {":scheme", "https"}, {":path", path}, {":authority", "d1.cloudfront.net"}});
    std::vector<nghttp2_nv> lines;
    for (auto& [name, value] : more)
      lines.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                       reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                       NGHTTP2_NV_FLAG_NONE});
    nghttp2_data_provider provider{{.ptr = upload},
                                   [](nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                      std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
                                     auto& its = *static_cast<Upload*>(source->ptr);
                                     const std::size_t some =
                                         its.bytes.copy(reinterpret_cast<char*>(into), size, its.at);
                                     its.at += some;
                                     if (its.at == its.bytes.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
                                     return static_cast<ssize_t>(some);
                                   }};
    return nghttp2_submit_request(client, nullptr, lines.data(), lines.size(), upload ? &provider : nullptr,
                                  nullptr);
  }
  // Until neither side has anything to say.
  void play() {
    for (bool moved = true; moved;) {
      moved = false;
      const std::uint8_t* bytes = nullptr;
      while (const ssize_t size = nghttp2_session_mem_send(client, &bytes)) {
        if (closed) break;
        handler->on_data(*server, {bytes, static_cast<std::size_t>(size)});
        moved = true;
      }
      loop.advance(1ms);
      if (to_client.empty()) continue;
      moved = true;
      const std::string heard_now = std::exchange(to_client, {});
      nghttp2_session_mem_recv(client, reinterpret_cast<const std::uint8_t*>(heard_now.data()),
                               heard_now.size());
    }
  }

  CarryingLoop loop;
  Answering answering;
  Metrics metrics;
  Viewers viewers{loop, answering, {}, metrics};
  std::string to_client;
  bool closed = false;
  CarriedTcp* server = nullptr;
  net::TcpHandler* handler = nullptr;
  nghttp2_session* client = nullptr;
  std::map<std::int32_t, Heard> heard;
};

TEST_F(Http2Test, APreparedHeadSaysWhatItsFieldsWould) {
  std::vector<std::int32_t> ids;
  for (int round = 0; round < 3; ++round)
    for (const char* path : {"/kept", "/kept/prepared", "/kept?large", "/kept/prepared?large"})
      ids.push_back(ask("GET", path));
  play();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Heard& its = heard[ids[i]];
    EXPECT_EQ(its.fields["age"], std::to_string(10 + i));
    its.fields.erase("age");
    const std::size_t size = i % 4 < 2 ? 1000 : 40'000;
    EXPECT_EQ(its.body, std::string(size, 'k'));
    EXPECT_EQ(its.fields, (std::map<std::string, std::string>{{":status", "200"},
                                                              {"content-type", "text/plain"},
                                                              {"etag", "\"e\""},
                                                              {"x-two", "1"},
                                                              {"x-cache", "Hit"},
                                                              {"server", "s"},
                                                              {"content-length", std::to_string(size)}}));
    EXPECT_TRUE(its.ended);
    EXPECT_EQ(its.error, 0u);
    EXPECT_EQ(answering.sent_bytes[i], answering.sent_bytes[i % 4 / 2 * 2]);
  }
}

TEST_F(Http2Test, WhoTakesNothingSendsNoMore) {
  play();
  server->holds = true;
  // Heads are made as they are asked for, and their streams are over at once.
  for (int i = 0; i < 1000 && !server->paused; ++i) {
    for (int each = 0; each < 50; ++each) ask("HEAD", "/kept/prepared");
    play();
  }
  EXPECT_TRUE(server->paused);
  EXPECT_LT(server->held, 768u * 1024);
  server->holds = false;
  server->held = 0;
  handler->on_drained(*server);
  EXPECT_FALSE(server->paused);
}

TEST_F(Http2Test, RequestsLookAsThoseOfHttp1) {
  const auto one = ask("GET", "/a?b=c", {{"cookie", "x=1"}, {"accept", "*/*"}, {"cookie", "y=2"}});
  const auto two = ask("HEAD", "/b");
  play();
  EXPECT_EQ(heard[one].fields[":status"], "203");
  EXPECT_EQ(heard[one].fields["content-type"], "text/plain");
  EXPECT_EQ(heard[one].body,
            "GET d1.cloudfront.net /a b=c|host=d1.cloudfront.net|accept=*/*|cookie=x=1; y=2");
  EXPECT_EQ(heard[one].fields["content-length"], std::to_string(heard[one].body.size()));
  EXPECT_TRUE(heard[two].ended);
  EXPECT_EQ(heard[two].body, "");
}

TEST_F(Http2Test, BodiesGoBothWaysThroughTheirWindows) {
  Upload upload{std::string(3'000'000, 'u')};
  const auto echo = ask("POST", "/echo", {}, &upload);
  const auto stream = ask("GET", "/long");
  play();
  EXPECT_EQ(heard[echo].body.size(), 3'000'000u);
  EXPECT_EQ(heard[stream].body.size(), 1'000'000u);
  EXPECT_TRUE(heard[stream].ended);
  EXPECT_EQ(answering.unsent_most, 0u) << "more was asked for before the rest was taken";
  EXPECT_EQ(answering.open, 0);
}

TEST_F(Http2Test, AStreamThatTheViewerResetsIsOver) {
  be_client(false);
  const auto stream = ask("GET", "/long");
  play();
  EXPECT_EQ(heard[stream].body.size(), 65'535u);
  EXPECT_EQ(answering.open, 1);
  nghttp2_submit_rst_stream(client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  play();
  EXPECT_EQ(answering.open, 0);
}

TEST_F(Http2Test, AFullConnectionGoesOnWhenItHasRoom) {
  server->holds = true;
  const auto stream = ask("GET", "/long");
  play();
  EXPECT_LT(heard[stream].body.size(), 400'000u) << "what nobody takes is not made";
  for (int i = 0; i < 5; ++i) {
    server->held = 0;
    handler->on_drained(*server);
    play();
  }
  EXPECT_TRUE(heard[stream].ended);
  EXPECT_EQ(heard[stream].body.size(), 1'000'000u);
}

TEST_F(Http2Test, RequestsThatAreTooLongAreRefused) {
  const auto url = ask("GET", "/" + std::string(8192, 'x'));
  const auto fields = ask("GET", "/", {{"x", std::string(21'000, 'x')}});
  play();
  EXPECT_EQ(heard[url].fields[":status"], "413");
  EXPECT_EQ(heard[fields].fields[":status"], "413");
}

TEST_F(Http2Test, IdleAndUnreadableConnectionsEnd) {
  const auto stream = ask("GET", "/a");
  play();
  EXPECT_TRUE(heard[stream].ended);
  loop.advance(30s);
  EXPECT_FALSE(closed);
  loop.advance(60s);
  EXPECT_TRUE(closed);
  EXPECT_EQ(viewers.connections(), 0u);
}

TEST_F(Http2Test, TheFirstBytesTellWhatIsSpoken) {
  handler->on_data(*server, as_bytes("P"));
  handler->on_data(*server, as_bytes("OST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(to_client.substr(0, 12), "HTTP/1.1 203");
}

TEST_F(Http2Test, WhatIsNotHttp2BehindItsPrefaceEndsTheConnection) {
  handler->on_data(*server, as_bytes("PRI * HTTP/1.1\r\nHost: a\r\n\r\n"));
  loop.advance(1s);
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace meridian::engines::cdn

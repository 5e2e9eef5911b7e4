// HTTP/2 to an origin (RFC 9113), framed by formats/http2: one connection, many calls, each a stream of it.
// Rule: a stream's window opens only for what its call has taken, and no call holds up another. Internal to
// upstream/.
#pragma once

#include "formats/http2/session.h"
#include "upstream/dial.h"

namespace meridian::upstream {

class Http2Call;

// It outlives its call, which may end inside anything that it is told.
struct Http2Stream final : http2::Stream {
  Http2Call* call = nullptr;
};

class Http2Connection final : public net::TcpHandler, public http2::SessionUser {
 public:
  Http2Connection(OriginClient& client, Peer peer, std::unique_ptr<net::TcpConnection> tcp,
                  Duration keep_alive);
  ~Http2Connection() override;
  void start();  // once it has its place

  const Peer& peer() const { return peer_; }
  bool has_room() const;
  bool is_over_at(MonotonicTime now) const { return session_.streams().empty() && idle_until_ <= now; }
  void say_goodbye();  // behind which it is destroyed

  Http2Stream* open(Http2Call& call, const CallRequest& request);  // null: no more streams here
  void send(Http2Stream& stream, std::string piece);
  void finish(Http2Stream& stream);
  void take(Http2Stream& stream, std::size_t size);
  // By its call, which has not taken that much of what came. What is not whole on both sides is reset.
  void leave(Http2Stream& stream, std::size_t untaken);

  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;

  http2::Stream& open_stream() override;
  void on_section(http2::Stream& stream, http2::Section section) override;
  void on_field(http2::Stream& stream, std::string_view name, std::string_view value) override;
  void on_head(http2::Stream& stream, bool last) override;
  void on_data(http2::Stream& stream, std::string_view bytes) override;
  void on_end(http2::Stream& stream) override;
  void on_room(http2::Stream& stream) override;
  void on_closed(http2::Stream& stream, http2::ErrorCode code) override;

 private:
  void flush();
  void flush_soon();
  void write_output();
  void end_broken();
  void end(Failure kind, const std::string& why);

  OriginClient& client_;
  const Peer peer_;
  std::unique_ptr<net::TcpConnection> tcp_;
  const Duration keep_alive_;
  http2::Session session_;
  std::vector<std::unique_ptr<Http2Stream>> open_, closed_;  // the closed ones may be on the stack
  std::unique_ptr<net::Timer> flush_timer_;
  MonotonicTime idle_until_{};
  bool in_turn_ = false, over_ = false;
};

class Http2Call final : public Call {
 public:
  Http2Call(OriginClient& client, CallRequest request, Reply& reply);
  ~Http2Call() override;

  void send(std::string piece) override;
  void finish_sending() override;
  std::size_t unsent() const override { return stream_ ? stream_->unsent() : sent_.size(); }
  void pause() override;
  void resume() override;

  // Of the connection; each may end the call.
  void begin_section(http2::Section section);
  void add_field(std::string_view name, std::string_view value);
  void head_is_whole(bool last);
  void take_data(std::string_view bytes);
  void tell_trailers();
  void ended();  // the response is whole
  void has_room();
  void closed(http2::ErrorCode code);  // it never will be
  void lost(Failure kind, std::string why);

 private:
  void begin();
  void use(Http2Connection& connection, bool reused);
  void keep(std::string_view piece);
  void forget_sent();
  void let_go();
  void fail(Failure kind, std::string why);
  void heard() { silence_.heard(request_.times.read); }
  http1::ResponseHead section() const;

  OriginClient& client_;
  CallRequest request_;
  Reply& reply_;
  std::unique_ptr<net::Timer> start_;
  std::unique_ptr<Dial> dial_;
  SilenceWatch silence_;
  Http2Connection* connection_ = nullptr;
  Http2Stream* stream_ = nullptr;  // null: none yet, or no longer

  // A field section that is not whole yet: the place of each name and value in the bytes.
  struct Place {
    std::size_t name = 0, name_size = 0, value_size = 0;
  };
  std::string section_;
  std::vector<Place> places_;
  int status_ = 0;
  unsigned heads_ = 0;  // with interim ones
  bool head_came_ = false, too_large_ = false, over_ = false;

  std::string sent_;  // of the body, as long as all of it may be sent again
  unsigned times_sent_ = 0;
  bool may_repeat_ = true, body_ended_ = false;
  bool paused_ = false;
  std::size_t held_ = 0;  // of the window, while paused
};

}  // namespace meridian::upstream

// HTTP/2 to an origin (RFC 9113), framed by nghttp2: one connection, many calls, each a stream of it.
// Rule: a stream's window opens only for what its call has taken. Internal to upstream/.
#pragma once

#include <deque>
#include <unordered_map>

#include "upstream/dial.h"

struct nghttp2_session;

namespace meridian::upstream {

class Http2Call;

class Http2Connection final : public net::TcpHandler {
 public:
  Http2Connection(OriginClient& client, Peer peer, std::unique_ptr<net::TcpConnection> tcp,
                  Duration keep_alive);
  ~Http2Connection() override;
  void start();  // once it has its place

  const Peer& peer() const { return peer_; }
  bool has_room() const;
  bool is_over_at(MonotonicTime now) const { return calls_.empty() && idle_until_ <= now; }

  // Returns the stream's number, or a negative one: no stream can be opened here any more.
  std::int32_t open(Http2Call& call, const std::string& method, const Http2Head& head, bool has_body);
  void leave(std::int32_t id, bool over);  // not over: the peer is told to stop
  void resume(std::int32_t id);            // there is more to send
  void take(std::int32_t id, std::size_t size);
  void flush_soon();

  Http2Call* call(std::int32_t id) {
    const auto at = calls_.find(id);
    return at == calls_.end() ? nullptr : at->second;
  }
  void stop_opening() { closing_ = true; }

  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;

 private:
  void flush();
  void end(Failure kind, const std::string& why);

  OriginClient& client_;
  const Peer peer_;
  std::unique_ptr<net::TcpConnection> tcp_;
  const Duration keep_alive_;
  nghttp2_session* h2_ = nullptr;
  std::unordered_map<std::int32_t, Http2Call*> calls_;
  std::unique_ptr<net::Timer> flush_timer_;
  MonotonicTime idle_until_{};
  bool flushing_ = false, closing_ = false, over_ = false;
};

class Http2Call final : public Call {
 public:
  Http2Call(OriginClient& client, CallRequest request, Reply& reply);
  ~Http2Call() override;

  void send(std::string piece) override;
  void finish_sending() override;
  std::size_t unsent() const override { return out_bytes_; }
  void pause() override;
  void resume() override;

  // Of the connection; each may end the call.
  void begin_head();
  void add_field(std::string_view name, std::string_view value);
  void head_is_whole(bool last);
  void take_data(std::string_view bytes);
  void ended();                     // the response is whole
  void closed(std::uint32_t code);  // it never will be
  void lost(Failure kind, std::string why);
  bool tell_room();
  std::ptrdiff_t fill(std::uint8_t* into, std::size_t size, std::uint32_t* flags);

 private:
  void begin();
  void use(Http2Connection& connection, bool reused);
  void fail(Failure kind, std::string why);
  void heard() { silence_.heard(request_.times.read); }

  OriginClient& client_;
  CallRequest request_;
  Reply& reply_;
  std::unique_ptr<net::Timer> start_;
  std::unique_ptr<Dial> dial_;
  SilenceWatch silence_;
  Http2Connection* connection_ = nullptr;  // null: none yet, or no longer
  std::int32_t id_ = 0;

  // A field section that is not whole yet: the place of each name and value in the bytes.
  struct Place {
    std::size_t name = 0, name_size = 0, value_size = 0;
  };
  std::string section_;
  std::vector<Place> places_;
  int status_ = 0;
  bool head_came_ = false, too_large_ = false;

  std::deque<std::string> out_;
  std::size_t out_offset_ = 0, out_bytes_ = 0;
  bool body_ended_ = false, was_full_ = false;
  bool paused_ = false;
  std::size_t held_ = 0;  // of the window, while paused
};

}  // namespace meridian::upstream

// One connection to an origin and the response that arrives on it. Internal to upstream/.
#pragma once

#include "upstream/dial.h"

namespace meridian::upstream {

class OriginCall;

class OriginConnection final : public net::TcpHandler {
 public:
  OriginConnection(OriginClient& client, Peer peer, std::unique_ptr<net::TcpConnection> tcp);
  ~OriginConnection() override;

  const Peer& peer() const { return peer_; }
  bool reused() const { return reused_; }
  void mark_reused() { reused_ = true; }
  net::TcpConnection& tcp() { return *tcp_; }
  void begin(OriginCall& call, std::string_view method, std::string head);
  void leave() { call_ = nullptr; }

  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;

  MonotonicTime idle_until{};

 private:
  enum class Phase : std::uint8_t { Idle, Head, Length, Chunked, UntilClose };

  std::size_t take_head(std::string_view bytes);
  std::size_t take_length(std::string_view bytes);
  std::size_t take_chunk(std::string_view bytes);
  std::size_t take(std::string_view bytes);
  void begin_body(const http1::ResponseHead& head, http1::BodyEnd end);
  void finish(bool reusable);

  OriginClient& client_;
  const Peer peer_;
  std::unique_ptr<net::TcpConnection> tcp_;
  OriginCall* call_ = nullptr;  // null: idle, or on its way out
  Phase phase_ = Phase::Idle;
  bool started_ = false, reused_ = false, keep_alive_ = false;
  std::string method_;
  std::string in_;  // of a head that is not whole yet
  http1::HeadEnd head_end_{kResponseHeadLimits};
  http1::ChunkedDecoder chunks_;
  http1::ResponseHead head_;
  unsigned interim_heads_ = 0;
  std::uint64_t left_ = 0;
};

// From the look-up of the name to the end of the response.
class OriginCall final : public Call {
 public:
  OriginCall(OriginClient& client, CallRequest request, Reply& reply);
  ~OriginCall() override;

  void send(std::string piece) override;
  void finish_sending() override;
  std::size_t unsent() const override;
  void pause() override;
  void resume() override;

  // Of the connection.
  Reply& reply() { return reply_; }
  void heard();  // bytes came: the clock starts anew
  void head_came(bool tunnel) {
    head_came_ = true;
    if (!tunnel) return;
    request_.times.read = kTunnelIdleMax;
    heard();
  }
  void drained();
  void done(bool reusable);
  void fail(Failure kind, std::string why);
  void lost(Failure kind, std::string why);  // the connection ended before the response began
  bool request_sent() const { return request_.body == CallRequest::Body::None || body_sent_; }

 private:
  void begin();
  void use(std::unique_ptr<OriginConnection> connection);
  void let_go();

  OriginClient& client_;
  CallRequest request_;
  Reply& reply_;
  std::unique_ptr<net::Timer> start_;
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<OriginConnection> connection_;
  SilenceWatch silence_;
  bool fresh_only_ = false;
  bool paused_ = false, head_came_ = false, body_begun_ = false, body_sent_ = false, over_ = false;
};

}  // namespace meridian::upstream

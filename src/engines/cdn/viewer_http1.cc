// Viewers over HTTP/1.0 and HTTP/1.1.
// Rule: one exchange at a time, so that pipelined requests have their replies in order.
#include "engines/cdn/http1_text.h"
#include "engines/cdn/viewer_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::cdn {
namespace {

constexpr http1::Limits kHeadLimits{
    .line_bytes_max = kRequestHeadBytesMax, .head_bytes_max = kRequestHeadBytesMax, .fields_max = 1024};

constexpr std::size_t kHeadRoom = 1008;
constexpr std::size_t kSmallBodyMax = 4096;

bool asks_to_upgrade(const http1::RequestHead& head) {
  const http1::Field* connection = http1::find_field(head.fields, "connection");
  return connection && http1::find_field(head.fields, "upgrade") &&
         to_lower(connection->value).find("upgrade") != std::string::npos;
}

// Head → Body (while the exchange is under way) → Busy → Head …
class Http1Session final : public ViewerSession, public ViewerStream {
 public:
  Http1Session(Viewers& owner, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp, bool tls)
      : owner_(owner), id_(id), tcp_(std::move(tcp)) {
    connection_ = describe(*tcp_, tls);
    set_deadline(owner_.limits().head_time);
  }
  ~Http1Session() override { const auto over = std::move(exchange_); }  // it asks us for the last time
  void check_time(MonotonicTime now) override;
  void go_on() override;

  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;

  const ViewerConnection& connection() const override { return connection_; }
  net::Loop& loop() override { return owner_.loop(); }
  void reply(const ReplyHead& head) override;
  void reply_whole(const ReplyHead& head, const Body::Bytes& body) override;
  void send(Piece piece) override;
  std::size_t unsent() const override { return tcp_->pending(); }
  void finish() override;
  void abort() override;
  void read_body() override;
  std::uint64_t sent_bytes() const override { return sent_; }
  bool writes_at_turn_end() const override { return is_last_; }

 private:
  enum class Phase : std::uint8_t { Head, Body, Busy, Tunnel, Closed };

  std::size_t take(std::string_view bytes);
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  bool may_take() const {
    return phase_ == Phase::Head || ((phase_ == Phase::Body || phase_ == Phase::Tunnel) && body_wanted_);
  }
  void begin();
  void write_head(const ReplyHead& head, std::string& out);
  void end_exchange();
  void refuse(const http1::Refusal& why);
  void close();
  void set_deadline(Duration from_now) {
    deadline_ = (taking_ ? turn_ : owner_.loop().clock().monotonic()) + from_now;
  }
  void begin_turn() {
    taking_ = true;
    turn_ = owner_.loop().clock().monotonic();
  }
  void write(Piece bytes) {
    sent_ += bytes.size();
    tcp_->write_piece(std::move(bytes));
  }

  Viewers& owner_;
  const std::uint64_t id_;
  std::unique_ptr<net::TcpConnection> tcp_;
  ViewerConnection connection_;
  Phase phase_ = Phase::Head;
  std::string in_, head_bytes_;
  http1::HeadEnd head_end_{kHeadLimits};
  http1::RequestHead head_;
  http1::ChunkedDecoder chunks_;
  std::uint64_t body_left_ = 0, sent_ = 0;
  bool taking_ = false, beginning_ = false, finished_ = false, in_tunnel_ = false;
  bool body_wanted_ = false, expect_continue_ = false, body_chunked_ = false;
  bool keep_alive_ = true, close_after_ = false, chunked_reply_ = false, head_only_ = false;
  bool is_last_ = false;  // nothing was said behind the head
  bool head_begun_ = false, paused_ = false, peer_ended_ = false;
  std::unique_ptr<Exchange> exchange_;
  MonotonicTime deadline_;
  MonotonicTime turn_{};  // while taking_: when that began
  StallWatch stall_;
};

void Http1Session::on_data(net::TcpConnection&, Bytes data) {
  if (phase_ == Phase::Closed) return;
  std::string_view input = as_text(data);
  if (!taking_ && in_.empty() && may_take()) {
    begin_turn();
    while (!input.empty() && may_take()) {
      const std::size_t consumed = take(input);
      if (consumed == 0) break;
      input.remove_prefix(consumed);
    }
    taking_ = false;
    owner_.handler().end_turn();
    if (phase_ == Phase::Closed) return;
    in_ = input;
  } else {
    in_ += input;
    go_on();
  }
  if (phase_ != Phase::Closed && !may_take() && in_.size() > owner_.limits().read_ahead_max && !paused_) {
    paused_ = true;
    tcp_->pause_reading();
  }
}

void Http1Session::go_on() {
  if (taking_) return;
  begin_turn();
  std::string input;
  input.swap(in_);
  std::string_view rest = input;
  while (!rest.empty() && may_take()) {
    const std::size_t consumed = take(rest);
    if (consumed == 0) break;
    rest.remove_prefix(consumed);
  }
  taking_ = false;
  owner_.handler().end_turn();
  if (phase_ == Phase::Closed) return;
  if (rest.size() == input.size())
    in_.swap(input);
  else
    in_ = rest;
  if (in_.size() <= owner_.limits().read_ahead_max && std::exchange(paused_, false)) tcp_->resume_reading();
  if (peer_ended_ && phase_ == Phase::Head) close();
}

std::size_t Http1Session::take(std::string_view bytes) {
  return phase_ == Phase::Head ? take_head(bytes) : take_body(bytes);
}

std::size_t Http1Session::take_head(std::string_view bytes) {
  const auto size = head_end_.find(bytes);
  if (!size) {
    refuse(size.error());
    return 0;
  }
  if (*size == 0) {
    if (!std::exchange(head_begun_, true)) set_deadline(owner_.limits().head_time);
    return 0;
  }
  head_begun_ = false;
  is_last_ = *size == bytes.size();
  head_end_.reset();
  head_bytes_.assign(bytes.substr(0, *size));
  if (auto parsed = http1::parse_request(head_bytes_, head_); !parsed) {
    refuse(parsed.error());
    return 0;
  }
  if (head_.target.size() > kUrlBytesMax) {
    refuse({413, "the URL is too long"});
    return 0;
  }
  begin();
  return *size;
}

void Http1Session::begin() {
  const http1::Framing& framing = head_.framing;
  keep_alive_ = framing.keep_alive;
  head_only_ = head_.method == "HEAD";
  body_left_ = framing.content_length.value_or(0);
  body_chunked_ = framing.chunked;
  chunks_ = http1::ChunkedDecoder();
  expect_continue_ = head_.expect_continue;
  body_wanted_ = finished_ = close_after_ = chunked_reply_ = in_tunnel_ = false;
  sent_ = 0;
  deadline_ = MonotonicTime::max();

  ViewerRequest request;
  request.method = head_.method;
  request.host = head_.host;
  request.target = head_.target;
  request.path = head_.path;
  request.query = head_.query;
  request.has_query = head_.has_query;
  request.version = head_.minor_version == 0 ? HttpVersion::Http10 : HttpVersion::Http11;
  request.fields = head_.fields;
  request.has_body = body_chunked_ || body_left_ > 0;
  request.body_length = framing.content_length;
  request.wants_upgrade = head_.minor_version == 1 && asks_to_upgrade(head_);
  request.head_bytes = head_bytes_.size();
  request.came = turn_;
  request.came_at = owner_.loop().clock().now();
  phase_ = request.has_body ? Phase::Body : Phase::Busy;
  beginning_ = true;
  exchange_ = owner_.handler().begin(request, *this);
  beginning_ = false;
  connection_.tls_session = rules::TlsSession::ConnectionReused;
  if (finished_) end_exchange();
}

void Http1Session::read_body() {
  if (in_tunnel_) phase_ = Phase::Tunnel;
  if ((phase_ != Phase::Body && phase_ != Phase::Tunnel) || body_wanted_) return;
  body_wanted_ = true;
  if (std::exchange(expect_continue_, false)) tcp_->write("HTTP/1.1 100 Continue\r\n\r\n");
  if (phase_ == Phase::Body) set_deadline(owner_.limits().body_time);
  // Never from inside the exchange's own call.
  if (!taking_ && !in_.empty())
    owner_.loop().post([&owner = owner_, id = id_] {
      if (ViewerSession* const session = owner.find(id)) session->go_on();
    });
}

std::size_t Http1Session::take_body(std::string_view bytes) {
  std::string_view piece;
  std::size_t consumed = 0;
  bool last = false;
  if (phase_ == Phase::Tunnel) {
    piece = bytes;
    consumed = bytes.size();
  } else if (body_chunked_) {
    const auto step = chunks_.next(bytes);
    if (!step) {
      if (sent_ > 0) {  // the reply has begun
        abort();
      } else {
        refuse(step.error());
        const auto over = std::move(exchange_);
      }
      return 0;
    }
    piece = step->data;
    consumed = step->consumed;
    last = chunks_.done();
  } else {
    consumed = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size()));
    piece = bytes.substr(0, consumed);
    body_left_ -= consumed;
    last = body_left_ == 0;
  }
  if (piece.empty() && !last) return consumed;
  body_wanted_ = false;
  deadline_ = MonotonicTime::max();
  if (last) phase_ = Phase::Busy;
  if (exchange_) exchange_->on_body(piece, last);
  return consumed;
}

void Http1Session::reply(const ReplyHead& head) {
  std::string out;
  // A small body goes out in the same piece, without another allocation.
  out.reserve(kHeadRoom + (head.length && *head.length <= kSmallBodyMax ? *head.length : 0));
  write_head(head, out);
  write(std::move(out));
}

void Http1Session::reply_whole(const ReplyHead& head, const Body::Bytes& body) {
  if (body.bytes.size() > kSmallBodyMax || head_only_) return ViewerStream::reply_whole(head, body);
  std::string out;
  out.reserve(kHeadRoom + body.bytes.size());
  write_head(head, out);
  if (chunked_reply_) {
    write(std::move(out));
    return send(body.piece());
  }
  out += body.bytes;
  write(std::move(out));
}

void Http1Session::write_head(const ReplyHead& head, std::string& out) {
  const bool http10 = head_.minor_version == 0;
  const bool bodiless = has_no_body(head.status);
  chunked_reply_ = head.has_body && !head.length && !head_only_ && !http10 && !bodiless;
  close_after_ |= head.close || !keep_alive_ || phase_ == Phase::Body ||
                  (head.has_body && !head.length && http10) || (peer_ended_ && in_.empty());
  if (head.status == 101) {
    in_tunnel_ = true;
    close_after_ = true;
  }
  if (head.prepared) {
    out += head.prepared->http1_start();
  } else {
    append_status_line(out, head.status);
    if (head.length && (!bodiless || (head.status == 304 && *head.length > 0)))
      append_content_length(out, *head.length);
    else if (!head.has_body && !bodiless && !head_only_)
      append_content_length(out, 0);
  }
  if (chunked_reply_) out += "Transfer-Encoding: chunked\r\n";
  if (!in_tunnel_) out += close_after_ ? "Connection: close\r\n" : "Connection: keep-alive\r\n";
  if (head.prepared) out += head.prepared->http1_fields();
  for (const http1::Field& field : head.fields)
    head.prepared ? append_own_field(out, field) : append_field(out, field);
  out += "\r\n";
}

void Http1Session::send(Piece piece) {
  if (piece.empty() || phase_ == Phase::Closed || head_only_) return;
  if (!chunked_reply_) return write(std::move(piece));
  write(fmt::format("{:x}\r\n", piece.size()));
  write(std::move(piece));
  write(std::string("\r\n"));
}

void Http1Session::finish() {
  if (phase_ == Phase::Closed) return;
  if (chunked_reply_) write(std::string("0\r\n\r\n"));
  finished_ = true;
  if (!beginning_) end_exchange();
}

void Http1Session::end_exchange() {
  const auto over = std::move(exchange_);
  if (phase_ == Phase::Closed) return;
  // What is left of a body that nobody read cannot be told from the next request.
  if (close_after_ || phase_ == Phase::Body || phase_ == Phase::Tunnel) return close();
  phase_ = Phase::Head;
  set_deadline(owner_.limits().idle_time);
  if (!taking_ && (!in_.empty() || peer_ended_)) go_on();
}

void Http1Session::abort() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  finished_ = true;
  owner_.bury(id_);
  if (beginning_) return;
  const auto over = std::move(exchange_);
}

void Http1Session::on_drained(net::TcpConnection&) {
  if (exchange_ && phase_ != Phase::Closed) exchange_->on_room();
}

void Http1Session::on_closed(net::TcpConnection&, const Error* why) {
  peer_ended_ = true;
  if (phase_ == Phase::Closed) return;
  // A viewer that ended its side after a whole request still gets its reply.
  if (why == nullptr && phase_ == Phase::Busy) return;
  if (why == nullptr && phase_ == Phase::Head && in_.empty()) return close();
  abort();
}

void Http1Session::refuse(const http1::Refusal& why) {
  owner_.count_refusal();
  const int status = why.status == 414 || why.status == 431 ? 413 : why.status;
  const std::string page = owner_.handler().refusal_page(status, why.reason);
  tcp_->write(
      fmt::format("HTTP/1.1 {} {}\r\nServer: CloudFront\r\nContent-Type: text/html\r\n"
                  "Content-Length: {}\r\nConnection: close\r\nX-Cache: Error from cloudfront\r\n\r\n{}",
                  status, http1::reason_phrase(status), page.size(), page));
  close();
}

void Http1Session::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  tcp_->close_after_flush();
  owner_.bury(id_);
}

void Http1Session::check_time(MonotonicTime now) {
  if (phase_ == Phase::Closed) return;
  if (stall_.stalled(tcp_->pending(), now, owner_.limits().send_time)) return abort();
  if (now < deadline_) return;
  if (phase_ == Phase::Head && head_begun_) return refuse({408, "the request did not arrive in time"});
  if (phase_ == Phase::Head) return close();
  abort();
}

}  // namespace

std::unique_ptr<ViewerSession> make_http1_session(Viewers& owner, std::uint64_t id,
                                                  std::unique_ptr<net::TcpConnection> tcp, bool tls) {
  return std::make_unique<Http1Session>(owner, id, std::move(tcp), tls);
}

}  // namespace meridian::engines::cdn

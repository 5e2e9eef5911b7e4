#include "upstream/http2_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace meridian::upstream {
namespace {

constexpr std::size_t kWriteBytes = 64 * 1024;  // made before they go to the socket
constexpr std::size_t kUnsentMax = 256 * 1024;  // frames made, and not with the kernel yet
constexpr std::uint32_t kStreamWindow = 256 * 1024;

// All streams' windows together: of calls that wait for their viewers, none keeps another waiting.
constexpr std::uint32_t kConnectionWindow = kStreamsPerConnectionMax * kStreamWindow;

constexpr http2::SessionLimits kLimits{
    .streams_max = 0,
    .list_bytes_max = static_cast<std::uint32_t>(kResponseHeadLimits.head_bytes_max),
    .stream_window = kStreamWindow,
    .connection_window = kConnectionWindow,
};

Http2Stream& of(http2::Stream& stream) {
  return static_cast<Http2Stream&>(stream);
}

}  // namespace

Http2Connection::Http2Connection(OriginClient& client, Peer peer, std::unique_ptr<net::TcpConnection> tcp,
                                 Duration keep_alive)
    : client_(client),
      peer_(std::move(peer)),
      tcp_(std::move(tcp)),
      keep_alive_(keep_alive),
      session_(http2::Session::Role::Client, kLimits, *this) {
  ++client_.connections_;
}

Http2Connection::~Http2Connection() {
  --client_.connections_;
}

void Http2Connection::start() {
  tcp_->start(*this);
}

// An origin that reads nothing gets no more to read.
bool Http2Connection::has_room() const {
  return !over_ && session_.has_room() && session_.streams().size() < kStreamsPerConnectionMax &&
         tcp_->pending() < kUnsentMax;
}

void Http2Connection::say_goodbye() {
  over_ = true;
  session_.go_away(http2::ErrorCode::NoError);
  write_output();
  tcp_->close_after_flush();
}

Http2Stream* Http2Connection::open(Http2Call& call, const CallRequest& request) {
  auto made = std::make_unique<Http2Stream>();
  if (!session_.open(*made, request.method == "HEAD")) return nullptr;
  made->call = &call;
  Http2Stream& stream = *open_.emplace_back(std::move(made));
  session_.begin_head(stream);
  session_.add_field(":method", request.method);
  session_.add_field(":scheme", peer_.tls ? "https" : "http");
  session_.add_field(":authority", request.http2->authority);
  session_.add_field(":path", request.http2->path);
  for (const auto& [name, value] : request.http2->fields) session_.add_field(name, value);
  session_.end_head(request.body == CallRequest::Body::None);
  flush_soon();
  return &stream;
}

void Http2Connection::send(Http2Stream& stream, std::string piece) {
  session_.send(stream, std::move(piece));
  flush_soon();
}

void Http2Connection::finish(Http2Stream& stream) {
  session_.finish(stream);
  flush_soon();
}

void Http2Connection::take(Http2Stream& stream, std::size_t size) {
  session_.take(stream, size);
  flush_soon();
}

void Http2Connection::leave(Http2Stream& stream, std::size_t untaken) {
  stream.call = nullptr;
  session_.take(stream, untaken);
  if (!stream.peer_ended() || !stream.own_ended()) session_.reset(stream, http2::ErrorCode::Cancel);
  flush_soon();
}

void Http2Connection::on_data(net::TcpConnection&, Bytes data) {
  if (over_) return;
  in_turn_ = true;  // one flush follows all that comes of it
  (void)session_.receive(as_text(data), client_.loop_.clock().monotonic());
  in_turn_ = false;
  flush();
}

void Http2Connection::on_drained(net::TcpConnection&) {
  flush();
}

void Http2Connection::on_closed(net::TcpConnection&, const Error* why) {
  end(Failure::Closed, why ? why->message : "the origin closed the connection");
}

http2::Stream& Http2Connection::open_stream() {
  CHECK(false);  // nobody asks a client
}

void Http2Connection::on_section(http2::Stream& stream, http2::Section section) {
  if (Http2Call* const call = of(stream).call) call->begin_section(section);
}

void Http2Connection::on_field(http2::Stream& stream, std::string_view name, std::string_view value) {
  if (Http2Call* const call = of(stream).call) call->add_field(name, value);
}

void Http2Connection::on_head(http2::Stream& stream, bool last) {
  if (Http2Call* const call = of(stream).call) call->head_is_whole(last);
  if (!last) return;
  if (Http2Call* const call = of(stream).call) call->ended();
}

void Http2Connection::on_data(http2::Stream& stream, std::string_view bytes) {
  of(stream).call->take_data(bytes);
}

void Http2Connection::on_end(http2::Stream& stream) {
  if (Http2Call* const call = of(stream).call) call->tell_trailers();
  if (Http2Call* const call = of(stream).call) call->ended();
}

void Http2Connection::on_room(http2::Stream& stream) {
  if (Http2Call* const call = of(stream).call) call->has_room();
}

void Http2Connection::on_closed(http2::Stream& stream, http2::ErrorCode code) {
  const auto at = std::ranges::find(open_, &of(stream), &std::unique_ptr<Http2Stream>::get);
  closed_.push_back(std::move(*at));
  *at = std::move(open_.back());
  open_.pop_back();
  if (open_.empty()) idle_until_ = client_.loop_.clock().monotonic() + keep_alive_;
  if (Http2Call* const call = of(stream).call) call->closed(code);
  flush_soon();
}

void Http2Connection::flush_soon() {
  if (in_turn_ || flush_timer_ || over_) return;
  flush_timer_ = client_.loop_.after(Duration::zero(), [this] {
    flush_timer_.reset();
    flush();
  });
}

void Http2Connection::write_output() {
  if (!session_.output().empty()) tcp_->write(std::exchange(session_.output(), {}));
}

// Whoever has room meanwhile sends more, until nothing moves.
void Http2Connection::flush() {
  if (in_turn_ || over_) return;
  in_turn_ = true;
  while (tcp_->pending() < kUnsentMax) {
    session_.produce(kWriteBytes);
    if (session_.output().empty()) break;
    write_output();
  }
  write_output();
  closed_.clear();
  in_turn_ = false;
  if (session_.over()) return end_broken();
  if (!open_.empty() || session_.has_room()) return;
  tcp_->close_after_flush();
  end(Failure::Closed, "the origin takes no more requests");
}

void Http2Connection::end_broken() {
  using http2::Flood;
  tcp_->close_after_flush();
  const Flood flood = session_.flood();
  if (flood == Flood::None)
    return end(Failure::Malformed,
               fmt::format("what came is not HTTP/2: {}", http2::to_string(session_.error())));
  client_.floods_[static_cast<std::size_t>(flood)]->add();
  end(flood == Flood::HeadBlock || flood == Flood::FieldList ? Failure::HeadTooLarge : Failure::Malformed,
      fmt::format("the origin sends more than anybody needs: {}", http2::to_string(flood)));
}

void Http2Connection::end(Failure kind, const std::string& why) {
  if (std::exchange(over_, true)) return;
  flush_timer_.reset();
  client_.drop_http2(*this);
  std::vector<Http2Stream*> left;
  for (const auto& each : open_) left.push_back(each.get());
  for (Http2Stream* const each : left)
    if (each->call) each->call->lost(kind, why);
}

Http2Call::Http2Call(OriginClient& client, CallRequest request, Reply& reply)
    : client_(client), request_(std::move(request)), reply_(reply), silence_(client.loop_, [this] {
        fail(head_came_ ? Failure::BodyCut : Failure::ReadTime, silence_text(request_.times.read));
      }) {
  start_ = client_.loop_.after(Duration::zero(), [this] { begin(); });
}

Http2Call::~Http2Call() {
  let_go();
}

void Http2Call::let_go() {
  if (stream_) connection_->leave(*std::exchange(stream_, nullptr), std::exchange(held_, 0));
}

void Http2Call::begin() {
  if (Http2Connection* const kept = client_.find_http2(request_.peer)) return use(*kept, true);
  if (client_.connections_ >= kConnectionsMax) return fail(Failure::Limit, std::string(kLimitText));
  dial_ = std::make_unique<Dial>(
      client_.dial_parts(client_.trust_.http2), request_.peer, request_.times,
      [this](std::unique_ptr<net::TcpConnection> tcp) {
        const auto over = std::move(dial_);
        client_.opened_.add();
        auto made = std::make_unique<Http2Connection>(client_, request_.peer, std::move(tcp),
                                                      request_.times.keep_alive);
        Http2Connection& connection = client_.keep_http2(std::move(made));
        connection.start();
        use(connection, false);
      },
      [this](Failure kind, std::string why) { fail(kind, std::move(why)); });
}

void Http2Call::use(Http2Connection& connection, bool reused) {
  connection_ = &connection;
  stream_ = connection.open(*this, request_);
  if (!stream_) return fail(Failure::Write, "the connection takes no more requests");
  heard();
  if (++times_sent_ == 1) return reply_.on_connected(reused);
  if (!sent_.empty()) connection.send(*stream_, sent_);
  if (sent_.size() > kRepeatedBodyMax) forget_sent();
  if (body_ended_) connection.finish(*stream_);
}

void Http2Call::send(std::string piece) {
  if (over_ || piece.empty()) return;
  keep(piece);
  if (!stream_) return;  // it goes with the rest, again
  heard();
  connection_->send(*stream_, std::move(piece));
}

void Http2Call::keep(std::string_view piece) {
  if (!may_repeat_) return;
  if (stream_ && sent_.size() + piece.size() > kRepeatedBodyMax) return forget_sent();
  sent_ += piece;
}

void Http2Call::forget_sent() {
  may_repeat_ = false;
  std::string().swap(sent_);
}

void Http2Call::finish_sending() {
  body_ended_ = true;
  if (stream_) connection_->finish(*stream_);
}

void Http2Call::has_room() {
  heard();
  reply_.on_room();
}

void Http2Call::pause() {
  paused_ = true;
  silence_.pause(true);
}

void Http2Call::resume() {
  if (!std::exchange(paused_, false)) return;
  silence_.pause(false);
  heard();
  if (stream_) connection_->take(*stream_, std::exchange(held_, 0));
}

void Http2Call::begin_section(http2::Section section) {
  heard();
  section_.clear();
  places_.clear();
  if (section == http2::Section::Response && ++heads_ > kInterimHeadsMax + 1)
    fail(Failure::Malformed, std::string(kInterimText));
}

void Http2Call::add_field(std::string_view name, std::string_view value) {
  if (section_.size() + name.size() + value.size() > kResponseHeadLimits.head_bytes_max ||
      places_.size() >= kResponseHeadLimits.fields_max) {
    too_large_ = true;
    return;
  }
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), status_);
    return;
  }
  places_.push_back({section_.size(), name.size(), value.size()});
  section_ += name;
  section_ += value;
}

http1::ResponseHead Http2Call::section() const {
  http1::ResponseHead head;
  const std::string_view bytes = section_;
  for (const Place& place : places_)
    head.fields.push_back({bytes.substr(place.name, place.name_size),
                           bytes.substr(place.name + place.name_size, place.value_size)});
  return head;
}

void Http2Call::head_is_whole(bool last) {
  if (too_large_) return fail(Failure::HeadTooLarge, "the head of the response is too large");
  head_came_ = true;
  forget_sent();
  http1::ResponseHead head = section();
  head.status = status_;
  if (const http1::Field* length = http1::find_field(head.fields, "content-length")) {
    std::uint64_t value = 0;
    std::from_chars(length->value.data(), length->value.data() + length->value.size(), value);
    head.framing.content_length = value;
  }
  places_.clear();
  // Without a length, the end of the stream ends the body.
  const http1::BodyEnd end = last                          ? http1::BodyEnd::None
                             : head.framing.content_length ? http1::BodyEnd::Length
                                                           : http1::BodyEnd::Close;
  reply_.on_head(head, end);
}

void Http2Call::take_data(std::string_view bytes) {
  heard();
  if (paused_)
    held_ += bytes.size();
  else
    connection_->take(*stream_, bytes.size());
  reply_.on_data(bytes);
}

void Http2Call::tell_trailers() {
  if (too_large_) return fail(Failure::HeadTooLarge, "the trailers of the response are too large");
  if (!places_.empty()) reply_.on_trailers(section().fields);
}

// RFC 9113 §8.1: also before the request is whole, the rest of which nobody wants then.
void Http2Call::ended() {
  over_ = true;
  silence_.stop();
  let_go();
  reply_.on_end();
}

// RFC 9113 §8.7: what an origin refuses, or names no more when it goes away, it has not looked at.
void Http2Call::closed(http2::ErrorCode code) {
  if (code == http2::ErrorCode::RefusedStream && may_repeat_ && times_sent_ < kSendsMax) {
    let_go();
    silence_.stop();
    client_.repeated_.add();
    start_ = client_.loop_.after(Duration::zero(), [this] { begin(); });
    return;
  }
  const std::string_view name = http2::to_string(code);
  if (stream_->refused()) return lost(Failure::Malformed, fmt::format("the response is malformed: {}", name));
  lost(Failure::Closed, fmt::format("the origin ended the stream: {}", name));
}

void Http2Call::lost(Failure kind, std::string why) {
  fail(head_came_ ? Failure::BodyCut : kind, std::move(why));
}

void Http2Call::fail(Failure kind, std::string why) {
  over_ = true;
  dial_.reset();
  silence_.stop();
  let_go();
  reply_.on_failure({kind, std::move(why), head_came_});
}

}  // namespace meridian::upstream

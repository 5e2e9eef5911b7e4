#include "upstream/http2_connection.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace meridian::upstream {
namespace {

constexpr std::size_t kUnsentMax = 256 * 1024;           // frames made, and not with the kernel yet
constexpr std::int32_t kConnectionWindow = 1024 * 1024;  // of responses, all streams together
constexpr std::uint32_t kStreamWindow = 256 * 1024;

Http2Connection& connection_of(void* user) {
  return *static_cast<Http2Connection*>(user);
}

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (Http2Call* const call = connection_of(user).call(frame->hd.stream_id)) call->begin_head();
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (Http2Call* const call = connection_of(user).call(frame->hd.stream_id))
    call->add_field(text_of(name, name_size), text_of(value, value_size));
  return 0;
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type == NGHTTP2_GOAWAY) connection_of(user).stop_opening();
  const std::int32_t id = frame->hd.stream_id;
  const bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  if (frame->hd.type == NGHTTP2_HEADERS)
    if (Http2Call* const call = connection_of(user).call(id)) call->head_is_whole(last);
  if (last && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA))
    if (Http2Call* const call = connection_of(user).call(id)) call->ended();
  return 0;
}

int on_chunk(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data,
             std::size_t size, void* user) {
  if (Http2Call* const call = connection_of(user).call(id))
    call->take_data(text_of(data, size));
  else
    nghttp2_session_consume_connection(session, size);
  return 0;
}

int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
  if (Http2Call* const call = connection_of(user).call(id)) call->closed(code);
  return 0;
}

ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t size,
                  std::uint32_t* flags, nghttp2_data_source*, void* user) {
  Http2Call* const call = connection_of(user).call(id);
  return call ? call->fill(into, size, flags) : ssize_t{NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE};
}

}  // namespace

Http2Connection::Http2Connection(OriginClient& client, Peer peer, std::unique_ptr<net::TcpConnection> tcp,
                                 Duration keep_alive)
    : client_(client), peer_(std::move(peer)), tcp_(std::move(tcp)), keep_alive_(keep_alive) {
  ++client_.connections_;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  nghttp2_option_set_no_auto_window_update(option, 1);
  CHECK(nghttp2_session_client_new2(&h2_, callbacks, this, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(kResponseHeadLimits.head_bytes_max)},
  };
  nghttp2_submit_settings(h2_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(h2_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Connection::~Http2Connection() {
  nghttp2_session_del(h2_);
  --client_.connections_;
}

void Http2Connection::start() {
  tcp_->start(*this);
}

bool Http2Connection::has_room() const {
  const std::size_t most = std::min<std::size_t>(
      kStreamsPerConnectionMax,
      nghttp2_session_get_remote_settings(h2_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
  return !over_ && !closing_ && calls_.size() < most && nghttp2_session_check_request_allowed(h2_) != 0;
}

std::int32_t Http2Connection::open(Http2Call& call, const std::string& method, const Http2Head& head,
                                   bool has_body) {
  std::vector<nghttp2_nv> lines;
  const auto add = [&](std::string_view name, std::string_view value) {
    lines.push_back({const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(name.data())),
                     const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(value.data())),
                     name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  };
  add(":method", method);
  add(":scheme", peer_.tls ? "https" : "http");
  add(":authority", head.authority);
  add(":path", head.path);
  for (const auto& [name, value] : head.fields) add(name, value);
  nghttp2_data_provider provider{{.ptr = nullptr}, read_body};
  const std::int32_t id = nghttp2_submit_request(h2_, nullptr, lines.data(), lines.size(),
                                                 has_body ? &provider : nullptr, nullptr);
  if (id >= 0) calls_[id] = &call;
  flush_soon();
  return id;
}

void Http2Connection::leave(std::int32_t id, bool over) {
  if (calls_.erase(id) == 0) return;
  if (calls_.empty()) idle_until_ = client_.loop_.clock().monotonic() + keep_alive_;
  if (over || over_) return;
  nghttp2_submit_rst_stream(h2_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  flush_soon();
}

void Http2Connection::resume(std::int32_t id) {
  nghttp2_session_resume_data(h2_, id);
  flush_soon();
}

void Http2Connection::take(std::int32_t id, std::size_t size) {
  nghttp2_session_consume(h2_, id, size);
  flush_soon();
}

void Http2Connection::on_data(net::TcpConnection&, Bytes data) {
  if (over_) return;
  if (const ssize_t done = nghttp2_session_mem_recv(h2_, data.data(), data.size()); done < 0)
    return end(Failure::Malformed, nghttp2_strerror(static_cast<int>(done)));
  flush();
}

void Http2Connection::on_drained(net::TcpConnection&) {
  if (!over_) flush();
}

void Http2Connection::on_closed(net::TcpConnection&, const Error* why) {
  end(Failure::Closed, why ? why->message : "the origin closed the connection");
}

void Http2Connection::flush_soon() {
  if (flushing_ || flush_timer_ || over_) return;
  flush_timer_ = client_.loop_.after(Duration::zero(), [this] {
    flush_timer_.reset();
    flush();
  });
}

void Http2Connection::flush() {
  if (flushing_ || over_) return;
  flushing_ = true;
  for (bool moved = true; moved;) {
    moved = false;
    std::string out;
    while (tcp_->pending() + out.size() < kUnsentMax) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(h2_, &bytes);
      if (size < 0) {
        flushing_ = false;
        return end(Failure::Write, nghttp2_strerror(static_cast<int>(size)));
      }
      if (size == 0) break;
      out.append(text_of(bytes, static_cast<std::size_t>(size)));
    }
    if (!out.empty()) {
      moved = true;
      tcp_->write(std::move(out));
    }
    if (tcp_->pending() >= kUnsentMax) break;
    std::vector<std::int32_t> ids;
    for (const auto& [id, each] : calls_) ids.push_back(id);
    for (const std::int32_t id : ids)
      if (Http2Call* const each = call(id)) moved |= each->tell_room();
  }
  flushing_ = false;
  if (nghttp2_session_want_read(h2_) == 0 && nghttp2_session_want_write(h2_) == 0)
    end(Failure::Malformed, "what came is not HTTP/2");
}

void Http2Connection::end(Failure kind, const std::string& why) {
  if (std::exchange(over_, true)) return;
  flush_timer_.reset();
  client_.drop_http2(*this);
  std::vector<std::int32_t> ids;
  for (const auto& [id, each] : calls_) ids.push_back(id);
  for (const std::int32_t id : ids)
    if (Http2Call* const each = call(id)) each->lost(kind, why);
}

Http2Call::Http2Call(OriginClient& client, CallRequest request, Reply& reply)
    : client_(client), request_(std::move(request)), reply_(reply), silence_(client.loop_, [this] {
        fail(head_came_ ? Failure::BodyCut : Failure::ReadTime, silence_text(request_.times.read));
      }) {
  start_ = client_.loop_.after(Duration::zero(), [this] { begin(); });
}

Http2Call::~Http2Call() {
  if (connection_) connection_->leave(id_, false);
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
  id_ = connection.open(*this, request_.method, *request_.http2, request_.body != CallRequest::Body::None);
  if (id_ < 0) return fail(Failure::Write, "the connection takes no more requests");
  connection_ = &connection;
  heard();
  reply_.on_connected(reused);
}

void Http2Call::send(std::string piece) {
  if (!connection_ || piece.empty()) return;
  heard();
  out_bytes_ += piece.size();
  was_full_ = true;
  out_.push_back(std::move(piece));
  connection_->resume(id_);
}

void Http2Call::finish_sending() {
  body_ended_ = true;
  if (connection_) connection_->resume(id_);
}

std::ptrdiff_t Http2Call::fill(std::uint8_t* into, std::size_t size, std::uint32_t* flags) {
  std::size_t done = 0;
  while (done < size && !out_.empty()) {
    const std::string& front = out_.front();
    const std::size_t some = std::min(size - done, front.size() - out_offset_);
    std::copy_n(front.data() + out_offset_, some, into + done);
    done += some;
    out_offset_ += some;
    if (out_offset_ < front.size()) continue;
    out_.pop_front();
    out_offset_ = 0;
  }
  out_bytes_ -= done;
  if (out_.empty() && body_ended_) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (done == 0 && !body_ended_) return NGHTTP2_ERR_DEFERRED;
  return static_cast<std::ptrdiff_t>(done);
}

bool Http2Call::tell_room() {
  if (out_bytes_ > 0 || body_ended_ || !std::exchange(was_full_, false)) return false;
  heard();
  reply_.on_room();
  return true;
}

void Http2Call::pause() {
  paused_ = true;
  silence_.pause(true);
}

void Http2Call::resume() {
  if (!std::exchange(paused_, false)) return;
  silence_.pause(false);
  heard();
  if (const std::size_t held = std::exchange(held_, 0); held > 0 && connection_) connection_->take(id_, held);
}

void Http2Call::begin_head() {
  heard();
  section_.clear();
  places_.clear();
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

void Http2Call::head_is_whole(bool last) {
  if (too_large_) return fail(Failure::HeadTooLarge, "the head of the response is too large");
  http1::ResponseHead head;
  const std::string_view bytes = section_;
  for (const Place& place : places_)
    head.fields.push_back({bytes.substr(place.name, place.name_size),
                           bytes.substr(place.name + place.name_size, place.value_size)});
  if (head_came_) return reply_.on_trailers(head.fields);
  if (status_ < 200) return;  // RFC 9113 §8.1: interim
  head_came_ = true;
  head.status = status_;
  if (const http1::Field* length = http1::find_field(head.fields, "content-length")) {
    std::uint64_t value = 0;
    std::from_chars(length->value.data(), length->value.data() + length->value.size(), value);
    head.framing.content_length = value;
  }
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
    connection_->take(id_, bytes.size());
  reply_.on_data(bytes);
}

// RFC 9113 §8.1: also before the request is whole, the rest of which nobody wants then.
void Http2Call::ended() {
  if (!head_came_) return lost(Failure::Closed, "the origin ended the stream without a response");
  silence_.stop();
  std::exchange(connection_, nullptr)->leave(id_, body_ended_ && out_.empty());
  reply_.on_end();
}

void Http2Call::closed(std::uint32_t code) {
  lost(Failure::Closed, fmt::format("the origin ended the stream: {}", nghttp2_http2_strerror(code)));
}

void Http2Call::lost(Failure kind, std::string why) {
  if (connection_) std::exchange(connection_, nullptr)->leave(id_, true);
  fail(head_came_ ? Failure::BodyCut : kind, std::move(why));
}

void Http2Call::fail(Failure kind, std::string why) {
  dial_.reset();
  silence_.stop();
  if (connection_) std::exchange(connection_, nullptr)->leave(id_, false);
  reply_.on_failure({kind, std::move(why), head_came_});
}

}  // namespace meridian::upstream

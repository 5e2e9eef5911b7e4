// Viewers over HTTP/2 (RFC 9113), framed by nghttp2; its only user.
// Rule: a stream's window opens only for what its exchange has taken, and what is made for the connection
// waits while the connection is full: no viewer makes us hold more than the limits say.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>

#include "base/check.h"
#include "engines/cdn/viewer_session.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kWriteBytes = 16 * 1024;           // one TLS record
constexpr std::size_t kUnsentMax = 256 * 1024;           // frames made, and not with the kernel yet
constexpr std::int32_t kConnectionWindow = 1024 * 1024;  // of request bodies, all streams together

class Http2Session;

// A view of both.
nghttp2_nv line_of(std::string_view name, std::string_view value) {
  return {const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(name.data())),
          const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

// Heads are kept as one piece of bytes: views into it are made when it is whole.
struct HeadBytes {
  struct Place {
    std::size_t name = 0, name_size = 0, value_size = 0;
  };
  std::string bytes;
  std::vector<Place> places;

  void add(std::string_view name, std::string_view value) {
    places.push_back({bytes.size(), name.size(), value.size()});
    bytes += name;
    bytes += value;
  }
};

class Http2Stream final : public ViewerStream {
 public:
  Http2Stream(Http2Session& session, std::int32_t id) : session_(session), id_(id) {}
  ~Http2Stream() override { const auto over = std::move(exchange_); }  // it asks us for the last time

  const ViewerConnection& connection() const override;
  net::Loop& loop() override;
  void reply(const ReplyHead& head) override;
  void send(Piece piece) override;
  std::size_t unsent() const override { return out_bytes_; }
  void send_trailers(std::span<const std::pair<std::string, std::string>> fields) override {
    trailers_.assign(fields.begin(), fields.end());
  }
  void finish() override;
  void abort() override;
  void read_body() override;
  std::uint64_t sent_bytes() const override { return sent_; }

  void add_field(std::string_view name, std::string_view value);
  void begin(bool has_body);
  void take_body(std::string_view bytes, bool last);
  void deliver_body();
  bool tell_room();                                  // whether anybody was told
  std::size_t held() const { return body_.size(); }  // of the connection's window
  ssize_t fill(std::uint8_t* into, std::size_t size, std::uint32_t* flags);

 private:
  void split_target();
  void submit_trailers();
  void end_exchange();

  Http2Session& session_;
  const std::int32_t id_;
  HeadBytes head_;
  std::string method_, path_, authority_, cookies_;
  std::vector<http1::Field> fields_;
  std::size_t head_size_ = 0;
  ViewerRequest request_;
  std::string body_;  // of the request, not taken yet
  bool body_ended_ = false, body_wanted_ = false;
  std::unique_ptr<Exchange> exchange_;
  bool beginning_ = false, begun_ = false, finished_ = false, over_ = false, was_full_ = false;
  std::deque<Piece> out_;
  std::size_t out_offset_ = 0, out_bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> trailers_;
  std::uint64_t sent_ = 0;
};

class Http2Session final : public ViewerSession {
 public:
  Http2Session(Viewers& owner, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp);
  ~Http2Session() override;

  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;
  void check_time(MonotonicTime now) override;
  void read_on() override {}

  void flush_soon();
  Viewers& owner() { return owner_; }
  nghttp2_session* h2() { return h2_; }
  const ViewerConnection& connection() const { return connection_; }
  void has_begun_request() { connection_.tls_session = rules::TlsSession::ConnectionReused; }
  Http2Stream* stream(std::int32_t id) {
    const auto at = streams_.find(id);
    return at == streams_.end() ? nullptr : at->second.get();
  }
  void open(std::int32_t id) { streams_[id] = std::make_unique<Http2Stream>(*this, id); }
  void close(std::int32_t id);

 private:
  void flush();
  void add_output(std::string_view frame);
  void write_output();
  void end();

  Viewers& owner_;
  const std::uint64_t id_;
  std::unique_ptr<net::TcpConnection> tcp_;
  ViewerConnection connection_;
  nghttp2_session* h2_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
  std::vector<std::unique_ptr<Http2Stream>> closed_;  // they may be on the stack
  std::string out_;                                   // frames that make up the next write
  std::unique_ptr<net::Timer> flush_timer_;
  MonotonicTime idle_since_;
  StallWatch stall_;
  bool flushing_ = false, over_ = false;
};

Http2Session& session_of(void* user) {
  return *static_cast<Http2Session*>(user);
}

// What nghttp2 tells. Errors here are of one stream, never of the connection.
int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    session_of(user).open(frame->hd.stream_id);
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  if (Http2Stream* const stream = session_of(user).stream(frame->hd.stream_id))
    stream->add_field({reinterpret_cast<const char*>(name), name_size},
                      {reinterpret_cast<const char*>(value), value_size});
  return 0;
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Http2Stream* const stream = session_of(user).stream(frame->hd.stream_id);
  if (!stream) return 0;
  const bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
    stream->begin(!ends);
  else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && ends)
    stream->take_body({}, true);
  return 0;
}

int on_chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
             void* user) {
  if (Http2Stream* const stream = session_of(user).stream(id))
    stream->take_body({reinterpret_cast<const char*>(data), size}, false);
  return 0;
}

int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
  session_of(user).close(id);
  return 0;
}

ssize_t read_reply(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t size,
                   std::uint32_t* flags, nghttp2_data_source*, void* user) {
  Http2Stream* const stream = session_of(user).stream(id);
  return stream ? stream->fill(into, size, flags) : ssize_t{NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE};
}

const ViewerConnection& Http2Stream::connection() const {
  return session_.connection();
}

net::Loop& Http2Stream::loop() {
  return session_.owner().loop();
}

void Http2Stream::add_field(std::string_view name, std::string_view value) {
  head_size_ += name.size() + value.size() + 4;
  if (head_size_ > kRequestHeadBytesMax) return;  // refused when the head is whole
  if (name == ":method")
    method_ = value;
  else if (name == ":path")
    path_ = value;
  else if (name == ":authority")
    authority_ = value;
  else if (name == "cookie") {
    // RFC 9113 §8.2.3: crumbs of one line.
    if (!cookies_.empty()) cookies_ += "; ";
    cookies_ += value;
  } else if (!name.starts_with(':')) {
    head_.add(name, value);
  }
}

void Http2Stream::split_target() {
  request_.target = path_;
  request_.path = request_.target.substr(0, path_.find('?'));
  request_.has_query = request_.path.size() < path_.size();
  if (request_.has_query) request_.query = request_.target.substr(request_.path.size() + 1);
}

void Http2Stream::begin(bool has_body) {
  if (std::exchange(begun_, true)) return;
  const std::string_view bytes = head_.bytes;
  for (const HeadBytes::Place& place : head_.places)
    fields_.push_back({bytes.substr(place.name, place.name_size),
                       bytes.substr(place.name + place.name_size, place.value_size)});
  if (!cookies_.empty()) fields_.push_back({"cookie", cookies_});
  if (authority_.empty())
    if (const http1::Field* host = http1::find_field(fields_, "host")) authority_ = host->value;
  if (!http1::find_field(fields_, "host")) fields_.insert(fields_.begin(), {"host", authority_});
  request_.method = method_;
  request_.host = authority_;
  split_target();
  request_.version = HttpVersion::Http2;
  request_.fields = fields_;
  request_.has_body = has_body;
  if (const http1::Field* length = http1::find_field(fields_, "content-length"); length && has_body) {
    std::uint64_t value = 0;
    std::from_chars(length->value.data(), length->value.data() + length->value.size(), value);
    request_.body_length = value;
  }
  request_.head_bytes = head_size_;
  if (head_size_ > kRequestHeadBytesMax || path_.size() > kUrlBytesMax) {
    session_.owner().count_refusal();
    const std::string page = session_.owner().handler().refusal_page(413, "the request is too long");
    const http1::Field type{"content-type", "text/html"};
    reply({.status = 413, .fields = {&type, 1}, .has_body = true, .length = page.size()});
    send(page);
    return finish();
  }
  beginning_ = true;
  exchange_ = session_.owner().handler().begin(request_, *this);
  beginning_ = false;
  session_.has_begun_request();
  if (over_) end_exchange();
}

void Http2Stream::take_body(std::string_view bytes, bool last) {
  if (over_) {  // nobody wants it any more
    nghttp2_session_consume(session_.h2(), id_, bytes.size());
    return;
  }
  body_ += bytes;
  body_ended_ |= last;
  deliver_body();
}

void Http2Stream::deliver_body() {
  if (!body_wanted_ || !exchange_ || (body_.empty() && !body_ended_)) return;
  body_wanted_ = false;
  const std::string piece = std::exchange(body_, {});
  nghttp2_session_consume(session_.h2(), id_, piece.size());
  exchange_->on_body(piece, body_ended_);
}

void Http2Stream::read_body() {
  if (body_wanted_) return;
  body_wanted_ = true;
  // What is there already comes with the next turn: never from inside the exchange's own call.
  if (!body_.empty() || body_ended_) session_.flush_soon();
}

void Http2Stream::reply(const ReplyHead& head) {
  std::string status = std::to_string(head.status);
  std::string length = head.length ? std::to_string(*head.length) : "";
  std::deque<std::string> names;
  std::vector<nghttp2_nv> lines;
  const auto add = [&](std::string_view name, std::string_view value) {
    lines.push_back(line_of(name, value));
    sent_ += name.size() + value.size();
  };
  add(":status", status);
  for (const http1::Field& field : head.fields) {
    names.push_back(to_lower(field.name));
    // RFC 9113 §8.2.2: they are of HTTP/1.1.
    if (names.back() == "connection" || names.back() == "upgrade") continue;
    add(names.back(), field.value);
  }
  if (head.length && head.status != 304 && head.status != 204) add("content-length", length);
  nghttp2_data_provider provider{{.ptr = nullptr}, read_reply};
  const bool body = head.has_body && method_ != "HEAD";
  nghttp2_submit_response(session_.h2(), id_, lines.data(), lines.size(), body ? &provider : nullptr);
  session_.flush_soon();
}

void Http2Stream::send(Piece piece) {
  if (piece.empty() || over_) return;
  out_bytes_ += piece.size();
  sent_ += piece.size();
  was_full_ = true;
  out_.push_back(std::move(piece));
  nghttp2_session_resume_data(session_.h2(), id_);
  session_.flush_soon();
}

ssize_t Http2Stream::fill(std::uint8_t* into, std::size_t size, std::uint32_t* flags) {
  std::size_t done = 0;
  while (done < size && !out_.empty()) {
    const std::string_view front = out_.front().view();
    const std::size_t some = std::min(size - done, front.size() - out_offset_);
    std::memcpy(into + done, front.data() + out_offset_, some);
    done += some;
    out_offset_ += some;
    if (out_offset_ < front.size()) continue;
    out_.pop_front();
    out_offset_ = 0;
  }
  out_bytes_ -= done;
  if (out_.empty() && finished_) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!trailers_.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submit_trailers();
    }
  }
  if (done == 0 && !finished_) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(done);
}

void Http2Stream::submit_trailers() {
  std::vector<nghttp2_nv> lines;
  for (const auto& [name, value] : trailers_) {
    lines.push_back(line_of(name, value));
    sent_ += name.size() + value.size();
  }
  nghttp2_submit_trailer(session_.h2(), id_, lines.data(), lines.size());
}

bool Http2Stream::tell_room() {
  if (out_bytes_ > 0 || over_ || !std::exchange(was_full_, false) || !exchange_) return false;
  exchange_->on_room();
  return true;
}

void Http2Stream::finish() {
  finished_ = true;
  nghttp2_session_resume_data(session_.h2(), id_);
  session_.flush_soon();
  over_ = true;
  if (!beginning_) end_exchange();
}

void Http2Stream::abort() {
  nghttp2_submit_rst_stream(session_.h2(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_INTERNAL_ERROR);
  session_.flush_soon();
  over_ = true;
  if (!beginning_) end_exchange();
}

void Http2Stream::end_exchange() {
  nghttp2_session_consume(session_.h2(), id_, body_.size());
  body_.clear();
  const auto over = std::move(exchange_);
}

Http2Session::Http2Session(Viewers& owner, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp)
    : owner_(owner),
      id_(id),
      tcp_(std::move(tcp)),
      connection_(describe(*tcp_, true)),
      idle_since_(owner.loop().clock().monotonic()) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  nghttp2_option_set_no_auto_window_update(option, 1);
  CHECK(nghttp2_session_server_new2(&h2_, callbacks, this, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(owner.limits().streams_max)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 2 * kRequestHeadBytesMax},
  };
  nghttp2_submit_settings(h2_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(h2_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Session::~Http2Session() {
  streams_.clear();
  closed_.clear();
  nghttp2_session_del(h2_);
}

void Http2Session::close(std::int32_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  nghttp2_session_consume_connection(h2_, at->second->held());
  closed_.push_back(std::move(at->second));
  streams_.erase(at);
  idle_since_ = owner_.loop().clock().monotonic();
  flush_soon();
}

void Http2Session::on_data(net::TcpConnection&, Bytes data) {
  if (over_) return;
  if (nghttp2_session_mem_recv(h2_, data.data(), data.size()) < 0) return end();
  flush();
}

void Http2Session::on_drained(net::TcpConnection&) {
  if (!over_) flush();
}

void Http2Session::on_closed(net::TcpConnection&, const Error*) {
  if (std::exchange(over_, true)) return;
  flush_timer_.reset();
  auto gone = std::move(streams_);
  streams_.clear();
  gone.clear();
  owner_.bury(id_);
}

void Http2Session::flush_soon() {
  if (flushing_ || flush_timer_ || over_) return;
  flush_timer_ = owner_.loop().after(Duration::zero(), [this] {
    flush_timer_.reset();
    flush();
  });
}

void Http2Session::add_output(std::string_view frame) {
  if (out_.size() + frame.size() > kWriteBytes) write_output();
  if (out_.empty()) out_.reserve(std::max(kWriteBytes, frame.size()));
  out_ += frame;
}

void Http2Session::write_output() {
  if (!out_.empty()) tcp_->write(std::exchange(out_, {}));
}

// Bodies that wait, then frames, then whoever was told to wait; until nothing moves any more.
void Http2Session::flush() {
  if (flushing_ || over_) return;
  flushing_ = true;
  std::vector<std::int32_t> ids;
  for (const auto& [id, stream] : streams_) ids.push_back(id);
  for (const std::int32_t id : ids)
    if (Http2Stream* const each = stream(id)) each->deliver_body();
  for (bool moved = true; moved;) {
    moved = false;
    while (tcp_->pending() < kUnsentMax) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(h2_, &bytes);
      if (size < 0) {
        flushing_ = false;
        return end();
      }
      if (size == 0) break;
      moved = true;
      add_output({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    }
    write_output();
    if (tcp_->pending() >= kUnsentMax) break;
    for (const std::int32_t id : ids)
      if (Http2Stream* const each = stream(id)) moved |= each->tell_room();
  }
  closed_.clear();
  flushing_ = false;
  if (nghttp2_session_want_read(h2_) == 0 && nghttp2_session_want_write(h2_) == 0) end();
}

void Http2Session::end() {
  if (std::exchange(over_, true)) return;
  flush_timer_.reset();
  tcp_->close_after_flush();
  auto gone = std::move(streams_);
  streams_.clear();
  gone.clear();
  owner_.bury(id_);
}

void Http2Session::check_time(MonotonicTime now) {
  if (over_) return;
  const ViewerLimits& limits = owner_.limits();
  if (stall_.stalled(tcp_->pending(), now, limits.send_time)) return on_closed(*tcp_, nullptr);
  if (!streams_.empty()) return;
  if (now - idle_since_ < limits.idle_time) return;
  nghttp2_session_terminate_session(h2_, NGHTTP2_NO_ERROR);
  flush();
}

}  // namespace

std::unique_ptr<ViewerSession> make_http2_session(Viewers& owner, std::uint64_t id,
                                                  std::unique_ptr<net::TcpConnection> tcp) {
  return std::make_unique<Http2Session>(owner, id, std::move(tcp));
}

}  // namespace meridian::engines::cdn

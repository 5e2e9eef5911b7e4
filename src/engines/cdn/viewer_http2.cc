// Viewers over HTTP/2: what http2::Session says becomes requests, and replies become what it sends.
// Rule: a stream's window opens only for what its exchange has taken, and what is made for the connection
// waits while the connection is full: no viewer makes us hold more than the limits say. A request that is
// answered from memory allocates nothing here: streams and their buffers serve again.
#include <algorithm>
#include <charconv>

#include "engines/cdn/http1_text.h"
#include "engines/cdn/viewer_session.h"
#include "formats/http2/session.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kWriteBytes = 64 * 1024;    // made before they go to the socket
constexpr std::size_t kRecordBytes = 15 * 1024;   // enough for a TLS record: it need not wait for more
constexpr std::size_t kOutputRoom = 20 * 1024;    // a record, and what made it one
constexpr std::size_t kUnsentMax = 256 * 1024;    // frames made, and not with the kernel yet
constexpr std::size_t kUntakenMax = 512 * 1024;   // where nothing more is read
constexpr std::size_t kSpareStreamsMax = 32;      // that a connection keeps for its next requests
constexpr std::size_t kSpareBytesMax = 4 * 1024;  // of a buffer that is kept

class Http2Session;

// Fields that follow a head which was prepared.
struct OwnField {
  std::string_view name;
  http2::FieldForm form = http2::form_of(name, {});
};
const OwnField kRequestId{"x-amz-cf-id"}, kAge{"age"};

// A request's head is kept as one piece of bytes: views into it are made when it is whole.
struct HeadBytes {
  struct Place {
    std::uint32_t name = 0, name_size = 0, value_size = 0;
  };
  std::string bytes;
  std::vector<Place> places;

  void add(std::string_view name, std::string_view value) {
    places.push_back({static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
    bytes += name;
    bytes += value;
  }
  std::string_view name(const Place& place) const {
    return std::string_view(bytes).substr(place.name, place.name_size);
  }
  std::string_view value(const Place& place) const {
    return std::string_view(bytes).substr(place.name + place.name_size, place.value_size);
  }
  void clear() {
    bytes.clear();
    places.clear();
  }
};

class Http2Stream final : public http2::Stream, public ViewerStream {
 public:
  explicit Http2Stream(Http2Session& session) : session_(session) {}
  ~Http2Stream() override { end_exchange(); }  // it asks us for the last time

  const ViewerConnection& connection() const override;
  net::Loop& loop() override;
  void reply(const ReplyHead& head) override;
  void reply_whole(const ReplyHead& head, const Body::Bytes& body) override;
  void send(Piece piece) override;
  std::size_t unsent() const override { return Stream::unsent(); }
  void send_trailers(std::span<const std::pair<std::string, std::string>> fields) override {
    trailers_.assign(fields.begin(), fields.end());
  }
  void finish() override;
  void abort() override;
  void read_body() override;
  std::uint64_t sent_bytes() const override { return sent_; }
  bool writes_at_turn_end() const override { return true; }

  void serve_again();
  void add_field(std::string_view name, std::string_view value);
  void begin(bool has_body);
  void take_body(std::string_view bytes, bool last);
  void deliver_body();
  void has_room() {
    if (exchange_ && !over_) exchange_->on_room();
  }
  void end_exchange();

 private:
  void gather_fields();
  void split_target();
  void refuse();

  Http2Session& session_;
  HeadBytes head_;
  std::string method_, path_, authority_, cookies_;
  std::vector<http1::Field> fields_;
  std::size_t head_size_ = 0;
  ViewerRequest request_;
  std::string body_;  // of the request, not taken yet
  bool body_ended_ = false, body_wanted_ = false;
  std::unique_ptr<Exchange> exchange_;
  bool beginning_ = false, over_ = false;
  std::vector<std::pair<std::string, std::string>> trailers_;
  std::uint64_t sent_ = 0;
};

class Http2Session final : public ViewerSession, public http2::SessionUser {
 public:
  Http2Session(Viewers& owner, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp);

  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;
  void check_time(MonotonicTime now) override;
  void go_on() override {
    flush_asked_ = false;
    flush();
  }

  http2::Stream& open_stream() override;
  void on_section(http2::Stream&, http2::Section section) override {
    in_trailers_ = section == http2::Section::Trailers;
  }
  void on_field(http2::Stream& stream, std::string_view name, std::string_view value) override {
    if (!in_trailers_) of(stream).add_field(name, value);  // no origin is told
  }
  void on_head(http2::Stream& stream, bool last) override { of(stream).begin(!last); }
  void on_data(http2::Stream& stream, std::string_view bytes) override { of(stream).take_body(bytes, false); }
  void on_end(http2::Stream& stream) override { of(stream).take_body({}, true); }
  void on_room(http2::Stream& stream) override { of(stream).has_room(); }
  void on_closed(http2::Stream& stream, http2::ErrorCode code) override;

  // For streams.
  void flush_soon();
  void wait_for_turn(Http2Stream& stream) { waiting_.push_back(&stream); }
  Viewers& owner() { return owner_; }
  http2::Session& h2() { return h2_; }
  const ViewerConnection& connection() const { return connection_; }
  // An idle connection has no output; one that answers is not to grow it bit by bit.
  void make_room() {
    if (h2_.output().capacity() < kOutputRoom) h2_.output().reserve(kOutputRoom);
  }
  // Several answers share a record; a connection that takes nothing gets no more than its streams wait for.
  bool send_whole(http2::Stream& stream, std::string_view body) {
    if (tcp_->pending() >= kUnsentMax || !h2_.send_whole(stream, body, kWriteBytes)) return false;
    if (h2_.output().size() >= kRecordBytes) write_output();
    return true;
  }
  MonotonicTime turn() const { return turn_; }
  SystemTime turn_at() const { return turn_at_; }
  void has_begun_request() { connection_.tls_session = rules::TlsSession::ConnectionReused; }

 private:
  static Http2Stream& of(http2::Stream& stream) { return static_cast<Http2Stream&>(stream); }
  static http2::SessionLimits limits_of(const Viewers& owner);
  void flush();
  void write_output();
  void bury_closed();
  void end();
  void end_streams();

  Viewers& owner_;
  const std::uint64_t id_;
  std::unique_ptr<net::TcpConnection> tcp_;
  ViewerConnection connection_;
  http2::Session h2_;
  std::vector<std::unique_ptr<Http2Stream>> open_, closed_, spare_;  // the closed ones may be on the stack
  std::vector<Http2Stream*> waiting_;                                // for what has come of a request's body
  MonotonicTime idle_since_;
  MonotonicTime turn_{};  // when the bytes came that are being handled
  SystemTime turn_at_{};
  StallWatch stall_;
  bool in_trailers_ = false, in_turn_ = false, flush_asked_ = false, paused_ = false, over_ = false;
};

const ViewerConnection& Http2Stream::connection() const {
  return session_.connection();
}

net::Loop& Http2Stream::loop() {
  return session_.owner().loop();
}

void Http2Stream::serve_again() {
  reset_stream();
  head_.clear();
  for (std::string* each : {&method_, &path_, &authority_, &cookies_, &body_, &head_.bytes}) {
    if (each->capacity() > kSpareBytesMax) std::string().swap(*each);
    each->clear();
  }
  fields_.clear();
  trailers_.clear();
  head_size_ = 0;
  sent_ = 0;
  request_ = {};
  body_ended_ = body_wanted_ = beginning_ = over_ = false;
}

void Http2Stream::add_field(std::string_view name, std::string_view value) {
  head_size_ += name.size() + value.size() + 4;
  if (head_size_ > kRequestHeadBytesMax) return;  // refused when the head is whole
  if (!name.starts_with(':')) {
    if (name != "cookie") return head_.add(name, value);
    // RFC 9113 §8.2.3: crumbs of one line.
    if (!cookies_.empty()) cookies_ += "; ";
    cookies_ += value;
  } else if (name == ":method") {
    method_ = value;
  } else if (name == ":path") {
    path_ = value;
  } else if (name == ":authority") {
    authority_ = value;
  }
}

void Http2Stream::gather_fields() {
  bool has_host = false;
  for (const HeadBytes::Place& place : head_.places) has_host |= head_.name(place) == "host";
  if (!has_host) fields_.push_back({"host", authority_});
  for (const HeadBytes::Place& place : head_.places)
    fields_.push_back({head_.name(place), head_.value(place)});
  if (!cookies_.empty()) fields_.push_back({"cookie", cookies_});
  if (has_host && authority_.empty()) authority_ = http1::find_field(fields_, "host")->value;
}

void Http2Stream::split_target() {
  request_.target = path_;
  request_.path = request_.target.substr(0, path_.find('?'));
  request_.has_query = request_.path.size() < path_.size();
  if (request_.has_query) request_.query = request_.target.substr(request_.path.size() + 1);
}

void Http2Stream::begin(bool has_body) {
  gather_fields();
  request_.method = method_;
  request_.host = authority_;
  split_target();
  request_.version = HttpVersion::Http2;
  request_.fields = fields_;
  request_.has_body = has_body;
  if (has_body)
    if (const http1::Field* length = http1::find_field(fields_, "content-length")) {
      std::uint64_t value = 0;
      std::from_chars(length->value.data(), length->value.data() + length->value.size(), value);
      request_.body_length = value;
    }
  request_.head_bytes = head_size_;
  request_.came = session_.turn();
  request_.came_at = session_.turn_at();
  if (head_size_ > kRequestHeadBytesMax || path_.size() > kUrlBytesMax) return refuse();
  beginning_ = true;
  exchange_ = session_.owner().handler().begin(request_, *this);
  beginning_ = false;
  session_.has_begun_request();
  if (over_) end_exchange();
}

void Http2Stream::refuse() {
  session_.owner().count_refusal();
  const std::string page = session_.owner().handler().refusal_page(413, "the request is too long");
  const http1::Field type{"content-type", "text/html"};
  reply({.status = 413, .fields = {&type, 1}, .has_body = true, .length = page.size()});
  send(page);
  finish();
}

void Http2Stream::take_body(std::string_view bytes, bool last) {
  if (over_) return session_.h2().take(*this, bytes.size());  // nobody wants it any more
  body_ += bytes;
  body_ended_ |= last;
  deliver_body();
}

void Http2Stream::deliver_body() {
  if (!is_open() || !body_wanted_ || !exchange_ || (body_.empty() && !body_ended_)) return;
  body_wanted_ = false;
  const std::string piece = std::exchange(body_, {});
  session_.h2().take(*this, piece.size());
  exchange_->on_body(piece, body_ended_);
}

void Http2Stream::read_body() {
  if (body_wanted_) return;
  body_wanted_ = true;
  if (body_.empty() && !body_ended_) return;
  // What is there already comes with the next turn: never from inside the exchange's own call.
  session_.wait_for_turn(*this);
  session_.flush_soon();
}

void Http2Stream::reply(const ReplyHead& head) {
  if (!is_open()) return;
  http2::Session& h2 = session_.h2();
  session_.make_room();
  h2.begin_head(*this);
  h2.add_status(head.status);
  const auto add = [&](std::string_view name, std::string_view value) {
    h2.add_field(name, value);
    sent_ += name.size() + value.size();
  };
  sent_ += std::string_view(":status200").size();
  if (head.prepared) {
    h2.add_fields(head.prepared->http2());
    sent_ += head.prepared->http2().bytes();
    for (const http1::Field& field : head.fields) {
      sent_ += field.name.size() + field.value.size();
      const OwnField& own = field.name == rules::kAgeName ? kAge : kRequestId;
      h2.add_field(own.name, field.value, own.form);
    }
  } else {
    for (const http1::Field& field : head.fields)
      if (!is_of_http1(field)) add(field.name, field.value);
  }
  if (head.length && !head.prepared && head.status != 304 && head.status != 204) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, *head.length).ptr;
    add("content-length", {digits, static_cast<std::size_t>(end - digits)});
  }
  h2.end_head(!head.has_body || method_ == "HEAD");
  session_.flush_soon();
}

void Http2Stream::reply_whole(const ReplyHead& head, const Body::Bytes& body) {
  reply(head);
  if (!session_.send_whole(*this, body.bytes)) return send(body.piece());
  sent_ += body.bytes.size();
}

void Http2Stream::send(Piece piece) {
  if (piece.empty() || over_) return;
  sent_ += piece.size();
  session_.h2().send(*this, std::move(piece));
  session_.flush_soon();
}

void Http2Stream::finish() {
  for (const auto& [name, value] : trailers_) sent_ += name.size() + value.size();
  session_.h2().finish(*this, trailers_);
  session_.flush_soon();
  over_ = true;
  if (!beginning_) end_exchange();
}

void Http2Stream::abort() {
  session_.h2().reset(*this, http2::ErrorCode::InternalError);
  session_.flush_soon();
  over_ = true;
  if (!beginning_) end_exchange();
}

void Http2Stream::end_exchange() {
  session_.h2().take(*this, std::exchange(body_, {}).size());
  const auto over = std::move(exchange_);
}

http2::SessionLimits Http2Session::limits_of(const Viewers& owner) {
  http2::SessionLimits limits;
  limits.streams_max = static_cast<std::uint32_t>(owner.limits().streams_max);
  limits.list_bytes_max = 2 * kRequestHeadBytesMax;
  return limits;
}

Http2Session::Http2Session(Viewers& owner, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp)
    : owner_(owner),
      id_(id),
      tcp_(std::move(tcp)),
      connection_(describe(*tcp_, true)),
      h2_(http2::Session::Role::Server, limits_of(owner), *this),
      idle_since_(owner.loop().clock().monotonic()) {}

http2::Stream& Http2Session::open_stream() {
  if (spare_.empty()) {
    open_.push_back(std::make_unique<Http2Stream>(*this));
  } else {
    open_.push_back(std::move(spare_.back()));
    spare_.pop_back();
  }
  return *open_.back();
}

void Http2Session::on_closed(http2::Stream& stream, http2::ErrorCode) {
  const auto at = std::ranges::find(open_, &of(stream), &std::unique_ptr<Http2Stream>::get);
  closed_.push_back(std::move(*at));
  *at = std::move(open_.back());
  open_.pop_back();
  flush_soon();
}

void Http2Session::bury_closed() {
  if (closed_.empty()) return;
  idle_since_ = owner_.loop().clock().monotonic();
  for (std::size_t i = 0; i < closed_.size(); ++i) {  // more may close meanwhile
    std::unique_ptr<Http2Stream> stream = std::move(closed_[i]);
    stream->end_exchange();
    std::erase(waiting_, stream.get());
    if (spare_.size() >= kSpareStreamsMax) continue;
    stream->serve_again();
    spare_.push_back(std::move(stream));
  }
  closed_.clear();
}

void Http2Session::on_data(net::TcpConnection&, Bytes data) {
  if (over_) return;
  in_turn_ = true;  // one flush follows all that comes of it
  turn_ = owner_.loop().clock().monotonic();
  turn_at_ = owner_.loop().clock().now();
  (void)h2_.receive(as_text(data), turn_);
  in_turn_ = false;
  owner_.handler().end_turn();
  flush();
}

void Http2Session::on_drained(net::TcpConnection&) {
  if (over_) return;
  if (std::exchange(paused_, false)) tcp_->resume_reading();
  flush();
}

void Http2Session::on_closed(net::TcpConnection&, const Error*) {
  if (!over_) end_streams();
}

void Http2Session::end_streams() {
  over_ = true;
  auto open = std::exchange(open_, {});
  open.clear();
  bury_closed();
  owner_.bury(id_);
}

void Http2Session::flush_soon() {
  if (in_turn_ || over_ || std::exchange(flush_asked_, true)) return;
  owner_.loop().at_turn_end([&owner = owner_, id = id_] {
    if (ViewerSession* const session = owner.find(id)) session->go_on();
  });
}

void Http2Session::write_output() {
  if (!h2_.output().empty()) tcp_->write(std::exchange(h2_.output(), {}));
}

// Bodies that wait, then frames; whoever has room meanwhile is told, until nothing moves any more.
void Http2Session::flush() {
  if (in_turn_ || over_) return;
  in_turn_ = true;
  const std::vector<Http2Stream*> waiting = std::exchange(waiting_, {});
  for (Http2Stream* const each : waiting) each->deliver_body();
  while (tcp_->pending() < kUnsentMax) {
    h2_.produce(kWriteBytes);
    if (h2_.output().empty()) break;
    write_output();
  }
  write_output();
  bury_closed();
  in_turn_ = false;
  // Heads and answers are made as requests come: who takes none of them sends no more.
  if (tcp_->pending() >= kUntakenMax && !std::exchange(paused_, true)) tcp_->pause_reading();
  if (!waiting_.empty()) flush_soon();
  if (h2_.flood() != http2::Flood::None) owner_.count_flood(static_cast<std::size_t>(h2_.flood()));
  if (h2_.over() || (h2_.peer_goes_away() && open_.empty())) end();
}

void Http2Session::end() {
  if (over_) return;
  tcp_->close_after_flush();
  end_streams();
}

void Http2Session::check_time(MonotonicTime now) {
  if (over_) return;
  const ViewerLimits& limits = owner_.limits();
  if (stall_.stalled(tcp_->pending(), now, limits.send_time)) return end_streams();
  if (!open_.empty() || now - idle_since_ < limits.idle_time) return;
  h2_.go_away(http2::ErrorCode::NoError);
  flush();
  end();
}

}  // namespace

std::unique_ptr<ViewerSession> make_http2_session(Viewers& owner, std::uint64_t id,
                                                  std::unique_ptr<net::TcpConnection> tcp) {
  return std::make_unique<Http2Session>(owner, id, std::move(tcp));
}

}  // namespace meridian::engines::cdn

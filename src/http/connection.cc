// The life of one server connection, in the order of a request: head, body, handler, reply. Bodies that are
// streams are in connection_streams.cc.
// Rule: one request at a time, so that pipelined requests have their effects and replies in order.
#include "http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "http/header_lines.h"

namespace meridian::http {
namespace {

constexpr std::size_t kBodyReserveMax =
    64 * 1024;  // a Content-Length is a claim, not yet a reason for memory

void append_number(std::string& out, std::uint64_t value) {
  char text[20];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

bool may_have_length(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

Connection::Connection(ServerState& server, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp,
                       bool tls)
    : server_(server), id_(id), tcp_(std::move(tcp)), tls_(tls), head_end_(server.limits().head) {
  set_deadline(server.limits().head_time_max);
}

Connection::~Connection() {
  release_body();
  end_stream();
}

void Connection::on_data(net::TcpConnection&, Bytes data) {
  if (phase_ == Phase::Closed) return;
  if (phase_ == Phase::Receiving && piece_.memory &&
      as_text(data).data() == piece_.memory.get() + piece_.size) {
    grow_piece(data.size());
    deliver();
  } else if (!in_.empty() || !may_read()) {
    in_ += as_text(data);
    read_on();
  } else {
    const std::string_view input = as_text(data);
    keep(input, consume(input));
    deliver();
  }
  if (phase_ == Phase::Closed || may_read()) return;
  if (in_.size() > read_ahead_max() || (phase_ == Phase::Receiving && is_piece_full())) {
    paused_ = true;
    tcp_->pause_reading();
  }
}

void Connection::on_drained(net::TcpConnection&) {
  if (phase_ == Phase::Sending) return ask_for_piece();
  read_on();
}

void Connection::on_closed(net::TcpConnection&, const Error* why) {
  peer_ended_ = true;
  if (phase_ == Phase::Closed) return;
  // A client that ended its side after a whole request still gets its reply.
  if (why == nullptr && (phase_ == Phase::Handling || phase_ == Phase::Sending)) return;
  if (why == nullptr && phase_ == Phase::Body) return refuse(400, "the body ended early");
  if (why == nullptr && phase_ == Phase::Receiving) return deliver();
  if (why == nullptr) return close();
  phase_ = Phase::Closed;
  fail_reader("the connection broke");
  server_.bury(id_);
}

bool Connection::may_read() const {
  // A chunk may turn out malformed, which only a reader can be told.
  if (phase_ == Phase::Receiving) return (reader_ || !chunked_) && !piece_.last && !is_piece_full();
  return (phase_ == Phase::Head || phase_ == Phase::Body) &&
         tcp_->pending() <= server_.limits().unsent_bytes_max;
}

std::size_t Connection::read_ahead_max() const {
  return phase_ == Phase::Receiving ? server_.limits().streamed_bytes_max
                                    : server_.limits().pipelined_bytes_max;
}

void Connection::resume() {
  if (phase_ == Phase::Closed || in_.size() > read_ahead_max()) return;
  if (phase_ == Phase::Receiving && is_piece_full()) return;
  if (std::exchange(paused_, false)) tcp_->resume_reading();
}

void Connection::read_on() {
  if (consuming_ || in_.empty() || !may_read()) return;
  std::string input;
  input.swap(in_);
  keep(input, consume(input));
  deliver();
}

void Connection::keep(std::string_view input, std::size_t consumed) {
  if (phase_ == Phase::Closed) return;
  in_.assign(input.substr(consumed));
  resume();
  if (peer_ended_ && in_.empty() && phase_ == Phase::Head) close();
}

std::size_t Connection::consume(std::string_view bytes) {
  consuming_ = true;
  std::size_t total = 0;
  while (total < bytes.size() && may_read()) {
    const std::string_view rest = bytes.substr(total);
    const std::size_t consumed = phase_ == Phase::Head        ? take_head(rest)
                                 : phase_ == Phase::Receiving ? take_streamed(rest)
                                                              : take_body(rest);
    if (consumed == 0) break;
    total += consumed;
  }
  consuming_ = false;
  return total;
}

std::size_t Connection::take_head(std::string_view bytes) {
  auto size = head_end_.find(bytes);
  if (!size) {
    refuse(size.error().status, size.error().reason);
    return 0;
  }
  if (*size == 0) {
    if (!std::exchange(head_begun_, true)) set_deadline(server_.limits().head_time_max);
    return 0;
  }
  head_begun_ = head_only_ = false;
  head_end_.reset();
  request_ = Request();
  ++request_number_;
  request_.head_bytes = std::make_unique_for_overwrite<char[]>(*size);
  std::copy_n(bytes.data(), *size, request_.head_bytes.get());
  auto parsed = http1::parse_request({request_.head_bytes.get(), *size}, request_.head);
  if (!parsed) {
    refuse(parsed.error().status, parsed.error().reason);
    return 0;
  }
  begin_body();
  return *size;
}

void Connection::begin_body() {
  const http1::RequestHead& head = request_.head;
  keep_alive_ = head.framing.keep_alive;
  head_only_ = head.method == "HEAD";
  http10_ = head.minor_version == 0;
  body_left_ = head.framing.content_length.value_or(0);
  chunked_ = head.framing.chunked;
  if (body_left_ == 0 && !chunked_) return dispatch();
  chunks_ = http1::ChunkedDecoder();
  const bool is_long = chunked_ || body_left_ > server_.limits().buffered_body_bytes_max;
  if (is_long && server_.handler().takes_stream(request_)) return begin_stream();
  if (body_left_ > server_.limits().body_bytes_max) return refuse(413, "the body is too large");
  phase_ = Phase::Body;
  request_.body.reserve(std::min<std::uint64_t>(body_left_, kBodyReserveMax));
  set_deadline(server_.limits().body_time_max);
  if (head.expect_continue) tcp_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

std::size_t Connection::take_body(std::string_view bytes) {
  if (chunked_) return take_chunks(bytes);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size()));
  if (!add_to_body(bytes.substr(0, size))) return 0;
  body_left_ -= size;
  if (body_left_ == 0) dispatch();
  return size;
}

bool Connection::add_to_body(std::string_view piece) {
  if (!server_.hold(piece.size())) {
    refuse(503, "too many large requests at once");
    return false;
  }
  held_ += piece.size();
  request_.body += piece;
  return true;
}

void Connection::release_body() {
  server_.release(std::exchange(held_, 0));
}

std::size_t Connection::take_chunks(std::string_view bytes) {
  auto step = chunks_.next(bytes);
  if (!step) {
    refuse(step.error().status, step.error().reason);
    return 0;
  }
  if (request_.body.size() + step->data.size() > server_.limits().body_bytes_max) {
    refuse(413, "the body is too large");
    return 0;
  }
  if (!add_to_body(step->data)) return 0;
  if (chunks_.done()) dispatch();
  return step->consumed;
}

void Connection::dispatch() {
  phase_ = Phase::Handling;
  hand_over();
}

void Connection::hand_over() {
  deadline_ = MonotonicTime::max();
  server_.count_request();
  request_.peer = tcp_->peer();
  request_.local = tcp_->local();
  request_.server_name = tcp_->server_name();
  request_.tls = tls_;
  server_.handler().handle(std::move(request_), Responder(server_.shared_from_this(), id_));
}

void Connection::reply(Response&& response) {
  if (phase_ != Phase::Handling && phase_ != Phase::Receiving) return;
  release_body();
  // What is left of a body that nobody wants cannot be told from the next request.
  close_after_ = phase_ == Phase::Receiving || !keep_alive_ || server_.draining() ||
                 (peer_ended_ && in_.empty() && !consuming_);
  phase_ = Phase::Handling;
  end_stream();
  if ((response.stream || !response.begun.empty()) && !head_only_) return begin_sending(std::move(response));
  write(response, response.body, close_after_);
  finish_reply();
}

void Connection::finish_reply() {
  if (close_after_) return close();
  phase_ = Phase::Head;
  request_ = Request();
  set_deadline(server_.limits().idle_time_max);
  read_on();
}

void Connection::refuse(int status, std::string_view reason) {
  server_.count_refusal(status);
  const std::string_view phrase = http1::reason_phrase(status);
  const Response response{
      status, {{"Content-Type", "text/plain"}}, fmt::format("{} {}: {}\n", status, phrase, reason)};
  write(response, response.body, true);
  close();
}

void Connection::write(const Response& response, std::string_view body, bool close) {
  const bool has_length = may_have_length(response.status);
  if (!has_length || head_only_) body = {};
  std::size_t size = 128 + response.lines.size() + body.size();  // of the lines that every head has
  for (const Header& header : response.headers) size += header.name.size() + header.value.size() + 4;
  std::string out;
  out.reserve(size);
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out.append(" ").append(http1::reason_phrase(response.status)).append("\r\nDate: ");
  out.append(server_.date()).append("\r\n");
  for (const Header& header : response.headers) append_header(out, header.name, header.value);
  out += response.lines;
  if (has_length) {
    out += "Content-Length: ";
    append_number(out, response.length.value_or(response.body.size()));
    out += "\r\n";
  }
  if (close)
    out += "Connection: close\r\n";
  else if (http10_)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  out += body;
  tcp_->write(std::move(out));
}

void Connection::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  tcp_->close_after_flush();
  server_.bury(id_);
}

// A request that is only half here is no call under way, and who holds it may hold it for long.
void Connection::end_unless_handling() {
  if (phase_ == Phase::Body || (phase_ == Phase::Head && head_begun_))
    return refuse(503, "the server is ending");
  if (phase_ == Phase::Head) close();
}

void Connection::set_deadline(Duration from_now) {
  deadline_ = server_.loop().clock().monotonic() + from_now;
}

void Connection::check_time(MonotonicTime now) {
  if (phase_ == Phase::Closed) return;
  const std::size_t unsent = tcp_->pending();
  if (unsent == 0 || unsent != unsent_) {
    unsent_ = unsent;
    unsent_since_ = now;
  } else if (now - unsent_since_ >= server_.limits().send_time_max) {
    phase_ = Phase::Closed;
    return server_.bury(id_);
  }
  if (now < deadline_ || unsent > 0) return;
  if (phase_ == Phase::Receiving) {
    deadline_ = MonotonicTime::max();
    return fail_reader("the body did not arrive in time");
  }
  // RFC 9110 §15.5.9: a client that never began a request is not told anything.
  if (phase_ == Phase::Body || head_begun_) return refuse(408, "the request did not arrive in time");
  close();
}

// Caches write them by the million.
std::string format_http_date(std::chrono::sys_seconds time) {
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto seconds = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999));
  std::string text = "Day, 00 Mon 0000 00:00:00 GMT";
  const auto put = [&text](std::size_t at, unsigned value) {
    text[at] = static_cast<char>('0' + value / 10);
    text[at + 1] = static_cast<char>('0' + value % 10);
  };
  text.replace(0, 3, kDays.substr(std::size_t{3} * std::chrono::weekday(day).c_encoding(), 3));
  put(5, static_cast<unsigned>(date.day()));
  text.replace(8, 3, kMonths.substr(std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3));
  put(12, year / 100);
  put(14, year % 100);
  put(17, seconds / 3600);
  put(20, seconds / 60 % 60);
  put(23, seconds % 60);
  return text;
}

}  // namespace meridian::http

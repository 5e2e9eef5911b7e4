#include "upstream/origin_connection.h"

#include <algorithm>

namespace meridian::upstream {
namespace {

// What is no HTTP at all is not waited for. Empty lines may come first (RFC 9112 §2.2).
bool may_begin_head(std::string_view bytes) {
  constexpr std::string_view kBegin = "HTTP/1.";
  bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
  return kBegin.starts_with(bytes.substr(0, kBegin.size()));
}

}  // namespace

OriginConnection::OriginConnection(OriginClient& client, Peer peer, std::unique_ptr<net::TcpConnection> tcp)
    : client_(client), peer_(std::move(peer)), tcp_(std::move(tcp)) {
  ++client_.connections_;
}

OriginConnection::~OriginConnection() {
  --client_.connections_;
}

void OriginConnection::begin(OriginCall& call, std::string_view method, std::string head) {
  call_ = &call;
  method_ = method;
  phase_ = Phase::Head;
  head_end_.reset();
  interim_heads_ = 0;
  in_.clear();
  if (!std::exchange(started_, true)) tcp_->start(*this);
  tcp_->write(std::move(head));
}

void OriginConnection::on_data(net::TcpConnection&, Bytes data) {
  // RFC 9112 §9.2: bytes that nobody asked for must not become the answer to the next request.
  if (phase_ == Phase::Idle) return client_.drop_idle(*this);
  if (!call_) return;
  call_->heard();
  std::string kept;
  std::string_view rest = as_text(data);
  if (!in_.empty()) {
    in_ += rest;
    kept.swap(in_);
    rest = kept;
  }
  while (call_ && !rest.empty()) {
    const std::size_t consumed = take(rest);
    rest.remove_prefix(consumed);
    if (phase_ == Phase::Idle) return;
    if (consumed == 0) break;
  }
  if (call_) in_ = rest;
}

std::size_t OriginConnection::take(std::string_view bytes) {
  switch (phase_) {
    case Phase::Head:
      return take_head(bytes);
    case Phase::Length:
      return take_length(bytes);
    case Phase::Chunked:
      return take_chunk(bytes);
    case Phase::UntilClose:
      call_->reply().on_data(bytes);
      return bytes.size();
    case Phase::Idle:
      break;
  }
  return 0;
}

std::size_t OriginConnection::take_head(std::string_view bytes) {
  auto size = head_end_.find(bytes);
  if (!size) {
    call_->fail(
        size.error().status == 431 || size.error().status == 414 ? Failure::HeadTooLarge : Failure::Malformed,
        size.error().reason);
    return 0;
  }
  if (*size == 0) {
    if (!may_begin_head(bytes)) call_->fail(Failure::Malformed, "no HTTP");
    return 0;
  }
  head_end_.reset();
  if (auto parsed = http1::parse_response(bytes.substr(0, *size), head_); !parsed) {
    call_->fail(Failure::Malformed, parsed.error().reason);
    return 0;
  }
  if (head_.status < 200 && head_.status != 101) {  // RFC 9110 §15.2
    if (++interim_heads_ <= kInterimHeadsMax) return *size;
    call_->fail(Failure::Malformed, std::string(kInterimText));
    return 0;
  }
  const http1::BodyEnd end = head_.status == 101 ? http1::BodyEnd::Close : response_body(head_, method_);
  begin_body(head_, end);
  const std::uint64_t left = left_;
  const bool rest = bytes.size() > *size;
  call_->head_came(head_.status == 101);
  call_->reply().on_head(head_, end);
  if (call_ && (end == http1::BodyEnd::None || (end == http1::BodyEnd::Length && left == 0)))
    finish(keep_alive_ && !rest);
  return *size;
}

void OriginConnection::begin_body(const http1::ResponseHead& head, http1::BodyEnd end) {
  keep_alive_ = head.framing.keep_alive && end != http1::BodyEnd::Close;
  left_ = head.framing.content_length.value_or(0);
  chunks_ = http1::ChunkedDecoder();
  phase_ = end == http1::BodyEnd::Chunked ? Phase::Chunked
           : end == http1::BodyEnd::Close ? Phase::UntilClose
                                          : Phase::Length;
}

std::size_t OriginConnection::take_length(std::string_view bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= size;
  const bool last = left_ == 0;
  const bool rest = bytes.size() > size;
  call_->reply().on_data(bytes.substr(0, size));
  if (call_ && last) finish(keep_alive_ && !rest);
  return size;
}

std::size_t OriginConnection::take_chunk(std::string_view bytes) {
  auto step = chunks_.next(bytes);
  if (!step) {
    call_->fail(Failure::BodyCut, step.error().reason);
    return 0;
  }
  const std::size_t consumed = step->consumed;
  if (!step->data.empty()) call_->reply().on_data(step->data);
  if (call_ && chunks_.done()) finish(keep_alive_ && consumed == bytes.size());
  return consumed;
}

void OriginConnection::finish(bool reusable) {
  phase_ = Phase::Idle;
  std::exchange(call_, nullptr)->done(reusable);
}

void OriginConnection::on_drained(net::TcpConnection&) {
  if (call_) call_->drained();
}

void OriginConnection::on_closed(net::TcpConnection&, const Error* why) {
  if (phase_ == Phase::Idle) return client_.drop_idle(*this);
  if (!call_) return;
  const std::string reason = why ? why->message : "the origin closed the connection";
  switch (phase_) {
    case Phase::Head:
      return call_->lost(Failure::Closed, reason);
    case Phase::UntilClose:
      if (why == nullptr) return finish(false);
      [[fallthrough]];
    default:
      return call_->fail(Failure::BodyCut, reason);
  }
}

}  // namespace meridian::upstream

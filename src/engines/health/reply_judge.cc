#include "engines/health/reply_judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::health {
namespace {

constexpr std::string_view kDecoded[] = {"gzip", "x-gzip", "deflate"};  // RFC 9110 §8.4.1

Verdict not_http(const http1::Refusal& why) {
  return {false, fmt::format("The response is not valid HTTP: {}.", why.reason)};
}

// The endpoint's own ("503, Service Temporarily Unavailable"), as AWS shows it; the usual one in place of
// none, or of one that would not be readable.
std::string_view shown_phrase(const http1::ResponseHead& head) {
  const auto printable = [](char c) { return ' ' <= c && c <= '~'; };
  if (head.reason.empty() || !std::ranges::all_of(head.reason, printable))
    return http1::reason_phrase(head.status);
  return head.reason.substr(0, kPhraseBytesMax);
}

// Other codings were not asked for, and are searched as they are.
bool is_compressed(const http1::ResponseHead& head) {
  const http1::Field* const coding = http1::find_field(head.fields, "Content-Encoding");
  return coding && std::ranges::any_of(kDecoded, [&](std::string_view known) {
           return http1::equal_ignoring_case(coding->value, known);
         });
}

}  // namespace

std::optional<Verdict> ReplyJudge::add(Bytes bytes) {
  bytes_.append(as_text(bytes));
  if (!has_status())
    if (auto verdict = read_heads()) return verdict;
  if (!has_status()) return std::nullopt;
  return read_body();
}

std::optional<Verdict> ReplyJudge::read_heads() {
  for (;;) {
    const auto size = head_end_.find(bytes_);
    if (!size) return not_http(size.error());
    if (*size == 0) return std::nullopt;
    http1::ResponseHead head;
    const std::string text = bytes_.substr(0, *size);
    if (auto parsed = http1::parse_response(text, head); !parsed) return not_http(parsed.error());
    bytes_.erase(0, *size);
    if (head.status < 200) {
      if (++interim_ > kInterimRepliesMax) return Verdict{false, "The response never began."};
      head_end_.reset();
      continue;
    }
    status_ = head.status;
    phrase_ = shown_phrase(head);
    if (status_ >= 400 || search_string_.empty()) return Verdict{status_ < 400, status_text()};
    body_end_ = http1::response_body(head, "GET");
    length_ = head.framing.content_length.value_or(0);
    if (is_compressed(head)) inflater_.emplace();
    return std::nullopt;
  }
}

std::optional<Verdict> ReplyJudge::read_body() {
  const http1::Scan<bool> whole = body_end_ == http1::BodyEnd::Chunked ? read_chunks() : read_plain();
  // What came before the damage counts: it may have arrived alone.
  if (body_.find(search_string_) != std::string::npos) return Verdict{true, status_text()};
  if (undecodable_) return Verdict{false, status_text() + ". The response body cannot be decoded."};
  if (!whole) return not_http(whole.error());
  if (*whole || decoded_whole_ || body_.size() == kSearchedBytesMax) return ended();
  return std::nullopt;
}

// Whether that was all of the body.
http1::Scan<bool> ReplyJudge::read_plain() {
  take_of_body(bytes_);
  bytes_.clear();
  return body_end_ == http1::BodyEnd::None || (body_end_ == http1::BodyEnd::Length && received_ >= length_);
}

http1::Scan<bool> ReplyJudge::read_chunks() {
  std::size_t at = 0;
  while (!chunks_.done()) {
    const auto step = chunks_.next(std::string_view(bytes_).substr(at));
    if (!step) return std::unexpected(step.error());
    if (step->consumed == 0) break;
    take_of_body(step->data);
    at += step->consumed;
  }
  bytes_.erase(0, at);
  return chunks_.done();
}

void ReplyJudge::take_of_body(std::string_view data) {
  if (body_end_ == http1::BodyEnd::None) return;
  if (body_end_ == http1::BodyEnd::Length) data = data.substr(0, length_ - received_);
  received_ += data.size();
  if (inflater_)
    decode(data);
  else
    body_.append(data.substr(0, kSearchedBytesMax - body_.size()));
}

void ReplyJudge::decode(std::string_view data) {
  if (undecodable_ || decoded_whole_) return;
  const auto whole = inflater_->add(as_bytes(data), body_, kSearchedBytesMax);
  undecodable_ = !whole;
  decoded_whole_ = whole.value_or(false);
}

Verdict ReplyJudge::ended() {
  if (!has_status()) return {false, "The connection was closed by the endpoint."};
  return {false,
          status_text() + ". The search string was not found in the first 5,120 bytes of the response."};
}

std::string ReplyJudge::status_text() const {
  return fmt::format("HTTP Status Code {}{}{}", status_, phrase_.empty() ? "" : ", ", phrase_);
}

}  // namespace meridian::engines::health

// Bodies of S3, unpacked and checked while they come.
#include "aws/payload.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/keeping_sink.h"
#include "base/bytes.h"

namespace meridian::aws {
namespace {

constexpr std::string_view kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Failure incomplete() {
  return refuse("IncompleteBody", "The request body terminated unexpectedly");
}

Failure malformed(const char* what) {
  return refuse("InvalidRequest", fmt::format("The body is not in aws-chunked form: {}.", what));
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string hex_sha256(std::string_view bytes) {
  return to_hex(as_bytes(sigv4::sha256(bytes)));
}

// A part of `of`, which may have an owner.
Outcome<void> pass(std::string_view part, const SharedBytes& of, BodySink& sink) {
  auto* const keeping = of.owner != nullptr ? dynamic_cast<KeepingSink*>(&sink) : nullptr;
  return keeping != nullptr ? keeping->take_shared({of.owner, part}) : sink.take(part);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string Payload::Signer::sign(std::string_view algorithm, std::string_view hashes) const {
  return to_hex(as_bytes(sigv4::hmac_sha256(
      key, fmt::format("{}\n{}\n{}\n{}\n{}", algorithm, time_text, scope, previous, hashes))));
}

Outcome<Payload> Payload::of(const HttpRequest& request, const sigv4::Claim* claim, std::string_view secret) {
  Payload payload;
  const std::string* declared = request.headers.find("x-amz-content-sha256");
  if (declared == nullptr) {
    // The query form signs no payload; a request without a signature has nothing to hold it to.
    if (claim == nullptr || claim->in_query) return payload;
    return refuse("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  if (*declared == "UNSIGNED-PAYLOAD") return payload;
  if (is_sha256(*declared)) {
    payload.sha256_ = *declared;
    return payload;
  }
  payload.signed_chunks_ = *declared == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" ||
                           *declared == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
  payload.with_trailers_ = declared->ends_with("-TRAILER");
  if (!payload.signed_chunks_ && *declared != "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    return refuse("InvalidArgument",
                  "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid "
                  "sha256 value.");
  if (payload.signed_chunks_ && claim != nullptr && !secret.empty())
    payload.signer_ = Signer{sigv4::signing_key(*claim, secret), claim->time_text, sigv4::scope_of(*claim),
                             claim->signature};
  const std::string_view length = request.headers.get("x-amz-decoded-content-length");
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), payload.decoded_expected_);
  if (length.empty() || error != std::errc() || end != length.data() + length.size())
    return refuse("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.",
                  411);
  payload.state_ = State::ChunkHead;
  return payload;
}

Outcome<void> Payload::take(std::string_view bytes, BodySink& sink) {
  return take_shared({nullptr, bytes}, sink);
}

Outcome<void> Payload::take_shared(const SharedBytes& of, BodySink& sink) {
  std::string_view bytes = of.bytes;
  if (state_ == State::Plain) {
    if (!sha256_.empty()) hash_.add(bytes);
    return bytes.empty() ? Outcome<void>() : pass(bytes, of, sink);
  }
  while (!bytes.empty()) {
    switch (state_) {
      case State::ChunkHead:
        if (TRY(take_line(bytes))) TRY(chunk_head());
        break;
      case State::ChunkData:
        TRY(chunk_data(bytes, of, sink));
        break;
      case State::ChunkEnd:
        if (TRY(take_line(bytes))) TRY(chunk_end());
        break;
      case State::Trailer:
        if (TRY(take_line(bytes))) TRY(trailer());
        break;
      case State::Done:
      case State::Plain:
        return malformed("something follows its end");
    }
  }
  return {};
}

Outcome<bool> Payload::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view part = bytes.substr(0, end);
  if (line_.size() + part.size() > kLineBytesMax) return malformed("a line is too long");
  line_ += part;
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return false;
  if (!line_.ends_with('\r')) return malformed("a line does not end with CRLF");
  line_.pop_back();
  return true;
}

// "10000;chunk-signature=ad80c7…", or the size alone.
Outcome<void> Payload::chunk_head() {
  const std::string line = std::exchange(line_, {});
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), chunk_left_, 16);
  if (error != std::errc()) return malformed("a chunk has no size");
  const std::string_view extension(end, static_cast<std::size_t>(line.data() + line.size() - end));
  constexpr std::string_view kSignature = ";chunk-signature=";
  chunk_signature_.clear();
  if (extension.starts_with(kSignature)) {
    chunk_signature_ = extension.substr(kSignature.size());
  } else if (!extension.empty() || signed_chunks_) {
    return malformed("a chunk has no signature");
  }
  if (chunk_left_ > decoded_expected_ - decoded_) return incomplete();
  last_chunk_ = chunk_left_ == 0;
  if (!last_chunk_) {
    state_ = State::ChunkData;
    return {};
  }
  return chunk_end();
}

Outcome<void> Payload::chunk_data(std::string_view& bytes, const SharedBytes& of, BodySink& sink) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size()));
  const std::string_view data = bytes.substr(0, size);
  bytes.remove_prefix(size);
  if (signer_) hash_.add(data);
  TRY(pass(data, of, sink));
  decoded_ += size;
  chunk_left_ -= size;
  if (chunk_left_ == 0) state_ = State::ChunkEnd;
  return {};
}

// After the line that ends a chunk's data; of the last chunk, which has none, after its head.
Outcome<void> Payload::chunk_end() {
  if (!line_.empty()) return malformed("a chunk is longer than its size");
  if (signer_) {
    const std::string expected = signer_->sign(
        "AWS4-HMAC-SHA256-PAYLOAD", fmt::format("{}\n{}", kEmptySha256, to_hex(as_bytes(hash_.take()))));
    if (!equal_in_constant_time(expected, chunk_signature_))
      return refuse("SignatureDoesNotMatch", "The signature of a chunk of the body does not match.", 403);
    signer_->previous = expected;
  }
  state_ = last_chunk_ ? State::Trailer : State::ChunkHead;
  return {};
}

Outcome<void> Payload::trailer() {
  const std::string line = std::exchange(line_, {});
  if (line.empty()) {
    state_ = State::Done;
    return {};
  }
  const std::size_t colon = line.find(':');
  if (!with_trailers_ || colon == std::string::npos || trailers_.size() == kTrailersMax)
    return refuse("MalformedTrailerError",
                  "The request contained trailing data that was not well-formed or did not conform to our "
                  "published schema.");
  const std::string name = to_lower(trimmed(std::string_view(line).substr(0, colon)));
  const std::string value(trimmed(std::string_view(line).substr(colon + 1)));
  if (name == "x-amz-trailer-signature") {
    trailer_signature_ = value;
    return {};
  }
  trailer_text_ += fmt::format("{}:{}\n", name, value);
  trailers_.add(name, value);
  return {};
}

Outcome<void> Payload::trailers_end() {
  if (state_ != State::Done || decoded_ != decoded_expected_) return incomplete();
  if (!signer_ || !with_trailers_) return {};
  const std::string expected = signer_->sign("AWS4-HMAC-SHA256-TRAILER", hex_sha256(trailer_text_));
  if (!equal_in_constant_time(expected, trailer_signature_))
    return refuse("SignatureDoesNotMatch", "The signature of the trailers does not match.", 403);
  return {};
}

Outcome<void> Payload::end(BodySink& sink) {
  if (state_ != State::Plain) {
    // Some clients end the last chunk without the empty line of trailers.
    if (state_ == State::Trailer && line_.empty() && trailers_.size() == 0) state_ = State::Done;
    TRY(trailers_end());
  } else if (!sha256_.empty() && to_hex(as_bytes(hash_.take())) != sha256_) {
    return refuse("XAmzContentSHA256Mismatch",
                  "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return sink.end(trailers_);
}

}  // namespace meridian::aws

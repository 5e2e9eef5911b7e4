// What a signature says about a body, held against the body as it comes: its SHA-256, or S3's chunks, each
// with a signature chained to the one before, and the trailers behind them (AWS: "Signature calculations for
// the Authorization header: transferring a payload in multiple chunks"). Rule: end() is called on the sink
// only when everything fitted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/body.h"
#include "aws/sigv4.h"
#include "aws/sigv4_hash.h"

namespace meridian::aws {

class Payload {
 public:
  static constexpr std::size_t kLineBytesMax = 4096;  // of a chunk's head, of a trailer
  static constexpr std::size_t kTrailersMax = 16;

  // `claim` may be null. An empty secret: signatures of chunks are not checked, as in development.
  static Outcome<Payload> of(const HttpRequest& request, const sigv4::Claim* claim, std::string_view secret);

  // A piece of the body as it came over the network.
  Outcome<void> take(std::string_view bytes, BodySink& sink);
  Outcome<void> take_shared(const SharedBytes& bytes, BodySink& sink);
  Outcome<void> end(BodySink& sink);

 private:
  enum class State : std::uint8_t { Plain, ChunkHead, ChunkData, ChunkEnd, Trailer, Done };
  struct Signer {
    std::string key, time_text, scope, previous;  // previous: the signature before this chunk's
    std::string sign(std::string_view algorithm, std::string_view hashes) const;
  };

  // Whether a whole line is in line_ now; takes bytes off the front until it is.
  Outcome<bool> take_line(std::string_view& bytes);
  Outcome<void> chunk_head();
  Outcome<void> chunk_data(std::string_view& bytes, const SharedBytes& of, BodySink& sink);
  Outcome<void> chunk_end();
  Outcome<void> trailer();
  Outcome<void> trailers_end();

  State state_ = State::Plain;
  std::string sha256_;  // hex, of a body that is signed as a whole; "": unsigned
  sigv4::Sha256 hash_;  // of the body, or of the chunk
  std::optional<Signer> signer_;
  bool signed_chunks_ = false, with_trailers_ = false;
  std::uint64_t decoded_ = 0, decoded_expected_ = 0;
  std::string line_;
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
  std::string chunk_signature_, trailer_signature_;
  std::string trailer_text_;  // as it is signed
  Headers trailers_;
};

}  // namespace meridian::aws

// Whether and how an object is compressed on its way to the viewer (CF:ServingCompressedFiles).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engines/cdn/rules/accept_encoding.h"
#include "engines/cdn/rules/cloudfront_headers.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

inline constexpr std::uint64_t kCompressedBytesMin = 1000, kCompressedBytesMax = 10'000'000;

struct CompressionInput {
  const snapshots::cdn::Behavior& behavior;
  Encodings viewer = kIdentity;  // normalize_accept_encoding() of the request
  HttpVersion version = HttpVersion::Http11;
  int status = 200;
  Fields response = {};                              // of the origin
  std::optional<std::uint64_t> content_length = {};  // nothing: not known
  bool kept = false;                                 // its time in the cache is more than 0
};

struct CompressionChoice {
  Encodings coding = kIdentity;  // kBrotli, kGzip or kIdentity
  std::string_view why;          // for explain
};
CompressionChoice choose_compression(const CompressionInput& input);
// For what keeps many of them; 0: none.
std::uint8_t number_of_why(std::string_view why);
std::string_view why_of_number(std::uint8_t number);

// Whether CloudFront compresses objects of this Content-Type; parameters do not count.
bool is_compressible_type(std::string_view content_type);

// The ETag of the compressed form: weak (RFC 9110 §8.8.1). "": none may be sent, as the origin's is
// malformed.
std::string_view compressed_etag(std::string_view etag, FieldList& keeper);

}  // namespace meridian::engines::cdn::rules

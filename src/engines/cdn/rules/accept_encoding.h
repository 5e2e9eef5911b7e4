// Accept-Encoding as CloudFront normalises it: of all that a viewer can read only gzip and br count, so that
// an object has three forms and not hundreds (CF:controlling-the-cache-key, "Compressed objects").
#pragma once

#include <cstdint>

#include "engines/cdn/rules/fields.h"

namespace meridian::engines::cdn::rules {

// Bits: which codings the viewer takes and the behavior lets pass.
using Encodings = std::uint8_t;
inline constexpr Encodings kIdentity = 0, kGzip = 1, kBrotli = 2;

Encodings normalize_accept_encoding(Fields fields, bool gzip, bool brotli);

// As the origin is asked: "br,gzip", "br", "gzip" or "identity".
std::string_view accept_encoding_text(Encodings encodings);

}  // namespace meridian::engines::cdn::rules

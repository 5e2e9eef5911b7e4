// gzip and brotli of a body as it passes. The only users of zlib's deflate and of brotli.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engines/cdn/rules/accept_encoding.h"

namespace meridian::engines::cdn {

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Appends what there is to `out`.
  virtual void add(std::string_view bytes, std::string& out) = 0;
  virtual void finish(std::string& out) = 0;
};

// `encoding` is kGzip or kBrotli.
std::unique_ptr<Compressor> make_compressor(rules::Encodings encoding);

}  // namespace meridian::engines::cdn

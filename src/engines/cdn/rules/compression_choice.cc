// Compression: the conditions in the order of CloudFront's page.
#include "engines/cdn/rules/compression_choice.h"

#include <algorithm>

namespace meridian::engines::cdn::rules {
namespace {

constexpr std::string_view kTypes[] = {
    "application/dash+xml",
    "application/eot",
    "application/font",
    "application/font-sfnt",
    "application/javascript",
    "application/json",
    "application/opentype",
    "application/otf",
    "application/pkcs7-mime",
    "application/protobuf",
    "application/rss+xml",
    "application/truetype",
    "application/ttf",
    "application/vnd.apple.mpegurl",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.ms-fontobject",
    "application/xhtml+xml",
    "application/xml",
    "application/x-font-opentype",
    "application/x-font-truetype",
    "application/x-font-ttf",
    "application/x-httpd-cgi",
    "application/x-javascript",
    "application/x-mpegurl",
    "application/x-opentype",
    "application/x-otf",
    "application/x-perl",
    "application/x-ttf",
    "font/eot",
    "font/opentype",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/js",
    "text/plain",
    "text/richtext",
    "text/tab-separated-values",
    "text/xml",
    "text/x-component",
    "text/x-java-source",
    "text/x-script",
    "vnd.apple.mpegurl",
};

bool forbids_transforming(Fields response) {
  bool forbidden = false;
  for_each_member(response, "cache-control",
                  [&](std::string_view directive) { forbidden |= same_name(directive, "no-transform"); });
  return forbidden;
}

}  // namespace

bool is_compressible_type(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return std::ranges::any_of(kTypes, [&](std::string_view other) { return same_name(type, other); });
}

CompressionChoice choose_compression(const CompressionInput& input) {
  if (!input.behavior.compress) return {kIdentity, "the behavior does not compress"};
  if (!input.behavior.key.gzip && !input.behavior.key.brotli)
    return {kIdentity, "the cache policy enables neither gzip nor brotli"};
  if (input.viewer == kIdentity) return {kIdentity, "the viewer takes neither gzip nor brotli"};
  if (input.version == HttpVersion::Http10) return {kIdentity, "the viewer speaks HTTP/1.0"};
  if (!input.kept) return {kIdentity, "the object is not kept: its TTL is 0"};
  if (input.status != 200 && input.status != 403 && input.status != 404)
    return {kIdentity, "only 200, 403 and 404 are compressed"};
  if (has(input.response, "content-encoding")) return {kIdentity, "the origin has encoded it"};
  if (!input.content_length) return {kIdentity, "the origin sent no Content-Length"};
  if (*input.content_length < kCompressedBytesMin) return {kIdentity, "smaller than 1,000 bytes"};
  if (*input.content_length > kCompressedBytesMax) return {kIdentity, "greater than 10,000,000 bytes"};
  if (!is_compressible_type(value_of(input.response, "content-type")))
    return {kIdentity, "its Content-Type is not compressed"};
  // RFC 9110 §7.7 binds every proxy.
  if (forbids_transforming(input.response)) return {kIdentity, "Cache-Control: no-transform"};
  if (input.viewer & kBrotli) return {kBrotli, "the viewer takes brotli"};
  return {kGzip, "the viewer takes gzip"};
}

std::string_view compressed_etag(std::string_view etag, FieldList& keeper) {
  const std::string_view quoted = etag.starts_with("W/") ? etag.substr(2) : etag;
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"' ||
      quoted.substr(1, quoted.size() - 2).contains('"'))
    return {};
  if (quoted.size() != etag.size()) return etag;
  char* const at = keeper.room(etag.size() + 2);
  std::ranges::copy(std::string_view("W/"), at);
  std::ranges::copy(etag, at + 2);
  return {at, etag.size() + 2};
}

}  // namespace meridian::engines::cdn::rules

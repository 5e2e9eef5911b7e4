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

// Their numbers are kept on disks: new ones go to the end.
enum class Why : std::uint8_t {
  None,
  NotChosen,
  PolicyEnablesNone,
  ViewerTakesNone,
  Http10,
  NotKept,
  Status,
  Encoded,
  NoLength,
  Small,
  Large,
  Type,
  NoTransform,
  Brotli,
  Gzip
};
constexpr std::string_view kWhys[] = {
    "",
    "the behavior does not compress",
    "the cache policy enables neither gzip nor brotli",
    "the viewer takes neither gzip nor brotli",
    "the viewer speaks HTTP/1.0",
    "the object is not kept: its TTL is 0",
    "only 200, 403 and 404 are compressed",
    "the origin has encoded it",
    "the origin sent no Content-Length",
    "smaller than 1,000 bytes",
    "greater than 10,000,000 bytes",
    "its Content-Type is not compressed",
    "Cache-Control: no-transform",
    "the viewer takes brotli",
    "the viewer takes gzip",
};

std::string_view text_of(Why why) {
  return kWhys[static_cast<std::size_t>(why)];
}

CompressionChoice no(Why why) {
  return {kIdentity, text_of(why)};
}

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
  if (!input.behavior.compress) return no(Why::NotChosen);
  if (!input.behavior.key.gzip && !input.behavior.key.brotli) return no(Why::PolicyEnablesNone);
  if (input.viewer == kIdentity) return no(Why::ViewerTakesNone);
  if (input.version == HttpVersion::Http10) return no(Why::Http10);
  if (!input.kept) return no(Why::NotKept);
  if (input.status != 200 && input.status != 403 && input.status != 404) return no(Why::Status);
  if (has(input.response, "content-encoding")) return no(Why::Encoded);
  if (!input.content_length) return no(Why::NoLength);
  if (*input.content_length < kCompressedBytesMin) return no(Why::Small);
  if (*input.content_length > kCompressedBytesMax) return no(Why::Large);
  if (!is_compressible_type(value_of(input.response, "content-type"))) return no(Why::Type);
  // RFC 9110 §7.7 binds every proxy.
  if (forbids_transforming(input.response)) return no(Why::NoTransform);
  if (input.viewer & kBrotli) return {kBrotli, text_of(Why::Brotli)};
  return {kGzip, text_of(Why::Gzip)};
}

std::uint8_t number_of_why(std::string_view why) {
  const auto at = std::ranges::find(kWhys, why);
  return at == std::end(kWhys) ? 0 : static_cast<std::uint8_t>(at - std::begin(kWhys));
}

std::string_view why_of_number(std::uint8_t number) {
  return number < std::size(kWhys) ? kWhys[number] : std::string_view();
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

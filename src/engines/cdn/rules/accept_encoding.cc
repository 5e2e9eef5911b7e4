// Accept-Encoding, its weights read as RFC 9110 §12.5.3 has them.
#include "engines/cdn/rules/accept_encoding.h"

namespace meridian::engines::cdn::rules {
namespace {

// "q=0", "q=0.0": not wanted (RFC 9110 §12.4.2).
bool weighs_nothing(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (parameter.size() < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') continue;
    return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

Encodings normalize_accept_encoding(Fields fields, bool gzip, bool brotli) {
  Encodings taken = kIdentity;
  if (!gzip && !brotli) return taken;
  for_each_member(fields, "accept-encoding", [&](std::string_view member) {
    const std::size_t end = std::min(member.find(';'), member.size());
    const std::string_view name = trim(member.substr(0, end));
    const Encodings coding = gzip && same_name(name, "gzip")   ? kGzip
                             : brotli && same_name(name, "br") ? kBrotli
                                                               : kIdentity;
    if (coding != kIdentity && !weighs_nothing(member.substr(std::min(end + 1, member.size()))))
      taken |= coding;
  });
  return taken;
}

std::string_view accept_encoding_text(Encodings encodings) {
  switch (encodings) {
    case kGzip | kBrotli:
      return "br,gzip";
    case kBrotli:
      return "br";
    case kGzip:
      return "gzip";
    default:
      return "identity";
  }
}

}  // namespace meridian::engines::cdn::rules

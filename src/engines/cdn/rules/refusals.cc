// The table of refusals (CF: "Troubleshooting error responses", "Standard logs":
// x-edge-detailed-result-type).
#include "engines/cdn/rules/refusals.h"

#include <array>

namespace meridian::engines::cdn::rules {
namespace {

constexpr std::size_t kCount = static_cast<std::size_t>(Refusal::Overloaded) + 1;

constexpr std::array<RefusalFacts, kCount> make_table() {
  std::array<RefusalFacts, kCount> table{};
  const auto set = [&](Refusal refusal, std::uint16_t status, std::string_view result,
                       std::string_view sentence) {
    table[static_cast<std::size_t>(refusal)] = {status, result, sentence};
  };
  using enum Refusal;
  set(UnknownHost, 403, "InvalidRequestBlocked", "No distribution serves this host name.");
  set(Disabled, 403, "InvalidRequestBlocked", "The distribution is disabled.");
  set(Misdirected, 421, "InvalidRequestBlocked",
      "The host name is of another account than the one that the connection was made to.");
  set(RequestTooLong, 413, "InvalidRequest", "The request is longer than this service accepts.");
  set(GeoBlocked, 403, "ClientGeoBlocked",
      "The Amazon CloudFront distribution is configured to block access from your country.");
  set(HttpsOnly, 403, "InvalidRequestBlocked", "This resource is only served over HTTPS.");
  set(MethodNotAllowed, 403, "InvalidRequestMethod",
      "This resource does not allow the method of the request.");
  set(GetWithBody, 403, "InvalidRequest", "A GET request may not have a body.");
  set(SignatureMissing, 403, "InvalidRequest", "Missing Key-Pair-Id query parameter or cookie value");
  set(SignatureKeyUnknown, 403, "InvalidRequest", "Unknown Key");
  set(SignatureDenied, 403, "InvalidRequest", "Access denied");
  set(OriginUnreachable, 504, "OriginConnectError", "The origin could not be reached.");
  set(OriginTimeout, 504, "OriginCommError", "The origin did not answer in time.");
  set(OriginConnectError, 502, "OriginConnectError", "The origin refused the connection.");
  set(OriginDnsError, 502, "OriginDnsError", "The origin's domain name could not be resolved.");
  set(OriginTlsError, 502, "OriginConnectError", "No secure connection to the origin could be made.");
  set(OriginInvalidResponse, 502, "OriginInvalidResponseError", "The origin's response was not valid.");
  set(OriginHeadersTooLarge, 502, "OriginHeaderTooBigError", "The origin's response headers are too large.");
  set(OriginClosedEarly, 502, "OriginCommError", "The origin closed the connection.");
  set(Overloaded, 503, "Error", "The service cannot take the request at the moment.");
  return table;
}
constexpr auto kTable = make_table();
static_assert([] {
  for (const RefusalFacts& facts : kTable)
    if (facts.status == 0) return false;
  return true;
}());

}  // namespace

const RefusalFacts& facts_of(Refusal refusal) {
  return kTable[static_cast<std::size_t>(refusal)];
}

}  // namespace meridian::engines::cdn::rules

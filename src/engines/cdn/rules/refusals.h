// Requests that the edge itself refuses, and failures of origins: the status, what the access log calls it,
// and what the viewer is told.
#pragma once

#include <cstdint>
#include <string_view>

namespace meridian::engines::cdn::rules {

enum class Refusal : std::uint8_t {
  UnknownHost,  // no distribution has the Host
  Disabled,     // the distribution is
  Misdirected,  // its account is not that of whose certificate was shown
  RequestTooLong,
  GeoBlocked,
  HttpsOnly,  // also where redirect-to-https cannot redirect
  MethodNotAllowed,
  GetWithBody,
  SignatureMissing,
  SignatureKeyUnknown,
  SignatureDenied,  // expired, not yet valid, another address, another resource, malformed
  OriginUnreachable,
  OriginTimeout,
  OriginConnectError,
  OriginDnsError,
  OriginTlsError,
  OriginInvalidResponse,
  OriginHeadersTooLarge,
  OriginClosedEarly,
  Overloaded,
};

struct RefusalFacts {
  std::uint16_t status;
  std::string_view detailed_result;  // x-edge-detailed-result-type
  std::string_view sentence;
};
const RefusalFacts& facts_of(Refusal refusal);

}  // namespace meridian::engines::cdn::rules

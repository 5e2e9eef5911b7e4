// Why a probe failed, in the words that Route 53's users know. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::engines::health {

inline constexpr const char* kConnectionTimedOut =
    "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by "
    "your firewall. See "
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html";
inline constexpr const char* kHandshakeTimedOut =
    "The SSL handshake was not completed within the timeout limit.";
inline constexpr const char* kStatusTimedOut =
    "The HTTP request timed out. The endpoint did not respond with an HTTP status code within the timeout "
    "limit.";
inline constexpr const char* kBodyTimedOut =
    "The HTTP request timed out. The search string was not found within the timeout limit.";

// Of an error of net's connect_tcp: "Connection refused", "SSL alert handshake_failure".
std::string connect_failure(const Error& error);

}  // namespace meridian::engines::health

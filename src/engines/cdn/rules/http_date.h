// HTTP-date (RFC 9110 §5.6.7) in its three forms, as caches read it (RFC 9111 §4.2): without regard to case,
// in GMT and in nothing else.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace meridian::engines::cdn::rules {

using Seconds = std::chrono::seconds;
using Time = std::chrono::sys_seconds;

// Nothing when the text is none. `now` gives a year of two digits its century: none is more than 50 years
// ahead.
std::optional<Time> parse_http_date(std::string_view text, Time now);

}  // namespace meridian::engines::cdn::rules

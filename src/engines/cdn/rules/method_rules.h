// Which methods a behavior takes and which of them a cache may answer (CF:"Allowed HTTP methods",
// CF:RequestAndResponseBehaviorCustomOrigin).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engines/cdn/rules/refusals.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

// A bit of snapshots::cdn::Method; 0: none of CloudFront's seven. Case counts.
std::uint8_t method_bit(std::string_view method);

std::optional<Refusal> refuse_method(const snapshots::cdn::Behavior& behavior, std::string_view method,
                                     bool has_body);

// GET and HEAD always, OPTIONS by choice.
bool is_cached_method(const snapshots::cdn::Behavior& behavior, std::string_view method);

// CF:"Maximum length of a request and of a URL": line and headers together, and the URL of them.
inline constexpr std::size_t kRequestBytesMax = 20'480, kUrlBytesMax = 8'192;
std::optional<Refusal> refuse_length(std::size_t head_bytes, std::size_t url_bytes);

}  // namespace meridian::engines::cdn::rules

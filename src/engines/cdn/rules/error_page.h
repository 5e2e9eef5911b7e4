// Errors as viewers see them: a distribution's custom error responses (CF:GeneratingCustomErrorResponses),
// and the page of our own where there is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/cdn/rules/freshness.h"
#include "engines/cdn/rules/refusals.h"
#include "snapshots/cdn/distribution.h"

namespace meridian::engines::cdn::rules {

// The custom error response for a status of the origin, or of a refusal; null: none that has a page.
// A refusal for want of capacity never gets one.
const snapshots::cdn::ErrorPage* find_error_page(const snapshots::cdn::Distribution& distribution, int status,
                                                 std::optional<Refusal> refusal = std::nullopt);

// What the viewer gets with the page.
int shown_status(const snapshots::cdn::ErrorPage& page);

// ErrorCachingMinTTL of a status.
Seconds error_minimum(const snapshots::cdn::Distribution& distribution, int status);

// HTML of ours, with what an operator needs to find the request again.
std::string error_body(int status, std::string_view sentence, std::string_view request_id);
inline constexpr std::string_view kErrorContentType = "text/html; charset=utf-8";

}  // namespace meridian::engines::cdn::rules

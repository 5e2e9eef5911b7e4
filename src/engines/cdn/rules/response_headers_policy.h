// Response headers policies: what a behavior takes out of and puts into the response that the viewer gets
// (CF:understanding-response-headers-policies). Removal comes before addition.
#pragma once

#include <optional>
#include <string_view>

#include "engines/cdn/rules/fields.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

struct PolicyRequest {
  std::string_view method;
  Fields fields;  // of the viewer
};
void apply_response_headers_policy(const snapshots::cdn::ResponseHeadersPolicy& policy,
                                   const PolicyRequest& request, FieldList& response);

// Whether this response gets Server-Timing: `draw` is a random number from 0 up to, not including, 100. A
// viewer asks for it with `Pragma: server-timing` whatever the sampling.
bool wants_server_timing(const snapshots::cdn::ResponseHeadersPolicy& policy, Fields request, double draw);

}  // namespace meridian::engines::cdn::rules

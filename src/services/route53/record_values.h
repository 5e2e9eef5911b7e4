// The Value of a ResourceRecord: Route 53's text in, DNS wire form out, with AWS's own words when it does not
// fit. formats/dns does the parsing; this file knows what Route 53 asks beyond the RFCs (quoted strings,
// octal escapes, exact field counts). Pure.
#pragma once

#include <string_view>

#include "services/route53/resources.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {

// The refusal reads "FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered
// with 'x'". The text is kept as given but for blanks at its ends: AWS shows values as they were written.
Checked<ResourceRecord> parse_record_value(dns::Type type, std::string_view value);

}  // namespace meridian::services::route53

// SvcParams of SVCB and HTTPS records (RFC 9460 §2, §7 and appendix A; dohpath of RFC 9461, ohttp of RFC
// 9540).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/dns/name.h"

namespace meridian::dns {

// Keys strictly ascending, values well-formed, mandatory keys present, no-default-alpn only beside alpn.
Result<void> check_svc_params(std::string_view wire);
// One `key` or `key=value` field each, in any order, the value perhaps quoted and with escapes.
Result<std::string> parse_svc_params(const std::vector<std::string_view>& fields, Escapes escapes);
// Appends " key=value" for each; the wire form has been checked.
void print_svc_params(std::string& out, std::string_view wire, Escapes escapes);

}  // namespace meridian::dns

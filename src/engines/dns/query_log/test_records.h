// Records as tests need them.
#pragma once

#include <string>
#include <string_view>

#include "engines/dns/query_log/record.h"
#include "formats/dns/types.h"

namespace meridian::engines::dns::query_log {

// A query as a client sends it; `options` are EDNS options as bytes, "-" means no EDNS.
std::string query_bytes(std::string_view name, meridian::dns::Type type = meridian::dns::Type::A,
                        std::string_view options = "-");
// An option of RFC 7871.
std::string subnet_option(std::uint16_t family, std::uint8_t bits, std::string_view address);

// A record of zone Z1 answered at 2023-11-14T22:13:20.042Z to 192.0.2.7; views into `query` and `reply`.
Record record_of(std::string_view query, std::string_view reply = "reply");

}  // namespace meridian::engines::dns::query_log

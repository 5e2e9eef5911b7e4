// Zone files (RFC 1035 §5, RFC 2308 §4 $TTL, RFC 3597), read as a stream so that a zone of any size fits.
// $ORIGIN, $TTL and $GENERATE are understood; $INCLUDE is refused (a parser does no I/O).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/dns/message.h"
#include "formats/dns/name.h"

namespace meridian::dns {

struct ZoneFileError {
  std::size_t line;  // from 1, where the entry began
  std::string message;
};

struct ZoneFileOptions {
  Name origin;
  std::optional<std::uint32_t> default_ttl;
  std::uint32_t generate_max = 100000;  // records all $GENERATE of a file together may make
};

// Calls back for every record and every refused entry, in order; a refused entry never hides a later good
// one.
void parse_zone_file(std::string_view text, const ZoneFileOptions& options,
                     const std::function<void(const Record& record, std::size_t line)>& on_record,
                     const std::function<void(const ZoneFileError&)>& on_error);

// One record as a zone-file line, names absolute.
std::string print_record(const Record& record);

}  // namespace meridian::dns

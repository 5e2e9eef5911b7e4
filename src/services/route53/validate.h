// Checks of what callers send that need neither the store nor a clock, with the texts AWS answers. Every
// function is pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "formats/dns/name.h"
#include "formats/dns/types.h"

namespace meridian::services::route53 {

// Refusals are AWS's own text; the caller chooses the error code that carries it.
template <typename T>
using Checked = std::expected<T, std::string>;

// "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '.x'"
std::string fatal_problem(std::string_view code, std::string_view description, std::string_view value);

// A name as Route 53 reads it (DG:DomainNameFormat): \ooo octal escapes, any case, the last dot optional.
// Made lower case.
Checked<dns::Name> parse_domain_name(std::string_view text);

// Whether a hosted zone may have this name: neither the root nor a top-level domain, no wildcard.
Checked<dns::Name> parse_zone_name(std::string_view text);

// "/hostedzone/Z123" and "Z123" are the same id; so for "/change/" and "/delegationset/".
std::string_view bare_id(std::string_view id);

// One of the 17 types that Route 53 stores.
bool is_record_type(dns::Type type);

// MaxItems arrives as text. Absent: `most`. More than `most` counts as `most`.
Checked<std::size_t> parse_max_items(const std::optional<std::string>& text, std::size_t most,
                                     std::string_view member = "MaxItems");

// White space at both ends does not belong to a value.
std::string_view trim(std::string_view text);

}  // namespace meridian::services::route53

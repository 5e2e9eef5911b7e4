// Fields that speak of one connection and end with it (RFC 9110 §7.6.1).
#pragma once

#include <string_view>

#include "engines/cdn/rules/fields.h"

namespace meridian::engines::cdn::rules {

bool is_hop_by_hop(std::string_view name);

// Whether one of the message's Connection lines names the field.
bool is_named_by_connection(Fields message, std::string_view name);

}  // namespace meridian::engines::cdn::rules

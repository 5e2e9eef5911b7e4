// Which stored objects a request that changes something makes invalid (RFC 9111 §4.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engines/cdn/rules/fields.h"

namespace meridian::engines::cdn::rules {

// A method that is not safe (RFC 9110 §9.2.1; one that is not known is not) was answered without an error.
bool makes_invalid(std::string_view method, int status);

// The paths whose objects, in all their variants, are no longer to be used: the target's, and those of
// Location and Content-Location when they are of the same host.
std::vector<std::string> invalidated_paths(std::string_view host, std::string_view path, Fields response);

}  // namespace meridian::engines::cdn::rules

// A response's fields as the lines they are sent as.
#pragma once

#include <string>
#include <string_view>

namespace meridian::http {

// What a handler puts into a field may come from a request; it must not end the line. A name that is none is
// left out.
void append_header(std::string& lines, std::string_view name, std::string_view value);

}  // namespace meridian::http

// Scalars as text: in XML elements, query parameters, path labels and header fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/shape.h"

namespace meridian::aws {

// `format` must not be Default.
std::string timestamp_to_text(SystemTime time, TimestampFormat format);
// Reads `format`, and besides it the other two: clients differ, and no text is valid in two of them.
std::optional<SystemTime> timestamp_from_text(std::string_view text);
std::optional<SystemTime> timestamp_from_seconds(double seconds);
double timestamp_to_seconds(SystemTime time);

// The member's own format, or the default of where it travels.
inline TimestampFormat format_or(TimestampFormat own, TimestampFormat otherwise) {
  return own == TimestampFormat::Default ? otherwise : own;
}

// `value` is of the shape's C++ type; a blob is base64.
std::string scalar_to_text(const Shape& shape, const void* value, TimestampFormat format);
// False when the text is no value of that kind.
bool scalar_from_text(const Shape& shape, std::string_view text, void* value);

// "integer", "boolean", …: as messages name them.
std::string_view kind_name(Kind kind);

}  // namespace meridian::aws

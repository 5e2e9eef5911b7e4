// The fields that both sides of HPACK know from the start (RFC 7541 appendix A).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace meridian::http2 {

struct TableField {
  std::string_view name, value;
};

inline constexpr std::size_t kStaticFields = 61;
// From 1 to kStaticFields.
extern const std::array<TableField, kStaticFields + 1> kStaticTable;

// The first with that name, in lower case; 0: none has it.
std::uint32_t find_static_name(std::string_view name);

}  // namespace meridian::http2

// $GENERATE, the directive of BIND that other name servers have taken over: "1-9/2" and text with "$" in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::dns {

struct GenerateRange {
  std::uint32_t start = 0, stop = 0, step = 1;
  std::uint64_t count() const { return (std::uint64_t{stop} - start) / step + 1; }
};
Result<GenerateRange> parse_generate_range(std::string_view text);  // start-stop or start-stop/step

inline constexpr std::size_t kGeneratedSizeMax =
    4096;  // bytes of one field, so that a directive's work is bounded

// Replaces "$" and "${offset[,width[,base]]}" by `value`, "$$" by "$"; escapes are left as they are. Bases
// are d, o, x, X and, for names of ip6.arpa, n and N: hexadecimal digits from the last, dots between them.
Result<void> expand_generate(std::string_view text, std::uint32_t value, std::string& out);

}  // namespace meridian::dns

// Patterns with `*` (any characters, also none, also slashes) and `?` (one character), as CloudFront uses
// them for paths, cookies' names and signed resources. All else stands for itself, case counting.
#pragma once

#include <string_view>

namespace meridian::engines::cdn::rules {

// Takes at most pattern × text steps, whatever the pattern.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace meridian::engines::cdn::rules

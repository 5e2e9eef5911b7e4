// Which cache behavior a path means: patterns in listed order, the first match wins (CF:"Path pattern").
//
// Rule: what is compared is the path as RFC 3986 normalises it; what goes to the origin and into the key is
// the path as it came.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

// RFC 3986 §6.2.2: escapes of unreserved characters undone, the others in upper case, dot segments resolved;
// and slashes that follow one another as one. Returns `path` itself when it already is so, else `buffer`.
std::string_view normalize_path(std::string_view path, std::string& buffer);

class BehaviorMatch {
 public:
  // Of a distribution: the default one last. Holds no views into it.
  explicit BehaviorMatch(std::span<const snapshots::cdn::Behavior> behaviors);

  // The index of the behavior. `path` begins with a slash and has no query.
  std::size_t match(std::string_view path) const;
  // The same, with a line for every pattern that was tried.
  std::size_t explain(std::string_view path, std::vector<std::string>& lines) const;

 private:
  struct Pattern {
    enum class Kind : std::uint8_t { Any, Exact, Prefix, Suffix, Ends, Wildcard };
    explicit Pattern(std::string_view configured);
    bool matches(std::string_view path) const;

    Kind kind = Kind::Any;
    std::string text;    // Exact, Prefix and Suffix: the letters; Ends: the letters before the star
    std::string suffix;  // Ends: those behind it
  };
  std::size_t match_normalized(std::string_view path) const;

  std::vector<Pattern> patterns_;        // without the default behavior's
  std::vector<std::string> configured_;  // for explain
};

}  // namespace meridian::engines::cdn::rules

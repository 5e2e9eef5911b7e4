// The regular expressions of a model, compiled when first needed.
// Rule: a pattern costs a bounded time on any text; one that runs into its limit does not match.
#pragma once

#include <memory>
#include <string_view>

namespace meridian::aws {

class Patterns {
 public:
  Patterns();
  ~Patterns();
  // Whether the whole text matches. `pattern` is one of a generated table, which lives forever. Thread-safe.
  bool match(const char* pattern, std::string_view text) const;

 private:
  struct Cache;
  std::unique_ptr<Cache> cache_;
};

}  // namespace meridian::aws

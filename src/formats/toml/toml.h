// toml++ for the files that read TOML, which catch what it throws.
// Rule: nothing else includes toml++. Its functions are inline, so that all must see the same TOML_ASSERT:
// version 3.3 asserts what a hostile file can break ("[[[c"), and a file that is read again while we serve
// must not end the process.
#pragma once

#include <stdexcept>

namespace meridian::toml_reader {

// The file breaks what toml++ takes for granted.
class Confused final : public std::logic_error {
 public:
  using logic_error::logic_error;
};
constexpr void hold(bool as_taken_for_granted) {
  if (!as_taken_for_granted) throw Confused("not TOML");
}

}  // namespace meridian::toml_reader

#define TOML_ASSERT(expr) ::meridian::toml_reader::hold(static_cast<bool>(expr))

#include <toml++/toml.h>

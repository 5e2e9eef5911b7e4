// What `explain` tells, step by step, as JSON: the part that is the same of a DNS query and of a request over
// HTTP. How each stands on a screen is its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace meridian::steps {

using Value = std::variant<bool, std::int64_t, double, std::string>;
struct Field {
  std::string_view name;  // a literal, in JSON's way: "set_identifier"
  Value value;
};
using Fields = std::vector<Field>;
struct Step {
  std::string_view what;  // a literal: "zone", "behavior", …
  std::string text;       // tabs divide it into columns
  Fields fields{};        // what the text says, for programs
  unsigned depth = 0;     // within what an earlier step led to
};

// [{"step": …, "text": …, "depth": …, and the fields}, …], the columns of texts joined by commas.
std::string to_json(std::span<const Step> steps);

// That text takes on a screen, of UTF-8.
std::size_t columns_of(std::string_view text);

}  // namespace meridian::steps

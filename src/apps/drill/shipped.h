// The scenarios that come with the binary: docs/use/drills, as the build has them.
#pragma once

#include <span>
#include <string_view>

namespace meridian::apps::drill {

struct Shipped {
  std::string_view name, text;
};
std::span<const Shipped> shipped();

}  // namespace meridian::apps::drill

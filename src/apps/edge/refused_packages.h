// What an edge did not take of its control, kept for inspection: the newest packages, as they came, and why.
#pragma once

#include <string>
#include <string_view>

#include "apps/world.h"

namespace meridian::apps {

inline constexpr std::size_t kRefusedKeptMax = 16;

class RefusedPackages {
 public:
  RefusedPackages(const World& world, std::string directory)
      : world_(world), directory_(std::move(directory)) {}
  void keep(std::uint64_t from, std::uint64_t to, std::string_view bytes, std::string_view why);

 private:
  World world_;
  const std::string directory_;
};

}  // namespace meridian::apps

// Which store the revisions of a snapshot are counted in: drawn at random when a store is first used, and again
// when its history is not the one that was seen before. All zero: unknown.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace meridian::snapshots {

struct StoreId {
  std::array<std::uint8_t, 16> bytes{};

  static StoreId draw(Random& random) {
    StoreId id;
    while (!id.known()) random.fill(id.bytes);
    return id;
  }
  static std::optional<StoreId> parse(std::string_view hex) {
    StoreId id;
    const auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), id.bytes.begin());
    return id;
  }
  bool known() const { return *this != StoreId{}; }
  std::string to_string() const { return to_hex(bytes); }  // 32 hexadecimal digits
  auto operator<=>(const StoreId&) const = default;
};

}  // namespace meridian::snapshots

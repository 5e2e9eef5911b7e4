// What a store may be beside: one that tells cheaply whether a record can have changed since it was read, so
// that whoever keeps what he made of it need not read it again. Rule: two equal stamps of a key's hash, one
// taken before its record was read and one now, mean that what was read is still the newest state; a commit
// that was acknowledged between them makes them differ.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace meridian::store {

class Stamps {
 public:
  virtual ~Stamps() = default;
  // Of every key with this hash. Nothing: one of them is being changed, so what is read now must not be kept.
  // Thread-safe; never waits.
  virtual std::optional<std::uint64_t> stamp(std::size_t hash) const = 0;

  static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }
};

}  // namespace meridian::store

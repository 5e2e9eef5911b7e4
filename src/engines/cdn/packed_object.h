// An object at rest in memory: its head as a record and its body behind it, in one piece. Who asks for it
// gets an Object made of it. Rule: what a shard has packed, only that shard can unpack.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engines/cdn/object_record.h"

namespace meridian::engines::cdn {

// A larger body stays as it is: beside it, what an Object costs is little.
inline constexpr std::size_t kPackedBodyBytesMax = 16 * 1024;

// What the packed objects of a shard have in common. Of its lock.
struct PackingShelf {
  CommonFields fields;
  std::vector<std::shared_ptr<const PurgeLog>> logs;
  std::unordered_map<const PurgeLog*, std::uint32_t> log_numbers;
  std::string scratch;
};

class PackedObject {
 public:
  struct Free {
    void operator()(PackedObject* packed) const;
  };
  using Owner = std::unique_ptr<PackedObject, Free>;

  static bool can_pack(const Object& object);
  static Owner pack(const Object& object, PackingShelf& shelf);
  std::shared_ptr<Object> unpack(const PackingShelf& shelf) const;  // null: it was damaged
  bool gone(const PackingShelf& shelf);                             // purged
  void count_purged(const PackingShelf& shelf) const;               // it is let go as gone()
  void saw(std::uint64_t purges) { purges_seen_ = purges; }
  std::size_t charge() const;  // what it costs a cache

 private:
  PackedObject() = default;
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view head() const { return {text(), head_size_}; }
  std::string_view body() const { return {text() + head_size_, body_size_}; }

  std::atomic<std::uint64_t> purges_seen_{0};
  std::uint32_t log_ = 0, head_size_ = 0, body_size_ = 0;
};

}  // namespace meridian::engines::cdn

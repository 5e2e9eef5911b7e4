// An object at rest in memory: its head as a record and its body behind it, in one piece. Who asks for it
// gets an Object made of it. Rule: what a shard has packed, only that shard can unpack.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/prefetch.h"
#include "engines/cdn/object_record.h"

namespace meridian::engines::cdn {

// A larger body stays as it is: beside it, what an Object costs is little.
inline constexpr std::size_t kPackedBodyBytesMax = 16 * 1024;

// What the packed objects of a shard have in common. Of its lock.
struct PackingShelf {
  CommonFields fields;
  rules::FieldList unpacked;  // what heads are read into
  std::vector<std::shared_ptr<const PurgeLog>> logs;
  std::unordered_map<const PurgeLog*, std::uint32_t> log_numbers;
  std::string scratch;
};

class PackedObject {
 public:
  // One holder less; the last one frees it.
  struct Free {
    void operator()(PackedObject* packed) const;
  };
  using Owner = std::unique_ptr<PackedObject, Free>;

  static bool can_pack(const Object& object);
  static Owner pack(const Object& object, PackingShelf& shelf);
  // Null: it was damaged. The body stays where it is: the object holds this, too.
  std::shared_ptr<Object> unpack(PackingShelf& shelf);
  Purged purged(const PackingShelf& shelf);
  const PurgeLog& purges(const PackingShelf& shelf) const { return *shelf.logs[log_]; }
  void saw(std::uint64_t purges) { purges_seen_ = purges; }
  std::size_t charge() const;  // what it costs a cache
  std::size_t body_size() const { return body_size_; }
  void fetch_ahead() const { prefetch(text(), head_size_); }

 private:
  PackedObject() = default;
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view head() const { return {text(), head_size_}; }

  std::atomic<std::uint64_t> purges_seen_{0};
  std::uint32_t log_ = 0, head_size_ = 0, body_size_ = 0;
  std::atomic<std::uint32_t> holders_{1};
};

}  // namespace meridian::engines::cdn

// HealthTable: which health checks are healthy now, as an array that answers index. Record sets keep the slot
// of their check, so that a flip is one store that every worker sees at its next query: nothing is recompiled
// and nothing is published.
//
// Rule: a slot belongs to one health check id for the life of the process; readers take no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace meridian::snapshots::health {

using Slot = std::uint32_t;
inline constexpr Slot kNoCheck = 0;  // of a record set without a health check: always healthy

class HealthTable {
 public:
  static constexpr std::size_t kChecksMax = std::size_t{1} << 20;
  static constexpr std::size_t kIdSizeMax = 64;

  struct Entry {
    std::string id;
    bool healthy = true;
    bool operator==(const Entry&) const = default;
  };

  HealthTable();
  ~HealthTable();
  HealthTable(const HealthTable&) = delete;
  HealthTable& operator=(const HealthTable&) = delete;

  // The slot of this check, made when it is new. A check of which nothing is known is healthy. kNoCheck for
  // an empty id, and when the table is full. Thread-safe.
  Slot slot_of(std::string_view id);
  // Any thread, any time; `slot` came from slot_of().
  bool healthy(Slot slot) const noexcept {
    return chunks_[slot / kChunkSize].load(std::memory_order_acquire)[slot % kChunkSize].load(
               std::memory_order_relaxed) == 0;
  }
  // Thread-safe. False: the table is full.
  bool set(std::string_view id, bool healthy);
  std::string id_of(Slot slot) const;  // for explain; empty for kNoCheck. Thread-safe.
  std::vector<Entry> entries() const;  // every check known, by slot. Thread-safe.
  std::size_t size() const;            // checks known. Thread-safe.

 private:
  static constexpr std::size_t kChunkSize = 4096;
  using Cell = std::atomic<std::uint8_t>;  // 0: healthy

  std::array<std::atomic<Cell*>, kChecksMax / kChunkSize> chunks_{};
  mutable std::mutex mutex_;  // of what follows
  std::vector<std::unique_ptr<Cell[]>> owned_;
  std::vector<std::string> ids_;  // by slot
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };
  std::unordered_map<std::string, Slot, Hash, std::equal_to<>> slots_;
};

// What an id may be that came from outside: printable, no blank, neither empty nor longer than kIdSizeMax.
bool is_health_check_id(std::string_view id);

}  // namespace meridian::snapshots::health

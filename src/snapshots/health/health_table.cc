#include "snapshots/health/health_table.h"

#include <algorithm>

#include "base/check.h"

namespace meridian::snapshots::health {

HealthTable::HealthTable() {
  owned_.push_back(std::make_unique<Cell[]>(kChunkSize));
  chunks_[0].store(owned_.back().get(), std::memory_order_release);
  ids_.emplace_back();  // kNoCheck
}

HealthTable::~HealthTable() = default;

Slot HealthTable::slot_of(std::string_view id) {
  if (id.empty()) return kNoCheck;
  const std::lock_guard lock(mutex_);
  if (const auto known = slots_.find(id); known != slots_.end()) return known->second;
  const std::size_t slot = ids_.size();
  if (slot == kChecksMax) return kNoCheck;
  if (slot % kChunkSize == 0) {
    owned_.push_back(std::make_unique<Cell[]>(kChunkSize));
    chunks_[slot / kChunkSize].store(owned_.back().get(), std::memory_order_release);
  }
  ids_.emplace_back(id);
  slots_.emplace(id, static_cast<Slot>(slot));
  return static_cast<Slot>(slot);
}

bool HealthTable::set(std::string_view id, bool healthy) {
  const Slot slot = slot_of(id);
  if (slot == kNoCheck) return false;
  Cell* chunk = chunks_[slot / kChunkSize].load(std::memory_order_acquire);
  chunk[slot % kChunkSize].store(healthy ? 0 : 1, std::memory_order_relaxed);
  return true;
}

bool is_health_check_id(std::string_view id) {
  return !id.empty() && id.size() <= HealthTable::kIdSizeMax &&
         std::ranges::all_of(id, [](char c) { return '!' <= c && c <= '~'; });
}

std::string HealthTable::id_of(Slot slot) const {
  const std::lock_guard lock(mutex_);
  CHECK(slot < ids_.size());
  return ids_[slot];
}

std::vector<HealthTable::Entry> HealthTable::entries() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> all;
  for (Slot slot = 1; slot < ids_.size(); ++slot) all.push_back({ids_[slot], healthy(slot)});
  return all;
}

std::size_t HealthTable::size() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

}  // namespace meridian::snapshots::health

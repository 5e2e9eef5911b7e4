// A hash map from text, for snapshots that follow one another: a copy shares everything with what it was
// copied from, and a change afterwards copies one of kShards parts, so that the next of two snapshots costs
// neither time nor memory for what did not change.
//
// Rule: what has been copied is not changed any more; whoever makes the next snapshot copies first. Readers
// of different copies may then be on any threads.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace meridian {

template <typename Value>
class SharedMap {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Shard = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

 public:
  static constexpr std::size_t kShards = 256;
  using Entry = std::pair<const std::string, Value>;

  SharedMap() = default;
  SharedMap(const SharedMap& other) : shards_(other.shards_), size_(other.size_) {}
  SharedMap& operator=(const SharedMap&) = delete;

  // Null: not there. Lives as long as this copy, or any other that has it.
  const Entry* find(std::string_view key) const {
    const Shard* const shard = shards_[number_of(key)].get();
    if (!shard) return nullptr;
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : &*found;
  }

  // Made when it was not there.
  Value& operator[](std::string_view key) {
    const auto [at, made] = own(number_of(key)).try_emplace(std::string(key));
    size_ += made ? 1 : 0;
    return at->second;
  }

  void erase(std::string_view key) {
    if (!find(key)) return;
    Shard& shard = own(number_of(key));
    shard.erase(shard.find(key));
    --size_;
  }

  std::size_t size() const { return size_; }

  // In no order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& shard : shards_)
      if (shard)
        for (const Entry& entry : *shard) visit(entry.first, entry.second);
  }

 private:
  static std::size_t number_of(std::string_view key) { return Hash{}(key) >> 56; }
  Shard& own(std::size_t number) {
    std::shared_ptr<Shard>& shard = shards_[number];
    if (!mine_[number]) shard = shard ? std::make_shared<Shard>(*shard) : std::make_shared<Shard>();
    mine_.set(number);
    return *shard;
  }

  std::array<std::shared_ptr<Shard>, kShards> shards_;
  std::bitset<kShards> mine_;  // made by this copy, which nobody has copied yet
  std::size_t size_ = 0;
};

}  // namespace meridian

// Trie<Leaf>: a persistent hash trie (Bagwell's HAMT, 64 ways). Copies share everything; a change copies the
// path it touches and nothing else, and within one series of changes each branch is copied once.
//
// Rule: reference counts are plain integers. Only the thread that makes and frees versions may copy, change
// or destroy a Trie; other threads may call find() on a version that is published to them. A branch or leaf
// whose count is one, reached through such branches from a trie not yet published, can have no reader: it is
// changed in place.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "snapshots/dns/arena.h"

namespace meridian::snapshots::dns {

// A Leaf has `std::uint32_t refs`, `hash() const`, `clone(Arena&) const` (a copy with refs 1) and `static
// destroy(Leaf*, Arena&)`.
template <typename Leaf>
class Trie {
  using Bits = std::uint64_t;
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kHashBits = 64;  // below them, leaves of equal hashes form a list
  struct Branch;

 public:
  explicit Trie(Arena& arena) : arena_(&arena) {}
  Trie(const Trie& other) : arena_(other.arena_), root_(other.root_), size_(other.size_) {
    if (root_) ++root_->refs;
  }
  Trie(Trie&& other) noexcept
      : arena_(other.arena_),
        root_(std::exchange(other.root_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Trie& operator=(Trie other) noexcept {
    std::swap(arena_, other.arena_);
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Trie() {
    if (root_) release(root_, 0);
  }

  std::size_t size() const { return size_; }
  Arena& arena() const { return *arena_; }

  template <typename Equal>
  const Leaf* find(std::uint64_t hash, Equal&& equal) const {
    const Branch* branch = root_;
    for (unsigned shift = 0; branch; shift += kBits) {
      if (shift >= kHashBits) return find_in_list(branch, equal);
      const Bits bit = bit_at(hash, shift);
      if (!((branch->leaves | branch->branches) & bit)) return nullptr;
      void* const slot = branch->slots()[branch->index(bit)];
      if (branch->leaves & bit) {
        const Leaf* leaf = static_cast<const Leaf*>(slot);
        return leaf->hash() == hash && equal(*leaf) ? leaf : nullptr;
      }
      branch = static_cast<const Branch*>(slot);
    }
    return nullptr;
  }

  // Takes over one reference to `leaf`; the leaf that equals it, if any, is released.
  template <typename Equal>
  void put(Leaf* leaf, Equal&& equal) {
    if (!root_) root_ = make_branch(0);
    put_at(root_, leaf, 0, equal);
  }

  template <typename Equal>
  bool erase(std::uint64_t hash, Equal&& equal) {
    if (!find(hash, equal)) return false;
    erase_at(root_, hash, 0, equal);
    --size_;
    return true;
  }

  // The leaf, made safe to change: shared with no other version. Null when there is none.
  template <typename Equal>
  Leaf* own(std::uint64_t hash, Equal&& equal) {
    if (!find(hash, equal)) return nullptr;
    Branch** at = &root_;
    for (unsigned shift = 0;; shift += kBits) {
      *at = owned(*at, shift);
      Branch* branch = *at;
      std::size_t index = 0;
      if (shift >= kHashBits) {
        while (!equal(*static_cast<Leaf*>(branch->slots()[index]))) ++index;
      } else {
        const Bits bit = bit_at(hash, shift);
        index = branch->index(bit);
        if (branch->branches & bit) {
          at = reinterpret_cast<Branch**>(&branch->slots()[index]);
          continue;
        }
      }
      Leaf* leaf = static_cast<Leaf*>(branch->slots()[index]);
      if (leaf->refs > 1) {
        --leaf->refs;
        leaf = leaf->clone(*arena_);
        branch->slots()[index] = leaf;
      }
      return leaf;
    }
  }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (root_) visit_leaves(root_, 0, visit);
  }

  // Walks the leaves one at a time, for who must pause between them. The trie must not change meanwhile.
  class Cursor {
   public:
    explicit Cursor(const Trie& trie) {
      if (trie.root_) stack_[depth_++] = {trie.root_, 0, 0};
    }
    const Leaf* next() {  // null: that was the last
      while (depth_ > 0) {
        Level& level = stack_[depth_ - 1];
        const unsigned shift = kBits * static_cast<unsigned>(depth_ - 1);
        if (level.index == slot_count(level.branch, shift)) {
          --depth_;
          continue;
        }
        void* const slot = level.branch->slots()[level.index++];
        bool is_branch = false;
        if (shift < kHashBits) {
          const Bits rest = (level.branch->leaves | level.branch->branches) & ~level.seen;
          const Bits bit = rest & -rest;
          level.seen |= bit;
          is_branch = (level.branch->branches & bit) != 0;
        }
        if (!is_branch) return static_cast<const Leaf*>(slot);
        stack_[depth_++] = {static_cast<const Branch*>(slot), 0, 0};
      }
      return nullptr;
    }

   private:
    struct Level {
      const Branch* branch;
      std::size_t index;
      Bits seen;  // the bits of the slots before index
    };
    std::array<Level, kHashBits / kBits + 2> stack_;
    std::size_t depth_ = 0;
  };

 private:
  struct Branch {
    std::uint32_t refs;
    std::uint32_t unused;
    Bits leaves;    // the slots that hold leaves; in a list: how many there are
    Bits branches;  // the slots that hold branches; in a list: zero
    void** slots() const { return reinterpret_cast<void**>(const_cast<Branch*>(this) + 1); }
    std::size_t index(Bits bit) const {
      return static_cast<std::size_t>(std::popcount((leaves | branches) & (bit - 1)));
    }
  };
  static_assert(sizeof(Branch) == 24);

  struct NeverEqual {
    bool operator()(const Leaf&) const { return false; }
  };

  static Bits bit_at(std::uint64_t hash, unsigned shift) { return Bits{1} << (hash >> shift & 63); }
  static std::size_t slot_count(const Branch* branch, unsigned shift) {
    if (shift >= kHashBits) return branch->leaves;
    return static_cast<std::size_t>(std::popcount(branch->leaves | branch->branches));
  }
  static bool holds_branch(const Branch* branch, unsigned shift, Bits bit) {
    return shift < kHashBits && (branch->branches & bit);
  }

  static std::size_t branch_bytes(std::size_t slots) { return sizeof(Branch) + slots * sizeof(void*); }
  Branch* make_branch(std::size_t slots) {
    return new (arena_->allocate(branch_bytes(slots))) Branch{1, 0, 0, 0};
  }
  void free_branch(Branch* branch, std::size_t slots) { arena_->release(branch, branch_bytes(slots)); }

  // Calls visit(slot, is_branch) for every slot.
  template <typename Visit>
  static void visit_slots(const Branch* branch, unsigned shift, Visit&& visit) {
    void** slots = branch->slots();
    if (shift >= kHashBits) {
      for (Bits i = 0; i < branch->leaves; ++i) visit(slots[i], false);
      return;
    }
    std::size_t index = 0;
    for (Bits rest = branch->leaves | branch->branches; rest; rest &= rest - 1)
      visit(slots[index++], (branch->branches & (rest & -rest)) != 0);
  }

  void release_leaf(Leaf* leaf) {
    if (--leaf->refs == 0) Leaf::destroy(leaf, *arena_);
  }
  void release(Branch* branch, unsigned shift) {
    if (--branch->refs) return;
    visit_slots(branch, shift, [&](void* slot, bool is_branch) {
      if (is_branch)
        release(static_cast<Branch*>(slot), shift + kBits);
      else
        release_leaf(static_cast<Leaf*>(slot));
    });
    free_branch(branch, slot_count(branch, shift));
  }

  Branch* owned(Branch* branch, unsigned shift) {
    if (branch->refs == 1) return branch;
    const std::size_t slots = slot_count(branch, shift);
    Branch* copy = make_branch(slots);
    copy->leaves = branch->leaves;
    copy->branches = branch->branches;
    std::memcpy(copy->slots(), branch->slots(), slots * sizeof(void*));
    visit_slots(copy, shift, [](void* slot, bool is_branch) {
      ++(is_branch ? static_cast<Branch*>(slot)->refs : static_cast<Leaf*>(slot)->refs);
    });
    --branch->refs;
    return copy;
  }

  // `branch` is owned; its slots move to a new allocation with room for one more, or one less.
  Branch* with_slot(Branch* branch, std::size_t slots, std::size_t index, void* value) {
    Branch* grown = make_branch(slots + 1);
    grown->leaves = branch->leaves;
    grown->branches = branch->branches;
    std::memcpy(grown->slots(), branch->slots(), index * sizeof(void*));
    grown->slots()[index] = value;
    std::memcpy(grown->slots() + index + 1, branch->slots() + index, (slots - index) * sizeof(void*));
    free_branch(branch, slots);
    return grown;
  }
  Branch* without_slot(Branch* branch, std::size_t slots, std::size_t index) {
    Branch* shrunk = make_branch(slots - 1);
    shrunk->leaves = branch->leaves;
    shrunk->branches = branch->branches;
    std::memcpy(shrunk->slots(), branch->slots(), index * sizeof(void*));
    std::memcpy(shrunk->slots() + index, branch->slots() + index + 1, (slots - index - 1) * sizeof(void*));
    free_branch(branch, slots);
    return shrunk;
  }

  template <typename Equal>
  static const Leaf* find_in_list(const Branch* list, Equal&& equal) {
    for (Bits i = 0; i < list->leaves; ++i)
      if (const Leaf* leaf = static_cast<const Leaf*>(list->slots()[i]); equal(*leaf)) return leaf;
    return nullptr;
  }

  template <typename Equal>
  void put_at(Branch*& at, Leaf* leaf, unsigned shift, Equal& equal) {
    at = owned(at, shift);
    if (shift >= kHashBits) return put_in_list(at, leaf, shift, equal);
    const Bits bit = bit_at(leaf->hash(), shift);
    const std::size_t index = at->index(bit);
    if (at->branches & bit)
      return put_at(reinterpret_cast<Branch*&>(at->slots()[index]), leaf, shift + kBits, equal);
    if (!(at->leaves & bit)) {
      at = with_slot(at, slot_count(at, shift), index, leaf);
      at->leaves |= bit;
      ++size_;
      return;
    }
    Leaf* there = static_cast<Leaf*>(at->slots()[index]);
    if (there->hash() == leaf->hash() && equal(*there)) {
      at->slots()[index] = leaf;
      release_leaf(there);
      return;
    }
    const NeverEqual never_equal;
    Branch* below = make_branch(0);
    put_at(below, there, shift + kBits, never_equal);
    put_at(below, leaf, shift + kBits, never_equal);
    --size_;  // `there` was counted already
    at->slots()[index] = below;
    at->leaves ^= bit;
    at->branches |= bit;
  }

  template <typename Equal>
  void put_in_list(Branch*& list, Leaf* leaf, unsigned shift, Equal& equal) {
    for (Bits i = 0; i < list->leaves; ++i) {
      Leaf* there = static_cast<Leaf*>(list->slots()[i]);
      if (!equal(*there)) continue;
      list->slots()[i] = leaf;
      return release_leaf(there);
    }
    const std::size_t count = slot_count(list, shift);
    list = with_slot(list, count, count, leaf);
    ++list->leaves;
    ++size_;
  }

  // The leaf is there. Leaves `at` null when nothing remains below it.
  template <typename Equal>
  void erase_at(Branch*& at, std::uint64_t hash, unsigned shift, Equal& equal) {
    at = owned(at, shift);
    const std::size_t slots = slot_count(at, shift);
    const bool is_list = shift >= kHashBits;
    const Bits bit = is_list ? 0 : bit_at(hash, shift);
    std::size_t index = is_list ? 0 : at->index(bit);
    if (is_list)
      while (!equal(*static_cast<Leaf*>(at->slots()[index]))) ++index;
    if (!(at->branches & bit)) {
      release_leaf(static_cast<Leaf*>(at->slots()[index]));
    } else {
      Branch*& below = reinterpret_cast<Branch*&>(at->slots()[index]);
      erase_at(below, hash, shift + kBits, equal);
      if (below) {
        if (slot_count(below, shift + kBits) > 1 || below->branches) return;
        Leaf* last = static_cast<Leaf*>(below->slots()[0]);
        free_branch(below, 1);
        at->slots()[index] = last;
        at->branches ^= bit;
        at->leaves |= bit;
        return;
      }
    }
    at = without_slot(at, slots, index);
    at->leaves = is_list ? at->leaves - 1 : at->leaves & ~bit;
    at->branches &= ~bit;
    if (slots == 1) {
      free_branch(at, 0);
      at = nullptr;
    }
  }

  template <typename Visit>
  static void visit_leaves(const Branch* branch, unsigned shift, Visit& visit) {
    visit_slots(branch, shift, [&](void* slot, bool is_branch) {
      if (is_branch)
        visit_leaves(static_cast<const Branch*>(slot), shift + kBits, visit);
      else
        visit(*static_cast<const Leaf*>(slot));
    });
  }

  Arena* arena_;
  Branch* root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace meridian::snapshots::dns

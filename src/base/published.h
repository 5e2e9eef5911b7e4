// Published<T>: the only way configuration reaches a data-plane thread. One publisher swaps whole immutable
// objects; readers take no lock and touch no shared counter. A replaced object is destroyed by the publisher, on
// its own thread, once no reader can still be using it (hazard pointers, one cache line a reader).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/check.h"

namespace meridian {

template <typename T>
class Published {
  struct alignas(64) Slot {
    std::atomic<const T*> in_use{nullptr};
    std::atomic<bool> taken{false};
  };

 public:
  static constexpr std::size_t kReadersMax = 256;

  explicit Published(std::unique_ptr<const T> first) : current_(first.release()) { CHECK(current_.load()); }
  ~Published() { delete current_.load(); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // Pins the object of one moment; hold it for one query or one batch, never across a wait.
  class Pin {
   public:
    explicit Pin(Slot& slot, const T* object) : slot_(&slot), object_(object) {}
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    ~Pin() { slot_->in_use.store(nullptr, std::memory_order_release); }
    const T& operator*() const { return *object_; }
    const T* operator->() const { return object_; }

   private:
    Slot* slot_;
    const T* object_;
  };

  // One thread's door to the object; at most one Pin of a Reader may live at a time.
  class Reader {
   public:
    explicit Reader(Published& owner) : owner_(&owner), slot_(&owner.take_slot()) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() { slot_->taken.store(false, std::memory_order_release); }
    Pin current() {
      for (;;) {
        const T* seen = owner_->current_.load(std::memory_order_acquire);
        slot_->in_use.store(seen, std::memory_order_seq_cst);
        if (owner_->current_.load(std::memory_order_seq_cst) == seen) return Pin(*slot_, seen);
      }
    }

   private:
    Published* owner_;
    Slot* slot_;
  };

  // Thread-safe among publishers, though one is usual. Returns at once; frees what nobody uses any more.
  void publish(std::unique_ptr<const T> next) {
    CHECK(next);
    std::lock_guard lock(publisher_);
    retired_.emplace_back(current_.exchange(next.release(), std::memory_order_seq_cst));
    reclaim();
  }

  // The publisher's own view; valid until its next publish().
  const T& latest() const { return *current_.load(std::memory_order_acquire); }

  std::size_t retired() {
    std::lock_guard lock(publisher_);
    reclaim();
    return retired_.size();
  }

 private:
  Slot& take_slot() {
    for (Slot& slot : slots_) {
      bool free = false;
      if (slot.taken.compare_exchange_strong(free, true)) return slot;
    }
    CHECK(!"more readers than kReadersMax");
    __builtin_unreachable();
  }
  void reclaim() {
    std::erase_if(retired_, [this](const std::unique_ptr<const T>& old) {
      for (const Slot& slot : slots_)
        if (slot.in_use.load(std::memory_order_seq_cst) == old.get()) return false;
      return true;
    });
  }

  std::atomic<const T*> current_;
  std::array<Slot, kReadersMax> slots_;
  std::mutex publisher_;
  std::vector<std::unique_ptr<const T>> retired_;
};

}  // namespace meridian

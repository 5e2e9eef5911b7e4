// The slices that are whole, and which of them goes when memory is short: S3-FIFO (engines/cdn/s3_fifo.h), of
// slices, so that the part of an object that is asked for again stays and the rest goes. Under the lock of
// all slices.
#pragma once

#include <list>
#include <memory>

#include "engines/cdn/s3_fifo.h"
#include "engines/cdn/slices/slice_memory.h"

namespace meridian::engines::cdn::slices {

class SlicedBody;

struct Slice {
  SlicedBody* body = nullptr;
  std::uint32_t index = 0;  // in it
  std::shared_ptr<Slot> slot;
  std::uint64_t filled = 0;
  std::uint64_t read_until = 0;  // by any reader
  std::uint8_t uses = 0;         // by readers to whom it was not new
  Key key{};                     // of one that is whole: to be known by when it comes back
  bool is_main = false;
  std::list<Slice*>::iterator place{};

  // A reader begins with the byte at `offset`. Who goes on where another has stopped, as players do who fetch
  // a film a range at a time, does not read it again.
  void begin_to_read(std::uint64_t offset) {
    if (offset < read_until && uses < kUsesMax) ++uses;
  }
};

class SliceQueues {
 public:
  explicit SliceQueues(std::size_t bytes_max) : small_max_(bytes_max / kSmallPart) {}

  void add(Slice& slice);
  void remove(Slice& slice);
  std::size_t bytes() const { return small_.bytes + main_.bytes; }

  // Takes the one out that is to go; null: all are spared. What is spared is put off.
  template <typename Spared>
  Slice* evict(Spared spared) {
    for (std::size_t small_spared = 0, main_spared = 0;;) {
      const bool has_small = small_spared < small_.order.size(), has_main = main_spared < main_.order.size();
      if (!has_small && !has_main) return nullptr;
      const bool is_small = has_small && (small_.bytes > small_max_ || !has_main);
      Queue& queue = is_small ? small_ : main_;
      Slice& oldest = *queue.order.front();
      if (is_small && oldest.uses >= kUsesToStay) {
        remove(oldest);
        oldest.uses = 0;
        link(oldest, true);
        continue;
      }
      if (oldest.uses > 0) {
        --oldest.uses;
      } else if (spared(oldest)) {
        ++(is_small ? small_spared : main_spared);
      } else {
        remove(oldest);
        if (is_small) ghosts_.add(oldest.key, small_.order.size() + main_.order.size() + 1);
        return &oldest;
      }
      queue.order.splice(queue.order.end(), queue.order, oldest.place);
    }
  }

 private:
  struct Queue {
    std::list<Slice*> order;  // the oldest first
    std::size_t bytes = 0;
  };
  Queue& queue_of(const Slice& slice) { return slice.is_main ? main_ : small_; }
  void link(Slice& slice, bool is_main);

  const std::size_t small_max_;
  Queue small_, main_;
  GhostKeys ghosts_;
};

}  // namespace meridian::engines::cdn::slices

// Memory for slices of large objects, in slots of one slice each (base/slot_memory.h), and who waits for
// some.
#pragma once

#include <mutex>
#include <vector>

#include "base/slot_memory.h"
#include "engines/cdn/body.h"

namespace meridian::engines::cdn::slices {

inline constexpr std::uint64_t kSliceBytes = 1024 * 1024;
using Slot = SlotMemory::Slot;

class SliceMemory {
 public:
  explicit SliceMemory(std::size_t bytes_max)
      : waiting_(std::make_shared<Waiting>()),
        memory_("meridian-slices", kSliceBytes, bytes_max, [waiting = waiting_] { waiting->fire(); }) {}

  bool empty() const { return memory_.slots() == 0; }
  std::shared_ptr<Slot> take() { return memory_.take(); }  // null: none is free
  // The same; if none is free, `wake` is fired when one may be.
  std::shared_ptr<Slot> take(const std::shared_ptr<Wake>& wake);
  void wait(const std::shared_ptr<Wake>& wake);  // fired when one may be free

 private:
  // Of slots, too, that are there longer than this.
  class Waiting {
   public:
    void add(const std::shared_ptr<Wake>& wake);
    void fire();

   private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<Wake>> wakes_;
  };

  const std::shared_ptr<Waiting> waiting_;
  SlotMemory memory_;
};

}  // namespace meridian::engines::cdn::slices

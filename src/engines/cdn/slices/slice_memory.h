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

  std::size_t bytes_max() const { return memory_.bytes_max(); }  // 0: there is none
  // Null: there is no room for `size` bytes; `wake`, if it is not null, is fired when there may be.
  std::shared_ptr<Slot> take(std::size_t size, const std::shared_ptr<Wake>& wake = nullptr);
  // Fired when there may be room for `size` bytes.
  void wait(std::size_t size, const std::shared_ptr<Wake>& wake);

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

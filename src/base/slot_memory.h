// Memory that a kernel sends from without a copy: a file in memory, mapped, in slots of one size. A slot
// costs the pages that it was taken for, so that short ones are not paid for as whole ones. Rule: the pages
// of a slot go back to the system before it is used again, so that what a kernel still sends stays what it
// was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/piece.h"

namespace meridian {

class SlotMemory {
  class File;

 public:
  // Free again when nobody refers to it any more, be that after its memory's owner has gone.
  class Slot {
   public:
    Slot(std::shared_ptr<File> file, std::size_t index, std::size_t cost);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    char* bytes() const;
    // [from, from + size) of it, to be sent.
    static SharedBytes part(const std::shared_ptr<Slot>& slot, std::size_t from, std::size_t size);

   private:
    const std::shared_ptr<File> file_;
    const std::size_t index_, cost_;
  };

  // `on_free`, where there is one, is called on any thread when a slot has become free.
  SlotMemory(const char* name, std::size_t slot_bytes, std::size_t bytes_max,
             std::function<void()> on_free = nullptr);

  // Null: there is no room for `size` bytes, which are no more than a slot's.
  std::shared_ptr<Slot> take(std::size_t size);
  // 0: there is less than one whole slot's, or the system has none.
  std::size_t bytes_max() const;
  std::size_t bytes() const;  // that are taken, in whole pages

 private:
  const std::shared_ptr<File> file_;
};

}  // namespace meridian

// Memory for slices of large objects: a file in memory, mapped, as slots of one slice each, from where a
// kernel sends them without a copy. Rule: the pages of a slot go back to the system before it is used again,
// so that what a kernel still sends stays what it was.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engines/cdn/body.h"

namespace meridian::engines::cdn::slices {

inline constexpr std::uint64_t kSliceBytes = 1024 * 1024;

class SliceMemory : public std::enable_shared_from_this<SliceMemory> {
 public:
  // Room for one slice; free again when nobody refers to it any more.
  class Slot {
   public:
    Slot(std::shared_ptr<SliceMemory> memory, std::size_t index)
        : memory_(std::move(memory)), index_(index) {}
    ~Slot() { memory_->give_back(index_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    char* bytes() const { return memory_->bytes_ + offset(); }
    std::uint64_t offset() const { return index_ * kSliceBytes; }
    int file() const { return memory_->file_; }

   private:
    const std::shared_ptr<SliceMemory> memory_;
    const std::size_t index_;
  };

  explicit SliceMemory(std::size_t bytes_max);
  ~SliceMemory();
  SliceMemory(const SliceMemory&) = delete;
  SliceMemory& operator=(const SliceMemory&) = delete;

  std::size_t slots() const { return slots_; }
  // Null: none is free. Then `wake`, if it is not null, is fired when one is.
  std::shared_ptr<Slot> take(const std::shared_ptr<Wake>& wake = nullptr);
  void wait(const std::shared_ptr<Wake>& wake);  // fired when there is one

 private:
  void give_back(std::size_t index);

  int file_ = -1;
  char* bytes_ = nullptr;
  std::size_t slots_ = 0;
  std::mutex mutex_;
  std::vector<std::size_t> free_;
  std::vector<std::shared_ptr<Wake>> waiting_;
};
using Slot = SliceMemory::Slot;

}  // namespace meridian::engines::cdn::slices

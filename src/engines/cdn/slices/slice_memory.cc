#include "engines/cdn/slices/slice_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace meridian::engines::cdn::slices {

SliceMemory::SliceMemory(std::size_t bytes_max) {
  const std::size_t slots = bytes_max / kSliceBytes, size = slots * kSliceBytes;
  if (slots == 0) return;
  file_ = memfd_create("meridian-slices", MFD_CLOEXEC);
  if (file_ < 0 || ftruncate(file_, static_cast<off_t>(size)) != 0) return;
  void* const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (mapped == MAP_FAILED) return;
  madvise(mapped, size, MADV_DONTDUMP);
  bytes_ = static_cast<char*>(mapped);
  slots_ = slots;
  for (std::size_t index = slots; index > 0; --index) free_.push_back(index - 1);
}

SliceMemory::~SliceMemory() {
  if (bytes_ != nullptr) munmap(bytes_, slots_ * kSliceBytes);
  if (file_ >= 0) close(file_);
}

std::shared_ptr<Slot> SliceMemory::take(const std::shared_ptr<Wake>& wake) {
  std::size_t index = 0;
  {
    std::lock_guard lock(mutex_);
    if (free_.empty()) {
      if (wake) waiting_.push_back(wake);
      return nullptr;
    }
    index = free_.back();
    free_.pop_back();
  }
  return std::make_shared<Slot>(shared_from_this(), index);
}

void SliceMemory::wait(const std::shared_ptr<Wake>& wake) {
  {
    std::lock_guard lock(mutex_);
    if (free_.empty()) {
      waiting_.push_back(wake);
      return;
    }
  }
  Wake::fire(wake);
}

// Who is still being sent one of the pages keeps it; the slot's next user gets others. Where that fails the
// slot is not used again.
void SliceMemory::give_back(std::size_t index) {
  constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (fallocate(file_, kHole, static_cast<off_t>(index * kSliceBytes), kSliceBytes) != 0) return;
  std::vector<std::shared_ptr<Wake>> waiting;
  {
    std::lock_guard lock(mutex_);
    free_.push_back(index);
    waiting.swap(waiting_);
  }
  for (const auto& wake : waiting) Wake::fire(wake);
}

}  // namespace meridian::engines::cdn::slices

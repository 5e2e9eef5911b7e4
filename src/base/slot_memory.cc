#include "base/slot_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>
#include <optional>
#include <vector>

#include "base/check.h"

namespace meridian {
namespace {

// Slots, for each that would fit if all were taken whole: address space, and a file with holes in it.
constexpr std::size_t kSlotsForOne = 4;

}  // namespace

class SlotMemory::File {
 public:
  File(const char* name, std::size_t slot_bytes, std::size_t bytes_max, std::function<void()> on_free)
      : slot_bytes_(slot_bytes),
        page_bytes_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        on_free_(std::move(on_free)) {
    const std::size_t slots = bytes_max / slot_bytes * kSlotsForOne, size = slots * slot_bytes;
    if (slots == 0) return;
    file_ = memfd_create(name, MFD_CLOEXEC);
    if (file_ < 0 || ftruncate(file_, static_cast<off_t>(size)) != 0) return;
    void* const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (mapped == MAP_FAILED) return;
    // What users have stored does not belong into a core file.
    madvise(mapped, size, MADV_DONTDUMP);
    // A hole in a part of a large page is zeroed in its place, which may be on its way to a peer.
    madvise(mapped, size, MADV_NOHUGEPAGE);
    bytes_ = static_cast<char*>(mapped);
    mapped_ = size;
    bytes_max_ = bytes_max;
    for (std::size_t index = slots; index > 0; --index) free_.push_back(index - 1);
  }
  ~File() {
    if (bytes_ != nullptr) munmap(bytes_, mapped_);
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int file() const { return file_; }
  char* bytes() const { return bytes_; }
  std::size_t offset_of(std::size_t index) const { return index * slot_bytes_; }
  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t bytes_taken() {
    std::lock_guard lock(mutex_);
    return taken_;
  }
  std::size_t cost_of(std::size_t size) const {
    CHECK(size <= slot_bytes_);
    return (size + page_bytes_ - 1) / page_bytes_ * page_bytes_;
  }

  std::optional<std::size_t> take(std::size_t cost) {
    std::lock_guard lock(mutex_);
    if (free_.empty() || cost > bytes_max_ - taken_) return std::nullopt;
    const std::size_t index = free_.back();
    free_.pop_back();
    taken_ += cost;
    return index;
  }
  // Who is still being sent one of the pages keeps it; the slot's next user gets others. Where that fails the
  // slot is not used again.
  void give_back(std::size_t index, std::size_t cost) {
    constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (fallocate(file_, kHole, static_cast<off_t>(offset_of(index)), static_cast<off_t>(slot_bytes_)) != 0)
      return;
    {
      std::lock_guard lock(mutex_);
      free_.push_back(index);
      taken_ -= cost;
    }
    if (on_free_) on_free_();
  }

 private:
  const std::size_t slot_bytes_, page_bytes_;
  const std::function<void()> on_free_;
  int file_ = -1;
  char* bytes_ = nullptr;
  std::size_t mapped_ = 0, bytes_max_ = 0;
  std::mutex mutex_;
  std::size_t taken_ = 0;
  std::vector<std::size_t> free_;
};

SlotMemory::Slot::Slot(std::shared_ptr<File> file, std::size_t index, std::size_t cost)
    : file_(std::move(file)), index_(index), cost_(cost) {}

SlotMemory::Slot::~Slot() {
  file_->give_back(index_, cost_);
}

char* SlotMemory::Slot::bytes() const {
  return file_->bytes() + file_->offset_of(index_);
}

SharedBytes SlotMemory::Slot::part(const std::shared_ptr<Slot>& slot, std::size_t from, std::size_t size) {
  const File& file = *slot->file_;
  return {slot, {slot->bytes() + from, size}, file.file(), file.offset_of(slot->index_) + from};
}

SlotMemory::SlotMemory(const char* name, std::size_t slot_bytes, std::size_t bytes_max,
                       std::function<void()> on_free)
    : file_(std::make_shared<File>(name, slot_bytes, bytes_max, std::move(on_free))) {}

std::shared_ptr<SlotMemory::Slot> SlotMemory::take(std::size_t size) {
  const std::size_t cost = file_->cost_of(size);
  const auto index = file_->take(cost);
  return index ? std::make_shared<Slot>(file_, *index, cost) : nullptr;
}

std::size_t SlotMemory::bytes_max() const {
  return file_->bytes_max();
}

std::size_t SlotMemory::bytes() const {
  return file_->bytes_taken();
}

}  // namespace meridian

#include "engines/cdn/slices/slice_memory.h"

namespace meridian::engines::cdn::slices {

std::shared_ptr<Slot> SliceMemory::take(std::size_t size, const std::shared_ptr<Wake>& wake) {
  auto slot = memory_.take(size);
  if (slot || !wake) return slot;
  waiting_->add(wake);
  return memory_.take(size);  // something may have been given back before it waited
}

// What is free says so when it is given back.
void SliceMemory::wait(std::size_t size, const std::shared_ptr<Wake>& wake) {
  waiting_->add(wake);
  memory_.take(size);
}

void SliceMemory::Waiting::add(const std::shared_ptr<Wake>& wake) {
  std::lock_guard lock(mutex_);
  wakes_.push_back(wake);
}

void SliceMemory::Waiting::fire() {
  std::vector<std::shared_ptr<Wake>> wakes;
  {
    std::lock_guard lock(mutex_);
    wakes.swap(wakes_);
  }
  for (const auto& wake : wakes) Wake::fire(wake);
}

}  // namespace meridian::engines::cdn::slices

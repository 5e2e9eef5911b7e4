#include "engines/cdn/slices/slice_memory.h"

namespace meridian::engines::cdn::slices {

std::shared_ptr<Slot> SliceMemory::take(const std::shared_ptr<Wake>& wake) {
  if (auto slot = memory_.take()) return slot;
  waiting_->add(wake);
  return memory_.take();
}

// What is free says so when it is given back.
void SliceMemory::wait(const std::shared_ptr<Wake>& wake) {
  waiting_->add(wake);
  memory_.take();
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

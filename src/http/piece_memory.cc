#include "http/piece_memory.h"

namespace meridian::http {

std::shared_ptr<char[]> PieceMemory::take() {
  std::unique_ptr<char[]> piece;
  {
    std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      piece = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (!piece) piece = std::make_unique_for_overwrite<char[]>(piece_bytes_);
  return {piece.release(),
          [self = shared_from_this()](char* memory) { self->give_back(std::unique_ptr<char[]>(memory)); }};
}

void PieceMemory::give_back(std::unique_ptr<char[]> piece) {
  std::lock_guard lock(mutex_);
  if (spare_.size() < kSpareMax) spare_.push_back(std::move(piece));
}

}  // namespace meridian::http

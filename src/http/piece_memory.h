// Memory for pieces of arriving bodies, used again and again: new memory of that size would come from the
// system each time, which zeroes it page by page. Thread-safe: a piece is given back by whoever had it last.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace meridian::http {

class PieceMemory final : public std::enable_shared_from_this<PieceMemory> {
 public:
  static constexpr std::size_t kSpareMax = 64;  // pieces kept for later

  explicit PieceMemory(std::size_t piece_bytes) : piece_bytes_(piece_bytes) {}

  std::shared_ptr<char[]> take();

 private:
  void give_back(std::unique_ptr<char[]> piece);

  const std::size_t piece_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<char[]>> spare_;  // the latest used last: it is still in the processor's cache
};

}  // namespace meridian::http

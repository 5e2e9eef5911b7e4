// MD5 (RFC 1321), of which S3's ETags are made: of one text piece by piece, or of blocks of several at once.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace meridian::services::s3 {

class Md5 {
 public:
  static constexpr std::size_t kBlockBytes = 64;

  void add(std::string_view bytes);
  std::string finish();  // 16 bytes; once

  // For those who hash several side by side: takes the bytes in but for the whole blocks that it returns,
  // which must be hashed into words() before anything else is done with this.
  std::string_view enter(std::string_view bytes);
  using Words = std::array<std::uint32_t, 4>;
  Words& words() { return words_; }

 private:
  Words words_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::uint64_t size_ = 0;
  char rest_[kBlockBytes];  // size_ % kBlockBytes bytes that are no whole block yet
};

// Blocks of one text that are to be hashed into its words.
struct Md5Lane {
  static constexpr std::size_t kCountMax = 8;  // side by side

  Md5::Words* words = nullptr;
  std::string_view blocks;
};

// Hashes the first `count` blocks of each lane and takes them off it.
void hash_side_by_side(std::span<Md5Lane> lanes, std::size_t count);

}  // namespace meridian::services::s3

// What is computed of a body while it comes: MD5, of which ETags are made, and one checksum. OpenSSL stays
// behind digests.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/piece.h"
#include "services/s3/md5_queue.h"
#include "services/s3/resources.h"

namespace meridian::services::s3 {

class Digests {
 public:
  // With a queue, the MD5 of what is shared may be computed later, together with those of others.
  explicit Digests(ChecksumAlgorithm algorithm, Md5Queue* queue = nullptr);
  ~Digests();
  void add(std::string_view bytes);
  void add(const SharedBytes& bytes);
  void finish();  // once; the results are there then

  const std::string& md5() const { return md5_; }            // 16 bytes
  const std::string& checksum() const { return checksum_; }  // raw; "" for None
  ChecksumAlgorithm algorithm() const { return algorithm_; }

 private:
  struct State;
  void add_to_checksum(std::string_view bytes);

  const ChecksumAlgorithm algorithm_;
  std::unique_ptr<State> state_;
  std::string md5_, checksum_;
};

// MD5 or the checksum of a short text at once.
std::string md5_of(std::string_view bytes);
std::string checksum_of(ChecksumAlgorithm algorithm, std::string_view bytes);

bool is_crc(ChecksumAlgorithm algorithm);
// The CRC of two texts one after another, from theirs, raw.
std::string combine(ChecksumAlgorithm algorithm, std::string_view first, std::string_view second,
                    std::uint64_t second_size);

const char* name_of(ChecksumAlgorithm algorithm);  // "CRC64NVME"; "" for None
std::optional<ChecksumAlgorithm> algorithm_of(std::string_view name);
// x-amz-checksum-crc32 and the like; nothing for other header fields.
std::optional<ChecksumAlgorithm> algorithm_of_header(std::string_view field);
const char* name_of(ChecksumType type);

// The members ChecksumCRC32 and so on of a generated structure, which S3 has in many of them.
template <typename T>
auto& member_of(T& structure, ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32:
      return structure.ChecksumCRC32;
    case ChecksumAlgorithm::Crc32c:
      return structure.ChecksumCRC32C;
    case ChecksumAlgorithm::Crc64nvme:
      return structure.ChecksumCRC64NVME;
    case ChecksumAlgorithm::Sha1:
      return structure.ChecksumSHA1;
    default:
      return structure.ChecksumSHA256;
  }
}

inline constexpr ChecksumAlgorithm kChecksumAlgorithms[] = {
    ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64nvme,
    ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256};

// The checksum that a structure carries: the first of them. None when it carries none.
template <typename T>
Checksum checksum_in(const T& structure) {
  for (ChecksumAlgorithm algorithm : kChecksumAlgorithms)
    if (const auto& value = member_of(structure, algorithm))
      return {algorithm, ChecksumType::FullObject, *value};
  return {};
}

template <typename T>
void put_checksum(T& structure, const Checksum& checksum) {
  if (checksum.algorithm != ChecksumAlgorithm::None)
    member_of(structure, checksum.algorithm) = checksum.value;
}

}  // namespace meridian::services::s3

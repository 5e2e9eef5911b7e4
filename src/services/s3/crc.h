// The CRCs that S3's clients send. All are reflected, with all ones at the start and at the end.
#pragma once

#include <cstdint>
#include <string_view>

namespace meridian::services::s3 {

enum class CrcKind : std::uint8_t { Crc32, Crc32c, Crc64nvme };

// The CRC of what `crc` was of, followed by `bytes`; 0 is the CRC of nothing.
std::uint64_t extend_crc(CrcKind kind, std::uint64_t crc, std::string_view bytes);

// The CRC of two texts one after another, from theirs: `size` is the second one's.
std::uint64_t combine_crcs(CrcKind kind, std::uint64_t first, std::uint64_t second, std::uint64_t size);

}  // namespace meridian::services::s3

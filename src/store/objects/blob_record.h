// What the store knows of a blob: where it lies, how long it is, and its key under the master key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meridian::store::objects {

// In a pack, at an offset; or a file of its own.
struct Place {
  bool packed = false;
  std::uint64_t pack = 0, offset = 0;
  bool operator==(const Place&) const = default;
};

struct BlobRecord {
  Place place;
  std::uint64_t size = 0;  // of the plain text
  std::string wrapped_key;
};

inline constexpr const char* kBlobsPrefix = "objects/blob/";
inline constexpr const char* kPacksPrefix = "objects/pack/";
inline constexpr const char* kGarbagePrefix = "objects/garbage/";

std::string blob_key(std::string_view id);
std::string pack_prefix(std::uint64_t pack);
// Its value is the blob's sealed size.
std::string pack_member_key(std::uint64_t pack, std::string_view id);

std::string encode(const BlobRecord& record);
Result<BlobRecord> decode_blob_record(std::string_view bytes);

std::string encode_sealed_size(std::uint64_t size);
Result<std::uint64_t> decode_sealed_size(std::string_view bytes);

// The ids of blobs that became garbage together.
std::string encode_garbage(const std::vector<std::string>& ids);
Result<std::vector<std::string>> decode_garbage(std::string_view bytes);

std::string pack_name(std::uint64_t pack);  // sixteen hexadecimal digits
bool is_blob_id(std::string_view text);     // thirty-two

}  // namespace meridian::store::objects

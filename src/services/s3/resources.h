// What S3 stores: buckets, objects with what a GET answers beside their bytes, uploads and their parts. The
// bytes are blobs of store/objects. The one header of this room that others may include.
//
// Keys: s3/bucket/<name>, s3/object/<bucket>/<key> (a bucket's name has no slash, so keys lie in S3's order),
// s3/parts/<manifest> (the blobs of an object that was uploaded in parts), s3/upload/<bucket>/<key>\0<upload
// id>, s3/part/<upload id>/<number>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::services::s3 {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct BucketResource {
  std::string name;
  std::string account;  // 12 digits
  std::string region;
  SystemTime created_at{};
  bool deleting = false;  // being looked through for objects; takes no more of them
};

enum class ChecksumAlgorithm : std::uint8_t { None, Crc32, Crc32c, Crc64nvme, Sha1, Sha256 };
enum class ChecksumType : std::uint8_t { FullObject, Composite };

struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::None;
  ChecksumType type = ChecksumType::FullObject;
  std::string value;  // base64; of a composite "…-3"
  bool operator==(const Checksum&) const = default;
};

// What a caller says about an object beside its bytes.
struct ObjectMetadata {
  std::string content_type;
  std::optional<std::string> cache_control, content_disposition, content_encoding, content_language;
  std::optional<SystemTime> expires;
  std::string storage_class;
  TextPairs user;  // x-amz-meta-…, lower case
};

struct ObjectResource {
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  SystemTime modified_at{};
  Checksum checksum;
  ObjectMetadata metadata;
  // The blob, or with `parts` the key of the list of blobs.
  std::string blob;
  std::uint32_t parts = 0;  // 0: not uploaded in parts
};

// Where the bytes of an object lie, in order.
struct Extent {
  std::string blob;
  std::uint64_t size = 0;
};

struct UploadResource {
  std::string account;
  SystemTime initiated_at{};
  ObjectMetadata metadata;
  ChecksumAlgorithm checksum_algorithm = ChecksumAlgorithm::None;
  ChecksumType checksum_type = ChecksumType::FullObject;
  bool closing = false;  // being completed or aborted; takes no more parts
};

struct PartResource {
  Extent extent;
  std::string etag;  // MD5 in hexadecimal
  SystemTime modified_at{};
  Checksum checksum;
};

inline constexpr const char* kBucketsPrefix = "s3/bucket/";
std::string bucket_key(std::string_view bucket);
std::string objects_prefix(std::string_view bucket);
std::string object_key(std::string_view bucket, std::string_view key);
std::string extents_key(std::string_view manifest);
std::string uploads_prefix(std::string_view bucket);
std::string upload_key(std::string_view bucket, std::string_view key, std::string_view upload_id);
std::string parts_prefix(std::string_view upload_id);
std::string part_key(std::string_view upload_id, std::int32_t number);
std::int32_t part_number_of(std::string_view part_key);

std::string encode(const BucketResource& bucket);
std::string encode(const ObjectResource& object);
std::string encode(const std::vector<Extent>& extents);
std::string encode(const UploadResource& upload);
std::string encode(const PartResource& part);
Result<BucketResource> decode_bucket(std::string_view bytes);
Result<ObjectResource> decode_object(std::string_view bytes);
Result<std::vector<Extent>> decode_extents(std::string_view bytes);
Result<UploadResource> decode_upload(std::string_view bytes);
Result<PartResource> decode_part(std::string_view bytes);

}  // namespace meridian::services::s3

// What S3 stores: buckets, objects with what a GET answers beside their bytes, uploads and their parts. The
// bytes are blobs of store/objects. The one header of this room that others may include.
//
// Keys: s3/bucket/<name>, s3/setting/<bucket>/<kind> (what is configured of a bucket, gone with it),
// s3/object/<bucket>/<key> (a bucket's name has no slash, so keys lie in S3's order),
// s3/marker/<bucket>/<key> (the delete marker that stands in an object's stead),
// s3/version/<bucket>/<key>\0<number> (versions that are not current, newest first), s3/null/<bucket>/<key>
// (which of these is the null version), s3/parts/<manifest> (the blobs of an object that was uploaded in
// parts), s3/upload/<bucket>/<key>\0<upload id>, s3/part/<upload id>/<number>.
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

enum class Versioning : std::uint8_t { Never, Enabled, Suspended };

struct BucketResource {
  std::string name;
  std::string account;  // 12 digits
  std::string region;
  SystemTime created_at{};
  bool deleting = false;  // being looked through for objects; takes no more of them
  Versioning versioning = Versioning::Never;
  bool has_lifecycle = false;
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
  TextPairs tags;
  std::optional<std::string> website_redirect;  // where a website sends whoever asks for it
};

// A version of a key: an object, or a delete marker, which has only a time.
struct ObjectResource {
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  SystemTime modified_at{};
  Checksum checksum;
  ObjectMetadata metadata;
  // The blob, or with `parts` the key of the list of blobs.
  std::string blob;
  std::uint32_t parts = 0;  // 0: not uploaded in parts
  std::string version_id;   // "": the null version
  // Rises with each version of the key while it has any; 0 in buckets that never had versions.
  std::uint64_t sequence = 0;
  bool delete_marker = false;
  std::string customer_key_mark;  // "": not encrypted with a customer's key (customer_key.h)
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
  bool closing = false;           // being completed or aborted; takes no more parts
  std::string customer_key_mark;  // as in an object
};

struct PartResource {
  Extent extent;
  std::string etag;  // MD5 in hexadecimal
  SystemTime modified_at{};
  Checksum checksum;
};

inline constexpr const char* kBucketsPrefix = "s3/bucket/";
std::string bucket_key(std::string_view bucket);
std::string settings_prefix(std::string_view bucket);
std::string setting_key(std::string_view bucket, std::string_view kind);
std::string objects_prefix(std::string_view bucket);
std::string object_key(std::string_view bucket, std::string_view key);
std::string markers_prefix(std::string_view bucket);
std::string marker_key(std::string_view bucket, std::string_view key);
std::string versions_prefix(std::string_view bucket);
std::string versions_prefix(std::string_view bucket, std::string_view key);
std::string version_key(std::string_view bucket, std::string_view key, std::uint64_t sequence);
std::string null_version_key(std::string_view bucket, std::string_view key);
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
std::string encode_pairs(const TextPairs& pairs);
std::string encode_sequence(std::uint64_t sequence);
std::string encode(const PartResource& part);
Result<BucketResource> decode_bucket(std::string_view bytes);
Result<ObjectResource> decode_object(std::string_view bytes);
Result<std::vector<Extent>> decode_extents(std::string_view bytes);
Result<UploadResource> decode_upload(std::string_view bytes);
Result<TextPairs> decode_pairs(std::string_view bytes);
Result<std::uint64_t> decode_sequence(std::string_view bytes);
Result<PartResource> decode_part(std::string_view bytes);

}  // namespace meridian::services::s3

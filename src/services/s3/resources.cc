#include "services/s3/resources.h"

#include <fmt/format.h>

#include <charconv>
#include <initializer_list>

#include "store/fields.h"

namespace meridian::services::s3 {
namespace {

constexpr std::uint8_t kVersion =
    5;  // 2: versions and tags; 3: redirects of websites; 4: lifecycles; 5: customers' keys

// Every call makes a few keys.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string out;
  out.reserve(size);
  for (const std::string_view part : parts) out += part;
  return out;
}

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}

  Writer& pairs(const TextPairs& list) {
    count(list.size());
    for (const auto& [name, value] : list) text(name).text(value);
    return *this;
  }
  Writer& optional_time(const std::optional<SystemTime>& value) {
    return flag(value.has_value()).time(value.value_or(SystemTime()));
  }
  Writer& checksum(const Checksum& value) {
    return u8(static_cast<std::uint8_t>(value.algorithm))
        .u8(static_cast<std::uint8_t>(value.type))
        .text(value.value);
  }
  Writer& metadata(const ObjectMetadata& value) {
    text(value.content_type).optional_text(value.cache_control).optional_text(value.content_disposition);
    optional_text(value.content_encoding).optional_text(value.content_language);
    return optional_time(value.expires)
        .text(value.storage_class)
        .pairs(value.user)
        .pairs(value.tags)
        .optional_text(value.website_redirect);
  }
};

class Reader : public store::FieldReader {
 public:
  explicit Reader(std::string_view bytes) : FieldReader(bytes, kVersion) {}

  TextPairs pairs() {
    TextPairs list(count(8));
    for (auto& [name, value] : list) {
      name = text();
      value = text();
    }
    return list;
  }
  std::optional<SystemTime> optional_time() {
    const bool there = flag();
    const SystemTime value = time();
    return there ? std::optional(value) : std::nullopt;
  }
  Versioning versioning() {
    const std::uint8_t value = u8();
    if (value > static_cast<std::uint8_t>(Versioning::Suspended)) spoil();
    return static_cast<Versioning>(value);
  }
  ChecksumAlgorithm algorithm() {
    const std::uint8_t value = u8();
    if (value > static_cast<std::uint8_t>(ChecksumAlgorithm::Sha256)) spoil();
    return static_cast<ChecksumAlgorithm>(value);
  }
  ChecksumType type() { return u8() == 0 ? ChecksumType::FullObject : ChecksumType::Composite; }
  Checksum checksum() {
    Checksum value;
    value.algorithm = algorithm();
    value.type = type();
    value.value = text();
    return value;
  }
  ObjectMetadata metadata() {
    ObjectMetadata value;
    value.content_type = text();
    value.cache_control = optional_text();
    value.content_disposition = optional_text();
    value.content_encoding = optional_text();
    value.content_language = optional_text();
    value.expires = optional_time();
    value.storage_class = text();
    value.user = pairs();
    if (version() >= 2) value.tags = pairs();
    if (version() >= 3) value.website_redirect = optional_text();
    return value;
  }
};

}  // namespace

std::string bucket_key(std::string_view bucket) {
  return joined({kBucketsPrefix, bucket});
}
std::string settings_prefix(std::string_view bucket) {
  return joined({"s3/setting/", bucket, "/"});
}
std::string setting_key(std::string_view bucket, std::string_view kind) {
  return joined({"s3/setting/", bucket, "/", kind});
}
std::string objects_prefix(std::string_view bucket) {
  return object_key(bucket, "");
}
std::string object_key(std::string_view bucket, std::string_view key) {
  return joined({"s3/object/", bucket, "/", key});
}
std::string markers_prefix(std::string_view bucket) {
  return marker_key(bucket, "");
}
std::string marker_key(std::string_view bucket, std::string_view key) {
  return joined({"s3/marker/", bucket, "/", key});
}
std::string versions_prefix(std::string_view bucket) {
  return joined({"s3/version/", bucket, "/"});
}
std::string versions_prefix(std::string_view bucket, std::string_view key) {
  return versions_prefix(bucket).append(key) += '\0';
}
std::string version_key(std::string_view bucket, std::string_view key, std::uint64_t sequence) {
  return versions_prefix(bucket, key) + fmt::format("{:016x}", ~sequence);
}
std::string null_version_key(std::string_view bucket, std::string_view key) {
  return fmt::format("s3/null/{}/{}", bucket, key);
}
std::string extents_key(std::string_view manifest) {
  return fmt::format("s3/parts/{}", manifest);
}
std::string uploads_prefix(std::string_view bucket) {
  return fmt::format("s3/upload/{}/", bucket);
}
std::string upload_key(std::string_view bucket, std::string_view key, std::string_view upload_id) {
  std::string out = uploads_prefix(bucket).append(key);
  return (out += '\0').append(upload_id);
}
std::string parts_prefix(std::string_view upload_id) {
  return fmt::format("s3/part/{}/", upload_id);
}
std::string part_key(std::string_view upload_id, std::int32_t number) {
  return fmt::format("{}{:05}", parts_prefix(upload_id), number);
}
std::int32_t part_number_of(std::string_view part_key) {
  const std::string_view digits = part_key.substr(part_key.rfind('/') + 1);
  std::int32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string encode(const BucketResource& bucket) {
  Writer out;
  out.text(bucket.name)
      .text(bucket.account)
      .text(bucket.region)
      .time(bucket.created_at)
      .flag(bucket.deleting)
      .u8(static_cast<std::uint8_t>(bucket.versioning))
      .flag(bucket.has_lifecycle);
  return out.take();
}

Result<BucketResource> decode_bucket(std::string_view bytes) {
  Reader in(bytes);
  BucketResource bucket;
  bucket.name = in.text();
  bucket.account = in.text();
  bucket.region = in.text();
  bucket.created_at = in.time();
  bucket.deleting = in.flag();
  if (in.version() >= 2) bucket.versioning = in.versioning();
  if (in.version() >= 4) bucket.has_lifecycle = in.flag();
  return in.finish(std::move(bucket), "bucket");
}

std::string encode(const ObjectResource& object) {
  Writer out;
  out.u64(object.size).text(object.etag).time(object.modified_at).checksum(object.checksum);
  out.metadata(object.metadata).text(object.blob).u32(object.parts);
  out.text(object.version_id).u64(object.sequence).flag(object.delete_marker).text(object.customer_key_mark);
  return out.take();
}

Result<ObjectResource> decode_object(std::string_view bytes) {
  Reader in(bytes);
  ObjectResource object;
  object.size = in.u64();
  object.etag = in.text();
  object.modified_at = in.time();
  object.checksum = in.checksum();
  object.metadata = in.metadata();
  object.blob = in.text();
  object.parts = in.u32();
  if (in.version() >= 2) {
    object.version_id = in.text();
    object.sequence = in.u64();
    object.delete_marker = in.flag();
  }
  if (in.version() >= 5) object.customer_key_mark = in.text();
  return in.finish(std::move(object), "object");
}

std::string encode(const std::vector<Extent>& extents) {
  Writer out;
  out.count(extents.size());
  for (const Extent& extent : extents) out.text(extent.blob).u64(extent.size);
  return out.take();
}

Result<std::vector<Extent>> decode_extents(std::string_view bytes) {
  Reader in(bytes);
  std::vector<Extent> extents(in.count(12));
  for (Extent& extent : extents) {
    extent.blob = in.text();
    extent.size = in.u64();
  }
  return in.finish(std::move(extents), "list of parts");
}

std::string encode(const UploadResource& upload) {
  Writer out;
  out.text(upload.account).time(upload.initiated_at).metadata(upload.metadata);
  out.u8(static_cast<std::uint8_t>(upload.checksum_algorithm))
      .u8(static_cast<std::uint8_t>(upload.checksum_type));
  out.flag(upload.closing).text(upload.customer_key_mark);
  return out.take();
}

Result<UploadResource> decode_upload(std::string_view bytes) {
  Reader in(bytes);
  UploadResource upload;
  upload.account = in.text();
  upload.initiated_at = in.time();
  upload.metadata = in.metadata();
  upload.checksum_algorithm = in.algorithm();
  upload.checksum_type = in.type();
  upload.closing = in.flag();
  if (in.version() >= 5) upload.customer_key_mark = in.text();
  return in.finish(std::move(upload), "upload");
}

std::string encode_pairs(const TextPairs& pairs) {
  Writer out;
  out.pairs(pairs);
  return out.take();
}

Result<TextPairs> decode_pairs(std::string_view bytes) {
  Reader in(bytes);
  TextPairs pairs = in.pairs();
  return in.finish(std::move(pairs), "list of tags");
}

std::string encode_sequence(std::uint64_t sequence) {
  Writer out;
  out.u64(sequence);
  return out.take();
}

Result<std::uint64_t> decode_sequence(std::string_view bytes) {
  Reader in(bytes);
  const std::uint64_t sequence = in.u64();
  return in.finish(sequence, "number of a version");
}

std::string encode(const PartResource& part) {
  Writer out;
  out.text(part.extent.blob)
      .u64(part.extent.size)
      .text(part.etag)
      .time(part.modified_at)
      .checksum(part.checksum);
  return out.take();
}

Result<PartResource> decode_part(std::string_view bytes) {
  Reader in(bytes);
  PartResource part;
  part.extent.blob = in.text();
  part.extent.size = in.u64();
  part.etag = in.text();
  part.modified_at = in.time();
  part.checksum = in.checksum();
  return in.finish(std::move(part), "part");
}

}  // namespace meridian::services::s3

// Every version of every key: the heads, and behind each the older ones, newest first.
#include <algorithm>
#include <limits>

#include "aws/canonical_user.h"
#include "services/s3/errors.h"
#include "services/s3/listing.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

std::string_view key_of(std::string_view name) {
  return name.substr(0, name.find('\0'));
}
bool is_head(std::string_view name) {
  return name.find('\0') == std::string_view::npos;
}

template <typename Entry>
Entry& add(std::optional<std::vector<Entry>>& list, const store::KeyValue& item,
           const ObjectResource& version, const NameEncoding& encoded, const std::string& owner) {
  if (!list) list.emplace();
  Entry& entry = list->emplace_back();
  entry.Key = encoded(key_of(item.key));
  entry.VersionId = shown_id(version);
  entry.IsLatest = is_head(item.key);
  entry.LastModified = version.modified_at;
  entry.Owner.emplace().ID = owner;
  return entry;
}

void add(api::ListObjectVersionsOutput& output, const store::KeyValue& item, const ObjectResource& version,
         const NameEncoding& encoded, const std::string& owner) {
  if (version.delete_marker) {
    add(output.DeleteMarkers, item, version, encoded, owner);
    return;
  }
  api::ObjectVersion& listed = add(output.Versions, item, version, encoded, owner);
  listed.ETag = quoted(version.etag);
  listed.Size = static_cast<std::int64_t>(version.size);
  listed.StorageClass = version.metadata.storage_class;
  if (version.checksum.algorithm == ChecksumAlgorithm::None) return;
  listed.ChecksumAlgorithm = {name_of(version.checksum.algorithm)};
  listed.ChecksumType = name_of(version.checksum.type);
}

void drop_last(ListPage& page) {
  const bool is_item = page.common_prefixes.empty() || page.items.back().key > page.common_prefixes.back();
  if (is_item) {
    page.items.pop_back();
  } else {
    page.common_prefixes.pop_back();
  }
  page.truncated = true;
  page.last = page.items.back().key;
  if (!page.common_prefixes.empty()) page.last = std::max(page.last, page.common_prefixes.back());
}

}  // namespace

// Where a page begins that goes on behind a version: its number is its place also when it is gone. A null
// version that is gone had a number that nobody knows any more; then all of the key come again, for none may
// be left out.
aws::Outcome<std::uint64_t> S3::number_behind(const KeyName& name, std::string_view id) {
  if (id != kNullVersion) {
    const auto sequence = sequence_of(id);
    if (!sequence) return errors::invalid_argument("Invalid version id specified", "version-id-marker", id);
    return *sequence;
  }
  const auto found = TRY(find_version(store_, name, id));
  return found ? found->stored.value.sequence : std::numeric_limits<std::uint64_t>::max();
}

aws::Outcome<ListPage> S3::page_of_versions(const api::ListObjectVersionsRequest& input, ListQuery query) {
  const std::string key = input.KeyMarker.value_or("");
  const std::string id = input.VersionIdMarker.value_or("");
  query.other_places = {markers_prefix(input.Bucket), versions_prefix(input.Bucket)};
  query.revision = store_.revision();
  if (id.empty()) {
    // What was rolled up stands for itself; behind a key come its versions, which are done with as well.
    const bool is_common = !query.delimiter.empty() && key.ends_with(query.delimiter);
    if (!key.empty()) query.after = is_common ? key : key + '\0' + '\xFF';
    return list_page(store_, query);
  }
  if (key.empty())
    return errors::invalid_argument("A version-id marker cannot be specified without a key marker.",
                                    "version-id-marker", id);
  const KeyName name{input.Bucket, key};
  const std::uint64_t number = TRY(number_behind(name, id));
  query.after = version_key(name.bucket, key, number).substr(versions_prefix(name.bucket).size());
  ListPage page = TRY(list_page(store_, query));
  // When all newer ones were deleted meanwhile, a version that is still to be listed is the head now.
  for (const std::string& place : {object_key(name.bucket, key), marker_key(name.bucket, key)}) {
    auto head = TRY(aws::or_failure(store_.get(place, query.revision)));
    if (!head || query.count_max == 0 || !key.starts_with(query.prefix)) continue;
    if (TRY(aws::or_failure(decode_object(head->value))).sequence >= number) continue;
    head->key = key;
    page.items.insert(page.items.begin(), *std::move(head));
    if (page.last.empty()) page.last = key;
    if (page.count() > query.count_max) drop_last(page);
  }
  return page;
}

aws::Outcome<api::ListObjectVersionsOutput> S3::ListObjectVersions(
    aws::Call& call, const api::ListObjectVersionsRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const NameEncoding encoded = TRY(encoding_of(input.EncodingType));
  const ListQuery query{objects_prefix(input.Bucket), input.Prefix.value_or(""), input.Delimiter.value_or(""),
                        "", TRY(page_size(input.MaxKeys, "max-keys"))};
  const ListPage page = TRY(page_of_versions(input, query));
  api::ListObjectVersionsOutput output;
  output.Name = input.Bucket;
  output.Prefix = encoded(query.prefix);
  output.KeyMarker = encoded(input.KeyMarker.value_or(""));
  output.VersionIdMarker = input.VersionIdMarker.value_or("");
  if (input.Delimiter) output.Delimiter = encoded(query.delimiter);
  output.EncodingType = input.EncodingType;
  output.MaxKeys = static_cast<std::int32_t>(query.count_max);
  output.IsTruncated = page.truncated;
  std::string last_id;
  for (const store::KeyValue& item : page.items) {
    const ObjectResource version = TRY(aws::or_failure(decode_object(item.value)));
    add(output, item, version, encoded, aws::canonical_user_of_account(bucket.value.account));
    last_id = shown_id(version);
  }
  for (const std::string& prefix : page.common_prefixes) {
    if (!output.CommonPrefixes) output.CommonPrefixes.emplace();
    output.CommonPrefixes->emplace_back().Prefix = encoded(prefix);
  }
  if (!page.truncated) return output;
  output.NextKeyMarker = encoded(key_of(page.last));
  if (!page.items.empty() && page.items.back().key == page.last) output.NextVersionIdMarker = last_id;
  return output;
}

}  // namespace meridian::services::s3

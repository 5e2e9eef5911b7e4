#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kDeletedAtOnceMax = 1000;

// As aws::commit_built; of nothing to change nothing is committed. Whether anything was.
template <typename Build>
aws::Outcome<bool> commit_unless_empty(store::Store& store, const Build& build) {
  for (std::size_t attempt = 0; attempt < aws::kAttemptsMax; ++attempt) {
    store::Transaction transaction = TRY(build());
    if (transaction.puts.empty() && transaction.deletes.empty()) return false;
    auto committed = store.commit(std::move(transaction));
    if (committed) return true;
    if (committed.error().code != ErrorCode::Conflict)
      return aws::internal_failure(committed.error().message);
  }
  return errors::conflict();
}

}  // namespace

// Deleting what is not there is no error; with versions it puts a delete marker there all the same.
aws::Outcome<S3::Deleted> S3::delete_object(const aws::Call& call, const ObjectName& name,
                                            const std::optional<std::string>& if_match) {
  TRY(check_key(name.key));
  if (name.version_id) return delete_version(call, name, if_match);
  const KeyName key{name.bucket, name.key};
  Deleted deleted;
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto bucket = TRY(find_bucket(call, name.bucket, std::nullopt));
    const Head head = TRY(head_of(store_, key, bucket.value.versioning));
    TRY(check(WriteConditions{if_match, std::nullopt}, name.key,
              head.object ? &head.object->value : nullptr));
    VersionChange change;
    ObjectResource version;
    Removal removal = Removal::Deleted;
    deleted = {};
    if (bucket.value.versioning != Versioning::Never) {
      ObjectResource marker;
      marker.delete_marker = true;
      marker.modified_at = call.time;
      change = TRY(put_on_top(store_, key, bucket.value.versioning, head, marker, random_));
      deleted = {true, shown_id(marker)};
      version = std::move(marker);
      removal = Removal::DeleteMarkerCreated;
    } else if (head.object) {
      change = TRY(take_away(store_, key, {object_key(name.bucket, name.key), *head.object}));
      version = head.object->value;
    } else {
      return store::Transaction{};
    }
    change.transaction.preconditions.push_back({bucket_key(name.bucket), bucket.modified});
    TRY(discard(change));
    TRY(tell(change.transaction, call, key, removed_event_name(call, removal), bucket.value, version));
    return std::move(change.transaction);
  };
  if (TRY(commit_unless_empty(store_, build))) events_.recorded();
  return deleted;
}

aws::Outcome<S3::Deleted> S3::delete_version(const aws::Call& call, const ObjectName& name,
                                             const std::optional<std::string>& if_match) {
  Deleted deleted{false, name.version_id};
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto bucket = TRY(find_bucket(call, name.bucket, std::nullopt));
    const auto version = TRY(find_version(store_, {name.bucket, name.key}, *name.version_id));
    const bool is_object = version && !version->stored.value.delete_marker;
    TRY(check(WriteConditions{if_match, std::nullopt}, name.key,
              is_object ? &version->stored.value : nullptr));
    if (!version) return store::Transaction{};
    deleted.delete_marker = version->stored.value.delete_marker;
    VersionChange change = TRY(take_away(store_, {name.bucket, name.key}, *version));
    change.transaction.preconditions.push_back({bucket_key(name.bucket), bucket.modified});
    TRY(discard(change));
    TRY(tell(change.transaction, call, {name.bucket, name.key}, removed_event_name(call, Removal::Deleted),
             bucket.value, version->stored.value));
    return std::move(change.transaction);
  };
  if (TRY(commit_unless_empty(store_, build))) events_.recorded();
  return deleted;
}

aws::Outcome<api::DeleteObjectOutput> S3::DeleteObject(aws::Call& call,
                                                       const api::DeleteObjectRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const Deleted deleted = TRY(delete_object(call, {input.Bucket, input.Key, input.VersionId}, input.IfMatch));
  api::DeleteObjectOutput output;
  output.VersionId = deleted.version_id;
  if (deleted.delete_marker) output.DeleteMarker = true;
  return output;
}

aws::Outcome<api::DeleteObjectsOutput> S3::DeleteObjects(aws::Call& call,
                                                         const api::DeleteObjectsRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  if (input.Delete.Objects.empty() || input.Delete.Objects.size() > kDeletedAtOnceMax)
    return errors::malformed_xml();
  api::DeleteObjectsOutput output;
  for (const api::ObjectIdentifier& object : input.Delete.Objects) {
    aws::Outcome<Deleted> deleted;
    if (object.LastModifiedTime || object.Size) {
      deleted = errors::not_implemented("LastModifiedTime, Size");
    } else {
      Wish wish{object.VersionId ? "s3:DeleteObjectVersion" : "s3:DeleteObject", input.Bucket, object.Key};
      wish.of_object = true;
      wish.version_id = object.VersionId;
      if (auto allowed = access_.may(call, wish); !allowed)
        deleted = std::unexpected(std::move(allowed).error());
      else
        deleted = delete_object(call, {input.Bucket, object.Key, object.VersionId}, object.ETag);
    }
    if (!deleted) {
      if (!output.Errors) output.Errors.emplace();
      api::Error& error = output.Errors->emplace_back();
      error.Key = object.Key;
      error.VersionId = object.VersionId;
      error.Code = deleted.error().code;
      error.Message = deleted.error().message;
    } else if (!input.Delete.Quiet.value_or(false)) {
      if (!output.Deleted) output.Deleted.emplace();
      api::DeletedObject& done = output.Deleted->emplace_back();
      done.Key = object.Key;
      done.VersionId = object.VersionId;
      if (!deleted->delete_marker) continue;
      done.DeleteMarker = true;
      done.DeleteMarkerVersionId = deleted->version_id;
    }
  }
  return output;
}

}  // namespace meridian::services::s3

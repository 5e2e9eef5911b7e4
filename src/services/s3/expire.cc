// What becomes of a bucket by its lifecycle: as if its owner had deleted it.
#include "services/s3/errors.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

aws::Call call_of_owner(const BucketResource& bucket, SystemTime now) {
  aws::Call call;
  call.account_id = bucket.account;
  call.region = bucket.region;
  call.time = now;
  return call;
}

void append(VersionChange& all, VersionChange change) {
  const auto move_to = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_to(change.transaction.preconditions, all.transaction.preconditions);
  move_to(change.transaction.puts, all.transaction.puts);
  move_to(change.transaction.deletes, all.transaction.deletes);
  move_to(change.dropped, all.dropped);
}

}  // namespace

aws::Outcome<bool> S3::expire(const BucketResource& bucket, std::span<const Expiry> expiries,
                              SystemTime now) {
  const aws::Call call = call_of_owner(bucket, now);
  const auto found = TRY(find_bucket(call, bucket.name, std::nullopt));
  VersionChange all;
  all.transaction.preconditions.push_back({bucket_key(bucket.name), found.modified});
  for (const Expiry& expiry : expiries) {
    const KeyName name{bucket.name, expiry.key};
    if (expiry.hides && found.value.versioning != Versioning::Never) {
      ObjectResource marker;
      marker.delete_marker = true;
      marker.modified_at = now;
      const Head head{expiry.version.stored, std::nullopt};
      append(all, TRY(put_on_top(store_, name, found.value.versioning, head, marker, random_)));
      TRY(tell(all.transaction, call, name, removed_event_name(call, Removal::DeleteMarkerCreated),
               found.value, marker));
    } else {
      append(all, TRY(take_away(store_, name, expiry.version)));
      TRY(tell(all.transaction, call, name, removed_event_name(call, Removal::Deleted), found.value,
               expiry.version.stored.value));
    }
  }
  TRY(discard(all));
  const auto committed = store_.commit(std::move(all.transaction));
  if (committed) {
    events_.recorded(expiries.size());
    return true;
  }
  if (committed.error().code == ErrorCode::Conflict) return false;
  return errors::internal_error(committed.error().message);
}

aws::Outcome<bool> S3::abort_old_upload(const BucketResource& bucket, const std::string& key,
                                        const std::string& upload_id, SystemTime now) {
  aws::Call call = call_of_owner(bucket, now);
  api::AbortMultipartUploadRequest request;
  request.Bucket = bucket.name;
  request.Key = key;
  request.UploadId = upload_id;
  const auto aborted = AbortMultipartUpload(call, request);
  if (aborted) return true;
  if (aborted.error().status < 500) return false;
  return std::unexpected(aborted.error());
}

}  // namespace meridian::services::s3

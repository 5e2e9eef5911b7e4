// What the operations share: finding buckets, objects and uploads, and the transactions that change them.
#include "services/s3/service.h"

#include <algorithm>
#include <set>

#include "services/s3/errors.h"
#include "services/s3/members.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr int kOpenAttemptsMax = 8;  // of an object that is replaced again and again meanwhile
constexpr std::size_t kPage = 1000;

template <typename Request>
aws::Outcome<BodyClaim> claim_of(const aws::Call& call, const Request& request) {
  BodyClaim claim{request.ContentMD5, checksum_in(request)};
  if (claim.checksum.algorithm == ChecksumAlgorithm::None)
    claim.checksum.algorithm = TRY(algorithm_named(request.ChecksumAlgorithm));
  if (claim.checksum.algorithm == ChecksumAlgorithm::None)
    claim.checksum.algorithm = algorithm_of_header(call.announced_trailer).value_or(ChecksumAlgorithm::None);
  return claim;
}

}  // namespace

aws::Outcome<void> S3::vet(const aws::Operation& operation, const aws::Value& input) {
  return only_known_members(operation, input);
}

aws::Outcome<void> S3::check_body(const aws::Operation& operation, const aws::HttpRequest& request) {
  const bool has_digest = std::ranges::any_of(request.headers, [](const aws::Headers::Field& field) {
    return aws::equal_ignoring_case(field.first, "content-md5") || algorithm_of_header(field.first);
  });
  if (!has_digest) return {};
  // The checksums that complete an upload are those of the object.
  for (const aws::Member& member : operation.input->members)
    if (algorithm_of_header(member.wire)) return {};
  return check_document(request.headers, request.body);
}

// All that can be refused before the body comes is; the operation looks again when it has come.
aws::Outcome<std::shared_ptr<aws::BodySink>> S3::receive(aws::Call& call, const aws::Operation& operation,
                                                         const aws::Value& input) {
  const std::string_view name = operation.name;
  if (name == "PutObject") {
    const auto& request = input.as<api::PutObjectRequest>();
    TRY(find_bucket(call, request.Bucket, request.ExpectedBucketOwner));
    TRY(check_key(request.Key));
    TRY(metadata_of(request));
    if (request.IfMatch || request.IfNoneMatch) {
      const auto object = TRY(aws::read(store_, object_key(request.Bucket, request.Key), decode_object));
      TRY(check(WriteConditions{request.IfMatch, request.IfNoneMatch}, request.Key,
                object ? &object->value : nullptr));
    }
    const auto key = TRY(customer_key_of(call, request));
    return TRY(stage(TRY(claim_of(call, request)), key));
  }
  if (name == "UploadPart") {
    const auto& request = input.as<api::UploadPartRequest>();
    TRY(find_bucket(call, request.Bucket, request.ExpectedBucketOwner));
    const auto upload = TRY(find_upload(request.Bucket, request.Key, request.UploadId));
    BodyClaim claim = TRY(claim_of(call, request));
    if (claim.checksum.algorithm == ChecksumAlgorithm::None)
      claim.checksum.algorithm = upload.value.checksum_algorithm;
    const auto key = TRY(customer_key_of(call, request));
    TRY(check_part_key(key, upload.value.customer_key_mark));
    return TRY(stage(std::move(claim), key));
  }
  return Api::receive(call, operation, input);
}

aws::Outcome<Access::Bucket> S3::readable_bucket(std::string_view bucket,
                                                 const std::optional<std::string>& expected_owner) const {
  Access::Bucket found = TRY(access_.bucket(bucket));
  if (expected_owner && *expected_owner != found->value.account) return errors::access_denied();
  return found;
}

aws::Outcome<aws::Stored<BucketResource>> S3::find_bucket(const aws::Call&, std::string_view bucket,
                                                          const std::optional<std::string>& expected_owner) {
  return *TRY(readable_bucket(bucket, expected_owner));
}

aws::Outcome<PlacedVersion> S3::find_object(const ObjectName& name) {
  if (name.version_id) {
    auto found = TRY(find_version(store_, {name.bucket, name.key}, *name.version_id));
    if (!found) return errors::no_such_version(name.key, *name.version_id);
    const ObjectResource& version = found->stored.value;
    if (!version.delete_marker) return *std::move(found);
    aws::Failure failure = errors::delete_marker_named(name.method, version.modified_at);
    failure.error().headers.emplace_back("x-amz-version-id", shown_id(version));
    return failure;
  }
  Head head = TRY(head_of(store_, {name.bucket, name.key}, Versioning::Enabled));
  if (head.object) return PlacedVersion{object_key(name.bucket, name.key), *std::move(head.object)};
  aws::Failure failure = errors::no_such_key(name.key);
  if (head.marker)
    failure.error().headers = {{"x-amz-delete-marker", "true"},
                               {"x-amz-version-id", shown_id(head.marker->value)}};
  return failure;
}

aws::Outcome<S3::StoredUpload> S3::find_upload(std::string_view bucket, std::string_view key,
                                               std::string_view upload_id) {
  TRY(check_key(key));
  auto found = TRY(aws::read(store_, upload_key(bucket, key, upload_id), decode_upload));
  if (!found || found->value.closing) return errors::no_such_upload(upload_id);
  return *std::move(found);
}

aws::Outcome<std::vector<Extent>> S3::extents_of(const ObjectResource& object) {
  if (object.parts == 0) return std::vector<Extent>{{object.blob, object.size}};
  const auto list = TRY(aws::read(store_, extents_key(object.blob), decode_extents));
  if (!list) return errors::internal_error("the list of an object's parts is gone");
  return list->value;
}

aws::Outcome<S3::Found> S3::find_readable(const ObjectName& name) {
  const std::string place = object_key(name.bucket, name.key);
  if (!name.version_id)
    if (auto current = TRY(current_.read(place)))
      return Found{std::shared_ptr<const ObjectResource>(current, &current->value), true, {}, nullptr};
  PlacedVersion version = TRY(find_object(name));
  return Found{std::make_shared<const ObjectResource>(std::move(version.stored.value)),
               version.place == place,
               {},
               nullptr};
}

aws::Outcome<S3::Found> S3::find_extents(const ObjectName& name) {
  for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
    Found found = TRY(find_readable(name));
    const ObjectResource& object = *found.object;
    TRY(check_reading_key(name.customer_key, object.customer_key_mark));
    if (object.parts == 0) {
      found.extents.push_back({object.blob, object.size});
      return found;
    }
    const auto list = TRY(aws::read(store_, extents_key(object.blob), decode_extents));
    if (!list) continue;
    found.extents = list->value;
    std::vector<std::string> ids;
    for (const Extent& extent : found.extents) ids.push_back(extent.blob);
    found.pinned = objects_.pin(std::move(ids));
    // What was still referred to after the pin cannot have been freed before it.
    if (TRY(find_object(name)).stored.value.blob == object.blob) return found;
  }
  return errors::conflict();
}

namespace {

// Keeps the extents of a source from being freed while they are read.
class PinnedSource final : public aws::BodySource {
 public:
  PinnedSource(std::shared_ptr<aws::BodySource> source, std::shared_ptr<void> pinned)
      : source_(std::move(source)), pinned_(std::move(pinned)) {}
  std::uint64_t size() const override { return source_->size(); }
  Result<std::string> read() override { return source_->read(); }
  Result<Piece> read_piece() override { return source_->read_piece(); }
  std::optional<Piece> ready() override { return source_->ready(); }

 private:
  std::shared_ptr<aws::BodySource> source_;
  std::shared_ptr<void> pinned_;
};

}  // namespace

aws::Outcome<S3::Opened> S3::open_object(const ObjectName& name, const ChooseRange& choose) {
  for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
    Found found = TRY(find_extents(name));
    const auto range = TRY(choose(found));
    const ByteRange all = range.value_or(ByteRange{0, found.object->size});
    std::shared_ptr<store::objects::ObjectStore> under_key;
    if (name.customer_key) {
      under_key = under_customer_key(objects_, *name.customer_key, found.extents);
      found.pinned = std::make_shared<std::pair<std::shared_ptr<void>, std::shared_ptr<void>>>(
          std::move(found.pinned), under_key);
    }
    auto source = ObjectSource::open(under_key ? *under_key : objects_, std::move(found.extents), all.offset,
                                     all.length);
    if (source) {
      std::shared_ptr<aws::BodySource> body = *std::move(source);
      if (found.pinned) body = std::make_shared<PinnedSource>(std::move(body), std::move(found.pinned));
      return Opened{std::move(found.object), found.current, std::move(body), range};
    }
    if (source.error().code != ErrorCode::NotFound) return errors::internal_error(source.error().message);
  }
  return errors::internal_error("the object's bytes were not found");
}

aws::Outcome<std::shared_ptr<ObjectBody>> S3::stage(BodyClaim claim, const std::optional<CustomerKey>& key) {
  auto staged = key ? under_customer_key(objects_, *key, {})->stage() : objects_.stage();
  if (!staged) return errors::internal_error(staged.error().message);
  return std::make_shared<ObjectBody>(*std::move(staged), std::move(claim), md5_);
}

aws::Outcome<void> S3::discard(store::Transaction& transaction, const ObjectResource& object) {
  std::vector<std::string> ids;
  for (const Extent& extent : TRY(extents_of(object))) ids.push_back(extent.blob);
  objects_.discard(transaction, ids);
  if (object.parts > 0) transaction.deletes.push_back(extents_key(object.blob));
  return {};
}

aws::Outcome<void> S3::discard(VersionChange& change) {
  for (const ObjectResource& object : change.dropped) TRY(discard(change.transaction, object));
  return {};
}

aws::Outcome<void> S3::tell(store::Transaction& transaction, const aws::Call& call, const KeyName& name,
                            std::string event, const BucketResource& bucket, const ObjectResource& version) {
  if (!events_.wanted()) return {};
  ObjectEvent told;
  told.name = std::move(event);
  told.time = call.time;
  told.bucket = name.bucket;
  told.key = name.key;
  told.size = version.size;
  told.etag = version.etag;
  told.version_id = answered_id(bucket, version).value_or("");
  told.region = bucket.region;
  told.principal_arn = call.principal_arn;
  told.source_address = call.source_address;
  told.request_id = call.request_id;
  return events_.record(transaction, told);
}

aws::Outcome<S3::Written> S3::write_object(const aws::Call& call, const Write& write,
                                           const ObjectResource& object, const More& more) {
  const KeyName name{write.bucket, write.key};
  BucketResource into;
  Written written;
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto bucket = TRY(find_bucket(call, write.bucket, write.expected_owner));
    const Head head = TRY(head_of(store_, name, bucket.value.versioning));
    TRY(check(write.conditions, write.key, head.object ? &head.object->value : nullptr));
    ObjectResource version = object;
    VersionChange change = TRY(put_on_top(store_, name, bucket.value.versioning, head, version, random_));
    change.transaction.preconditions.push_back({bucket_key(write.bucket), bucket.modified});
    TRY(discard(change));
    TRY(more(change.transaction));
    into = bucket.value;
    written.version_id = answered_id(into, version);
    TRY(tell(change.transaction, call, name, created_event_name(call), into, version));
    return std::move(change.transaction);
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  events_.recorded();
  // It is written, whatever can be said of its end.
  if (auto told = expiration_told(into, write.key, object)) written.expiration = *std::move(told);
  return written;
}

aws::Outcome<S3::Written> S3::write_staged(const aws::Call& call, const Write& write,
                                           const ObjectResource& object, ObjectBody& body) {
  auto written =
      write_object(call, write, object, [&](store::Transaction& transaction) -> aws::Outcome<void> {
        body.staged().keep(transaction);
        return {};
      });
  // After a failure of the store nobody knows whether it has the transaction; the next start will.
  if (written || written.error().status >= 500) body.staged().kept();
  return written;
}

Result<void> S3::tidy() {
  for (const store::KeyValue& item : TRY(store_.range(kBucketsPrefix)).items) {
    BucketResource bucket = TRY(decode_bucket(item.value));
    if (!bucket.deleting) continue;
    bucket.deleting = false;
    TRY(store_.commit({{{item.key, item.modified}}, {{item.key, encode(bucket)}}, {}}));
  }
  std::set<std::string, std::less<>> uploads;
  for (const store::KeyValue& item : TRY(store_.range("s3/upload/")).items) {
    uploads.insert(item.key.substr(item.key.rfind('\0') + 1));
    UploadResource upload = TRY(decode_upload(item.value));
    if (!upload.closing) continue;
    upload.closing = false;
    TRY(store_.commit({{{item.key, item.modified}}, {{item.key, encode(upload)}}, {}}));
  }
  constexpr std::string_view kParts = "s3/part/";
  store::RangeOptions options;
  options.limit = kPage;
  for (bool more = true; more;) {
    const store::Range page = TRY(store_.range(kParts, options));
    store::Transaction transaction;
    for (const store::KeyValue& item : page.items) {
      const std::string_view rest = std::string_view(item.key).substr(kParts.size());
      if (!uploads.contains(rest.substr(0, rest.find('/')))) transaction.deletes.push_back(item.key);
    }
    if (!transaction.deletes.empty()) TRY(store_.commit(std::move(transaction)));
    more = page.more;
    if (!page.items.empty()) options.start_after = page.items.back().key;
  }
  return {};
}

}  // namespace meridian::services::s3

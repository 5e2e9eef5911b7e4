// S3: buckets and objects. Bodies are streams: receive() gives the sink, the operation commits what it
// staged.
//
// Rules: every write into a bucket has the bucket's record as a precondition, and every write to a key that
// key's; a transaction that stops referring to a blob discards it; an input with a member that nothing here
// acts upon is refused (members.h).
#pragma once

#include <functional>
#include <span>

#include "aws/stored.h"
#include "base/random.h"
#include "gen/s3/api.h"
#include "services/s3/access.h"
#include "services/s3/bucket_settings.h"
#include "services/s3/conditions.h"
#include "services/s3/customer_key.h"
#include "services/s3/events.h"
#include "services/s3/form_upload.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/listing.h"
#include "services/s3/object_body.h"
#include "services/s3/resources.h"
#include "services/s3/versions.h"
#include "store/objects/object_store.h"
#include "store/store.h"

namespace meridian::services::s3 {

namespace api = gen::s3;

// A version that a lifecycle ends, as it was looked at.
struct Expiry {
  std::string key;
  PlacedVersion version;
  bool hides = false;  // the current object: where there are versions, under a delete marker
};

class S3 final : public api::Api {
 public:
  S3(store::Store& store, store::objects::ObjectStore& objects, Random& random)
      : store_(store), objects_(objects), random_(random), access_(store) {}

  // What a crash may have left: marks of what was being ended, records of parts whose upload is over. Once,
  // before the first call.
  Result<void> tidy();

  // authorize.cc
  bool decides_access() const override { return true; }
  aws::Outcome<void> authorize(const aws::Call&, const aws::Operation&, const aws::Value& input) override;
  aws::Outcome<aws::Value> invoke(aws::Call&, const aws::Operation&, const aws::Value& input) override;
  // All that authorize() would ask, with why it is allowed or not.
  aws::Outcome<std::vector<Ruling>> rulings(const aws::Call&, const aws::Operation&,
                                            const aws::Value& input) const;
  const Access& access() const { return access_; }

  aws::Outcome<void> vet(const aws::Operation&, const aws::Value& input) override;
  aws::Outcome<void> check_body(const aws::Operation& operation, const aws::HttpRequest& request) override;
  aws::Outcome<std::shared_ptr<aws::BodySink>> receive(aws::Call&, const aws::Operation&,
                                                       const aws::Value& input) override;

  bool answers_at_once(const aws::Operation&) const override;

  // buckets.cc
  aws::Outcome<api::CreateBucketOutput> CreateBucket(aws::Call&, const api::CreateBucketRequest&) override;
  aws::Outcome<api::HeadBucketOutput> HeadBucket(aws::Call&, const api::HeadBucketRequest&) override;
  aws::Outcome<api::ListBucketsOutput> ListBuckets(aws::Call&, const api::ListBucketsRequest&) override;
  aws::Outcome<api::DeleteBucketResponse> DeleteBucket(aws::Call&, const api::DeleteBucketRequest&) override;
  aws::Outcome<api::GetBucketLocationOutput> GetBucketLocation(aws::Call&,
                                                               const api::GetBucketLocationRequest&) override;

  // bucket_access.cc
  aws::Outcome<api::PutBucketPolicyResponse> PutBucketPolicy(aws::Call&,
                                                             const api::PutBucketPolicyRequest&) override;
  aws::Outcome<api::GetBucketPolicyOutput> GetBucketPolicy(aws::Call&,
                                                           const api::GetBucketPolicyRequest&) override;
  aws::Outcome<api::DeleteBucketPolicyResponse> DeleteBucketPolicy(
      aws::Call&, const api::DeleteBucketPolicyRequest&) override;
  aws::Outcome<api::GetBucketPolicyStatusOutput> GetBucketPolicyStatus(
      aws::Call&, const api::GetBucketPolicyStatusRequest&) override;
  aws::Outcome<api::PutPublicAccessBlockResponse> PutPublicAccessBlock(
      aws::Call&, const api::PutPublicAccessBlockRequest&) override;
  aws::Outcome<api::GetPublicAccessBlockOutput> GetPublicAccessBlock(
      aws::Call&, const api::GetPublicAccessBlockRequest&) override;
  aws::Outcome<api::DeletePublicAccessBlockResponse> DeletePublicAccessBlock(
      aws::Call&, const api::DeletePublicAccessBlockRequest&) override;

  // ownership.cc
  aws::Outcome<api::PutBucketOwnershipControlsResponse> PutBucketOwnershipControls(
      aws::Call&, const api::PutBucketOwnershipControlsRequest&) override;
  aws::Outcome<api::GetBucketOwnershipControlsOutput> GetBucketOwnershipControls(
      aws::Call&, const api::GetBucketOwnershipControlsRequest&) override;
  aws::Outcome<api::GetBucketAclOutput> GetBucketAcl(aws::Call&, const api::GetBucketAclRequest&) override;
  aws::Outcome<api::PutBucketAclResponse> PutBucketAcl(aws::Call&, const api::PutBucketAclRequest&) override;
  aws::Outcome<api::GetObjectAclOutput> GetObjectAcl(aws::Call&, const api::GetObjectAclRequest&) override;
  aws::Outcome<api::PutObjectAclOutput> PutObjectAcl(aws::Call&, const api::PutObjectAclRequest&) override;

  // put_object.cc
  aws::Outcome<api::PutObjectOutput> PutObject(aws::Call&, const api::PutObjectRequest&) override;
  aws::Outcome<api::CopyObjectOutput> CopyObject(aws::Call&, const api::CopyObjectRequest&) override;

  // get_object.cc
  aws::Outcome<api::GetObjectOutput> GetObject(aws::Call&, const api::GetObjectRequest&) override;
  // The same into a fresh output: the one that is encoded.
  aws::Outcome<void> get_object(aws::Call&, const api::GetObjectRequest&, api::GetObjectOutput& output);
  aws::Outcome<api::HeadObjectOutput> HeadObject(aws::Call&, const api::HeadObjectRequest&) override;

  // delete_objects.cc
  aws::Outcome<api::DeleteObjectOutput> DeleteObject(aws::Call&, const api::DeleteObjectRequest&) override;
  aws::Outcome<api::DeleteObjectsOutput> DeleteObjects(aws::Call&, const api::DeleteObjectsRequest&) override;

  // object_attributes.cc
  aws::Outcome<api::GetObjectAttributesOutput> GetObjectAttributes(
      aws::Call&, const api::GetObjectAttributesRequest&) override;

  // versioning.cc
  aws::Outcome<api::PutBucketVersioningResponse> PutBucketVersioning(
      aws::Call&, const api::PutBucketVersioningRequest&) override;
  aws::Outcome<api::GetBucketVersioningOutput> GetBucketVersioning(
      aws::Call&, const api::GetBucketVersioningRequest&) override;
  aws::Outcome<api::ListObjectVersionsOutput> ListObjectVersions(
      aws::Call&, const api::ListObjectVersionsRequest&) override;

  // tagging.cc
  aws::Outcome<api::PutObjectTaggingOutput> PutObjectTagging(aws::Call&,
                                                             const api::PutObjectTaggingRequest&) override;
  aws::Outcome<api::GetObjectTaggingOutput> GetObjectTagging(aws::Call&,
                                                             const api::GetObjectTaggingRequest&) override;
  aws::Outcome<api::DeleteObjectTaggingOutput> DeleteObjectTagging(
      aws::Call&, const api::DeleteObjectTaggingRequest&) override;
  aws::Outcome<api::PutBucketTaggingResponse> PutBucketTagging(aws::Call&,
                                                               const api::PutBucketTaggingRequest&) override;
  aws::Outcome<api::GetBucketTaggingOutput> GetBucketTagging(aws::Call&,
                                                             const api::GetBucketTaggingRequest&) override;
  aws::Outcome<api::DeleteBucketTaggingResponse> DeleteBucketTagging(
      aws::Call&, const api::DeleteBucketTaggingRequest&) override;

  // lifecycle.cc
  aws::Outcome<api::PutBucketLifecycleConfigurationOutput> PutBucketLifecycleConfiguration(
      aws::Call&, const api::PutBucketLifecycleConfigurationRequest&) override;
  aws::Outcome<api::GetBucketLifecycleConfigurationOutput> GetBucketLifecycleConfiguration(
      aws::Call&, const api::GetBucketLifecycleConfigurationRequest&) override;
  aws::Outcome<api::DeleteBucketLifecycleResponse> DeleteBucketLifecycle(
      aws::Call&, const api::DeleteBucketLifecycleRequest&) override;
  aws::Outcome<LifecycleRules> lifecycle_of(const BucketResource& bucket);

  // expire.cc, for lifecycle_runner.h. False: something of it has changed meanwhile, and nothing was done.
  aws::Outcome<bool> expire(const BucketResource& bucket, std::span<const Expiry> expiries, SystemTime now);
  aws::Outcome<bool> abort_old_upload(const BucketResource& bucket, const std::string& key,
                                      const std::string& upload_id, SystemTime now);

  // list_objects.cc
  aws::Outcome<api::ListObjectsOutput> ListObjects(aws::Call&, const api::ListObjectsRequest&) override;
  aws::Outcome<api::ListObjectsV2Output> ListObjectsV2(aws::Call&, const api::ListObjectsV2Request&) override;

  // multipart.cc
  aws::Outcome<api::CreateMultipartUploadOutput> CreateMultipartUpload(
      aws::Call&, const api::CreateMultipartUploadRequest&) override;
  aws::Outcome<api::UploadPartOutput> UploadPart(aws::Call&, const api::UploadPartRequest&) override;
  aws::Outcome<api::UploadPartCopyOutput> UploadPartCopy(aws::Call&,
                                                         const api::UploadPartCopyRequest&) override;
  aws::Outcome<api::CompleteMultipartUploadOutput> CompleteMultipartUpload(
      aws::Call&, const api::CompleteMultipartUploadRequest&) override;
  aws::Outcome<api::AbortMultipartUploadOutput> AbortMultipartUpload(
      aws::Call&, const api::AbortMultipartUploadRequest&) override;

  // website_configuration.cc; the pages are website.cc's
  aws::Outcome<api::PutBucketWebsiteResponse> PutBucketWebsite(aws::Call&,
                                                               const api::PutBucketWebsiteRequest&) override;
  aws::Outcome<api::GetBucketWebsiteOutput> GetBucketWebsite(aws::Call&,
                                                             const api::GetBucketWebsiteRequest&) override;
  aws::Outcome<api::DeleteBucketWebsiteResponse> DeleteBucketWebsite(
      aws::Call&, const api::DeleteBucketWebsiteRequest&) override;

  // cors.cc; what it does is preflight.cc's
  aws::Outcome<api::PutBucketCorsResponse> PutBucketCors(aws::Call&,
                                                         const api::PutBucketCorsRequest&) override;
  aws::Outcome<api::GetBucketCorsOutput> GetBucketCors(aws::Call&, const api::GetBucketCorsRequest&) override;
  aws::Outcome<api::DeleteBucketCorsResponse> DeleteBucketCors(aws::Call&,
                                                               const api::DeleteBucketCorsRequest&) override;

  // encryption.cc
  aws::Outcome<api::PutBucketEncryptionResponse> PutBucketEncryption(
      aws::Call&, const api::PutBucketEncryptionRequest&) override;
  aws::Outcome<api::GetBucketEncryptionOutput> GetBucketEncryption(
      aws::Call&, const api::GetBucketEncryptionRequest&) override;
  aws::Outcome<api::DeleteBucketEncryptionResponse> DeleteBucketEncryption(
      aws::Call&, const api::DeleteBucketEncryptionRequest&) override;

  // list_uploads.cc
  aws::Outcome<api::ListPartsOutput> ListParts(aws::Call&, const api::ListPartsRequest&) override;
  aws::Outcome<api::ListMultipartUploadsOutput> ListMultipartUploads(
      aws::Call&, const api::ListMultipartUploadsRequest&) override;

  // What websites, preflights and forms are answered from; see unmodelled.cc.
  std::unique_ptr<aws::UnmodelledCall> unmodelled(const aws::HttpRequest& head,
                                                  aws::Listener listener) override;
  aws::Headers cross_origin(const aws::HttpRequest& head, aws::Listener listener) override;
  // Domains beside AWS's own below which a bucket's website has its name. Before the first call.
  void set_website_domains(const std::vector<std::string>& domains);
  // Who may sign the policies of forms; nobody until it is set. Before the first call.
  void set_form_signers(FormSigners signers) { form_signers_ = std::move(signers); }
  const FormSigners& form_signers() const { return form_signers_; }
  // What happens to objects, for whoever delivers it.
  ObjectEvents& events() { return events_; }
  const aws::Codec& codec() const { return *codec_; }
  // The failure: no such bucket, or it has no website.
  aws::Outcome<api::GetBucketWebsiteOutput> website_of(std::string_view bucket);
  struct Cors {
    bool bucket_exists = false;
    std::optional<api::GetBucketCorsOutput> configuration;
  };
  aws::Outcome<Cors> cors_of(std::string_view bucket);

 private:
  aws::Outcome<aws::Value> invoke_operation(aws::Call&, const aws::Operation&, const aws::Value& input);
  using StoredUpload = aws::Stored<UploadResource>;

  static aws::Outcome<std::vector<Wish>> wishes_of(const aws::Operation&, const aws::Value& input);
  // That is there, and whose owner is the one expected.
  aws::Outcome<aws::Stored<BucketResource>> find_bucket(const aws::Call&, std::string_view bucket,
                                                        const std::optional<std::string>& expected_owner);
  aws::Outcome<Access::Bucket> readable_bucket(std::string_view bucket,
                                               const std::optional<std::string>& expected_owner) const;
  aws::Outcome<AccessResource> find_access(const aws::Call&, std::string_view bucket,
                                           const std::optional<std::string>& expected_owner);
  using ChangeAccess = std::function<aws::Outcome<void>(AccessResource&)>;
  aws::Outcome<void> change_access(const aws::Call&, std::string_view bucket,
                                   const std::optional<std::string>& expected_owner,
                                   const ChangeAccess& change);
  // The object that a request means; a delete marker is none.
  struct ObjectName {
    std::string bucket, key;
    std::optional<std::string> version_id;
    const char* method = "GET";
    std::optional<CustomerKey> customer_key = {};
  };
  aws::Outcome<PlacedVersion> find_object(const ObjectName& name);
  // An object as it is now, and where its bytes are; none of them goes while `pinned` lives.
  struct Found {
    std::shared_ptr<const ObjectResource> object;
    bool current = false;
    std::vector<Extent> extents;
    std::shared_ptr<void> pinned;
  };
  aws::Outcome<Found> find_readable(const ObjectName& name);  // without its extents
  aws::Outcome<StoredUpload> find_upload(std::string_view bucket, std::string_view key,
                                         std::string_view upload_id);
  // Whose website is asked for; nothing: none is.
  std::optional<std::string> website_bucket(const aws::HttpRequest& head, aws::Listener listener) const;
  // bucket_settings.cc
  aws::Outcome<std::optional<aws::Value>> find_setting(std::string_view bucket, const BucketSetting& setting);
  aws::Outcome<aws::Value> get_setting(const aws::Call&, std::string_view bucket,
                                       const std::optional<std::string>& expected_owner,
                                       const BucketSetting& setting);
  // No value: deletes it.
  aws::Outcome<void> put_setting(const aws::Call&, std::string_view bucket,
                                 const std::optional<std::string>& expected_owner,
                                 const BucketSetting& setting, const std::optional<aws::Value>& value);
  // The same, with its extents.
  aws::Outcome<Found> find_extents(const ObjectName& name);
  aws::Outcome<std::vector<Extent>> extents_of(const ObjectResource& object);
  // An object's bytes; started again when the object was replaced between its record and its blob.
  struct Opened {
    std::shared_ptr<const ObjectResource> object;
    bool current = false;
    std::shared_ptr<aws::BodySource> source;  // null when nothing is wanted of it
    std::optional<ByteRange> range;
  };
  using ChooseRange = std::function<aws::Outcome<std::optional<ByteRange>>(const Found&)>;
  aws::Outcome<Opened> open_object(const ObjectName& name, const ChooseRange& choose);
  aws::Outcome<Opened> open_source(const ObjectName& name, const ChooseRange& choose);  // of a copy

  aws::Outcome<std::shared_ptr<ObjectBody>> stage(BodyClaim claim, const std::optional<CustomerKey>& key);
  // The object becomes what a GET of the key answers. `more` adds to the transaction.
  struct Write {
    std::string bucket, key;
    std::optional<std::string> expected_owner;
    WriteConditions conditions;
  };
  using More = std::function<aws::Outcome<void>(store::Transaction&)>;
  // What answers say of what became of it.
  struct Written {
    std::optional<std::string> version_id, expiration;
  };
  aws::Outcome<Written> write_object(const aws::Call&, const Write& write, const ObjectResource& object,
                                     const More& more);
  // The same of a blob that was just staged.
  aws::Outcome<Written> write_staged(const aws::Call&, const Write& write, const ObjectResource& object,
                                     ObjectBody& body);
  aws::Outcome<void> set_lifecycle(const aws::Call&, std::string_view bucket,
                                   const std::optional<std::string>& expected_owner,
                                   const LifecycleRules& rules);
  // Of a current object.
  aws::Outcome<std::optional<std::string>> expiration_told(const BucketResource& bucket, std::string_view key,
                                                           const ObjectResource& object);
  aws::Outcome<void> discard(store::Transaction& transaction, const ObjectResource& object);
  aws::Outcome<void> discard(VersionChange& change);
  // Adds the event of a change to its transaction.
  aws::Outcome<void> tell(store::Transaction& transaction, const aws::Call&, const KeyName& name,
                          std::string event, const BucketResource& bucket, const ObjectResource& version);
  // What was deleted, or put in an object's stead.
  struct Deleted {
    bool delete_marker = false;
    std::optional<std::string> version_id;
  };
  aws::Outcome<Deleted> delete_object(const aws::Call&, const ObjectName& name,
                                      const std::optional<std::string>& if_match);
  aws::Outcome<Deleted> delete_version(const aws::Call&, const ObjectName& name,
                                       const std::optional<std::string>& if_match);

  static aws::Outcome<ObjectName> parse_copy_source(std::string_view text);
  aws::Outcome<PartResource> store_part(const aws::Call&, std::string_view bucket, std::string_view key,
                                        std::string_view upload_id, std::int32_t number, ObjectBody& body);
  aws::Outcome<std::vector<std::pair<std::int32_t, PartResource>>> parts_of(std::string_view upload_id);
  // Marks an upload, so that no part can come between looking at its parts and ending it; and takes that
  // back.
  aws::Outcome<StoredUpload> close_upload(std::string_view bucket, std::string_view key,
                                          std::string_view upload_id);
  void reopen_upload(std::string_view place, StoredUpload closed);
  aws::Outcome<std::optional<std::string>> set_tags(const aws::Call&, const ObjectName& name,
                                                    const std::optional<std::string>& expected_owner,
                                                    const TextPairs& tags);
  aws::Outcome<void> set_bucket_tags(const aws::Call&, std::string_view bucket,
                                     const std::optional<std::string>& expected_owner, const TextPairs& tags);
  aws::Outcome<std::uint64_t> number_behind(const KeyName& name, std::string_view id);
  aws::Outcome<ListPage> page_of_versions(const api::ListObjectVersionsRequest&, ListQuery query);
  struct Completed {
    ObjectResource object;
    Written written;
  };
  aws::Outcome<Completed> complete_closed(const aws::Call&, const api::CompleteMultipartUploadRequest&,
                                          const StoredUpload& closed);
  // Ends an upload within a transaction and then forgets what did not fit into it.
  static std::vector<std::string> end_upload(store::Transaction& transaction, std::string_view upload_key,
                                             std::string_view upload_id,
                                             const std::vector<std::pair<std::int32_t, PartResource>>& parts);
  aws::Outcome<void> forget(const std::vector<std::string>& keys);

  store::Store& store_;
  store::objects::ObjectStore& objects_;
  Random& random_;
  const std::unique_ptr<aws::Codec> codec_ = aws::make_codec(aws::Protocol::RestXml, api::service_model());
  std::vector<std::string> website_domains_;
  FormSigners form_signers_;
  ObjectEvents events_{store_, random_};
  Access access_;
  aws::Decoded<ObjectResource> current_{store_, decode_object};  // objects that GETs without a version mean
  Md5Queue md5_;                                                 // of bodies that come at the same time
};

// Of an answer about a version; none where a bucket never had any.
inline std::optional<std::string> answered_id(const BucketResource& bucket, const ObjectResource& version) {
  return bucket.versioning == Versioning::Never ? std::nullopt : std::optional(shown_id(version));
}

inline std::string quoted(std::string_view etag) {
  std::string out;
  out.reserve(etag.size() + 2);
  (out += '"') += etag;
  return out += '"';
}

}  // namespace meridian::services::s3

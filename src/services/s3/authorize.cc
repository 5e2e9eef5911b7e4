// What each call of S3 needs to be allowed, and asking for it: the one way into every operation.
#include <algorithm>

#include "base/percent.h"
#include "services/s3/errors.h"
#include "services/s3/permissions.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

using aws::iam_policy::Context;

// Members of inputs that are condition keys (Service Authorization Reference, "Condition keys for Amazon
// S3").
struct MemberKey {
  std::string_view member, key;
};
constexpr MemberKey kMemberKeys[] = {
    {"ACL", "s3:x-amz-acl"},
    {"CopySource", "s3:x-amz-copy-source"},
    {"Delimiter", "s3:delimiter"},
    {"GrantFullControl", "s3:x-amz-grant-full-control"},
    {"GrantRead", "s3:x-amz-grant-read"},
    {"GrantReadACP", "s3:x-amz-grant-read-acp"},
    {"GrantWrite", "s3:x-amz-grant-write"},
    {"GrantWriteACP", "s3:x-amz-grant-write-acp"},
    {"IfMatch", "s3:if-match"},
    {"IfNoneMatch", "s3:if-none-match"},
    {"MaxKeys", "s3:max-keys"},
    {"MetadataDirective", "s3:x-amz-metadata-directive"},
    {"ObjectLockLegalHoldStatus", "s3:object-lock-legal-hold"},
    {"ObjectLockMode", "s3:object-lock-mode"},
    {"ObjectOwnership", "s3:x-amz-object-ownership"},
    {"Prefix", "s3:prefix"},
    {"SSECustomerAlgorithm", "s3:x-amz-server-side-encryption-customer-algorithm"},
    {"SSEKMSKeyId", "s3:x-amz-server-side-encryption-aws-kms-key-id"},
    {"ServerSideEncryption", "s3:x-amz-server-side-encryption"},
    {"StorageClass", "s3:x-amz-storage-class"},
    {"VersionId", "s3:VersionId"},
    {"WebsiteRedirectLocation", "s3:x-amz-website-redirect-location"},
};

void add_tag(Context& context, const std::string& key, std::string value) {
  context.set("s3:RequestObjectTag/" + key, std::move(value));
  context.add("s3:RequestObjectTagKeys", key);
}

// x-amz-tagging: "a=1&b=2".
void add_tags(Context& context, std::string_view pairs) {
  while (!pairs.empty()) {
    const std::string_view pair = pairs.substr(0, pairs.find('&'));
    pairs.remove_prefix(std::min(pair.size() + 1, pairs.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = percent_decode(pair.substr(0, equals), true);
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (key && value) add_tag(context, *key, *value);
  }
}

const std::string* text_of(const aws::Member& member, const aws::Value& input) {
  if (member.shape->kind != aws::Kind::String) return nullptr;
  return static_cast<const std::string*>(aws::find(member, input.data()));
}

void add_keys_of(Context& context, const aws::Operation& operation, const aws::Value& input) {
  for (const aws::Member& member : operation.input->members) {
    const void* value = aws::find(member, input.data());
    if (value == nullptr) continue;
    const std::string_view name = member.name;
    if (name == "Tagging" && member.shape->kind == aws::Kind::String) {
      add_tags(context, *static_cast<const std::string*>(value));
    } else if (name == "Tagging") {
      for (const api::Tag& tag : static_cast<const api::Tagging*>(value)->TagSet)
        add_tag(context, tag.Key, tag.Value);
    } else if (name == "CreateBucketConfiguration") {
      const auto& place = static_cast<const api::CreateBucketConfiguration*>(value)->LocationConstraint;
      if (place) context.set("s3:LocationConstraint", *place);
    }
    const auto key = std::ranges::find(kMemberKeys, name, &MemberKey::member);
    if (key == std::end(kMemberKeys)) continue;
    if (member.shape->kind == aws::Kind::String)
      context.set(key->key, *static_cast<const std::string*>(value));
    else if (member.shape->kind == aws::Kind::Integer)
      context.set(key->key, std::to_string(*static_cast<const std::int32_t*>(value)));
  }
}

// The members that say what a call is about.
struct Subject {
  std::string bucket, key, copy_source;
  std::optional<std::string> version_id;
  bool has_tags = false, changes_acl = false, bypasses_retention = false;
};

bool is_of_subject(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "Bucket", "Key", "CopySource", "VersionId", "Tagging", "ACL", "BypassGovernanceRetention"};
  return std::ranges::find(kNames, name) != std::end(kNames) || name.starts_with("Grant");
}

// Those of an operation's members; looked for once, because every call asks.
const std::vector<const aws::Member*>& subject_members_of(const aws::Operation& operation) {
  static const auto kMembers = [] {
    std::vector<std::vector<const aws::Member*>> all(api::service_model().operations.size());
    for (const aws::Operation& each : api::service_model().operations) {
      for (const aws::Member& member : each.input->members)
        if (is_of_subject(member.name)) all[each.index].push_back(&member);
    }
    return all;
  }();
  return kMembers[operation.index];
}

Subject subject_of(const aws::Operation& operation, const aws::Value& input) {
  Subject subject;
  for (const aws::Member* member : subject_members_of(operation)) {
    const void* value = aws::find(*member, input.data());
    if (value == nullptr) continue;
    const std::string_view name = member->name;
    const std::string* text = text_of(*member, input);
    if (name == "Bucket" && text) subject.bucket = *text;
    if (name == "Key" && text) subject.key = *text;
    if (name == "CopySource" && text) subject.copy_source = *text;
    if (name == "VersionId" && text) subject.version_id = *text;
    subject.has_tags |= name == "Tagging" && text;
    subject.changes_acl |= name == "ACL" || name.starts_with("Grant");
    if (name == "BypassGovernanceRetention") subject.bypasses_retention = *static_cast<const bool*>(value);
  }
  return subject;
}

}  // namespace

aws::Outcome<std::vector<Wish>> S3::wishes_of(const aws::Operation& operation, const aws::Value& input) {
  const auto permissions = permissions_of(operation.name);
  if (permissions.empty()) return aws::not_implemented(api::service_model(), operation.name);
  const Subject subject = subject_of(operation, input);
  std::vector<Wish> wishes;
  const auto add = [&](std::string_view action, On on) {
    Wish& wish = wishes.emplace_back();
    wish.action = action;
    if (on != On::Account) wish.bucket = subject.bucket;
    wish.key = subject.key;
    wish.version_id = subject.version_id;
    wish.of_object = on == On::Object;
    wish.is_new = on == On::NewBucket;
    wish.for_owner_only = is_for_owner_only(operation.name);
  };
  for (const Permission& one : permissions) {
    const bool of_version = subject.version_id && !one.version_action.empty();
    if (!one.action.empty()) add(of_version ? one.version_action : one.action, one.on);
  }
  const bool puts = permissions.front().action == "s3:PutObject";
  if (puts && subject.has_tags) add("s3:PutObjectTagging", On::Object);
  if (puts && subject.changes_acl) add("s3:PutObjectAcl", On::Object);
  if (subject.bypasses_retention) add("s3:BypassGovernanceRetention", On::Object);
  if (subject.copy_source.empty()) return wishes;
  const ObjectName source = TRY(parse_copy_source(subject.copy_source));
  Wish& wish = wishes.emplace_back();
  wish = {source.version_id ? "s3:GetObjectVersion" : "s3:GetObject", source.bucket, source.key, true};
  wish.version_id = source.version_id;
  return wishes;
}

aws::Outcome<void> S3::authorize(const aws::Call& call, const aws::Operation& operation,
                                 const aws::Value& input) {
  const auto add_keys = [&](Context& context) { add_keys_of(context, operation, input); };
  for (const Wish& wish : TRY(wishes_of(operation, input))) TRY(access_.may(call, wish, add_keys));
  return {};
}

aws::Outcome<std::vector<Ruling>> S3::rulings(const aws::Call& call, const aws::Operation& operation,
                                              const aws::Value& input) const {
  const auto add_keys = [&](Context& context) { add_keys_of(context, operation, input); };
  std::vector<Ruling> rulings;
  for (const Wish& wish : TRY(wishes_of(operation, input)))
    rulings.push_back(TRY(access_.rule(call, wish, add_keys)));
  return rulings;
}

// What most calls are is not copied from one output to another.
aws::Outcome<aws::Value> S3::invoke_operation(aws::Call& call, const aws::Operation& operation,
                                              const aws::Value& input) {
  static const aws::Operation* const kGetObject = api::service_model().find("GetObject");
  if (operation.index != kGetObject->index) return Api::invoke(call, operation, input);
  aws::Value output(*operation.output);
  TRY(get_object(call, input.as<api::GetObjectRequest>(), output.as<api::GetObjectOutput>()));
  return output;
}

// Whether a key is there is for those who may list the bucket (API reference, GetObject, "Permissions").
aws::Outcome<aws::Value> S3::invoke(aws::Call& call, const aws::Operation& operation,
                                    const aws::Value& input) {
  auto output = invoke_operation(call, operation, input);
  if (output || (output.error().code != "NoSuchKey" && output.error().code != "NoSuchVersion")) return output;
  const Subject subject = subject_of(operation, input);
  std::string bucket = subject.bucket;
  if (!subject.copy_source.empty()) bucket = TRY(parse_copy_source(subject.copy_source)).bucket;
  TRY(access_.may(call, {"s3:ListBucket", bucket}));
  return output;
}

}  // namespace meridian::services::s3

#include "services/s3/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/stored.h"
#include "services/iam/resources.h"
#include "services/s3/bucket_policy.h"
#include "services/s3/errors.h"
#include "services/s3/permissions.h"
#include "services/s3/validate.h"
#include "services/s3/versions.h"
#include "store/fields.h"

namespace meridian::services::s3 {
namespace {

using namespace aws::iam_policy;

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

// "Amazon S3 policy keys" that every request has.
void add_call_keys(Context& context, const aws::Call& call) {
  if (call.signature == aws::Signed::No) return;
  context.set("s3:signatureversion", "AWS4-HMAC-SHA256");
  context.set("s3:authType", call.signature == aws::Signed::Header  ? "REST-HEADER"
                             : call.signature == aws::Signed::Query ? "REST-QUERY-STRING"
                                                                    : "POST");
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(call.time - call.signed_at);
  context.set("s3:signatureAge", fmt::format("{}", age.count()));
}

constexpr std::string_view kExistingTag = "s3:existingobjecttag/";

bool asks_for_tags(const Policy& policy) {
  return std::ranges::any_of(policy.statements, [](const Statement& statement) {
    return std::ranges::any_of(statement.conditions, [](const Condition& condition) {
      return condition.key.starts_with(kExistingTag);
    });
  });
}

bool asks_for_tags(const Ruling& ruling) {
  return (ruling.bucket_policy && asks_for_tags(*ruling.bucket_policy)) ||
         std::ranges::any_of(ruling.identity, [](const auto& one) { return asks_for_tags(*one.policy); });
}

// A bucket's root can always mend its policy, whatever that says (API reference, PutBucketPolicy).
bool is_above_policy(const Request& request, std::string_view owner) {
  const std::string& action = request.action;
  return request.caller.is_root() && request.caller.account == owner &&
         (action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" ||
          action == "s3:DeleteBucketPolicy");
}

// What nearly every call is: the owner's root, and nobody has said anything of the bucket. Then there is
// nothing that could deny it.
bool is_owners_own(const aws::Call& call, std::string_view owner, const AccessResource& access) {
  const aws::OnBehalf& on_behalf = call.on_behalf;
  return !access.policy && on_behalf.service.empty() && on_behalf.origin_access_identity.empty() &&
         call.account_id == owner && !owner.empty() && call.principal_arn.ends_with(":root");
}

}  // namespace

std::string access_key(std::string_view bucket) {
  return setting_key(bucket, "access");
}

std::string encode(const AccessResource& access) {
  Writer out;
  out.optional_text(access.policy).flag(access.block.has_value());
  const PublicAccessBlock block = access.block.value_or(PublicAccessBlock{});
  out.flag(block.block_public_acls).flag(block.ignore_public_acls);
  out.flag(block.block_public_policy).flag(block.restrict_public_buckets);
  return out.take();
}

Result<AccessResource> decode_access(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  AccessResource access;
  access.policy = in.optional_text();
  const bool has_block = in.flag();
  PublicAccessBlock block;
  block.block_public_acls = in.flag();
  block.ignore_public_acls = in.flag();
  block.block_public_policy = in.flag();
  block.restrict_public_buckets = in.flag();
  access.block = has_block ? std::optional(block) : std::nullopt;
  return in.finish(std::move(access), "bucket's access");
}

std::string Wish::resource() const {
  if (bucket.empty()) return "arn:aws:s3:::*";
  std::string arn = "arn:aws:s3:::";
  arn.append(bucket);
  if (of_object) arn.append("/").append(key);
  return arn;
}

aws::Outcome<Access::Bucket> Access::bucket(std::string_view name) const {
  if (!is_bucket_name(name)) return errors::invalid_bucket_name(name);
  Bucket found = TRY(buckets_.read(bucket_key(name)));
  if (!found || found->value.deleting) return errors::no_such_bucket(name);
  return found;
}

aws::Outcome<Access::Facts> Access::facts(const aws::Call& call, const Wish& wish) const {
  if (wish.bucket.empty()) return Facts{call.account_id, nullptr};
  if (wish.is_new) {
    if (!is_bucket_name(wish.bucket)) return errors::invalid_bucket_name(wish.bucket);
    return Facts{call.account_id, nullptr};
  }
  const Bucket found = TRY(bucket(wish.bucket));
  const auto access = TRY(access_.read(access_key(wish.bucket)));
  return Facts{found->value.account,
               access ? std::shared_ptr<const AccessResource>(access, &access->value) : nullptr};
}

aws::Outcome<Ruling> Access::rule(const aws::Call& call, const Wish& wish, const AddKeys& add_keys) const {
  static const AccessResource kDefaults;
  Facts facts = TRY(this->facts(call, wish));
  const AccessResource& access = facts.access ? *facts.access : kDefaults;
  Ruling ruling;
  ruling.request = {caller_of(call), wish.action, wish.resource()};
  ruling.owner = std::move(facts.owner);
  if (is_owners_own(call, ruling.owner, access)) {
    ruling.decision = decide({{}, nullptr, ruling.owner}, ruling.request);
    return ruling;
  }
  Context& context = ruling.request.context = context_of(call);
  add_call_keys(context, call);
  if (add_keys) add_keys(context);
  context.set("s3:ResourceAccount", ruling.owner);
  context.set("aws:ResourceAccount", ruling.owner);
  Policies policies;
  policies.owner = ruling.owner;
  const std::string user = iam::user_name_of(call.principal_arn);
  if (!user.empty()) {
    iam::UserPolicies own = TRY(aws::or_failure(iam::policies_of_user(store_, call.account_id, user)));
    if (!own.user_id.empty()) context.set("aws:userid", own.user_id);
    for (const auto& [name, value] : own.tags) context.set("aws:PrincipalTag/" + name, value);
    for (iam::UserPolicies::Document& one : own.documents) {
      auto policy = TRY(aws::or_failure(identity_policies_.get(one.text)));
      ruling.identity.push_back({std::move(one.name), std::move(policy)});
      policies.identity.push_back(ruling.identity.back().policy.get());
    }
  }
  if (access.policy) {
    ruling.bucket_policy = TRY(aws::or_failure(bucket_policies_.get(*access.policy)));
    if (!is_above_policy(ruling.request, ruling.owner)) policies.resource = ruling.bucket_policy.get();
  }
  if (wish.of_object && asks_for_tags(ruling)) TRY(add_tags(context, wish));
  ruling.decision = decide(policies, ruling.request);
  // "RestrictPublicBuckets": a bucket whose policy is public is for its own account and for services only.
  const bool of_owner = call.account_id == ruling.owner;
  const bool is_service = !ruling.request.caller.service.empty();
  if (ruling.decision.allowed() && !of_owner && !is_service && ruling.bucket_policy && access.block &&
      access.block->restrict_public_buckets && is_public(*ruling.bucket_policy))
    ruling.why = Ruling::Why::PublicIsBlocked;
  if (ruling.decision.allowed() && wish.for_owner_only && !of_owner) ruling.why = Ruling::Why::NotTheOwner;
  return ruling;
}

// Of the object as it is; one that is not there has none.
aws::Outcome<void> Access::add_tags(Context& context, const Wish& wish) const {
  const auto add = [&](const ObjectResource& object) {
    for (const auto& [key, value] : object.metadata.tags) context.set(std::string(kExistingTag) + key, value);
  };
  if (wish.version_id) {
    if (const auto version = TRY(find_version(store_, {wish.bucket, wish.key}, *wish.version_id)))
      add(version->stored.value);
  } else if (const auto head = TRY(aws::read(store_, object_key(wish.bucket, wish.key), decode_object))) {
    add(head->value);
  }
  return {};
}

aws::Outcome<void> Access::may(const aws::Call& call, const Wish& wish, const AddKeys& add_keys) const {
  const Facts facts = TRY(this->facts(call, wish));
  if (is_owners_own(call, facts.owner, facts.access ? *facts.access : AccessResource())) return {};
  const Ruling ruling = TRY(rule(call, wish, add_keys));
  if (!ruling.allowed()) return refusal(call, ruling);
  return {};
}

// Only to its own account does AWS say more than that access is denied.
aws::Failure refusal(const aws::Call& call, const Ruling& ruling) {
  if (ruling.why == Ruling::Why::NotTheOwner)
    return aws::refuse("MethodNotAllowed", "The specified method is not allowed against this resource.", 405);
  if (call.account_id.empty() || call.account_id != ruling.owner) return errors::access_denied();
  const Decision& decision = ruling.decision;
  std::string why =
      fmt::format("because no identity-based policy allows the {} action", ruling.request.action);
  if (decision.verdict.kind == Verdict::Kind::ExplicitDeny)
    why = decision.side == Decision::Side::Identity ? "with an explicit deny in an identity-based policy"
                                                    : "with an explicit deny in a resource-based policy";
  return aws::refuse("AccessDenied",
                     fmt::format("User: {} is not authorized to perform: {} on resource: \"{}\" {}",
                                 call.principal_arn, ruling.request.action, ruling.request.resource, why),
                     403);
}

}  // namespace meridian::services::s3

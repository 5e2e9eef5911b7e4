// Who may do what in S3: the bucket's policy, Block Public Access, the caller's own policies. Rule: every
// operation comes through here before anything of it is done (S3::authorize), and there is no other way to
// decide.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/call.h"
#include "aws/decoded.h"
#include "aws/error.h"
#include "aws/iam_policy/call.h"
#include "aws/iam_policy/evaluate.h"
#include "aws/iam_policy/parsed.h"
#include "services/s3/resources.h"
#include "store/store.h"

namespace meridian::services::s3 {

// Block Public Access of a bucket. All on is what a new bucket has (since April 2023).
struct PublicAccessBlock {
  bool block_public_acls = true;
  bool ignore_public_acls = true;
  bool block_public_policy = true;
  bool restrict_public_buckets = true;
};

// What a bucket says of access; it has no record while it has only defaults. Goes with the bucket.
struct AccessResource {
  std::optional<std::string> policy;
  std::optional<PublicAccessBlock> block = PublicAccessBlock{};  // nothing: deleted, so nothing is blocked
};
std::string access_key(std::string_view bucket);
std::string encode(const AccessResource& access);
Result<AccessResource> decode_access(std::string_view bytes);

// One thing that a caller wants to do.
struct Wish {
  std::string action;
  std::string bucket;  // empty: of the account
  std::string key = {};
  bool of_object = false;
  bool is_new = false;          // the bucket need not be there
  bool for_owner_only = false;  // of the bucket's own account, whatever a policy says
  std::optional<std::string> version_id = {};
  std::string resource() const;
};

// Why something is allowed or not, with what it was decided by.
struct Ruling {
  enum class Why : std::uint8_t {
    Policies,         // decision says
    PublicIsBlocked,  // RestrictPublicBuckets, and the caller is a stranger
    NotTheOwner,      // an operation for the bucket's own account
  };
  struct Identity {
    std::string name;
    std::shared_ptr<const aws::iam_policy::Policy> policy;
  };
  Why why = Why::Policies;
  aws::iam_policy::Decision decision;
  aws::iam_policy::Request request;
  std::string owner;  // account of the bucket
  std::vector<Identity> identity;
  std::shared_ptr<const aws::iam_policy::Policy> bucket_policy;  // null: none
  bool allowed() const { return why == Why::Policies && decision.allowed(); }
};

class Access {
 public:
  explicit Access(store::Store& store) : store_(store) {}

  // The condition keys that an operation adds to those of every call.
  using AddKeys = std::function<void(aws::iam_policy::Context&)>;
  // That is there. The failure: its name is none, there is no such bucket.
  using Bucket = aws::Decoded<BucketResource>::Record;
  aws::Outcome<Bucket> bucket(std::string_view name) const;
  // The failure: the bucket's name is none, there is no such bucket.
  aws::Outcome<Ruling> rule(const aws::Call& call, const Wish& wish, const AddKeys& add_keys = {}) const;
  // The same as an answer to the caller: AccessDenied in AWS's words.
  aws::Outcome<void> may(const aws::Call& call, const Wish& wish, const AddKeys& add_keys = {}) const;

 private:
  // What a decision is made by, beside the caller's own policies.
  struct Facts {
    std::string owner;                             // account of the bucket
    std::shared_ptr<const AccessResource> access;  // null: the bucket has only defaults, or is none
  };
  aws::Outcome<Facts> facts(const aws::Call& call, const Wish& wish) const;
  aws::Outcome<void> add_tags(aws::iam_policy::Context& context, const Wish& wish) const;

  store::Store& store_;
  mutable aws::Decoded<BucketResource> buckets_{store_, decode_bucket};
  mutable aws::Decoded<AccessResource> access_{store_, decode_access};
  mutable aws::iam_policy::ParsedPolicies bucket_policies_{aws::iam_policy::PolicyKind::Resource};
  mutable aws::iam_policy::ParsedPolicies identity_policies_{aws::iam_policy::PolicyKind::Identity};
};

// The refusal of what was not allowed.
aws::Failure refusal(const aws::Call& call, const Ruling& ruling);

}  // namespace meridian::services::s3

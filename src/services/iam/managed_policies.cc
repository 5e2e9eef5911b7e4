#include "services/iam/managed_policies.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "store/fields.h"

namespace meridian::services::iam {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kAws = "aws";

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

std::string allowing(std::string_view actions) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{},"Resource":"*"}}]}})", actions);
}

std::vector<ManagedPolicyResource> make_aws_policies() {
  std::vector<ManagedPolicyResource> all;
  const auto add = [&](const char* name, const char* id, const char* description, std::string_view actions) {
    ManagedPolicyResource policy;
    policy.account = kAws;
    policy.name = name;
    policy.path = "/";
    policy.id = id;
    policy.description = description;
    policy.document = allowing(actions);
    all.push_back(std::move(policy));
  };
  add("AdministratorAccess", "ANPAMERIDIANADMIN0001", "Provides full access to AWS services and resources.",
      R"("*")");
  add("AmazonRoute53FullAccess", "ANPAMERIDIANRTE530001", "Provides full access to Amazon Route 53.",
      R"(["route53:*","route53domains:*","cloudfront:ListDistributions","s3:ListBucket","s3:GetBucketLocation",)"
      R"("s3:GetBucketWebsite","cloudwatch:DescribeAlarms","cloudwatch:GetMetricStatistics"])");
  add("AmazonRoute53ReadOnlyAccess", "ANPAMERIDIANRTE530002", "Provides read only access to Amazon Route 53.",
      R"(["route53:Get*","route53:List*","route53:TestDNSAnswer"])");
  add("AmazonS3FullAccess", "ANPAMERIDIANS3ALL0001", "Provides full access to all buckets.",
      R"(["s3:*","s3-object-lambda:*"])");
  add("AmazonS3ReadOnlyAccess", "ANPAMERIDIANS3READ001", "Provides read only access to all buckets.",
      R"(["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"])");
  return all;
}

}  // namespace

std::string policy_arn(const ManagedPolicyResource& policy) {
  return fmt::format("arn:aws:iam::{}:policy{}{}", policy.account, policy.path, policy.name);
}

std::string policies_prefix(std::string_view account) {
  return fmt::format("iam/policies/{}/", account);
}
std::string policy_key(std::string_view account, std::string_view name) {
  return policies_prefix(account) + to_lower(name);
}
std::string attachments_prefix(std::string_view account, std::string_view user_name) {
  return fmt::format("iam/attached-policies/{}/{}/", account, to_lower(user_name));
}

std::string encode(const ManagedPolicyResource& policy) {
  Writer out;
  out.text(policy.account).text(policy.name).text(policy.path).text(policy.id).text(policy.description);
  out.text(policy.document).time(policy.created_at).u32(policy.attachments).count(policy.tags.size());
  for (const auto& [key, value] : policy.tags) out.text(key).text(value);
  return out.take();
}

Result<ManagedPolicyResource> decode_managed_policy(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  ManagedPolicyResource policy;
  policy.account = in.text();
  policy.name = in.text();
  policy.path = in.text();
  policy.id = in.text();
  policy.description = in.text();
  policy.document = in.text();
  policy.created_at = in.time();
  policy.attachments = in.u32();
  policy.tags.resize(in.count(8));
  for (auto& [key, value] : policy.tags) {
    key = in.text();
    value = in.text();
  }
  return in.finish(std::move(policy), "managed policy");
}

std::string policy_name_of(std::string_view arn, std::string_view account) {
  if (!arn.starts_with(fmt::format("arn:aws:iam::{}:policy/", account))) return {};
  return std::string(arn.substr(arn.rfind('/') + 1));
}

std::span<const ManagedPolicyResource> aws_policies() {
  static const std::vector<ManagedPolicyResource> kAll = make_aws_policies();
  return kAll;
}

Result<std::optional<ManagedPolicyResource>> find_managed_policy(store::Store& store,
                                                                 std::string_view account,
                                                                 std::string_view arn) {
  for (const ManagedPolicyResource& one : aws_policies())
    if (policy_arn(one) == arn) return one;
  const std::string name = policy_name_of(arn, account);
  if (name.empty()) return std::nullopt;
  const auto found = TRY(store.get(policy_key(account, name)));
  if (!found) return std::nullopt;
  ManagedPolicyResource policy = TRY(decode_managed_policy(found->value));
  if (policy_arn(policy) != arn) return std::nullopt;
  return policy;
}

}  // namespace meridian::services::iam

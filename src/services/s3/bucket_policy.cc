#include "services/s3/bucket_policy.h"

#include <algorithm>

#include "aws/iam_policy/pattern.h"
#include "net/address.h"
#include "services/s3/permissions.h"

namespace meridian::services::s3 {
namespace {

using namespace aws::iam_policy;

constexpr std::string_view kArn = "arn:aws:s3:::";

// Which of a bucket and its objects a resource of its policy can name.
struct Reach {
  bool bucket = false, objects = false;
};

// Nothing: it is not of this bucket.
std::optional<Reach> reach_of(std::string_view resource, std::string_view bucket) {
  if (!resource.starts_with(kArn)) return std::nullopt;
  resource.remove_prefix(kArn.size());
  if (!resource.starts_with(bucket)) return std::nullopt;
  resource.remove_prefix(bucket.size());
  if (resource.empty()) return Reach{true, false};
  if (resource.front() == '/') return Reach{false, true};
  if (resource.front() == '*') return Reach{resource.find('/') == resource.npos, true};
  return std::nullopt;
}

aws::Outcome<void> check_actions(const Statement& statement, Reach reach) {
  for (const std::string& wanted : statement.actions) {
    const auto pattern = pattern_of(wanted, Wildcards::Meant, nullptr);
    bool known = false, applies = false;
    for (const Action& action : known_actions()) {
      if (!matches(*pattern, action.name, Case::Ignored)) continue;
      known = true;
      applies = applies || (action.on == On::Object ? reach.objects : reach.bucket);
    }
    if (!known) return malformed_policy("Policy has invalid action", wanted);
    if (!applies && !statement.not_action && !statement.not_resource)
      return malformed_policy("Action does not apply to any resource(s) in statement");
  }
  return {};
}

aws::Outcome<void> check_statement(const Statement& statement, std::string_view bucket) {
  Reach all;
  for (const std::string& resource : statement.resources) {
    const auto reach = reach_of(resource, bucket);
    if (!reach) return malformed_policy("Policy has invalid resource", resource);
    all = {all.bucket || reach->bucket, all.objects || reach->objects};
  }
  return check_actions(statement, all);
}

constexpr bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != text.npos || text.find("${") != text.npos;
}

// Wider blocks are the public: more than a /8 of IPv4, a /32 of IPv6.
bool is_narrow(std::string_view text) {
  constexpr std::uint8_t kV4BitsMin = 8, kV6BitsMin = 32;
  const auto cidr = net::Cidr::parse(text);
  if (!cidr) return net::IpAddress::parse(text).has_value();
  return cidr->bits >= (cidr->base.is_v4() ? kV4BitsMin : kV6BitsMin);
}

// Whether a condition admits only what it names.
bool fixes(const Condition& condition) {
  if (condition.negated || condition.if_exists || condition.quantifier == Condition::Quantifier::ForAllValues)
    return false;
  if (condition.key == "aws:sourceip")
    return condition.comparison == Comparison::IpAddress && std::ranges::all_of(condition.values, is_narrow);
  static constexpr std::string_view kKeys[] = {"aws:sourcearn",
                                               "aws:sourcevpc",
                                               "aws:sourcevpce",
                                               "aws:sourceowner",
                                               "aws:sourceaccount",
                                               "aws:principalorgid",
                                               "aws:principalorgpaths",
                                               "s3:dataaccesspointaccount",
                                               "aws:userid",
                                               "s3:dataaccesspointarn",
                                               "s3:x-amz-server-side-encryption-aws-kms-key-id"};
  static constexpr Comparison kComparisons[] = {Comparison::StringEquals, Comparison::StringEqualsIgnoreCase,
                                                Comparison::StringLike, Comparison::ArnLike};
  return std::ranges::find(kKeys, condition.key) != std::end(kKeys) &&
         std::ranges::find(kComparisons, condition.comparison) != std::end(kComparisons) &&
         std::ranges::none_of(condition.values, has_wildcard);
}

}  // namespace

aws::Failure malformed_policy(std::string message, std::string_view detail) {
  aws::Failure failure = aws::refuse("MalformedPolicy", std::move(message));
  if (!detail.empty()) failure.error().facts.emplace_back("Detail", std::string(detail));
  return failure;
}

namespace {

// What the parser says, as S3 says it: the value at fault stands in an element of its own.
aws::Failure in_words_of_s3(std::string_view message) {
  constexpr std::string_view kNoJson = "This policy contains invalid Json";
  constexpr std::string_view kPrincipal = "Invalid principal in policy";
  if (message.starts_with(kNoJson) || message == "The policy must be a JSON object")
    return malformed_policy("Policies must be valid JSON and the first byte must be '{'");
  if (message.starts_with(kPrincipal) && message.size() > kPrincipal.size() + 2)
    return malformed_policy(std::string(kPrincipal), message.substr(kPrincipal.size() + 2));
  return malformed_policy(std::string(message));
}

}  // namespace

aws::Outcome<Policy> parse_bucket_policy(std::string_view text, std::string_view bucket) {
  if (text.size() > kBucketPolicyBytesMax)
    return aws::refuse("PolicyTooLarge", "Policy exceeds the maximum allowed document size.");
  auto policy = parse_policy(text, PolicyKind::Resource);
  if (!policy) return in_words_of_s3(policy.error().message);
  for (const Statement& statement : policy->statements) TRY(check_statement(statement, bucket));
  return *std::move(policy);
}

bool is_public(const Policy& policy) {
  return std::ranges::any_of(policy.statements, [](const Statement& statement) {
    if (statement.effect == Effect::Deny) return false;
    const bool everybody =
        statement.not_principal || std::ranges::any_of(statement.principals, [](const Principal& one) {
          return one.kind == Principal::Kind::Everybody;
        });
    return everybody && std::ranges::none_of(statement.conditions, fixes);
  });
}

}  // namespace meridian::services::s3

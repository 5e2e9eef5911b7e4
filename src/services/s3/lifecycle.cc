// PutBucketLifecycleConfiguration and its kind: the document held against AWS's rules, and what answers say
// of an object's end. What becomes of it is lifecycle_runner.h's.
#include <algorithm>
#include <set>

#include "services/s3/errors.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/service.h"
#include "services/s3/tags.h"

namespace meridian::services::s3 {
namespace {

using Form = LifecycleRule::Form;

constexpr std::size_t kRulesMax = 1000;
constexpr std::size_t kIdBytesMax = 255;
constexpr std::size_t kMadeIdSize = 48;
constexpr std::int32_t kKeptMax = 100;
// What is too small to change its class: nothing here changes it.
constexpr const char* kTransitionSize = "all_storage_classes_128K";

aws::Failure invalid(std::string message) {
  return aws::refuse("InvalidArgument", std::move(message));
}

aws::Outcome<std::optional<std::uint32_t>> positive(const std::optional<std::int32_t>& days,
                                                    const char* name) {
  if (!days) return std::nullopt;
  if (*days < 1) return invalid(std::string(name) + " action must be a positive integer");
  return static_cast<std::uint32_t>(*days);
}

aws::Outcome<std::optional<std::uint64_t>> size_of(const std::optional<std::int64_t>& bytes,
                                                   const char* name) {
  if (!bytes) return std::nullopt;
  if (*bytes < 0) return invalid(std::string("'") + name + "' has to be a non-negative integer");
  return static_cast<std::uint64_t>(*bytes);
}

aws::Outcome<void> take_filter(const api::LifecycleRuleFilter& filter, LifecycleRule& rule) {
  const int parts = static_cast<int>(filter.Prefix.has_value()) + static_cast<int>(filter.Tag.has_value()) +
                    static_cast<int>(filter.ObjectSizeGreaterThan.has_value()) +
                    static_cast<int>(filter.ObjectSizeLessThan.has_value()) +
                    static_cast<int>(filter.And.has_value());
  if (parts > 1) return errors::malformed_xml();
  std::vector<api::Tag> tags;
  std::optional<std::int64_t> greater = filter.ObjectSizeGreaterThan, less = filter.ObjectSizeLessThan;
  rule.prefix = filter.Prefix;
  rule.form = filter.Prefix ? Form::Prefix : filter.Tag ? Form::Tag : Form::Empty;
  if (greater) rule.form = Form::SizeGreater;
  if (less) rule.form = Form::SizeLess;
  if (filter.Tag) tags = {*filter.Tag};
  if (filter.And) {
    rule.form = Form::And;
    rule.prefix = filter.And->Prefix;
    tags = filter.And->Tags.value_or(std::vector<api::Tag>());
    greater = filter.And->ObjectSizeGreaterThan;
    less = filter.And->ObjectSizeLessThan;
    const std::size_t joined = tags.size() + (rule.prefix ? 1 : 0) + (greater ? 1 : 0) + (less ? 1 : 0);
    if (joined < 2) return errors::malformed_xml();
  }
  rule.tags = TRY(tags_of(tags, Tagged::Object));
  rule.greater_than = TRY(size_of(greater, "ObjectSizeGreaterThan"));
  rule.less_than = TRY(size_of(less, "ObjectSizeLessThan"));
  if (rule.greater_than && rule.less_than && *rule.less_than <= *rule.greater_than)
    return errors::invalid_request(
        "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
  return {};
}

aws::Outcome<void> take_expiration(const api::LifecycleExpiration& expiration, LifecycleRule& rule) {
  const int parts = static_cast<int>(expiration.Days.has_value()) +
                    static_cast<int>(expiration.Date.has_value()) +
                    static_cast<int>(expiration.ExpiredObjectDeleteMarker.has_value());
  if (parts != 1) return errors::malformed_xml();
  rule.days = TRY(positive(expiration.Days, "'Days' for Expiration"));
  rule.date = expiration.Date;
  if (rule.date && midnight_of(*rule.date) != *rule.date) return invalid("'Date' must be at midnight GMT");
  rule.lone_markers = expiration.ExpiredObjectDeleteMarker;
  if (rule.lone_markers && (!rule.tags.empty() || rule.greater_than || rule.less_than))
    return errors::invalid_request(
        "ExpiredObjectDeleteMarker cannot be specified with Tags or object sizes.");
  return {};
}

aws::Outcome<void> take_noncurrent(const api::NoncurrentVersionExpiration& expiration, LifecycleRule& rule) {
  if (!expiration.NoncurrentDays) return errors::malformed_xml();
  rule.noncurrent_days =
      TRY(positive(expiration.NoncurrentDays, "'NoncurrentDays' for NoncurrentVersionExpiration"));
  rule.noncurrent_kept = TRY(positive(expiration.NewerNoncurrentVersions,
                                      "'NewerNoncurrentVersions' for NoncurrentVersionExpiration"));
  if (rule.noncurrent_kept && *rule.noncurrent_kept > kKeptMax)
    return invalid("'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be at most 100");
  if (rule.noncurrent_kept && rule.form == Form::OldPrefix)
    return errors::invalid_request("NewerNoncurrentVersions can only be specified with a Filter element.");
  return {};
}

aws::Outcome<LifecycleRule> rule_of(const api::LifecycleRule& written, Random& random) {
  if (written.Transitions || written.NoncurrentVersionTransitions)
    return errors::not_implemented("Transition: all storage classes are one here");
  LifecycleRule rule;
  rule.id = written.ID.value_or("");
  if (rule.id.size() > kIdBytesMax) return invalid("ID length should not exceed allowed limit of 255");
  if (rule.id.empty())
    rule.id = random.text(kMadeIdSize, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
  if (written.Status != "Enabled" && written.Status != "Disabled") return errors::malformed_xml();
  rule.enabled = written.Status == "Enabled";
  if (written.Filter.has_value() == written.Prefix.has_value()) return errors::malformed_xml();
  if (written.Filter) {
    TRY(take_filter(*written.Filter, rule));
  } else {
    rule.form = Form::OldPrefix;
    rule.prefix = written.Prefix;
  }
  if (!written.Expiration && !written.NoncurrentVersionExpiration && !written.AbortIncompleteMultipartUpload)
    return errors::invalid_request("At least one action needs to be specified in a rule");
  if (written.Expiration) TRY(take_expiration(*written.Expiration, rule));
  if (written.NoncurrentVersionExpiration) TRY(take_noncurrent(*written.NoncurrentVersionExpiration, rule));
  if (const auto& abortion = written.AbortIncompleteMultipartUpload) {
    if (!abortion->DaysAfterInitiation) return errors::malformed_xml();
    rule.abort_days = TRY(
        positive(abortion->DaysAfterInitiation, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload"));
    if (!rule.tags.empty())
      return errors::invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags.");
    if (rule.greater_than || rule.less_than)
      return errors::invalid_request("AbortIncompleteMultipartUpload cannot be specified with object sizes.");
  }
  return rule;
}

aws::Outcome<LifecycleRules> rules_of(const api::PutBucketLifecycleConfigurationRequest& input,
                                      Random& random) {
  if (input.TransitionDefaultMinimumObjectSize &&
      *input.TransitionDefaultMinimumObjectSize != kTransitionSize)
    return errors::not_implemented("x-amz-transition-default-minimum-object-size: " +
                                   *input.TransitionDefaultMinimumObjectSize);
  if (!input.LifecycleConfiguration || input.LifecycleConfiguration->Rules.empty() ||
      input.LifecycleConfiguration->Rules.size() > kRulesMax)
    return errors::malformed_xml();
  LifecycleRules rules;
  std::set<std::string> ids;
  for (const api::LifecycleRule& written : input.LifecycleConfiguration->Rules) {
    rules.push_back(TRY(rule_of(written, random)));
    if (!ids.insert(rules.back().id).second)
      return invalid("Rule ID must be unique. Found same ID for more than one rule");
  }
  return rules;
}

std::optional<std::int32_t> number(const std::optional<std::uint32_t>& value) {
  return value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
}
std::optional<std::int64_t> number(const std::optional<std::uint64_t>& value) {
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

api::LifecycleRuleFilter filter_of(const LifecycleRule& rule) {
  api::LifecycleRuleFilter filter;
  if (rule.form == Form::And) {
    api::LifecycleRuleAndOperator& all = filter.And.emplace();
    all.Prefix = rule.prefix;
    if (!rule.tags.empty()) all.Tags = as_tags(rule.tags);
    all.ObjectSizeGreaterThan = number(rule.greater_than);
    all.ObjectSizeLessThan = number(rule.less_than);
    return filter;
  }
  filter.Prefix = rule.prefix;
  if (!rule.tags.empty()) filter.Tag = as_tags(rule.tags).front();
  filter.ObjectSizeGreaterThan = number(rule.greater_than);
  filter.ObjectSizeLessThan = number(rule.less_than);
  return filter;
}

api::LifecycleRule written(const LifecycleRule& rule) {
  api::LifecycleRule out;
  out.ID = rule.id;
  out.Status = rule.enabled ? "Enabled" : "Disabled";
  if (rule.form == Form::OldPrefix) {
    out.Prefix = rule.prefix;
  } else {
    out.Filter = filter_of(rule);
  }
  if (rule.days || rule.date || rule.lone_markers) {
    api::LifecycleExpiration& expiration = out.Expiration.emplace();
    expiration.Days = number(rule.days);
    expiration.Date = rule.date;
    expiration.ExpiredObjectDeleteMarker = rule.lone_markers;
  }
  if (rule.noncurrent_days) {
    api::NoncurrentVersionExpiration& expiration = out.NoncurrentVersionExpiration.emplace();
    expiration.NoncurrentDays = number(rule.noncurrent_days);
    expiration.NewerNoncurrentVersions = number(rule.noncurrent_kept);
  }
  if (rule.abort_days)
    out.AbortIncompleteMultipartUpload.emplace().DaysAfterInitiation = number(rule.abort_days);
  return out;
}

}  // namespace

aws::Outcome<void> S3::set_lifecycle(const aws::Call& call, std::string_view bucket,
                                     const std::optional<std::string>& expected_owner,
                                     const LifecycleRules& rules) {
  const std::string key = setting_key(bucket, kLifecycleSetting);
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    auto found = TRY(find_bucket(call, bucket, expected_owner));
    found.value.has_lifecycle = !rules.empty();
    store::Transaction transaction{
        {{bucket_key(bucket), found.modified}}, {{bucket_key(bucket), encode(found.value)}}, {}};
    if (rules.empty()) {
      transaction.deletes.push_back(key);
    } else {
      transaction.puts.push_back({key, encode_rules(rules)});
    }
    return transaction;
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return {};
}

aws::Outcome<api::PutBucketLifecycleConfigurationOutput> S3::PutBucketLifecycleConfiguration(
    aws::Call& call, const api::PutBucketLifecycleConfigurationRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const LifecycleRules rules = TRY(rules_of(input, random_));
  TRY(set_lifecycle(call, input.Bucket, input.ExpectedBucketOwner, rules));
  api::PutBucketLifecycleConfigurationOutput output;
  output.TransitionDefaultMinimumObjectSize = kTransitionSize;
  return output;
}

aws::Outcome<api::GetBucketLifecycleConfigurationOutput> S3::GetBucketLifecycleConfiguration(
    aws::Call& call, const api::GetBucketLifecycleConfigurationRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const LifecycleRules rules = TRY(lifecycle_of(bucket.value));
  if (rules.empty())
    return errors::no_such_setting("NoSuchLifecycleConfiguration",
                                   "The lifecycle configuration does not exist", input.Bucket);
  api::GetBucketLifecycleConfigurationOutput output;
  output.TransitionDefaultMinimumObjectSize = kTransitionSize;
  for (const LifecycleRule& rule : rules) {
    if (!output.Rules) output.Rules.emplace();
    output.Rules->push_back(written(rule));
  }
  return output;
}

aws::Outcome<api::DeleteBucketLifecycleResponse> S3::DeleteBucketLifecycle(
    aws::Call& call, const api::DeleteBucketLifecycleRequest& input) {
  TRY(set_lifecycle(call, input.Bucket, input.ExpectedBucketOwner, {}));
  return api::DeleteBucketLifecycleResponse{};
}

aws::Outcome<LifecycleRules> S3::lifecycle_of(const BucketResource& bucket) {
  if (!bucket.has_lifecycle) return LifecycleRules{};
  auto rules = TRY(aws::read(store_, setting_key(bucket.name, kLifecycleSetting), decode_rules));
  return rules ? std::move(rules->value) : LifecycleRules{};
}

aws::Outcome<std::optional<std::string>> S3::expiration_told(const BucketResource& bucket,
                                                             std::string_view key,
                                                             const ObjectResource& object) {
  if (!bucket.has_lifecycle) return std::nullopt;
  const LifecycleRules rules = TRY(lifecycle_of(bucket));
  const auto due = expiration_of(rules, key, object);
  return due ? std::optional(expiration_header(*due)) : std::nullopt;
}

}  // namespace meridian::services::s3

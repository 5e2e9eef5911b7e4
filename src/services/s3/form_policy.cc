#include "services/s3/form_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "aws/protocols/scalar_text.h"
#include "base/bytes.h"
#include "formats/json/json.h"

namespace meridian::services::s3 {
namespace {

aws::Failure invalid_policy(std::string_view why) {
  return aws::refuse("InvalidPolicyDocument", fmt::format("Invalid Policy: {}", why));
}

aws::Failure denied(std::string_view why) {
  return aws::refuse("AccessDenied", fmt::format("Invalid according to Policy: {}", why), 403);
}

// Written as a number or as its digits.
std::optional<std::uint64_t> size_in(const json::Value& value) {
  if (const auto* number = value.get<std::int64_t>())
    return *number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
  const auto* text = value.get<std::string>();
  if (text == nullptr || text->empty() || text->size() > 18 ||
      text->find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoull(*text);
}

// ["starts-with", "$key", "user/"], ["content-length-range", 1, 1000]
aws::Outcome<void> read_list(const json::Array& list, FormPolicy& policy) {
  const std::string* kind = list.size() == 3 ? list[0].get<std::string>() : nullptr;
  if (kind == nullptr) return invalid_policy("Invalid Simple-Condition: value must be a list of three.");
  const std::string name = to_lower(*kind);
  if (name == "content-length-range") {
    const auto least = size_in(list[1]), most = size_in(list[2]);
    if (!least || !most) return invalid_policy("content-length-range needs two sizes.");
    policy.size_min = std::max(policy.size_min, *least);
    policy.size_max = std::min(policy.size_max, *most);
    return {};
  }
  if (name != "eq" && name != "starts-with")
    return invalid_policy(fmt::format("Invalid Condition: unknown operation '{}'.", *kind));
  const std::string* field = list[1].get<std::string>();
  const std::string* value = list[2].get<std::string>();
  if (field == nullptr || !field->starts_with('$') || value == nullptr)
    return invalid_policy("Invalid Condition: a field's name begins with '$' and its value is a string.");
  policy.conditions.push_back(
      {name == "eq" ? FormPolicy::Condition::Kind::Equal : FormPolicy::Condition::Kind::StartsWith,
       to_lower(field->substr(1)), *value});
  return {};
}

aws::Outcome<void> read_condition(const json::Value& condition, FormPolicy& policy) {
  if (const auto* list = condition.get<json::Array>()) return read_list(*list, policy);
  const auto* object = condition.get<json::Object>();
  if (object == nullptr || object->size() != 1)
    return invalid_policy(
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  const auto& [name, value] = object->front();
  const std::string* text = value.get<std::string>();
  if (text == nullptr) return invalid_policy("Invalid Simple-Condition: value must be a string.");
  policy.conditions.push_back({FormPolicy::Condition::Kind::Equal, to_lower(name), *text});
  return {};
}

// What is about the policy itself, or made to be free.
bool needs_no_condition(std::string_view field) {
  for (const std::string_view name : {"policy", "x-amz-signature", "signature", "awsaccesskeyid", "bucket"})
    if (field == name) return true;
  return field.starts_with("x-ignore-");
}

bool holds(const FormPolicy::Condition& condition, const FormFields& fields) {
  const auto found = fields.find(condition.field);
  if (found == fields.end()) return false;
  const std::string_view value = found->second;
  return condition.kind == FormPolicy::Condition::Kind::Equal ? value == condition.value
                                                              : value.starts_with(condition.value);
}

}  // namespace

aws::Outcome<FormPolicy> parse_form_policy(std::string_view text) {
  const auto decoded = from_base64(text);
  if (!decoded) return invalid_policy("Invalid base64.");
  const auto document = json::parse(*decoded, {.depth = 4, .elements = 4 * kFormConditionsMax});
  if (!document || document->get<json::Object>() == nullptr) return invalid_policy("Invalid JSON.");
  FormPolicy policy;
  const json::Value* expiration = document->find("expiration");
  const std::string* until = expiration != nullptr ? expiration->get<std::string>() : nullptr;
  if (until == nullptr) return invalid_policy("Policy missing expiration.");
  const auto time = aws::timestamp_from_text(*until);
  if (!time || until->find('T') == std::string::npos)
    return invalid_policy(fmt::format("Invalid 'expiration' value: '{}'", *until));
  policy.expiration = *time;
  const json::Value* conditions = document->find("conditions");
  const auto* list = conditions != nullptr ? conditions->get<json::Array>() : nullptr;
  if (list == nullptr) return invalid_policy("Policy missing conditions.");
  if (list->size() > kFormConditionsMax) return invalid_policy("Too many conditions.");
  for (const json::Value& condition : *list) TRY(read_condition(condition, policy));
  return policy;
}

aws::Outcome<void> check_form_policy(const FormPolicy& policy, const FormFields& fields, SystemTime now) {
  if (policy.expiration <= now) return denied("Policy expired.");
  for (const FormPolicy::Condition& condition : policy.conditions)
    if (!holds(condition, fields))
      return denied(fmt::format("Policy Condition failed: [\"{}\", \"${}\", \"{}\"]",
                                condition.kind == FormPolicy::Condition::Kind::Equal ? "eq" : "starts-with",
                                condition.field, condition.value));
  for (const auto& [name, value] : fields) {
    const bool covered = std::ranges::any_of(
        policy.conditions, [&name = name](const auto& condition) { return condition.field == name; });
    if (!covered && !needs_no_condition(name)) return denied("Extra input fields: " + name);
  }
  return {};
}

aws::Outcome<void> check_file_size_so_far(const FormPolicy& policy, std::uint64_t size) {
  if (size <= policy.size_max) return {};
  aws::Failure failure =
      aws::refuse("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  failure.error().facts = {{"ProposedSize", std::to_string(size)},
                           {"MaxSizeAllowed", std::to_string(policy.size_max)}};
  return failure;
}

aws::Outcome<void> check_file_size(const FormPolicy& policy, std::uint64_t size) {
  TRY(check_file_size_so_far(policy, size));
  if (size >= policy.size_min) return {};
  aws::Failure failure =
      aws::refuse("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
  failure.error().facts = {{"ProposedSize", std::to_string(size)},
                           {"MinSizeAllowed", std::to_string(policy.size_min)}};
  return failure;
}

}  // namespace meridian::services::s3

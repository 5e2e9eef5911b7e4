// The policy of an upload form, as the JSON in its base64: what is taken is held to, and nothing else fits
// it.
#include "base/bytes.h"
#include "base/check.h"
#include "services/s3/form_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  using namespace meridian::services::s3;
  const Bytes bytes(data, size);
  (void)parse_form_policy(as_text(bytes));
  const auto policy = parse_form_policy(to_base64(bytes));
  if (!policy) return 0;
  CHECK(policy->conditions.size() <= kFormConditionsMax);
  FormFields fields;
  for (const auto& condition : policy->conditions) fields.emplace(condition.field, condition.value);
  const SystemTime before = policy->expiration - std::chrono::seconds(1);
  const bool fits = check_form_policy(*policy, fields, before).has_value();
  CHECK(!check_form_policy(*policy, fields, policy->expiration));
  fields.emplace("x-amz-meta-nobody-signed-this", "");
  bool covered = false;
  for (const auto& condition : policy->conditions)
    covered |= condition.field == "x-amz-meta-nobody-signed-this";
  CHECK(covered || !check_form_policy(*policy, fields, before) || !fits);
  CHECK(check_file_size(*policy, policy->size_min).has_value() == (policy->size_min <= policy->size_max));
  return 0;
}

// Bucket policies from outside: what is taken is of its bucket, and what is not public lets nobody in who has no name
// and comes from nowhere in particular.
#include <algorithm>

#include "aws/iam_policy/evaluate.h"
#include "base/check.h"
#include "services/s3/bucket_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian::aws::iam_policy;
  using namespace meridian::services::s3;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_bucket_policy(text, "photos");
  if (!policy) {
    CHECK(!policy.error().message.empty());
    return 0;
  }
  for (const Statement& statement : policy->statements)
    for (const std::string& resource : statement.resources) CHECK(resource.starts_with("arn:aws:s3:::photos"));
  Request nobody{Caller::anonymous(), "s3:GetObject", "arn:aws:s3:::photos/cat.jpg"};
  const bool allowed = evaluate(*policy, nobody).kind == Verdict::Kind::Allow;
  CHECK(!allowed || is_public(*policy));
  return 0;
}

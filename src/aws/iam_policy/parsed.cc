#include "aws/iam_policy/parsed.h"

namespace meridian::aws::iam_policy {

Result<std::shared_ptr<const Policy>> ParsedPolicies::get(const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = policies_.find(text); found != policies_.end()) return found->second;
  }
  auto policy = std::make_shared<const Policy>(TRY(parse_policy(text, kind_)));
  const std::lock_guard lock(mutex_);
  if (bytes_ + text.size() > kBytesMax) {
    policies_.clear();
    bytes_ = 0;
  }
  if (policies_.emplace(text, policy).second) bytes_ += text.size();
  return policy;
}

}  // namespace meridian::aws::iam_policy

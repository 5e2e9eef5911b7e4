// Policies that were parsed before, by their text: a document is read on every request and seldom changed.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "aws/iam_policy/policy.h"

namespace meridian::aws::iam_policy {

class ParsedPolicies {
 public:
  static constexpr std::size_t kBytesMax = 8 * 1024 * 1024;  // of texts; then all are forgotten

  explicit ParsedPolicies(PolicyKind kind) : kind_(kind) {}
  // From any thread.
  Result<std::shared_ptr<const Policy>> get(const std::string& text);

 private:
  const PolicyKind kind_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Policy>, std::less<>> policies_;
  std::size_t bytes_ = 0;
};

}  // namespace meridian::aws::iam_policy

#include "services/iam/policy_documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/iam_policy/policy.h"
#include "gen/iam/errors.h"

namespace meridian::services::iam {

namespace api = gen::iam;

std::size_t policy_size(std::string_view document) {
  return static_cast<std::size_t>(std::ranges::count_if(
      document, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

aws::Outcome<void> check_policy_document(std::string_view document, std::size_t size_max) {
  if (policy_size(document) > size_max)
    return api::errors::LimitExceededException(
        fmt::format("Cannot exceed quota for PolicySize: {}", size_max));
  const auto policy = aws::iam_policy::parse_policy(document, aws::iam_policy::PolicyKind::Identity);
  if (!policy) return api::errors::MalformedPolicyDocumentException(policy.error().message);
  return {};
}

}  // namespace meridian::services::iam

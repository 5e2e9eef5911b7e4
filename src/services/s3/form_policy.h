// The policy of a form: until when, and with which fields, its signer lets a browser upload (S3 API
// reference, "Creating a POST policy"). Pure. Rule: a field that no condition covers is refused, so that
// nothing can be added to a form after it was signed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "base/clock.h"

namespace meridian::services::s3 {

using FormFields = std::map<std::string, std::string>;  // by name, lower case

struct FormPolicy {
  struct Condition {
    enum class Kind : std::uint8_t { Equal, StartsWith } kind = Kind::Equal;
    std::string field;  // lower case
    std::string value;
  };
  SystemTime expiration{};
  std::vector<Condition> conditions;
  std::uint64_t size_min = 0, size_max = UINT64_MAX;  // of the file
};

inline constexpr std::size_t kFormConditionsMax = 1000;

// `text`: base64, as the form has it.
aws::Outcome<FormPolicy> parse_form_policy(std::string_view text);

// `fields`: all that came before the file, and the bucket as "bucket".
aws::Outcome<void> check_form_policy(const FormPolicy& policy, const FormFields& fields, SystemTime now);
aws::Outcome<void> check_file_size_so_far(const FormPolicy& policy, std::uint64_t size);
aws::Outcome<void> check_file_size(const FormPolicy& policy, std::uint64_t size);

}  // namespace meridian::services::s3
